//! The settings of `p-tuning`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How long the prompt is and how wide its network.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Rows of the prompt; the longest text becomes shorter by as many tokens.
    pub length: usize,
    /// The width h of the network.
    pub width: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { length: 20, width: 128 }
    }
}
