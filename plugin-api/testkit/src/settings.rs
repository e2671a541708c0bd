//! What a descriptor owes its users.

use crate::linked::{find, open};
use engraft_plugin::kind::Plugin;
use serde_json::{Value, json};

/// The descriptor is complete and the settings are strict: an id of lower-case words, a sentence of
/// summary, two examples or more, help for every key, defaults that open, unknown keys refused.
///
/// # Panics
/// Says what is missing.
pub fn settings<P: Plugin>() {
    let (registration, descriptor) = find::<P>();
    let id = &descriptor.id;
    let is_word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    assert!(id.split('-').all(is_word), "id `{id}`: expected lower-case words joined by hyphens");
    assert!(
        descriptor.summary.ends_with('.'),
        "`{id}`: expected a sentence as summary, found `{}`",
        descriptor.summary
    );
    let examples = descriptor.examples.len();
    assert!(examples >= 2, "`{id}`: expected two examples or more, found {examples}: they are printed in help");
    let closed = descriptor.settings.get("additionalProperties") == Some(&json!(false));
    assert!(closed, "`{id}`: settings must carry #[serde(deny_unknown_fields)]");
    for (key, schema) in descriptor.settings.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let help = schema.get("description").and_then(Value::as_str).unwrap_or_default();
        assert!(!help.is_empty(), "`{id}`: setting `{key}` has no doc comment, and so no help");
    }
    let refused = open(registration, &json!({ "no_such_setting": 1 }), None).err().map(|error| error.code);
    assert_eq!(refused.as_deref(), Some("settings.unreadable"), "`{id}`: an unknown setting must be refused");
    let opens = |settings: &Value| match open(registration, settings, None) {
        Err(error) if error.code == "settings.unreadable" => Err(error.message),
        _ => Ok(()),
    };
    let defaults = descriptor.settings.get("default").cloned().unwrap_or_default();
    assert_eq!(opens(&json!({})), Ok(()), "`{id}`: settings must carry #[serde(default)]");
    assert_eq!(opens(&defaults), Ok(()), "`{id}`: its own defaults do not open");
}
