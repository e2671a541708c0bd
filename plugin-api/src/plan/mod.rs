//! A fine-tuning method as data: which base parameters train, which new ones stand where, and by which
//! steps they change what the model computes.
//!
//! A [`Plan`] crosses every wire as JSON (`engraft.plan/1`) and is stored beside the trained weights, so
//! that a graft loads, serves and merges without the plugin that made it. [`build`] makes plans in Rust
//! that read like their formula; [`check`] says whether a plan fits a model before anything is allocated.

pub mod build;
pub mod check;
mod first;
pub mod op;
mod read;
pub mod site;
pub mod types;

pub use build::{GraftBuilder, Value};
pub use op::{Binary, Op, Pool, Reduce, SvdPart, Unary};
pub use site::{ModelMap, Select, Site, SiteKind};
pub use types::{Rows, Type};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::collections::BTreeMap;

/// The name and revision of the plan's JSON form.
pub const SCHEMA: &str = "engraft.plan/1";

/// Names that stand for whole numbers in shapes and arguments.
pub type Dims = BTreeMap<String, i64>;

/// What a method asks of the engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// [`SCHEMA`].
    pub schema: String,
    /// The method's name, for reports.
    pub method: String,
    /// Named whole numbers of this plan (`r`), beside the symbols of each site (`in`, `out`, …).
    #[serde(default)]
    pub dims: Dims,
    /// Parameters that every graft sees.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shared: Vec<Parameter>,
    /// What is grafted where.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grafts: Vec<Graft>,
    /// Which base parameters train. The task head always does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trains: Vec<Train>,
    /// How the result is written.
    #[serde(default)]
    pub save: Save,
}

impl Plan {
    /// An empty plan: only the task head trains.
    pub fn new(method: impl Into<String>) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            method: method.into(),
            dims: Dims::new(),
            shared: Vec::new(),
            grafts: Vec::new(),
            trains: Vec::new(),
            save: Save::default(),
        }
    }

    /// Names a whole number for use in shapes.
    #[must_use]
    pub fn dim(mut self, name: &str, value: usize) -> Self {
        self.dims.insert(name.to_owned(), value as i64);
        self
    }

    /// Adds a parameter that every graft sees.
    #[must_use]
    pub fn share(mut self, parameter: Parameter) -> Self {
        self.shared.push(parameter);
        self
    }

    /// Adds a graft.
    #[must_use]
    pub fn graft(mut self, graft: impl Into<Graft>) -> Self {
        self.grafts.push(graft.into());
        self
    }

    /// Adds base parameters that train.
    #[must_use]
    pub fn train(mut self, train: Train) -> Self {
        self.trains.push(train);
        self
    }

    /// Says how the result is written.
    #[must_use]
    pub fn save(mut self, save: Save) -> Self {
        self.save = save;
        self
    }
}

/// New parameters and steps at every site of a selection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Graft {
    /// Its name, unique in the plan.
    pub name: String,
    /// Where it stands.
    pub at: At,
    /// Its parameters, one set a site.
    #[serde(default)]
    pub parameters: Vec<Parameter>,
    /// Its steps, names before use.
    pub steps: Vec<Step>,
    /// What it puts in the place of what the site had (`output`, `input`, `weight`, `bias`), or the rows that
    /// it adds (`rows`, `k_rows`, `v_rows`).
    pub gives: BTreeMap<String, String>,
    /// What it adds to the loss, once an optimizer step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub penalties: Vec<Penalty>,
}

/// A static number that is added to the loss at every site of its graft.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Penalty {
    /// The value's name; its type is one static number.
    pub value: String,
    /// What it is multiplied by.
    pub weight: f64,
}

/// Where a graft stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct At {
    /// The kind of site.
    pub kind: SiteKind,
    /// Which sites of the kind.
    pub select: Select,
    /// For rows that are no tokens: by how much the positions of the real tokens shift.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub positions: usize,
    /// For prompt rows: where they come in.
    #[serde(default, skip_serializing_if = "Place::is_default")]
    pub place: Place,
}

impl At {
    /// At these sites of a kind.
    pub const fn new(kind: SiteKind, select: Select) -> Self {
        Self { kind, select, positions: 0, place: Place::WordEmbeddings }
    }

    /// The positions of the real tokens shift by this many.
    #[must_use]
    pub const fn shift(mut self, positions: usize) -> Self {
        self.positions = positions;
        self
    }

    /// Where prompt rows come in.
    #[must_use]
    pub const fn place(mut self, place: Place) -> Self {
        self.place = place;
        self
    }
}

/// Where prompt rows come in. They stand before the tokens of each sequence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// As if they were embedded words: positions, types and the norm come after.
    #[default]
    WordEmbeddings,
    /// Behind the norm of the embeddings.
    EmbeddingOutput,
}

impl Place {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A new parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// Its name in the steps.
    pub name: String,
    /// Its shape: numbers, or names of the plan's dims and the site's symbols.
    pub shape: Vec<Dim>,
    /// Its first values.
    #[serde(default)]
    pub init: Init,
    /// Its name on disk; `{site}`, `{layer}`, `{name}` are filled in.
    #[serde(default)]
    pub key: String,
    /// Whether it trains.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub train: bool,
    /// Its learning rate as a multiple of the run's.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub lr: f64,
    /// Whether weight decay applies; by default to parameters of two axes or more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decay: Option<bool>,
    /// Whether it is written to disk; what is not is made anew from its first values.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub save: bool,
}

const fn yes() -> bool {
    true
}
const fn one() -> f64 {
    1.0
}
const fn is_true(value: &bool) -> bool {
    *value
}
const fn is_zero(value: &usize) -> bool {
    *value == 0
}
fn is_one(value: &f64) -> bool {
    *value == 1.0
}

/// An extent: a number, or a name that stands for one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Dim {
    /// A number.
    Number(i64),
    /// A name.
    Name(String),
}

impl From<&str> for Dim {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}
impl From<usize> for Dim {
    fn from(number: usize) -> Self {
        Self::Number(number as i64)
    }
}

impl Parameter {
    /// A parameter of zeros that trains.
    pub fn new<D: Into<Dim> + Clone>(name: &str, shape: &[D]) -> Self {
        let shape = shape.iter().cloned().map(Into::into).collect();
        let (name, init, key) = (name.to_owned(), Init::default(), String::new());
        Self { name, shape, init, key, train: true, lr: 1.0, decay: None, save: true }
    }

    /// Its first values.
    #[must_use]
    pub fn init(mut self, init: Init) -> Self {
        self.init = init;
        self
    }

    /// Its name on disk.
    #[must_use]
    pub fn key(mut self, key: &str) -> Self {
        key.clone_into(&mut self.key);
        self
    }

    /// It does not train.
    #[must_use]
    pub const fn frozen(mut self) -> Self {
        self.train = false;
        self
    }
}

/// First values of a parameter. Fan-in is the last axis, as PyTorch counts it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Init {
    /// All 0.
    #[default]
    Zeros,
    /// All 1.
    Ones,
    /// All this.
    Constant(f64),
    /// Normal with this standard deviation.
    Normal(f64),
    /// Uniform within ± this.
    Uniform(f64),
    /// Uniform within ± √(6 / ((1 + a²) · fan-in)).
    KaimingUniform {
        /// The slope; √5 gives PyTorch's default for a linear layer.
        a: f64,
    },
    /// Uniform within ± √(6 / (fan-in + fan-out)).
    XavierUniform,
    /// Orthogonal rows, or columns where there are more rows than columns, times this.
    Orthogonal(f64),
    /// These values.
    Values(Vec<f32>),
    /// A copy of the site's `weight` or `bias`.
    Base(String),
    /// Rows of the site's `weight`, drawn at random.
    Sample,
    /// These rows of the site's `weight`, from the first again when there are too few.
    Rows(Vec<u32>),
    /// The rows of the site's `weight` that stand for the words of a text, from the first again when there
    /// are too few.
    Text(String),
    /// Computed once by steps over the site's static values and the parameters before this one. Here
    /// `svd` may be used too.
    #[serde(untagged)]
    Computed {
        /// The steps.
        steps: Vec<Step>,
        /// The name of the value.
        value: String,
    },
}

/// One step: `[name, op, args…]` on the wire.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The name of what it gives.
    pub name: String,
    /// The operation (see [`op`]).
    pub op: String,
    /// Operands first, then the operation's own numbers and names.
    pub args: Vec<Arg>,
}

/// An argument of a step.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Arg {
    /// A number.
    Number(f64),
    /// The name of a value, a dim, or a choice of the operation (`mean`).
    Name(String),
    /// A shape.
    List(Vec<Dim>),
}

impl Serialize for Arg {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const EXACT: f64 = (1u64 << 53) as f64;
        match self {
            // Whole numbers without a point: axes and lengths read better, and Python wants them so.
            Self::Number(n) if n.fract() == 0.0 && n.abs() < EXACT => serializer.serialize_i64(*n as i64),
            Self::Number(n) => serializer.serialize_f64(*n),
            Self::Name(name) => serializer.serialize_str(name),
            Self::List(dims) => dims.serialize(serializer),
        }
    }
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let head = [Arg::Name(self.name.clone()), Arg::Name(self.op.clone())];
        serializer.collect_seq(head.iter().chain(&self.args))
    }
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut items = Vec::<Arg>::deserialize(deserializer)?.into_iter();
        match (items.next(), items.next()) {
            (Some(Arg::Name(name)), Some(Arg::Name(op))) => Ok(Self { name, op, args: items.collect() }),
            _ => Err(de::Error::custom("a step is [name, op, args…]")),
        }
    }
}

/// Base parameters that train.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Train {
    /// Which parameters, by their Hugging Face names.
    pub select: Select,
    /// Their learning rate as a multiple of the run's.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub lr: f64,
    /// Whether weight decay applies; by default to parameters of two axes or more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decay: Option<bool>,
    /// From which part of the run on (0 to 1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<f64>,
    /// Until which part of the run (0 to 1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<f64>,
}

impl Train {
    /// Parameters that match a pattern, at the run's learning rate, all the time.
    pub fn select(pattern: &str) -> Self {
        Self { select: Select::One(pattern.to_owned()), lr: 1.0, decay: None, from: None, until: None }
    }
}

/// How the result is written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Save {
    /// The layout.
    #[serde(default)]
    pub format: SaveFormat,
    /// The layout's own configuration (`adapter_config.json`). The engine adds the base model's name,
    /// the task type and `modules_to_save`.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub config: serde_json::Value,
}

impl Save {
    /// In PEFT's layout, with this `adapter_config.json`.
    pub const fn peft(config: serde_json::Value) -> Self {
        Self { format: SaveFormat::Peft, config }
    }

    /// In the layout of AdapterHub's `adapters`, with this `config`.
    pub const fn adapterhub(config: serde_json::Value) -> Self {
        Self { format: SaveFormat::Adapterhub, config }
    }

    /// In Engraft's own layout, for a graft that PEFT has no name for.
    pub const fn engraft() -> Self {
        Self { format: SaveFormat::Engraft, config: serde_json::Value::Null }
    }
}

/// A layout on disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SaveFormat {
    /// The whole model as a Hugging Face folder.
    #[default]
    Model,
    /// The graft's parameters and the head as a PEFT folder.
    Peft,
    /// The graft's parameters and the head under the plan's keys, with `graft.json` to read them.
    Engraft,
    /// The graft's parameters as a folder of AdapterHub's `adapters` library.
    Adapterhub,
}
