//! The settings of `oft`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where rotations stand.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The width of a block; a divisor of the layer's input.
    pub block: usize,
    /// Which linear layers: whole names, their ends from a dot on (`query`, `output.dense`), or globs
    /// (`*.self.{query,value}`). BERT's names are understood on DistilBERT too.
    pub targets: Vec<String>,
    /// Only in these layers, counted from 0; none given: in all.
    pub layers: Vec<usize>,
}

impl Default for Settings {
    fn default() -> Self {
        let targets = ["query", "key", "value", "dense"].map(str::to_owned).into();
        Self { block: 32, targets, layers: Vec::new() }
    }
}
