//! The settings of `hira`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the scales stand.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The rank r of the scale; the update's rank is that of the weight.
    pub rank: usize,
    /// Which linear layers: whole names, their ends from a dot on (`query`, `output.dense`), or globs
    /// (`*.self.{query,value}`). BERT's names are understood on DistilBERT too.
    pub targets: Vec<String>,
    /// Only in these layers, counted from 0; none given: in all.
    pub layers: Vec<usize>,
}

impl Default for Settings {
    fn default() -> Self {
        let targets = ["query", "key", "value", "dense"].map(str::to_owned).into();
        Self { rank: 32, targets, layers: Vec::new() }
    }
}
