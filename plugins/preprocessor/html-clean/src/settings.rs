//! The settings of `html-clean`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What markup becomes.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// What stands where a block begins or ends: paragraphs, headings, list items, table rows, breaks.
    pub block: String,
    /// What stands between the cells of a table.
    pub cell: String,
    /// Elements that go with all they contain.
    pub drop: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        let drop = ["script", "style", "template", "noscript", "svg", "object", "iframe"];
        Self { block: "\n".to_owned(), cell: " ".to_owned(), drop: drop.map(str::to_owned).into() }
    }
}
