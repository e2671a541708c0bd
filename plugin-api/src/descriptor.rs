//! What a plugin says of itself.

use crate::kind::Kind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A plugin's self-description: printed by `plugins show`, checked by the host, tested by the test kit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Descriptor {
    /// Its name in a run file: lower-case words joined by hyphens.
    pub id: String,
    /// Its kind.
    pub kind: Kind,
    /// The revision of the kind's contract it was built for.
    pub revision: u32,
    /// The plugin's own version.
    pub version: String,
    /// An SPDX license expression.
    pub license: String,
    /// One sentence.
    pub summary: String,
    /// JSON schema of its settings.
    pub settings: Value,
    /// Examples with what they must give.
    #[serde(default)]
    pub examples: Vec<Case>,
}

/// One example of use: printed in help, run as a test.
///
/// `input` and `expect` are JSON in the form of the kind:
///
/// | kind | input | expect |
/// |---|---|---|
/// | domain | a row: `{"id", "fields": [[name, value], …]}` | a list of examples |
/// | domain | `{"rules": example}` | a prediction, or nothing |
/// | domain | `{"refine": {"example", "prediction"}}` | a prediction |
/// | preprocessor | an example: `{"text", "spans", …}` | the example after the edits |
/// | augmenter | `{"example", "seed"}` | a list of examples after the variations |
/// | method | `{"model": "tiny-bert"}` | `{"grafts": {name: sites}, "trained": numbers beside the head, "saved": format}` |
/// | metric | `{"task", "pairs": [{"gold", "predicted"}, …]}` | `{name: value}`, as many scores as it wants to show |
///
/// Whatever the kind, `{"error": code}` expects a refusal. What is empty need not be written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Case {
    /// What it shows.
    pub title: String,
    /// Settings other than the defaults.
    #[serde(default)]
    pub settings: Value,
    /// What goes in.
    pub input: Value,
    /// What comes out.
    pub expect: Value,
}

impl Case {
    /// An example with default settings.
    pub fn new(title: impl Into<String>, input: Value, expect: Value) -> Self {
        Self { title: title.into(), settings: Value::Object(serde_json::Map::new()), input, expect }
    }

    /// The same example with these settings.
    #[must_use]
    pub fn with(mut self, settings: Value) -> Self {
        self.settings = settings;
        self
    }
}
