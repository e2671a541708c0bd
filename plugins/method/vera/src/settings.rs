//! The settings of `vera`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the vectors stand.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The rank of the shared matrices; high ranks cost few parameters here.
    pub rank: usize,
    /// What the scales of the rank begin with.
    pub d_initial: f64,
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
        let targets = ["query", "value"].map(str::to_owned).into();
        Self { rank: 256, d_initial: 0.1, dropout: 0.0, targets, layers: Vec::new() }
    }
}
