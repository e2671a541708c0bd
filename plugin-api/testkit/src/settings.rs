//! What a descriptor owes its users.

use crate::subject::{Subject, Verdict};
use serde_json::{Value, json};

impl Subject<'_> {
    /// The descriptor is complete and the settings are strict: an id of lower-case words, a sentence of
    /// summary, two examples or more, help for every key, defaults that open, unknown keys refused.
    ///
    /// # Errors
    /// Says what is missing.
    pub fn settings(&self) -> Verdict {
        let about = &self.descriptor;
        let (id, summary, examples) = (&about.id, &about.summary, about.examples.len());
        let is_word =
            |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        if !id.split('-').all(is_word) {
            return Err(format!("id `{id}`: expected lower-case words joined by hyphens"));
        }
        if !summary.ends_with('.') {
            return Err(format!("expected a sentence as summary, found `{summary}`"));
        }
        if examples < 2 {
            return Err(format!("expected two examples or more, found {examples}: they are printed in help"));
        }
        if about.settings.get("additionalProperties") != Some(&json!(false)) {
            return Err("settings must refuse unknown keys: #[serde(deny_unknown_fields)]".to_owned());
        }
        let keys = about.settings.get("properties").and_then(Value::as_object).into_iter().flatten();
        for (key, schema) in keys {
            if schema.get("description").and_then(Value::as_str).unwrap_or_default().is_empty() {
                return Err(format!("setting `{key}` has no doc comment, and so no help"));
            }
        }
        self.open_default().map_err(|why| format!("settings must have defaults, #[serde(default)]: {why}"))?;
        let defaults = about.settings.get("default").cloned().unwrap_or_default();
        if let Err(error) = self.open(&defaults, None)
            && error.code.ends_with("settings.unreadable")
        {
            return Err(format!("its own defaults do not open: {}", error.message));
        }
        match self.open(&json!({ "no_such_setting": 1 }), None) {
            Ok(_) => Err("an unknown setting must be refused".to_owned()),
            Err(_) => Ok(()),
        }
    }
}
