//! The settings of `language`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which languages stay, and how a text is marked.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The languages that stay (`en`, `zh`); a text of another is refused. Where none is named, all stay.
    pub keep: Vec<String>,
    /// The only languages that can be: telling two or three apart is surer than telling seventy.
    pub among: Vec<String>,
    /// Words put in front of each text, with `{language}` for its code: `[{language}] `.
    pub mark: String,
    /// From 0 to 1, how sure it must be; below, a text's language is unknown.
    pub sure: f64,
    /// Refuses a text whose language is unknown, where `keep` names languages. Otherwise it stays.
    pub refuse_unknown: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { keep: Vec::new(), among: Vec::new(), mark: String::new(), sure: 0.5, refuse_unknown: false }
    }
}
