//! What a native library exports: one data symbol and, through it, a table a kind.
//!
//! Whatever the library [registers](macro@crate::register) is found at run time, so a plugin's source says
//! nothing of this. Every function catches panics, and hands out its answers by reference: they stay the
//! plugin's and are freed here.

mod augmenter;
mod domain;
mod method;
mod metric;
mod preprocessor;

use super::table::{Describe1, Entry, Fail, Json, MAGIC, REVISION, Texts, WHOLE_CALL, code, flag};
use super::view::Str;
use crate::kind::{Kind, Setting, guard};
use crate::register::{Instance, Registration, linked};
use crate::{Answers, Error, Failure};
use std::ffi::c_void;
use std::ptr;
use std::sync::OnceLock;

/// What the host looks for. A binary that links plugins holds it too, where nobody asks for it.
#[unsafe(export_name = "engraft_plugin")]
static ENTRY: Entry = Entry {
    magic: MAGIC,
    size: size_of::<Entry>() as u32,
    revision: REVISION,
    flags: if cfg!(panic = "unwind") { flag::CATCHES } else { 0 },
    reserved: 0,
    get_interface: Some(get_interface),
};

/// What this binary says to a host that loads it as a library: its own plugins, through the C tables.
pub const fn own() -> &'static Entry {
    &ENTRY
}

static DESCRIBE: Describe1 = Describe1 { describe: Some(describe) };

unsafe extern "C" fn get_interface(id: Str<'_>) -> *const c_void {
    match id.as_str() {
        "engraft.describe/1" => ptr::from_ref(&DESCRIBE).cast(),
        "engraft.domain/1" => ptr::from_ref(&domain::TABLE).cast(),
        "engraft.preprocessor/1" => ptr::from_ref(&preprocessor::TABLE).cast(),
        "engraft.augmenter/1" => ptr::from_ref(&augmenter::TABLE).cast(),
        "engraft.method/0" => ptr::from_ref(&method::TABLE).cast(),
        "engraft.metric/1" => ptr::from_ref(&metric::TABLE).cast(),
        _ => ptr::null(),
    }
}

/// The plugins of this library by kind and id.
fn registered() -> &'static [(Kind, String, &'static Registration)] {
    static ALL: OnceLock<Vec<(Kind, String, &'static Registration)>> = OnceLock::new();
    ALL.get_or_init(|| {
        let about = |one: &'static Registration| {
            let descriptor = (one.describe)();
            (descriptor.kind, descriptor.id, one)
        };
        linked().map(about).collect()
    })
}

/// Why a function ends before its work is done.
enum Stop {
    /// The call as a whole is refused.
    Refused(Error),
    /// The plugin broke its promise.
    Failed(Failure),
    /// A function of the host said stop.
    Sink(i32),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl Fail {
    fn say(&self, item: u32, code: &str, message: &str) {
        // SAFETY: the host's own function, with what it is to be called with.
        unsafe { (self.put)(self.host, item, Str::new(code), Str::new(message)) }
    }
}

/// Runs the body of an exported function; a panic in it is told, and does not leave it.
///
/// # Safety
/// `fail` is the host's, for this call.
unsafe fn run<T>(fail: *const Fail, body: impl FnOnce(&Fail) -> Result<T, Stop>) -> Result<T, i32> {
    // SAFETY: the caller's promise.
    let fail = unsafe { &*fail };
    let (code, message) = match guard(|| body(fail)).map_err(Stop::Failed).flatten() {
        Ok(value) => return Ok(value),
        Err(Stop::Sink(answer)) => return Err(answer),
        Err(Stop::Refused(error)) => (error.code, error.message),
        Err(Stop::Failed(Failure::Panic(said))) => (code::PANIC.to_owned(), said),
        Err(Stop::Failed(Failure::Answer(why))) => (code::ANSWER.to_owned(), why),
        Err(Stop::Failed(other)) => (code::ANSWER.to_owned(), other.to_string()),
    };
    fail.say(WHOLE_CALL, &code, &message);
    Err(1)
}

/// [`run`], answering as C does: 0, or what went wrong.
///
/// # Safety
/// As [`run`].
unsafe fn status(fail: *const Fail, body: impl FnOnce(&Fail) -> Result<(), Stop>) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { run(fail, body) }.map_or_else(|answer| answer, |()| 0)
}

/// Goes on while the host wants more.
const fn go_on(answer: i32) -> Result<(), Stop> {
    if answer == 0 { Ok(()) } else { Err(Stop::Sink(answer)) }
}

/// Hands the answers of a batch to the host, one by one.
fn give<'a, T>(answers: &'a Answers<T>, fail: &Fail, mut put: impl FnMut(u32, &'a T) -> i32) -> Result<(), Stop> {
    let answers = answers.as_ref().map_err(|failure| Stop::Failed(failure.clone()))?;
    for (item, answer) in (0u32..).zip(answers) {
        match answer {
            Ok(value) => go_on(put(item, value))?,
            Err(error) => fail.say(item, &error.code, &error.message),
        }
    }
    Ok(())
}

impl Texts {
    fn give(&self, text: &str) -> Result<(), Stop> {
        // SAFETY: the host's own function, with what it is to be called with.
        go_on(unsafe { (self.put)(self.host, Str::new(text)) })
    }
}

/// A value as JSON.
fn json(value: &impl serde::Serialize) -> Result<String, Stop> {
    serde_json::to_string(value).map_err(|error| Stop::Failed(Failure::Answer(error.to_string())))
}

unsafe extern "C" fn describe(texts: *const Texts, fail: *const Fail) -> i32 {
    // SAFETY: both are the host's, for this call.
    unsafe { status(fail, |_| linked().try_for_each(|plugin| (*texts).give(&json(&(plugin.describe)())?))) }
}

/// Opens an instance of a kind; the host has it until it closes it.
///
/// # Safety
/// All pointers are the host's, for this call; `task` may be null.
unsafe fn open(
    kind: Kind,
    id: Str<'_>,
    settings: *const Json<'_>,
    task: *const Json<'_>,
    fail: *const Fail,
) -> *mut c_void {
    let body = |_: &Fail| {
        // SAFETY: the caller's promise.
        let (settings, task) = unsafe { ((*settings).text.as_str(), task.as_ref().map_or("", |t| t.text.as_str())) };
        let task = if task.is_empty() { None } else { Some(serde_json::from_str(task)) };
        let task = task.transpose().map_err(|error| Error::new("setting.no-task", error.to_string()))?;
        let of_kind = || registered().iter().filter(|(of, ..)| *of == kind);
        let Some((_, _, plugin)) = of_kind().find(|(_, known, _)| known == id.as_str()) else {
            let known: Vec<_> = of_kind().map(|(_, id, _)| id.as_str()).collect();
            let message = format!("expected a {kind} of this library ({}), found `{}`", known.join(", "), id.as_str());
            return Err(Error::new(code::UNKNOWN, message).into());
        };
        let instance = (plugin.open)(settings, &Setting { task })?;
        Ok(Box::into_raw(Box::new(instance)).cast())
    };
    // SAFETY: the caller's promise.
    unsafe { run(fail, body) }.unwrap_or(ptr::null_mut())
}

/// [`open`] for kinds that are opened before the task is known.
macro_rules! opens {
    ($kind:ident) => {{
        unsafe extern "C" fn opens(
            id: $crate::abi::view::Str<'_>,
            settings: *const $crate::abi::table::Json<'_>,
            fail: *const $crate::abi::table::Fail,
        ) -> *mut std::ffi::c_void {
            // SAFETY: handed through as they came.
            unsafe { super::open($crate::kind::Kind::$kind, id, settings, std::ptr::null(), fail) }
        }
        Some(opens)
    }};
}
use opens;

/// Ends an instance of any kind.
unsafe extern "C" fn close(instance: *mut c_void) {
    // SAFETY: made by `open`, and the host's promise that this is its last call.
    let _ = guard(|| drop(unsafe { Box::from_raw(instance.cast::<Instance>()) }));
}

/// An instance that the host has.
///
/// # Safety
/// Made by [`open`] and not yet closed.
unsafe fn instance<'a>(instance: *const c_void) -> &'a Instance {
    // SAFETY: the caller's promise.
    unsafe { &*instance.cast::<Instance>() }
}

/// The host asked an instance of one kind what only another can answer.
fn no_such_kind(instance: &Instance) -> Stop {
    Stop::Failed(Failure::Answer(format!("a {} was asked through another kind's table", instance.kind())))
}
