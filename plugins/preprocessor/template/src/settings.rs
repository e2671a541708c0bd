//! The settings of `template`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a text becomes.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The new text: `{text}` is the old one, once; `{name}` the field of that name. What stands in square brackets is
    /// left out where a field in it is missing or empty: `[Age {age}. ]{text}`. Doubled signs stand for themselves.
    pub template: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self { template: "{text}".to_owned() }
    }
}
