//! The settings of `unipelt`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The sizes of the three parts.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The rank of the low-rank updates.
    pub rank: usize,
    /// Linear layers with a low-rank update: whole names, their ends from a dot on, or globs.
    pub targets: Vec<String>,
    /// How many times narrower than the model the bottlenecks are.
    pub reduction: f64,
    /// Keys and values that the prefix adds to each attention.
    pub length: usize,
    /// The width of the network that makes them.
    pub width: usize,
}

impl Default for Settings {
    fn default() -> Self {
        let targets = ["query", "value"].map(str::to_owned).into();
        Self { rank: 8, targets, reduction: 16.0, length: 10, width: 512 }
    }
}
