//! Settings beside their schema: what is wrong with them, and the whole of them with defaults filled in.

use crate::problem::{Problem, join};
use crate::{name, schema};
use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Fault;
use serde_json::{Map, Value};

/// Everything that is wrong with `settings`, in their order. Keys that the schema does not name are wrong
/// too, unless it says that other keys may stand there.
///
/// # Errors
/// Why `schema` is no JSON schema.
pub fn check(schema: &Value, settings: &Value) -> Result<Vec<Problem>, String> {
    let validator = jsonschema::validator_for(schema)
        .map_err(|error| format!("its settings have no valid JSON schema: {error}"))?;
    let mut problems = Vec::new();
    unknown_keys(schema, schema, settings, "", &mut problems);
    for error in validator.iter_errors(settings) {
        explain(schema, &error, &mut problems);
    }
    Ok(problems)
}

/// `settings` with every default of the schema filled in, tables within tables too. Whole numbers written
/// with a point (`3.0`) become whole where the schema asks for them.
pub fn fill(schema: &Value, settings: &Value) -> Value {
    filled(schema, schema, settings)
}

fn filled(root: &Value, schema: &Value, value: &Value) -> Value {
    match value {
        Value::Object(given) => filled_table(root, schema, given),
        Value::Array(given) => match schema::items(root, schema) {
            Some(items) => given.iter().map(|value| filled(root, items, value)).collect(),
            None => value.clone(),
        },
        Value::Number(number) if schema::type_of(schema::follow(root, schema)) == Some("integer") => {
            number.as_f64().filter(|_| number.is_f64()).map_or_else(|| value.clone(), |n| Value::from(n as i64))
        }
        _ => value.clone(),
    }
}

/// Keys stand in the order of the schema, those of a free table in their own.
fn filled_table(root: &Value, schema: &Value, given: &Map<String, Value>) -> Value {
    let mut table = Map::new();
    let within = schema::table(root, schema);
    for (key, schema) in within.and_then(schema::properties).into_iter().flatten() {
        let default = || schema.get("default").or_else(|| within.and_then(|table| table["default"].get(key)));
        if let Some(value) = given.get(key) {
            table.insert(key.clone(), filled(root, schema, value));
        } else if let Some(value) = default() {
            table.insert(key.clone(), value.clone());
        }
    }
    for (key, value) in given {
        if !table.contains_key(key) {
            let value = schema::values(root, schema).map_or_else(|| value.clone(), |of| filled(root, of, value));
            table.insert(key.clone(), value);
        }
    }
    Value::Object(table)
}

fn unknown_keys(root: &Value, schema: &Value, value: &Value, path: &str, problems: &mut Vec<Problem>) {
    match value {
        Value::Array(values) => {
            let Some(items) = schema::items(root, schema) else { return };
            for (index, value) in values.iter().enumerate() {
                unknown_keys(root, items, value, &join(path, &index.to_string()), problems);
            }
        }
        Value::Object(values) => {
            let within = schema::table(root, schema);
            let named = within.and_then(schema::properties);
            for (key, value) in values {
                let path = join(path, key);
                if let Some(schema) = named.and_then(|named| named.get(key)) {
                    unknown_keys(root, schema, value, &path, problems);
                } else if let Some(of) = schema::values(root, schema) {
                    unknown_keys(root, of, value, &path, problems);
                } else if within.is_some_and(schema::is_closed) {
                    let available: Vec<String> = named.into_iter().flat_map(Map::keys).cloned().collect();
                    let near = name::near(key, available.iter().map(String::as_str)).first().map(|&n| n.to_owned());
                    problems.push(Problem::UnknownKey { key: path, near, available });
                }
            }
        }
        _ => (),
    }
}

/// Says one fault that the validator found in the words of a run file.
fn explain(root: &Value, error: &ValidationError<'_>, problems: &mut Vec<Problem>) {
    let path: Vec<String> = segments(error.instance_path().as_str());
    let key = path.join(".");
    let within = schema::at(root, path.iter().map(String::as_str));
    match error.kind() {
        // `unknown_keys` has named these, with the nearest key. A table that may hold no key allows no value in it.
        Fault::AdditionalProperties { .. } | Fault::FalseSchema
            if within.is_some_and(|s| schema::table(root, s).is_some()) => {}
        Fault::Required { property } => {
            let property = property.as_str().unwrap_or_default();
            let wanted = within.and_then(|schema| schema::table(root, schema)).map(|t| &t["properties"][property]);
            let expected = wanted.map_or("a value".to_owned(), |schema| schema::expects(root, schema));
            problems.push(Problem::Missing { key: join(&key, property), expected });
        }
        Fault::AnyOf { context } | Fault::OneOfNotValid { context } => match deepest(context, path.len()) {
            Some(branch) => branch.iter().for_each(|error| explain(root, error, problems)),
            None => problems.push(wrong_value(root, within, key, error)),
        },
        Fault::Type { .. }
        | Fault::Enum { .. }
        | Fault::Constant { .. }
        | Fault::Minimum { .. }
        | Fault::Maximum { .. }
        | Fault::ExclusiveMinimum { .. }
        | Fault::ExclusiveMaximum { .. } => problems.push(wrong_value(root, within, key, error)),
        _ => {
            problems.push(Problem::Value { key, expected: error.masked().to_string(), found: found(error.instance()) })
        }
    }
}

/// The alternative that was meant, where one of several fits so far that its faults lie deeper.
fn deepest<'e>(context: &'e [Vec<ValidationError<'static>>], depth: usize) -> Option<&'e [ValidationError<'static>]> {
    let depth_of = |branch: &Vec<ValidationError<'_>>| {
        branch.iter().map(|error| segments(error.instance_path().as_str()).len()).min().unwrap_or(0)
    };
    context
        .iter()
        .map(|branch| (depth_of(branch), branch))
        .filter(|(d, _)| *d > depth)
        .max_by_key(|(d, _)| *d)
        .map(|(_, b)| b.as_slice())
}

fn wrong_value(root: &Value, schema: Option<&Value>, key: String, error: &ValidationError<'_>) -> Problem {
    let expected = schema.map_or_else(|| error.masked().to_string(), |schema| schema::expects(root, schema));
    Problem::Value { key, expected, found: found(error.instance()) }
}

/// The keys and indexes of a JSON pointer.
fn segments(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|segment| segment.replace("~1", "/").replace("~0", "~")).collect()
}

/// A value as a message shows it.
fn found(value: &Value) -> String {
    let shown = match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(_) => value.to_string(),
        Value::Number(_) => format!("the number {value}"),
        Value::String(_) => format!("the text {value}"),
        Value::Array(list) => format!("a list of {} values", list.len()),
        Value::Object(_) => "a table".to_owned(),
    };
    match shown.char_indices().nth(80) {
        Some((cut, _)) => format!("{}…", &shown[..cut]),
        None => shown,
    }
}
