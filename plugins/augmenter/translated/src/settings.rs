//! The settings of `translated`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the paraphrases are.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Lines of a text and its back-translation, a tab between; a text may have several lines. A text is a whole record's
    /// or a sentence's; `\n`, `\t` and `\\` stand for the signs. `{ file = "pairs.tsv" }` takes it from a file.
    pub pairs: String,
    /// Looks sentence by sentence for what is not there as a whole.
    pub sentences: bool,
    /// How many variations are made of a text, at most.
    pub variations: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { pairs: String::new(), sentences: true, variations: 1 }
    }
}
