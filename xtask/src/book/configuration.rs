//! `configuration.md`: every key of a run file, out of its JSON schema.

use super::table;
use serde_json::Value;

const HEAD: &str = r#"
# Configuration

A run is one TOML file. `engraft config check run.toml` checks it, `engraft config fill run.toml` prints it with every
default and its comment, and `engraft config schema` prints the JSON schema that editors complete by.

Over the file lies the environment, over both lies the command line:

| where | example |
|---|---|
| file | `[optimize]` `epochs = 5` |
| environment | `ENGRAFT_OPTIMIZE__EPOCHS=5`, `ENGRAFT_METRIC__0__USE=entity-f1` |
| command line | `--set optimize.epochs=5`, `--set metric.0.use=entity-f1` |

Values of the environment and of `--set` are TOML where they can be read as TOML, and text where not. A number that
is meant as text stands in quotes: `--set name='"7"'`. Entries of lists are counted from 0; the index after the last
one adds an entry.

Unknown keys are errors that name the nearest key. Relative paths start from the folder of the run file. In a table
that names a plugin, `use` is the plugin's name, and all other keys are the plugin's own: see
[Plugins](plugins.md).
"#;

pub(super) fn render(schema: &Value) -> String {
    let mut out = HEAD.to_owned();
    out += "\n## The run\n\n";
    let nothing = Value::Null;
    let sections = schema["properties"].as_object().into_iter().flatten();
    let (tables, keys): (Vec<_>, Vec<_>) = sections.partition(|(_, of)| is_section(schema, of));
    let root = serde_json::json!({ "properties": keys.into_iter().map(|(k, v)| (k.clone(), v.clone())).collect::<serde_json::Map<_, _>>() });
    out += &table::settings(&root, &root, &nothing);
    for (key, of) in tables {
        let plugins = plugins(of);
        let header = if of["type"] == "array" { format!("[[{key}]]") } else { format!("[{key}]") };
        out += &format!("\n## `{header}`\n\n");
        if let Some(description) = of["description"].as_str() {
            out += &format!("{description}\n\n");
        }
        if plugins.is_empty() {
            out += &table::settings(schema, entry(schema, of), &nothing);
        } else {
            out += &format!("`use` names one of {}.\n", plugins.join(", "));
        }
    }
    out
}

/// Whether a property of a run file is a table, or a list of tables.
fn is_section(root: &Value, of: &Value) -> bool {
    !plugins(of).is_empty() || engraft_host::schema::table(root, entry(root, of)).is_some()
}

/// An entry, where a section is a list of them.
fn entry<'a>(root: &'a Value, of: &'a Value) -> &'a Value {
    engraft_host::schema::items(root, of).unwrap_or(of)
}

/// Links to the plugins that may stand in a section.
fn plugins(of: &Value) -> Vec<String> {
    let place = if of["type"] == "array" { &of["items"] } else { of };
    let names = place["oneOf"].as_array().into_iter().flatten();
    names
        .filter_map(|one| one["properties"]["use"]["const"].as_str())
        .map(|id| format!("[`{id}`](plugins.md#{id})"))
        .collect()
}
