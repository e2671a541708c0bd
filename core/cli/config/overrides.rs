//! Keys of a run file that are set from outside it: `ENGRAFT_<SECTION>__<KEY>` and `--set key=value`.

use crate::error::{Failure, Result};
use config::{ConfigError, Map, Source, Value, ValueKind};
use std::fmt;

/// Variables with the prefix that are no keys of a run file.
const OTHERS: [&str; 5] = ["CPU", "HOME", "LOG", "OFFLINE", "THREADS"];

/// One key set from outside.
#[derive(Clone, Debug)]
pub(crate) struct Override {
    /// Keys and indexes, from the root.
    path: Vec<String>,
    value: toml::Value,
    origin: String,
}

impl fmt::Display for Override {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origin)
    }
}

impl Override {
    /// Reads `key=value`. The value is TOML where it can be, else text: `5`, `true`, `[1, 2]`, `cosine`.
    ///
    /// # Errors
    /// `config.set` when it is not of that form.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let bad = |found: &str| {
            Failure::usage("config.set", format!("--set: expected KEY=VALUE, found `{found}`"))
                .help("for example: --set optimize.epochs=5, --set metric.0.use=entity-f1")
        };
        let (key, value) = text.split_once('=').ok_or_else(|| bad(text))?;
        let path = keys(key.trim()).ok_or_else(|| bad(text))?;
        Ok(Self { path, value: read(value.trim()), origin: format!("--set {text}") })
    }

    /// The keys that the environment sets.
    ///
    /// # Errors
    /// `config.environment` for a value that is no UTF-8.
    pub(crate) fn environment() -> Result<Vec<Self>> {
        let mut found = Vec::new();
        for (name, value) in std::env::vars_os() {
            let Some(name) = name.to_str() else { continue };
            let Some(key) = name.strip_prefix("ENGRAFT_").filter(|key| !OTHERS.contains(key)) else { continue };
            let value = value.into_string().map_err(|value| {
                Failure::usage("config.environment", format!("{name}: expected UTF-8, found {}", value.display()))
            })?;
            let path = key.split("__").map(str::to_lowercase).collect();
            found.push(Self { path, value: read(value.trim()), origin: format!("{name}={value}") });
        }
        found.sort_by(|a, b| a.origin.cmp(&b.origin)); // the environment has no order
        Ok(found)
    }

    /// Whether this sets the dotted `key`, or a table that it lies in.
    pub(crate) fn sets(&self, key: &str) -> bool {
        holds(&self.path.join("."), key)
    }

    /// Whether this sets something within the dotted `key`.
    pub(crate) fn sets_within(&self, key: &str) -> bool {
        holds(key, &self.path.join("."))
    }
}

/// Whether the dotted key `outer` is `inner`, or a table around it.
fn holds(outer: &str, inner: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Overrides as the `config` crate takes them: laid over what is there, one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Overrides(pub(crate) Vec<Override>);

impl Source for Overrides {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }
    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        Ok(Map::new())
    }
    fn collect_to(&self, cache: &mut Value) -> Result<(), ConfigError> {
        self.0.iter().try_for_each(|one| {
            let value = convert(&one.value, &one.origin);
            put(cache, &one.path, value).map_err(|why| ConfigError::Message(format!("{one}: {why}")))
        })
    }
}

/// Puts `value` at `path`; tables and list entries on the way are made where there are none.
fn put(at: &mut Value, path: &[String], value: Value) -> Result<(), String> {
    let Some((key, rest)) = path.split_first() else {
        *at = value;
        return Ok(());
    };
    if matches!(at.kind, ValueKind::Nil) {
        let is_list = key.parse::<usize>().is_ok();
        at.kind = if is_list { ValueKind::Array(Vec::new()) } else { ValueKind::Table(Map::new()) };
    }
    match &mut at.kind {
        ValueKind::Table(table) => {
            put(table.entry(key.clone()).or_insert_with(|| Value::new(None, ValueKind::Nil)), rest, value)
        }
        ValueKind::Array(list) => {
            let index: usize = key.parse().map_err(|_| format!("expected an index of the list, found `{key}`"))?;
            if index > list.len() {
                return Err(format!(
                    "the list has {} entries; expected an index up to that, found {index}",
                    list.len()
                ));
            }
            if index == list.len() {
                list.push(Value::new(None, ValueKind::Nil));
            }
            put(&mut list[index], rest, value)
        }
        _ => Err(format!("`{key}` cannot stand in a value that is no table")),
    }
}

/// The keys of a dotted key, quoted ones without their quotes.
fn keys(key: &str) -> Option<Vec<String>> {
    let mut keys = Vec::new();
    let mut value = toml::Value::Table(toml::from_str(&format!("{key} = 0")).ok()?);
    while let toml::Value::Table(table) = value {
        let mut entries = table.into_iter();
        let (key, inner) = entries.next()?;
        if entries.next().is_some() {
            return None;
        }
        keys.push(key);
        value = inner;
    }
    Some(keys)
}

/// A value as TOML reads it; text that TOML does not read stands for itself.
fn read(text: &str) -> toml::Value {
    let alone = toml::from_str::<toml::Table>(&format!("value = {text}")).ok().filter(|table| table.len() == 1);
    alone.and_then(|mut table| table.remove("value")).unwrap_or_else(|| toml::Value::String(text.to_owned()))
}

fn convert(value: &toml::Value, origin: &str) -> Value {
    let kind = match value {
        toml::Value::String(text) => ValueKind::String(text.clone()),
        toml::Value::Integer(number) => ValueKind::I64(*number),
        toml::Value::Float(number) => ValueKind::Float(*number),
        toml::Value::Boolean(flag) => ValueKind::Boolean(*flag),
        toml::Value::Datetime(time) => ValueKind::String(time.to_string()),
        toml::Value::Array(list) => ValueKind::Array(list.iter().map(|value| convert(value, origin)).collect()),
        toml::Value::Table(table) => {
            ValueKind::Table(table.iter().map(|(key, value)| (key.clone(), convert(value, origin))).collect())
        }
    };
    Value::new(Some(&origin.to_owned()), kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn merged(file: &str, sets: &[&str]) -> Result<serde_json::Value, String> {
        let overrides = sets.iter().map(|set| Override::parse(set).unwrap()).collect();
        config::Config::builder()
            .add_source(config::File::from_str(file, config::FileFormat::Toml))
            .add_source(Overrides(overrides))
            .build()
            .and_then(config::Config::try_deserialize)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn values_are_toml_where_they_can_be_and_text_where_not() {
        let all = merged("", &["a=5", "b=5e-4", "c=true", "d=[1, 2]", "e=cosine", "f=\"5\"", "g=a = b", "h={ x = 1 }"]);
        let expected =
            json!({"a": 5, "b": 5e-4, "c": true, "d": [1, 2], "e": "cosine", "f": "5", "g": "a = b", "h": {"x": 1}});
        assert_eq!(all.unwrap(), expected);
    }

    #[test]
    fn an_entry_of_a_list_of_tables_is_changed_or_added_and_the_others_stay() {
        let file = "[[metric]]\nuse = 'a'\nshare = 0.25\n[[metric]]\nuse = 'b'\n";
        let all = merged(file, &["metric.1.use=c", "metric.2.use=d"]).unwrap();
        assert_eq!(all, json!({"metric": [{"use": "a", "share": 0.25}, {"use": "c"}, {"use": "d"}]}));
        assert!(merged(file, &["metric.7.use=c"]).unwrap_err().contains("the list has 2 entries"));
        assert!(merged(file, &["metric.x.use=c"]).unwrap_err().contains("expected an index of the list, found `x`"));
        assert_eq!(merged("", &["metric.0.use=c"]).unwrap(), json!({"metric": [{"use": "c"}]}));
    }

    #[test]
    fn keys_of_the_file_keep_their_case_dots_and_numbers() {
        let file = "[d.Words]\n\"a.B c\" = [1]\n[d]\nbig = 9007199254740993\nsmall = 5e-5\n";
        let all = merged(file, &["d.Words.\"x.y\"=2"]).unwrap();
        assert_eq!(
            all,
            json!({"d": {"Words": {"a.B c": [1], "x.y": 2}, "big": 9_007_199_254_740_993_i64, "small": 5e-5}})
        );
    }

    #[test]
    fn an_override_without_key_or_value_is_refused() {
        for bad in ["epochs", "=5", "a b=5", "a.=5", ""] {
            assert_eq!(Override::parse(bad).unwrap_err().exit_code(), 2, "{bad}");
        }
    }
}
