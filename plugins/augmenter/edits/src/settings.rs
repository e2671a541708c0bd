//! The settings of `edits`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much is changed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The share of words that are deleted.
    pub delete: f64,
    /// The share of words that change places with another.
    pub swap: f64,
    /// The share of words behind which another word of the same text comes.
    pub insert: f64,
    /// How many variations are made of a text; one without any change is left out.
    pub variations: usize,
    /// Words that are never deleted, moved or repeated, beside the built-in words of negation: what a label hangs on.
    pub keep: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { delete: 0.05, swap: 0.05, insert: 0.05, variations: 1, keep: Vec::new() }
    }
}
