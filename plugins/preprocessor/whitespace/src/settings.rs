//! The settings of `whitespace`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What white space becomes.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// What a run of white space with line breaks in it becomes.
    pub newlines: Newlines,
    /// Drops what cannot be seen: control characters, zero-width and soft-hyphen characters, direction marks.
    pub invisible: bool,
    /// Drops white space at both ends of the text.
    pub trim: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { newlines: Newlines::Paragraphs, invisible: true, trim: true }
    }
}

/// What a run of white space with line breaks in it becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Newlines {
    /// One line break stays one, two or more become an empty line.
    Paragraphs,
    /// One line break, however many there were.
    Lines,
    /// A space.
    Spaces,
}
