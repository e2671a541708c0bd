//! Settings of plugins that name files: read, kept by name and hash, and found again when the run predicts.

use crate::harness::engraft;
use crate::support::workspace;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// A workspace whose run cleans with lists from files and takes paraphrases from one.
fn prepared(name: &str) -> PathBuf {
    let folder = workspace(name);
    for (file, text) in [
        ("terms.tsv", "gout\tpodagra\n"),
        ("names.txt", "patient a\n\npatient b\n"),
        ("pairs.tsv", "patient c has anemia today, no fever.\tno fever today: patient c has anemia.\n"),
    ] {
        fs::write(folder.join(file), text).expect("it can be written");
    }
    let run = fs::read_to_string(folder.join("run.toml")).expect("it is there");
    let tables = r#"
[[preprocess]]
use = "private"
find = ["name"]
names = { lines = "names.txt" }
[[preprocess]]
use = "dictionary"
terms = { file = "terms.tsv" }
[[augment]]
use = "translated"
pairs = { file = "pairs.tsv" }
[tokenize]"#;
    fs::write(folder.join("run.toml"), run.replacen("\n[tokenize]", tables, 1)).expect("it can be written");
    folder
}

fn train(folder: &Path, more: &[&str]) -> crate::harness::Answer {
    let args = ["train", "run.toml", "--out", "out", "--json", "--set", "optimize.max_steps=4"];
    engraft(folder, &[&args, more].concat())
}

#[test]
fn a_run_reads_texts_from_files_and_keeps_their_names_and_hashes() {
    let folder = prepared("texts");
    let report = train(&folder, &[]).json();
    let notes = report["notes"].to_string();
    assert!(notes.contains("train: preprocessor `private` masked parts of 12 of 24 texts: [NAME] 12"), "{notes}");
    let augment = &report["augment"];
    assert!(augment["translated"]["distance"].as_f64().expect("a number") > 0.0, "{augment}");
    assert!(!report.to_string().contains("podagra\\n"), "the report holds names of files, not their texts");

    let written = fs::read_to_string(folder.join("out/run.toml")).expect("it is there");
    assert!(written.contains(&folder.join("terms.tsv").display().to_string()), "{written}");
    let lock = fs::read_to_string(folder.join("out/engraft.lock")).expect("it is there");
    assert!(lock.contains("[texts]") && lock.contains("pairs.tsv"), "{lock}");

    // What only training asks may be gone; what cleans may not.
    fs::remove_file(folder.join("pairs.tsv")).expect("it is there");
    let text = "patient a has gout today, no fever.";
    let answer = engraft(&folder, &["predict", "out", "--json", text]);
    assert!(answer.err.contains("a text of the augmenter `translated` is gone"), "{}", answer.err);
    let answer: Value = serde_json::from_str(answer.ok().lines().next().expect("a line")).expect("it is JSON");
    assert_eq!(answer["text"], text);

    fs::write(folder.join("terms.tsv"), "gout\tarthritis\n").expect("it can be written");
    fs::write(folder.join("pairs.tsv"), "a\tb\n").expect("it can be written");
    train(&folder, &["--resume"]).refused(2, &["run.lock", "text `", "terms.tsv"]);

    fs::remove_file(folder.join("terms.tsv")).expect("it is there");
    engraft(&folder, &["predict", "out", text]).refused(2, &["file.missing", "terms.tsv"]);
}

#[test]
fn config_fill_leaves_the_names_of_files_as_they_are() {
    let folder = prepared("texts-fill");
    let filled = engraft(&folder, &["config", "fill", "run.toml", "--json"]).json();
    assert_eq!(filled["preprocess"][1]["terms"]["file"], "terms.tsv");
    let text = engraft(&folder, &["config", "fill", "run.toml"]).ok();
    fs::write(folder.join("again.toml"), &text).expect("it can be written");
    assert_eq!(engraft(&folder, &["config", "fill", "again.toml"]).ok(), text);
}

#[test]
fn a_text_that_is_not_there_is_shown_where_it_is_named() {
    let folder = prepared("texts-missing");
    fs::remove_file(folder.join("names.txt")).expect("it is there");
    engraft(&folder, &["config", "check", "run.toml"]).refused(2, &["file.missing", "names.txt"]);
}
