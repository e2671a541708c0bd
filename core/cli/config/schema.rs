//! The JSON schema of run files: the engine's sections, and for each plugin's table the plugin's own schema.

use super::raw::{Named, Raw};
use super::resolve::GRANT;
use engraft_host::{Catalogue, Entry, schema};
use engraft_plugin::kind::Kind;
use engraft_plugin::register::Grant;
use serde_json::{Map, Value, json};

/// The sections that name plugins, in the order of a run file, with the kind that stands there.
pub(crate) fn sections() -> [(&'static str, Kind); 5] {
    [
        ("domain", Kind::Domain),
        ("preprocess", Kind::Preprocessor),
        ("augment", Kind::Augmenter),
        ("method", Kind::Method),
        ("metric", Kind::Metric),
    ]
}

/// The schema of a run file in which plugins' tables hold anything beside `use`.
pub(crate) fn of_raw() -> Value {
    schemars::schema_for!(Raw).to_value()
}

/// The schema of every run file that these plugins allow; with `run`, only of those that name the same plugins.
pub(crate) fn of_all_runs(catalogue: &Catalogue, run: Option<&Raw>) -> Value {
    let mut schema = of_raw();
    let mut has_all = true;
    for (section, kind) in sections() {
        let named = run.map(|run| names(run, section));
        let is_named =
            |entry: &&Entry| named.as_ref().is_none_or(|names| names.contains(&entry.descriptor.id.as_str()));
        let tables: Vec<Value> = catalogue.of(kind).filter(is_named).map(|entry| table(entry, &mut schema)).collect();
        if tables.is_empty() {
            has_all = false;
            continue;
        }
        let any = json!({ "oneOf": tables });
        let property = &mut schema["properties"][section];
        let place = if property["type"] == "array" { &mut property["items"] } else { property };
        let description = place.get("description").cloned();
        *place = any;
        if let Some(description) = description {
            place["description"] = description;
        }
    }
    if let Some(definitions) = schema["$defs"].as_object_mut().filter(|_| has_all) {
        definitions.remove("Named"); // no section refers to it any more
    }
    schema["title"] = json!("Engraft run file");
    schema
}

/// The plugins that a run names in a section.
fn names<'a>(run: &'a Raw, section: &str) -> Vec<&'a str> {
    let tables: Vec<&Named> = match section {
        "domain" => vec![&run.domain],
        "method" => vec![&run.method],
        "preprocess" => run.preprocess.iter().collect(),
        "augment" => run.augment.iter().collect(),
        _ => run.metric.iter().collect(),
    };
    tables.into_iter().map(|table| table.plugin.as_str()).collect()
}

/// One plugin's table: `use` and its settings. Definitions move to the root under a name of their own.
fn table(entry: &Entry, root: &mut Value) -> Value {
    let descriptor = &entry.descriptor;
    let prefix = format!("{}-{}-", descriptor.kind, descriptor.id);
    let mut schema = descriptor.settings.clone();
    point_references(&mut schema, &prefix);
    allow_files(&mut schema);
    let own = schema.as_object_mut().map(|schema| {
        schema.remove("$schema");
        schema.remove("title");
        schema.remove("default");
        schema.remove("$defs")
    });
    if let (Some(Some(Value::Object(own))), Some(all)) = (own, root["$defs"].as_object_mut()) {
        all.extend(own.into_iter().map(|(name, definition)| (format!("{prefix}{name}"), definition)));
    }
    let mut properties = Map::new();
    properties.insert("use".to_owned(), json!({ "const": descriptor.id, "description": descriptor.summary }));
    if descriptor.kind == Kind::Augmenter {
        let mut grant = schemars::schema_for!(Grant).to_value();
        let about = grant.as_object_mut().and_then(|grant| {
            grant.remove("$schema");
            grant.remove("title");
            grant.remove("description")
        });
        let grants = json!({ "type": "array", "items": grant, "description": about });
        properties.insert(GRANT.to_owned(), grants);
    }
    properties.extend(schema["properties"].as_object().cloned().unwrap_or_default());
    schema["properties"] = Value::Object(properties);
    let mut required = vec![json!("use")];
    required.extend(schema["required"].as_array().cloned().unwrap_or_default());
    schema["required"] = Value::Array(required);
    schema["description"] = json!(descriptor.summary);
    schema
}

/// Allows the names of files where a plugin expects a text or a list of texts: they are read for it (`texts`).
fn allow_files(schema: &mut Value) {
    let Value::Object(table) = schema else { return };
    for key in ["items", "additionalProperties"] {
        table.get_mut(key).into_iter().for_each(allow_files);
    }
    for key in ["properties", "$defs"] {
        table.get_mut(key).and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut).for_each(allow_files);
    }
    for key in ["anyOf", "oneOf"] {
        table.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten().for_each(allow_files);
    }
    let named = |key: &str| {
        let path = json!({ "type": "string", "description": "A path from the run file's folder." });
        json!({ "type": "object", "properties": { key: path }, "required": [key], "additionalProperties": false })
    };
    // A text that may stand in a file is a choice by now.
    let of_texts = schema["items"]["anyOf"][1]["properties"]["file"].is_object();
    let forms: Vec<Value> = match schema::type_of(schema) {
        Some("string") if schema::choices(&Value::Null, schema).is_none() => vec![named("file")],
        Some("array") if of_texts => vec![named("lines"), named("folder")],
        _ => return,
    };
    let mut choice = Map::new();
    if let Some(table) = schema.as_object_mut() {
        for key in ["description", "default"] {
            choice.extend(table.remove_entry(key));
        }
    }
    choice.insert("anyOf".to_owned(), [vec![schema.take()], forms].concat().into());
    *schema = Value::Object(choice);
}

/// Puts `prefix` before the name in each reference to a definition.
fn point_references(schema: &mut Value, prefix: &str) {
    match schema {
        Value::Object(table) => {
            if let Some(Value::String(target)) = table.get_mut("$ref")
                && let Some(name) = target.strip_prefix("#/$defs/")
            {
                *target = format!("#/$defs/{prefix}{name}");
            }
            table.values_mut().for_each(|value| point_references(value, prefix));
        }
        Value::Array(list) => list.iter_mut().for_each(|value| point_references(value, prefix)),
        _ => (),
    }
}
