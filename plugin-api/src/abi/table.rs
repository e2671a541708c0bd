//! The C tables: what a native plugin exports and what the host hands it.
//!
//! The Rust side of `include/engraft.h`, which says ownership and thread of every function; a test
//! compiles the header and compares sizes and offsets. A released struct never changes: what is new has a
//! new name or a new revision, asked for through [`Entry::get_interface`].

use super::answer::{EditView, VariationView};
use super::view::Str;
use crate::kind::augmenter::Work;
use crate::kind::metric::Tally;
use crate::text::{Example, Pair, Prediction, Row};
use std::ffi::c_void;

/// The first eight bytes of [`Entry`].
pub const MAGIC: [u8; 8] = *b"ENGRAFT\0";
/// The revision of [`Entry`] that this crate speaks.
pub const REVISION: u32 = 1;
/// The name of the exported data symbol.
pub const SYMBOL: &str = "engraft_plugin";
/// The item that stands for a whole call, in [`Fail`].
pub const WHOLE_CALL: u32 = u32::MAX;

/// Flags of [`Entry`].
pub mod flag {
    /// No function of the plugin ever unwinds: panics are caught and told.
    pub const CATCHES: u32 = 1;
}

/// Codes of [`Fail`] that speak of the plugin itself, not of what it was given.
pub mod code {
    /// It panicked; the message is what it said.
    pub const PANIC: &str = "panic";
    /// It answered what the contract does not allow.
    pub const ANSWER: &str = "answer";
    /// It has no plugin of that kind and id.
    pub const UNKNOWN: &str = "plugin.unknown";
}

/// What a library exports as data under the name [`SYMBOL`]; read from the file before it is loaded.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// [`MAGIC`].
    pub magic: [u8; 8],
    /// Its size in bytes.
    pub size: u32,
    /// Its revision: [`REVISION`].
    pub revision: u32,
    /// What is promised: [`flag`].
    pub flags: u32,
    /// 0.
    pub reserved: u32,
    /// The table of that name and revision (`engraft.metric/1`), null where there is none.
    pub get_interface: Option<GetInterface>,
}

/// Any thread.
pub type GetInterface = for<'a> unsafe extern "C" fn(id: Str<'a>) -> *const c_void;

/// A function of the host and what it is called with first. A call copies before it returns; an answer
/// other than 0 means stop.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Sink<F> {
    /// Handed to `put` as it is.
    pub host: *mut c_void,
    /// The function.
    pub put: F,
}

/// Takes an item's error, or that of the [`WHOLE_CALL`].
pub type Fail = Sink<for<'a> unsafe extern "C" fn(*mut c_void, item: u32, code: Str<'a>, message: Str<'a>)>;
/// Takes a text.
pub type Texts = Sink<for<'a> unsafe extern "C" fn(*mut c_void, text: Str<'a>) -> i32>;
/// Takes an item's row of numbers.
pub type Rows = Sink<unsafe extern "C" fn(*mut c_void, item: u32, values: *const f64, count: usize) -> i32>;
/// Takes a score.
pub type Scores = Sink<for<'a> unsafe extern "C" fn(*mut c_void, name: Str<'a>, value: f64, higher: i32) -> i32>;
/// Takes an item's edits.
pub type EditSink =
    Sink<for<'a> unsafe extern "C" fn(*mut c_void, item: u32, edits: *const EditView<'a>, count: usize) -> i32>;
/// Takes an item's examples.
pub type Examples =
    Sink<for<'a> unsafe extern "C" fn(*mut c_void, item: u32, examples: *const Example<'a>, count: usize) -> i32>;
/// Takes an item's prediction; null for none.
pub type Predictions =
    Sink<for<'a> unsafe extern "C" fn(*mut c_void, item: u32, prediction: *const Prediction<'a>) -> i32>;
/// Takes an item's variations.
pub type Variations =
    Sink<for<'a> unsafe extern "C" fn(*mut c_void, item: u32, all: *const VariationView<'a>, count: usize) -> i32>;

/// A JSON value and two ways to read it without a parser.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Json<'a> {
    /// Handed to the functions as it is.
    pub host: *const c_void,
    /// The whole value; empty for none.
    pub text: Str<'a>,
    /// The number (or truth, as 0 or 1) under a dotted path, 0 if there is one.
    pub number: for<'b> unsafe extern "C" fn(*const c_void, path: Str<'b>, out: *mut f64) -> i32,
    /// The text under a dotted path, 0 if there is one. Lives as long as this value.
    pub string: for<'b> unsafe extern "C" fn(*const c_void, path: Str<'b>, out: *mut Str<'a>) -> i32,
}

/// Makes an instance; null when it failed, and `fail` was told why.
pub type Open =
    for<'a, 's> unsafe extern "C" fn(id: Str<'a>, settings: *const Json<'s>, fail: *const Fail) -> *mut c_void;
/// Makes an instance for a task.
pub type OpenFor = for<'a, 's, 't> unsafe extern "C" fn(
    id: Str<'a>,
    settings: *const Json<'s>,
    task: *const Json<'t>,
    fail: *const Fail,
) -> *mut c_void;
/// Ends an instance; its last call.
pub type Close = unsafe extern "C" fn(instance: *mut c_void);
/// Asks a batch: as many answers as items, each once, through the sink or through `fail`.
pub type Ask<I, S> = unsafe extern "C" fn(*const c_void, batch: *const I, count: usize, *const S, *const Fail) -> i32;

/// `engraft.describe/1`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Describe1 {
    /// A JSON descriptor for each plugin of the library.
    pub describe: Option<unsafe extern "C" fn(*const Texts, *const Fail) -> i32>,
}

/// `engraft.preprocessor/1`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Preprocessor1 {
    /// Makes an instance.
    pub open: Option<Open>,
    /// The edits of each example.
    pub clean: Option<Ask<Example<'static>, EditSink>>,
    /// Ends an instance.
    pub close: Option<Close>,
}

/// `engraft.domain/1`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Domain1 {
    /// Makes an instance.
    pub open: Option<Open>,
    /// The task, as JSON.
    pub task: Option<unsafe extern "C" fn(*const c_void, *const Texts, *const Fail) -> i32>,
    /// The examples of each row.
    pub adapt: Option<Ask<Row<'static>, Examples>>,
    /// What rules predict for each example, or nothing.
    pub rules: Option<Ask<Example<'static>, Predictions>>,
    /// The mended prediction of each pair.
    pub refine: Option<Ask<Pair<'static>, Predictions>>,
    /// Ends an instance.
    pub close: Option<Close>,
}

/// `engraft.metric/1`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Metric1 {
    /// Makes an instance.
    pub open: Option<OpenFor>,
    /// The row of each pair.
    pub tally: Option<Ask<Pair<'static>, Rows>>,
    /// The scores of all rows together.
    pub scores: Option<Ask<Tally<'static>, Scores>>,
    /// Ends an instance.
    pub close: Option<Close>,
}

/// `engraft.augmenter/1`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Augmenter1 {
    /// Makes an instance.
    pub open: Option<Open>,
    /// The variations of each example.
    pub augment: Option<Ask<Work<'static>, Variations>>,
    /// Ends an instance.
    pub close: Option<Close>,
}

/// `engraft.method/0`: may change until it is frozen as revision 1.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Method0 {
    /// Makes an instance.
    pub open: Option<Open>,
    /// The plan for a model, as JSON.
    pub plan: Option<Plan>,
    /// Ends an instance.
    pub close: Option<Close>,
}

/// Gives one text, the plan as JSON, for a model map.
pub type Plan = for<'a> unsafe extern "C" fn(*const c_void, model: *const Json<'a>, *const Texts, *const Fail) -> i32;
