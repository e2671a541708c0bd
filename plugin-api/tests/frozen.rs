//! What was released never changes: a plugin that was built against it loads for ever.

use engraft_plugin::{Descriptor, Task};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs;
use std::path::Path;

fn contract() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// SHA-256 of a text file, whatever ends its lines.
fn hash(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let digest = Sha256::digest(text.replace("\r\n", "\n"));
    digest.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a text takes all");
        hex
    })
}

/// The lines of `frozen.txt`: hash and file.
fn frozen() -> Vec<(String, String)> {
    let text = fs::read_to_string(contract().join("frozen.txt")).expect("it is there");
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (hash, file) = line.split_once("  ").expect("a hash and a file");
            (hash.to_owned(), file.to_owned())
        })
        .collect()
}

#[test]
fn no_released_file_has_changed() {
    for (expected, file) in frozen() {
        let found = hash(&contract().join(&file));
        assert_eq!(found, expected, "`{file}` is released: a change is a new revision beside it (PENDING_CHANGES.md)");
    }
}

#[test]
fn every_file_of_a_released_revision_is_frozen() {
    let frozen = frozen();
    for folder in ["wit/deps", "schema"] {
        for entry in fs::read_dir(contract().join(folder)).expect("it is there").flatten() {
            let name = entry.file_name().into_string().expect("a plain name");
            let stem = name.split('.').next().unwrap_or_default();
            let is_released = !stem.ends_with("-0");
            let is_frozen = frozen.iter().any(|(_, file)| *file == format!("{folder}/{name}"));
            assert_eq!(is_frozen, is_released, "{folder}/{name}");
        }
    }
}

#[test]
fn the_schemas_are_those_of_the_types() {
    let schemas = [("descriptor-1", schemars::schema_for!(Descriptor)), ("task-1", schemars::schema_for!(Task))];
    for (name, schema) in schemas {
        let path = contract().join(format!("schema/{name}.json"));
        let found = format!("{}\n", serde_json::to_string_pretty(&schema).expect("it is JSON"));
        if std::env::var_os("BLESS").is_some() {
            fs::write(&path, &found).expect("it can be written");
        }
        let expected = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
        assert!(expected == found, "{name}: BLESS=1 rewrites it; it is frozen once it stands in frozen.txt");
    }
}
