//! The settings of `prompt`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How long the prompt is and what it begins with.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Rows of the prompt; the longest text becomes shorter by as many tokens.
    pub length: usize,
    /// What the rows begin with.
    pub begin: Begin,
    /// With `begin = "text"`: the words whose embeddings they begin with, repeated as often as needed.
    pub text: String,
}

/// What a prompt begins with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Begin {
    /// Embeddings of words that are drawn at random.
    #[default]
    Vocabulary,
    /// The embeddings of a text.
    Text,
    /// Normal numbers.
    Random,
}

impl Default for Settings {
    fn default() -> Self {
        Self { length: 20, begin: Begin::Vocabulary, text: String::new() }
    }
}
