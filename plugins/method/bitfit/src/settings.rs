//! The settings of `bitfit`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which biases train.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Modules whose bias trains: whole names, their ends from a dot on (`query`), or globs; none given: all.
    pub targets: Vec<String>,
}
