//! The settings of `mention-swap`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which mentions there are, and how often one is swapped.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Mentions by label: `Disease = ["asthma", "gout"]`. A label given here takes the place of the
    /// built-in list of that label.
    pub mentions: BTreeMap<String, Vec<String>>,
    /// Uses the built-in English lists for the labels Disease, Drug, Symptom and Procedure.
    pub built_in: bool,
    /// With which probability each mention is swapped.
    pub probability: f64,
    /// How many variations are made of a text; one without any swap is left out.
    pub variations: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { mentions: BTreeMap::new(), built_in: true, probability: 0.5, variations: 1 }
    }
}
