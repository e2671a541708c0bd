//! The settings of `norm`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which norms train.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Norms: whole names, their ends from a dot on (`LayerNorm`), or globs (`*.layer.{4,5}.*`).
    pub targets: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { targets: vec!["*".to_owned()] }
    }
}
