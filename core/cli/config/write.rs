//! Writes a run file with every default and its comment: for `config fill`, and into every run folder.
//!
//! What is written reads back as the same run. Keys without a value stand as comments.

use super::raw::{Named, Raw};
use super::schema::{of_raw, sections};
use engraft_host::{Catalogue, schema};
use serde_json::{Map, Value};
use std::fmt::Write;

/// Longest line of a comment or a list.
const WIDTH: usize = 100;

/// The run file that says `raw`; comments come from the schemas of the engine and of the plugins.
pub(crate) fn write(raw: &Raw, catalogue: &Catalogue) -> String {
    let root = of_raw();
    let value = serde_json::to_value(raw).expect("a run file holds text keys only");
    let mut out = String::new();
    for (key, value) in value.as_object().into_iter().flatten() {
        let about = &root["properties"][key.as_str()];
        let plugins = sections().into_iter().find(|(section, _)| section == key);
        match (plugins, value) {
            (Some((_, kind)), value) => {
                let is_list = value.is_array();
                let tables: Vec<Named> = if is_list { read(value) } else { vec![read(value)] };
                if tables.is_empty() {
                    out += &format!("\n{}# [[{key}]]\n", comment(about));
                }
                for (index, table) in tables.iter().enumerate() {
                    let header = if is_list { format!("[[{key}]]") } else { format!("[{key}]") };
                    let about = if index == 0 { comment(about) } else { String::new() };
                    write!(out, "\n{about}{header}\n").expect("text grows");
                    plugin(&mut out, key, table, catalogue.find(kind, &table.plugin).ok().map(|e| &e.descriptor));
                }
            }
            (None, Value::Array(tables)) if about["type"] == "array" && !about["items"]["$ref"].is_null() => {
                out += &format!("\n{}", comment(about));
                if tables.is_empty() {
                    out += &format!("# [[{key}]]\n");
                }
                for table in tables.iter().filter_map(Value::as_object) {
                    writeln!(out, "[[{key}]]").expect("text grows");
                    entries(&mut out, &[key], &root, schema::follow(&root, &about["items"]), table);
                }
            }
            (None, Value::Object(table)) => {
                write!(out, "\n{}[{key}]\n", comment(about)).expect("text grows");
                entries(&mut out, &[key], &root, schema::follow(&root, about), table);
            }
            (None, value) => entry(&mut out, key, &root, about, value),
        }
    }
    out
}

/// A value of the run file, as the type it was made from.
fn read<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).expect("it was written by this type")
}

fn plugin(out: &mut String, key: &str, table: &Named, descriptor: Option<&engraft_plugin::Descriptor>) {
    if let Some(descriptor) = descriptor {
        *out += &wrapped(&descriptor.summary);
    }
    writeln!(out, "use = {}", inline(&Value::from(table.plugin.as_str()))).expect("text grows");
    let schema = descriptor.map_or(&Value::Null, |descriptor| &descriptor.settings);
    entries(out, &[key], schema, schema, &table.settings);
}

/// The keys of a table: values first, then the tables within it, as TOML asks.
fn entries(out: &mut String, path: &[&str], root: &Value, within: &Value, table: &Map<String, Value>) {
    let of = |key: &str| {
        let named = schema::table(root, within).and_then(schema::properties).and_then(|keys| keys.get(key));
        named.or_else(|| schema::values(root, within)).unwrap_or(&Value::Null)
    };
    for (key, value) in table.iter().filter(|(_, value)| !value.is_object()) {
        // The keys of a free table are the user's: their comment stands above the table, once.
        let is_named = schema::table(root, within).is_some();
        entry(out, key, root, if is_named { of(key) } else { &Value::Null }, value);
    }
    for (key, value) in table {
        let Value::Object(inner) = value else { continue };
        let path = [path, &[key.as_str()]].concat();
        let header: Vec<String> = path.iter().map(|key| bare(key)).collect();
        write!(out, "\n{}[{}]\n", comment(of(key)), header.join(".")).expect("text grows");
        entries(out, &path, root, of(key), inner);
    }
}

fn entry(out: &mut String, key: &str, root: &Value, about: &Value, value: &Value) {
    *out += &comment(about);
    let choices = schema::choices(root, about).filter(|choices| choices.len() > 1);
    if let Some(choices) = choices.filter(|_| !value.is_null()) {
        let choices: Vec<String> = choices.iter().map(inline).collect();
        *out += &wrapped(&format!("One of {}.", choices.join(", ")));
    }
    let key = bare(key);
    match value {
        Value::Null => writeln!(out, "# {key} = (not set; {})", schema::expects(root, about)),
        Value::Array(list) if key.len() + inline(value).len() + 3 > WIDTH => {
            let lines: String = list.iter().map(|value| format!("    {},\n", inline(value))).collect();
            writeln!(out, "{key} = [\n{lines}]")
        }
        _ => writeln!(out, "{key} = {}", inline(value)),
    }
    .expect("text grows");
}

/// The description of a schema, as comment lines.
fn comment(about: &Value) -> String {
    about["description"].as_str().map(wrapped).unwrap_or_default()
}

fn wrapped(text: &str) -> String {
    let mut lines = String::from("#");
    let mut width = 1;
    for word in text.split_whitespace() {
        if width + 1 + word.chars().count() > WIDTH && width > 1 {
            lines += "\n#";
            width = 1;
        }
        lines.push(' ');
        lines += word;
        width += 1 + word.chars().count();
    }
    lines + "\n"
}

/// A value on one line of TOML. Nothing within a list or an inline table is `null`: TOML has none.
fn inline(value: &Value) -> String {
    match value {
        Value::Null => "{}".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            Some(float) => toml::Value::Float(float).to_string(),
            None => number.to_string(),
        },
        Value::String(text) => toml::Value::String(text.clone()).to_string(),
        Value::Array(list) => format!("[{}]", list.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Value::Object(table) => {
            let entries: Vec<String> = table
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(key, value)| format!("{} = {}", bare(key), inline(value)))
                .collect();
            format!("{{ {} }}", entries.join(", "))
        }
    }
}

/// A key, in quotes where TOML asks for them.
fn bare(key: &str) -> String {
    let is_bare = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    // JSON's escapes are a part of TOML's.
    if is_bare { key.to_owned() } else { Value::from(key).to_string() }
}
