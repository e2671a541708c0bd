//! The settings of `span-overlap`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What counts as found.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The least share of characters that two spans must have in common (those that both cover, of those
    /// that either covers), above 0 and at most 1.
    pub threshold: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { threshold: 0.5 }
    }
}
