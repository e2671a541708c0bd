//! The settings of `tokens`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which tokens: they have to be named.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Their numbers in the vocabulary.
    pub ids: Vec<u32>,
}
