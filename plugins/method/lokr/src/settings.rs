//! The settings of `lokr`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the updates stand and how large they are.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The rank of the larger factor, where it is below half its width; and the scale's denominator.
    pub rank: usize,
    /// The scale's numerator: the update is multiplied by alpha / rank.
    pub alpha: f64,
    /// Which linear layers: whole names, their ends from a dot on (`query`, `output.dense`), or globs
    /// (`*.self.{query,value}`). BERT's names are understood on DistilBERT too.
    pub targets: Vec<String>,
    /// Only in these layers, counted from 0; none given: in all.
    pub layers: Vec<usize>,
}

impl Default for Settings {
    fn default() -> Self {
        let targets = ["query", "key", "value", "dense"].map(str::to_owned).into();
        Self { rank: 8, alpha: 16.0, targets, layers: Vec::new() }
    }
}
