//! A table of settings out of a JSON schema.

use engraft_host::schema;
use serde_json::Value;

/// The keys of `within` (a part of `root`) as a Markdown table; nothing for a table without keys.
///
/// `default` is what the keys' defaults are looked up in where the keys themselves state none.
pub(super) fn settings(root: &Value, within: &Value, default: &Value) -> String {
    let Some(keys) = schema::table(root, within).and_then(schema::properties) else { return String::new() };
    let rows: String = keys
        .iter()
        .filter(|(key, _)| *key != "use")
        .map(|(key, of)| {
            let default =
                of.get("default").or_else(|| default.get(key)).filter(|value| !value.is_null() && *value != "");
            let default = default.map_or(String::new(), code);
            let description = of["description"].as_str().unwrap_or_default();
            let expects = schema::expects(root, of);
            format!("| `{key}` | {} | {} | {} |\n", cell(&expects), default, cell(description))
        })
        .collect();
    if rows.is_empty() { rows } else { format!("| key | expects | default | |\n|---|---|---|---|\n{rows}") }
}

/// A default as TOML's kin; a long one is cut.
fn code(value: &Value) -> String {
    let text = match value {
        Value::Object(table) if table.is_empty() => "{}".to_owned(),
        other => other.to_string(),
    };
    let cut = match text.char_indices().nth(60) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    };
    format!("`{}`", cut.replace('|', "\\|"))
}

/// Text that stays in its cell.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}
