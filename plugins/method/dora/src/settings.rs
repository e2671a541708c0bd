//! The settings of `dora`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the updates stand and how large they are.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The rank r of the direction's update.
    pub rank: usize,
    /// The scale's numerator: the update is multiplied by alpha / rank.
    pub alpha: f64,
    /// The share of input values dropped before the update, in training.
    pub dropout: f64,
    /// Which linear layers: whole names, their ends from a dot on (`query`, `output.dense`), or globs
    /// (`*.self.{query,value}`). BERT's names are understood on DistilBERT too.
    pub targets: Vec<String>,
    /// Only in these layers, counted from 0; none given: in all.
    pub layers: Vec<usize>,
}

impl Default for Settings {
    fn default() -> Self {
        let targets = ["query", "key", "value", "dense"].map(str::to_owned).into();
        Self { rank: 16, alpha: 32.0, dropout: 0.1, targets, layers: Vec::new() }
    }
}
