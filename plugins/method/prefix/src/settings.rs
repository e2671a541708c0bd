//! The settings of `prefix`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How long the prefix is and how it is made.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Keys and values that are added to each attention; positions of the words shift by as many.
    pub length: usize,
    /// The width of a network that makes them, which is easier to train; not given: they are learned themselves.
    pub width: Option<usize>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { length: 20, width: None }
    }
}
