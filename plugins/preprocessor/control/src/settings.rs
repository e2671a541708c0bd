//! The settings of `control`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What goes, and what line breaks become.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Drops control characters other than tabs and line breaks, and the escape sequences of terminals.
    pub control: bool,
    /// Drops what has no width: byte order mark, soft hyphen, zero-width space and joiners, variation selectors without
    /// an emoji. Joiners stay where emoji, Persian and Indic scripts are spelled with them.
    pub zero_width: bool,
    /// Drops marks of direction: with them a text can look other than it is.
    pub direction: bool,
    /// Drops characters without a meaning that all agree on: private use, tags, the replacement character.
    pub private_use: bool,
    /// What `\r\n` and `\r` become.
    pub line_breaks: LineBreaks,
}

impl Default for Settings {
    fn default() -> Self {
        Self { control: true, zero_width: true, direction: true, private_use: false, line_breaks: LineBreaks::Keep }
    }
}

/// What the line breaks of other systems become.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LineBreaks {
    /// As they are.
    Keep,
    /// `\n`.
    Unix,
}
