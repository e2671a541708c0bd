//! The settings of `router`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which grafts, and how one is chosen.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Names of trained grafts in `[model.grafts]`, two or more; none given: all.
    pub grafts: Vec<String>,
    /// What the gate decides for: a whole text, or each token.
    pub by: By,
    /// The share that one graft must reach: where none does, the base model answers alone. In training all are tried. 0:
    /// never.
    pub confidence: f64,
    /// The learning rate of the gate as a multiple of the run's.
    pub gate_rate: f64,
}

/// What a gate decides for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// For a whole text.
    #[default]
    Sequence,
    /// For each token by itself.
    Token,
}

impl Default for Settings {
    fn default() -> Self {
        Self { grafts: Vec::new(), by: By::Sequence, confidence: 0.0, gate_rate: 10.0 }
    }
}
