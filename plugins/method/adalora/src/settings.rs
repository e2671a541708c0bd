//! The settings of `adalora`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the updates stand, and how their ranks are allotted.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The rank r₀ that each layer begins with.
    pub rank: usize,
    /// The mean rank that is left in the end.
    pub target: usize,
    /// The scale's numerator: the update is multiplied by alpha / rank.
    pub alpha: f64,
    /// The share of input values dropped before the update, in training.
    pub dropout: f64,
    /// The weight of the penalty that keeps directions orthogonal.
    pub orthogonality: f64,
    /// The part of the run at which ranks begin to fall.
    pub from: f64,
    /// The part of the run at which they have fallen to the target; they stay from then on. At most 0.9.
    pub until: f64,
    /// Optimizer steps from one allotment to the next.
    pub every: usize,
    /// How much of the past stays in an importance at each step: above 0 and below 1.
    pub smoothing: f64,
    /// Which linear layers: whole names, their ends from a dot on (`query`, `output.dense`), or globs
    /// (`*.self.{query,value}`). BERT's names are understood on DistilBERT too.
    pub targets: Vec<String>,
    /// Only in these layers, counted from 0; none given: in all.
    pub layers: Vec<usize>,
}

impl Default for Settings {
    fn default() -> Self {
        let targets = ["query", "key", "value", "dense"].map(str::to_owned).into();
        Self {
            rank: 12,
            target: 8,
            alpha: 32.0,
            dropout: 0.0,
            orthogonality: 0.5,
            from: 0.1,
            until: 0.7,
            every: 10,
            smoothing: 0.85,
            targets,
            layers: Vec::new(),
        }
    }
}
