//! The settings of `tokens`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which tokens.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Their numbers in the vocabulary.
    pub ids: Vec<u32>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { ids: vec![0] }
    }
}
