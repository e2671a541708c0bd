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
mod parameter;
mod read;
pub mod site;
mod step;
pub mod targets;
pub mod trained;
pub mod types;
mod weave;

pub use build::{GraftBuilder, Value};
pub use op::{Binary, Op, Pool, Reduce, SvdPart, Unary};
pub use parameter::{Dim, Init, Parameter};
pub use site::{ModelMap, Select, Site, SiteKind};
pub use step::{Arg, Step};
pub use trained::Trained;
pub use types::{Rows, Type};
pub use weave::{Junction, junctions};

use serde::{Deserialize, Serialize};
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
    /// Directions that are given up in training.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub budgets: Vec<Budget>,
    /// The learning rates at which the method is known to learn, from the lowest to the highest: the engine
    /// warns of others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learning_rates: Option<[f64; 2]>,
    /// How the result is written.
    #[serde(default)]
    pub save: Save,
}

impl Plan {
    /// An empty plan, in which nothing but the task head would train.
    pub fn new(method: impl Into<String>) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            method: method.into(),
            dims: Dims::new(),
            shared: Vec::new(),
            grafts: Vec::new(),
            trains: Vec::new(),
            budgets: Vec::new(),
            learning_rates: None,
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

    /// Adds a budget.
    #[must_use]
    pub fn budget(mut self, budget: Budget) -> Self {
        self.budgets.push(budget);
        self
    }

    /// Says at which learning rates it is known to learn.
    #[must_use]
    pub const fn learns_at(mut self, lowest: f64, highest: f64) -> Self {
        self.learning_rates = Some([lowest, highest]);
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
    /// Static values that are written to disk under these keys besides the parameters, from the first site:
    /// for readers that know what is computed, not how. The engine itself does not read them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub exports: BTreeMap<String, String>,
    /// What it adds to the loss, once an optimizer step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub penalties: Vec<Penalty>,
    /// What is told of each text beside its prediction.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub observes: Vec<Observed>,
}

/// Numbers that are told of each text (the decision of a gate): the mean over the text's tokens, over all sites and
/// over all grafts that observe under this name with these labels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Observed {
    /// What they are called.
    pub name: String,
    /// The value's name; its type is token or sequence rows × [as many as there are labels].
    pub value: String,
    /// What each number stands for.
    pub labels: Vec<String>,
}

/// Directions of a graft of which the most important are kept, over all its sites (AdaLoRA).
///
/// A direction is a number of the `gate` and what belongs to it in other parameters. Its importance is the sum of
/// the means, over each of them, of |weight · gradient|, smoothed, times how much that changes, smoothed. At every
/// `every`-th step between `from` and `until` the gates of all but the most important are set to 0; how many are
/// kept falls from all to `keep` on a cubic: keep + (all − keep) · (1 − t)³. After `until` the last choice stays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// The graft.
    pub graft: String,
    /// Its parameter with a number for each direction.
    pub gate: String,
    /// Its other parameters, and the axis along which directions lie in each.
    pub with: Vec<(String, i64)>,
    /// Directions that are kept in the end, over all sites.
    pub keep: usize,
    /// The part of the run (0 to 1) from which on directions are given up.
    pub from: f64,
    /// The part of the run (0 to 1) at which `keep` are left.
    pub until: f64,
    /// Optimizer steps from one choice to the next.
    pub every: usize,
    /// How much of the past stays at each step, from 0 to below 1.
    pub smoothing: f64,
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

const fn one() -> f64 {
    1.0
}
const fn is_zero(value: &usize) -> bool {
    *value == 0
}
fn is_one(value: &f64) -> bool {
    *value == 1.0
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
