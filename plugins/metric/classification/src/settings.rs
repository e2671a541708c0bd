//! The settings of `classification`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is given beside the scores of labels.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Gives the confusion matrix, one score a cell, where each text has one label.
    pub confusion: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { confusion: true }
    }
}
