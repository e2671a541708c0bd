//! The settings of `masked`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much is changed, and how boldly.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The share of words that a word of the model takes the place of; never the same word.
    pub substitute: f64,
    /// The share of words behind which a word of the model comes.
    pub insert: f64,
    /// How many variations are made of a text; each changes a word at least, where the text has one that may change.
    pub variations: usize,
    /// Draws from so many of the likeliest words; 0 from the whole vocabulary.
    pub top_k: u32,
    /// What the model's logits are divided by: below 1 the likely words become likelier, 0 takes the likeliest.
    pub temperature: f32,
    /// Whether words within labelled spans may change; the span then covers what comes.
    pub inside_spans: bool,
    /// Words that stay, beside the built-in words of negation.
    pub keep: Vec<String>,
    /// Words that never come.
    pub exclude: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            substitute: 0.15,
            insert: 0.0,
            variations: 1,
            top_k: 100,
            temperature: 1.0,
            inside_spans: false,
            keep: Vec::new(),
            exclude: Vec::new(),
        }
    }
}
