//! What a report says, in the order of the walk.
//!
//! Two equal runs make equal reports but for [`Report::timing`]. Nothing is said twice: tables of labels
//! and the confusion matrix are read from the names of the scores.

use super::{Cases, Evaluation, StepPoint};
use crate::batch::Overlap;
use crate::evaluate::Scored;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The name and revision of `report.json`.
pub const SCHEMA: &str = "engraft.report/1";

/// A run, told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: String,
    /// The run's name.
    pub name: String,
    /// From which all its randomness came.
    pub seed: u64,
    /// The version of Engraft.
    pub engraft: String,
    /// Where it computed: `cpu`, `cuda:0`.
    pub device: String,
    /// The plugins that took part, in the order of the walk.
    pub plugins: Vec<Plugin>,
    /// The engine's settings (`run::Settings`), one object a section; each is shown in its own.
    pub settings: Value,
    /// What the user was told on the way; each is shown in its stage's section.
    pub notes: Vec<Note>,
    /// The splits, in the order train, dev, test.
    pub splits: Vec<Split>,
    /// What augmentation did: any JSON, shown as a table.
    pub augment: Value,
    /// The pretrained model.
    pub model: Model,
    /// What was trained.
    pub method: Method,
    /// How training went.
    pub optimize: Optimize,
    /// How good the result is.
    pub evaluate: Evaluate,
    /// What depends on the machine and the hour.
    pub timing: Timing,
}

impl Report {
    /// The same report without what depends on the machine and the hour.
    #[must_use]
    pub fn without_timing(&self) -> Self {
        Self { timing: Timing::default(), ..self.clone() }
    }

    /// The settings of one section, `optimize`.
    pub(super) fn section(&self, name: &str) -> Option<&Value> {
        self.settings.get(name)
    }
}

impl Default for Report {
    fn default() -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            name: String::new(),
            seed: 0,
            engraft: env!("CARGO_PKG_VERSION").to_owned(),
            device: String::new(),
            plugins: Vec::new(),
            settings: Value::Null,
            notes: Vec::new(),
            splits: Vec::new(),
            augment: Value::Null,
            model: Model::default(),
            method: Method::default(),
            optimize: Optimize::default(),
            evaluate: Evaluate::default(),
            timing: Timing::default(),
        }
    }
}

/// A plugin that took part.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Plugin {
    /// `domain`, `metric`, …
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Its settings, every default filled in.
    pub settings: Value,
}

/// What the user was told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Note {
    /// The section it belongs to: `data`, `tokenize`, …
    pub stage: String,
    /// The message.
    pub message: String,
}

/// One split's counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Split {
    /// `train`, `dev` or `test`.
    pub name: String,
    /// Examples, as the domain adapter made them.
    pub examples: usize,
    /// Documents they were cut from, where that is another number.
    pub documents: Option<usize>,
    /// Gold spans, or gold labels where whole texts are labelled, by label.
    pub labels: BTreeMap<String, usize>,
    /// Tokens, special ones included.
    pub tokens: usize,
    /// Windows the texts were cut into.
    pub windows: usize,
    /// Gold spans that no sequence of tags can express.
    pub spans_lost: usize,
}

/// The pretrained model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Model {
    /// As configured.
    pub source: String,
    /// What it is, in words: `bert, 6 layers of 384`.
    pub architecture: String,
}

/// What was trained.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Method {
    /// The plan's name for itself: `lora`.
    pub name: String,
    /// The plan as formulas, a line each.
    pub formulas: Vec<String>,
    /// Parameters that trained.
    pub trained: usize,
    /// Parameters in all, new ones included.
    pub parameters: usize,
}

/// How training went.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Optimize {
    /// Optimizer steps planned.
    pub planned: usize,
    /// Optimizer steps made.
    pub made: usize,
    /// Why it ended before the last planned step, if it did.
    pub stopped: Option<String>,
    /// Every step.
    pub curve: Vec<StepPoint>,
}

/// How good the result is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Evaluate {
    /// The score that decided, `<metric>.<name>`.
    pub decides: String,
    /// Whether more of it is better.
    pub higher_is_better: bool,
    /// The step whose weights were kept.
    pub best_step: Option<usize>,
    /// Every evaluation of the dev split.
    pub curve: Vec<Evaluation>,
    /// The kept weights on a split they were not chosen on; on dev where there is no test split.
    pub result: Option<Outcome>,
}

/// Predictions for one split, scored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Outcome {
    /// `test` or `dev`.
    pub split: String,
    /// Texts scored (documents, where they were cut).
    pub examples: usize,
    /// The task's labels, in its order.
    pub labels: Vec<String>,
    /// The model's mean loss.
    pub loss: Option<f64>,
    /// The model's scores.
    pub model: Scored,
    /// The scores of the domain's rules alone, where it has rules.
    pub rules: Option<Scored>,
    /// What the model got wrong.
    pub cases: Cases,
}

/// What depends on the machine and the hour.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Timing {
    /// Seconds spent in each stage, in the order of the walk.
    pub stages: Vec<Stage>,
    /// Training tokens a second.
    pub tokens_per_second: Option<f64>,
    /// The most memory the process held, in bytes.
    pub peak_memory: Option<u64>,
    /// Seconds spent in making batches, and in waiting for them.
    pub batches: Option<Overlap>,
    /// Seconds of calls into plugins that run behind a border, over all threads.
    pub plugins: Vec<Stage>,
}

/// Time spent in one stage.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stage {
    /// `data`, `optimize`, …
    pub name: String,
    /// Seconds on the wall.
    pub seconds: f64,
}
