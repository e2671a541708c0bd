//! The settings of `chinese`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which characters are swapped, and how often.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Swaps for characters that sound the same, as writers by sound mistake them.
    pub homophones: bool,
    /// Swaps for characters that look the same, as readers of scans mistake them.
    pub look_alikes: bool,
    /// Groups of one's own, each a text of characters that may stand for each other: `["帐账", "像象"]`.
    pub groups: Vec<String>,
    /// With which probability a character that is in a group is swapped.
    pub probability: f64,
    /// How many variations are made of a text; one without any swap is left out.
    pub variations: usize,
    /// Swaps inside labelled spans too: misspelled mentions.
    pub inside_spans: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            homophones: true,
            look_alikes: true,
            groups: Vec::new(),
            probability: 0.05,
            variations: 1,
            inside_spans: false,
        }
    }
}
