//! The settings of `voice`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which sentences turn.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Turns active sentences passive.
    pub passive: bool,
    /// Turns passive sentences that name who acts active.
    pub active: bool,
    /// Regular verbs beside the built-in ones, as they stand in a dictionary: `["onboard"]`.
    pub verbs: Vec<String>,
    /// With which probability a sentence that can turn does.
    pub probability: f64,
    /// How many variations are made of a text; one without any turn is left out.
    pub variations: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { passive: true, active: true, verbs: Vec::new(), probability: 0.5, variations: 1 }
    }
}
