//! The settings of `fusion`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is composed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Names of trained bottlenecks in `[model.grafts]`, two or more; none given: all.
    pub grafts: Vec<String>,
    /// How much the loss asks V to stay near the identity, summed over all branches; 0 for not at all.
    pub regularization: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { grafts: Vec::new(), regularization: 0.01 }
    }
}
