//! Settings of plugins that stand in files. A plugin has no files: the text is read here and handed to it as the setting.
//!
//! | in the run file | where the plugin expects | it is handed |
//! |---|---|---|
//! | `{ file = "terms.tsv" }` | a text | the file's text |
//! | `{ lines = "names.txt" }` | a list of texts | the file's lines, blank ones left out |
//! | `{ folder = "wordnet" }` | a list of texts | the texts of the folder's files, in the order of their names |
//!
//! So it is the same for all loaders, nothing is granted, and the lock holds what was read by its hash.

use crate::error::{Failure, Result};
use engraft_host::schema;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// How a setting names a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    File,
    Lines,
    Folder,
}

/// What was read of files.
#[derive(Clone, Debug, Default)]
pub(crate) struct Texts {
    /// The settings as they are to be written, their paths absolute, by where they stand.
    written: Vec<(Vec<String>, Value)>,
    /// SHA-256 by path.
    pub(crate) hashes: BTreeMap<String, String>,
}

/// A plugin's settings with texts in the place of the files that they name. Paths start from `folder`.
///
/// # Errors
/// `file.missing`, `file.unreadable`; `config.encoding` for a text that is no UTF-8.
pub(crate) fn read(schema: &Value, settings: &Value, folder: &Path) -> Result<(Value, Texts)> {
    let mut texts = Texts::default();
    let read = texts.walk(schema, schema, settings, folder, &mut Vec::new())?;
    Ok((read, texts))
}

/// Whether every file that the settings name is there.
pub(crate) fn are_there(schema: &Value, settings: &Value, folder: &Path) -> bool {
    are_there_within(schema, schema, settings, folder)
}

fn are_there_within(root: &Value, within: &Value, value: &Value, folder: &Path) -> bool {
    match reference(root, within, value) {
        Some((_, path)) => folder.join(path).exists(),
        None => {
            children(root, within, value).iter().all(|(_, within, value)| are_there_within(root, within, value, folder))
        }
    }
}

impl Texts {
    /// Puts the files' names back into settings that were opened with their texts.
    pub(crate) fn put_back(&self, settings: &mut Value) {
        for (path, reference) in &self.written {
            let place = path.iter().try_fold(&mut *settings, |value, key| match value {
                Value::Object(table) => table.get_mut(key),
                Value::Array(list) => list.get_mut(key.parse::<usize>().ok()?),
                _ => None,
            });
            if let Some(place) = place {
                *place = reference.clone();
            }
        }
    }

    fn walk(
        &mut self,
        root: &Value,
        within: &Value,
        value: &Value,
        folder: &Path,
        at: &mut Vec<String>,
    ) -> Result<Value> {
        if let Some((form, path)) = reference(root, within, value) {
            let path = folder.join(path);
            let read = self.take(form, &path)?;
            let key = if let Value::Object(table) = value { table.keys().next().cloned() } else { None };
            let written = Map::from_iter([(key.unwrap_or_default(), Value::from(path.display().to_string()))]);
            self.written.push((at.clone(), Value::Object(written)));
            return Ok(read);
        }
        let mut made = value.clone();
        for (key, within, value) in children(root, within, value) {
            at.push(key.clone());
            let read = self.walk(root, within, value, folder, at)?;
            at.pop();
            match &mut made {
                Value::Object(table) => drop(table.insert(key, read)),
                Value::Array(list) => {
                    if let Some(place) = key.parse::<usize>().ok().and_then(|index| list.get_mut(index)) {
                        *place = read;
                    }
                }
                _ => {}
            }
        }
        Ok(made)
    }

    fn take(&mut self, form: Form, path: &Path) -> Result<Value> {
        match form {
            Form::File => Ok(Value::from(self.text(path)?)),
            Form::Lines => {
                let text = self.text(path)?;
                Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(Value::from).collect())
            }
            Form::Folder => {
                let failed = |error| Failure::reading(path, "folder", &error);
                let entries =
                    fs::read_dir(path).map_err(failed)?.collect::<std::io::Result<Vec<_>>>().map_err(failed)?;
                let mut files: Vec<PathBuf> =
                    entries.into_iter().map(|entry| entry.path()).filter(|path| path.is_file()).collect();
                files.sort();
                files.iter().map(|file| self.text(file).map(Value::from)).collect()
            }
        }
    }

    fn text(&mut self, path: &Path) -> Result<String> {
        let bytes = fs::read(path).map_err(|error| Failure::reading(path, "text", &error))?;
        let hash: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        self.hashes.insert(path.display().to_string(), hash);
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").map_or(bytes.clone(), <[u8]>::to_vec);
        String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            let line = error.as_bytes()[..at].iter().filter(|&&byte| byte == b'\n').count() + 1;
            let message =
                format!("`{}` line {line}: expected UTF-8, found byte 0x{:02x}", path.display(), error.as_bytes()[at]);
            Failure::usage("config.encoding", message)
        })
    }
}

/// The file that a setting names, where the plugin expects a text or a list of texts.
fn reference<'a>(root: &Value, within: &Value, value: &'a Value) -> Option<(Form, &'a str)> {
    let table = value.as_object().filter(|table| table.len() == 1)?;
    let (key, path) = table.iter().next()?;
    let is_text = |schema: &Value| {
        let schema = schema::follow(root, schema);
        schema::type_of(schema) == Some("string") && schema::choices(root, schema).is_none()
    };
    let form = match key.as_str() {
        "file" if is_text(within) => Form::File,
        "lines" if schema::items(root, within).is_some_and(is_text) => Form::Lines,
        "folder" if schema::items(root, within).is_some_and(is_text) => Form::Folder,
        _ => return None,
    };
    path.as_str().map(|path| (form, path))
}

/// The values within a table or list, each with its key and schema.
fn children<'a>(root: &'a Value, within: &'a Value, value: &'a Value) -> Vec<(String, &'a Value, &'a Value)> {
    match value {
        Value::Object(table) => {
            let named = schema::table(root, within).and_then(schema::properties);
            let of = |key: &str| named.and_then(|named| named.get(key)).or_else(|| schema::values(root, within));
            table.iter().filter_map(|(key, value)| Some((key.clone(), of(key)?, value))).collect()
        }
        Value::Array(list) => match schema::items(root, within) {
            Some(items) => list.iter().enumerate().map(|(index, value)| (index.to_string(), items, value)).collect(),
            None => Vec::new(),
        },
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema() -> Value {
        json!({
            "type": "object",
            "properties": {
                "text": { "type": "string" },
                "list": { "type": "array", "items": { "type": "string" } },
                "table": { "type": "object", "additionalProperties": { "type": "string" } },
            },
            "additionalProperties": false,
        })
    }

    #[test]
    fn texts_stand_where_files_were_named_and_their_names_come_back() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("words")).unwrap();
        for (name, text) in [("a.txt", "\u{feff}one\n\n two \n"), ("words/2", "b"), ("words/1", "a")] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let settings = json!({
            "text": { "file": "a.txt" }, "list": { "lines": "a.txt" }, "table": { "file": "file", "x": { "file": "a.txt" } },
        });
        let (mut read, texts) = super::read(&schema(), &settings, folder.path()).unwrap();
        let expected = json!({
            "text": "one\n\n two \n", "list": ["one", "two"], "table": { "file": "file", "x": "one\n\n two \n" },
        });
        assert_eq!(read, expected);
        assert_eq!(texts.hashes.len(), 1);
        texts.put_back(&mut read);
        let path = folder.path().join("a.txt").display().to_string();
        assert_eq!(read["list"], json!({ "lines": path }));
        assert_eq!(read["table"]["x"], json!({ "file": path }));
        assert!(are_there(&schema(), &settings, folder.path()));

        let of_folder = json!({ "list": { "folder": "words" } });
        assert_eq!(super::read(&schema(), &of_folder, folder.path()).unwrap().0["list"], json!(["a", "b"]));
        let in_list = json!({ "list": ["x", { "file": "words/2" }] });
        assert_eq!(super::read(&schema(), &in_list, folder.path()).unwrap().0["list"], json!(["x", "b"]));
    }

    #[test]
    fn a_file_that_is_not_there_or_no_text_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("bad"), b"a\nb\xff").unwrap();
        let failure =
            |name: &str| super::read(&schema(), &json!({ "text": { "file": name } }), folder.path()).unwrap_err();
        assert!(failure("none").is("file.missing"));
        assert!(failure("bad").is("config.encoding") && failure("bad").to_string().contains("line 2"));
        assert!(!are_there(&schema(), &json!({ "text": { "file": "none" } }), folder.path()));
    }

    #[test]
    fn a_table_of_the_plugins_own_is_left_alone() {
        let settings = json!({ "table": { "file": "x" } });
        assert_eq!(super::read(&schema(), &settings, Path::new("")).unwrap().0, settings);
    }
}
