//! Reading JSON schemas: enough to walk settings beside their schema and to say in words what is expected.

use serde_json::{Map, Value};

/// The schema that `schema` stands for: `$ref`s into the same document are followed.
pub fn follow<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let mut schema = schema;
    // A chain of references is short; a circle of nothing but references would be no schema.
    for _ in 0..32 {
        let Some(target) = schema["$ref"].as_str().and_then(|name| name.strip_prefix('#')) else { break };
        let Some(next) = root.pointer(target) else { break };
        schema = next;
    }
    schema
}

/// The schema of a table with named keys that `schema` is, or may be beside `null`. A table that may hold no key at all
/// is one, too.
pub fn table<'a>(root: &'a Value, schema: &'a Value) -> Option<&'a Value> {
    let schema = follow(root, schema);
    let is_empty = || schema["type"] == "object" && schema["additionalProperties"] == false;
    if schema["properties"].is_object() || is_empty() {
        return Some(schema);
    }
    let mut tables = branches(schema).filter_map(|branch| table(root, branch));
    match (tables.next(), tables.next()) {
        (Some(only), None) if branches(schema).all(|branch| is_null(branch) || table(root, branch).is_some()) => {
            Some(only)
        }
        _ => None,
    }
}

/// The named keys of a table.
pub fn properties(table: &Value) -> Option<&Map<String, Value>> {
    table["properties"].as_object()
}

/// Whether a table may hold the keys it names and no others.
///
/// JSON schema allows other keys where nothing is said; settings do not.
pub fn is_closed(table: &Value) -> bool {
    let says_more = ["allOf", "anyOf", "oneOf", "patternProperties", "unevaluatedProperties"];
    match table.get("additionalProperties") {
        Some(Value::Bool(open)) => !open,
        Some(_) => false,
        None => says_more.iter().all(|keyword| table.get(keyword).is_none()),
    }
}

/// The schema of the values of a list.
pub fn items<'a>(root: &'a Value, schema: &'a Value) -> Option<&'a Value> {
    follow(root, schema).get("items").filter(|items| items.is_object())
}

/// The schema of the values of a table whose keys are free.
pub fn values<'a>(root: &'a Value, schema: &'a Value) -> Option<&'a Value> {
    follow(root, schema).get("additionalProperties").filter(|values| values.is_object())
}

/// The schema of the value at `path` (keys and indexes) of a document.
pub fn at<'a, 'p>(root: &'a Value, path: impl IntoIterator<Item = &'p str>) -> Option<&'a Value> {
    path.into_iter().try_fold(root, |schema, key| {
        let named = table(root, schema).and_then(properties).and_then(|keys| keys.get(key));
        named.or_else(|| items(root, schema)).or_else(|| values(root, schema))
    })
}

/// What `schema` expects, in words: `a whole number, 0 or more`; one of `linear`, `cosine`.
pub fn expects(root: &Value, schema: &Value) -> String {
    let schema = follow(root, schema);
    if let Some(choices) = choices(root, schema) {
        let choices: Vec<String> = choices.iter().map(Value::to_string).collect();
        return if choices.len() == 1 { choices[0].clone() } else { format!("one of {}", choices.join(", ")) };
    }
    if branches(schema).next().is_some() {
        let words: Vec<String> =
            branches(schema).filter(|branch| !is_null(branch)).map(|branch| expects(root, branch)).collect();
        return words.join(", or ");
    }
    match type_of(schema) {
        Some("integer") => format!("a whole number{}", bounds(schema)),
        Some("number") => format!("a number{}", bounds(schema)),
        Some("string") => "text".to_owned(),
        Some("boolean") => "true or false".to_owned(),
        Some("array") => items(root, schema).map_or("a list".to_owned(), |i| format!("a list of {}", several(root, i))),
        Some("object") => match values(root, schema) {
            Some(values) => format!("a table of {}", several(root, values)),
            None => "a table".to_owned(),
        },
        _ => "any value".to_owned(),
    }
}

/// The same of more than one value.
fn several(root: &Value, schema: &Value) -> String {
    let words = expects(root, schema);
    for one in ["whole number", "number", "table", "list"] {
        if let Some(rest) = words.strip_prefix("a ").and_then(|words| words.strip_prefix(one)) {
            return format!("{one}s{rest}");
        }
    }
    words
}

/// The only values that `schema` allows, where it lists them.
pub fn choices(root: &Value, schema: &Value) -> Option<Vec<Value>> {
    let schema = follow(root, schema);
    if let Some(only) = schema.get("const") {
        return Some(vec![only.clone()]);
    }
    if let Some(list) = schema["enum"].as_array() {
        return Some(list.iter().filter(|choice| !choice.is_null()).cloned().collect());
    }
    let branches: Vec<&Value> = branches(schema).filter(|branch| !is_null(branch)).collect();
    if branches.is_empty() {
        return None;
    }
    let lists: Option<Vec<Vec<Value>>> = branches.into_iter().map(|branch| choices(root, branch)).collect();
    Some(lists?.concat())
}

/// The type of a schema, `null` beside it left out.
pub fn type_of(schema: &Value) -> Option<&str> {
    match &schema["type"] {
        Value::String(name) => Some(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).find(|name| *name != "null"),
        _ => None,
    }
}

fn branches(schema: &Value) -> impl Iterator<Item = &Value> {
    ["anyOf", "oneOf"].into_iter().filter_map(|keyword| schema[keyword].as_array()).flatten()
}

fn is_null(schema: &Value) -> bool {
    schema["type"] == "null"
}

fn bounds(schema: &Value) -> String {
    let get = |keyword: &str| schema.get(keyword).filter(|bound| bound.is_number());
    let mut words = String::new();
    match (get("minimum"), get("maximum")) {
        (Some(low), Some(high)) => words = format!(" from {low} to {high}"),
        (Some(low), None) => words = format!(", {low} or more"),
        (None, Some(high)) => words = format!(", {high} or less"),
        (None, None) => (),
    }
    if let Some(low) = get("exclusiveMinimum") {
        words += &format!(", more than {low}");
    }
    if let Some(high) = get("exclusiveMaximum") {
        words += &format!(", less than {high}");
    }
    words
}
