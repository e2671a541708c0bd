//! The settings of `reorder`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What moves.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How many variations are made of a text; one in the old order is left out.
    pub variations: usize,
    /// The first sentence stays where it is: in notes and news it says what the text is about.
    pub keep_first: bool,
    /// A sentence that begins with a word which points back (`However`, `It`, 因此) stays behind the one before it.
    pub keep_linked: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { variations: 1, keep_first: false, keep_linked: true }
    }
}
