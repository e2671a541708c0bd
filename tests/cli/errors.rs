//! Every error code that the program can print has its section in the book.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The Rust files below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).expect("it is there").map(|entry| entry.expect("it can be read").path());
    paths.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

/// The codes in a source file: where a failure is made, and where an enum's variants are given theirs.
fn codes(text: &str) -> BTreeSet<String> {
    let made = ["Failure::usage(", "Failure::run(", "Self::usage(", "Self::run(", "} => ", "(_) => ", "        "];
    let joined = text.replace("(\n", "(");
    let mut codes = BTreeSet::new();
    for before in made {
        for after in joined.split(before).skip(1) {
            let code = after.trim_start().strip_prefix('"').and_then(|rest| rest.split_once('"')).map(|(code, _)| code);
            let is_code = |code: &&str| {
                let words: Vec<&str> = code.split('.').collect();
                let is_word =
                    |word: &&str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c == '-');
                words.len() == 2 && words.iter().all(is_word)
            };
            codes.extend(code.filter(is_code).map(str::to_owned));
        }
    }
    codes
}

#[test]
fn every_error_code_has_a_section_in_the_book() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = sources(&root.join("core/cli"));
    files.extend(
        ["core/engine/src/error.rs", "core/host/src/error.rs", "core/host/src/native/fault.rs"].map(|f| root.join(f)),
    );
    let all: BTreeSet<String> =
        files.iter().flat_map(|file| codes(&fs::read_to_string(file).expect("it can be read"))).collect();
    for known in ["config.unknown-key", "config.set", "model.hub", "run.lock", "plugin.clash", "train.diverged"] {
        assert!(all.contains(known), "`{known}` was not found in the sources: {all:?}");
    }
    let book = fs::read_to_string(root.join("docs/errors.md")).expect("the book has a page of errors");
    let headings: BTreeSet<&str> = book.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    for code in all {
        assert!(headings.contains(code.as_str()), "docs/errors.md has no section `## {code}`");
    }
}
