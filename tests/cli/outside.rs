//! What comes from others: folders with links in them, and names and texts that a terminal would obey.

use crate::harness::engraft;
use crate::support::{fixtures, workspace};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

/// Fills a folder with links to the files of the smallest model, as they lie in `files`.
fn linked_model(folder: &Path, files: &Path) {
    fs::create_dir_all(folder).expect("it can be made");
    for entry in fs::read_dir(files).expect("it is there") {
        let path = entry.expect("it can be read").path();
        symlink(&path, folder.join(path.file_name().expect("a name"))).expect("it can be linked");
    }
}

fn train(folder: &Path, model: &Path, out: &str) -> crate::harness::Answer {
    let source = format!("model.source={}", model.display());
    let set = ["--set", &source, "--set", "optimize.max_steps=1"];
    engraft(folder, &[&["train", "run.toml", "--quiet", "--out", out], &set[..]].concat())
}

#[test]
fn a_run_folder_whose_files_are_links_is_refused_and_what_they_lead_to_stays() {
    let folder = workspace("links-in-a-run");
    let mine = folder.join("mine");
    fs::write(&mine, "keep").expect("it can be written");
    for (out, name) in [("locked", ".lock"), ("told", "events.jsonl")] {
        fs::create_dir_all(folder.join(out)).expect("it can be made");
        symlink(&mine, folder.join(out).join(name)).expect("it can be linked");
        train(&folder, &fixtures().join("tiny"), out).refused(2, &["file.link", name]);
        assert_eq!(fs::read_to_string(&mine).expect("it is there"), "keep");
    }
}

#[test]
fn a_model_that_points_at_a_file_elsewhere_does_not_take_it_into_the_result() {
    let folder = workspace("tokenizer-links");
    let model = folder.join("model");
    fs::create_dir_all(&model).expect("it can be made");
    for entry in fs::read_dir(fixtures().join("tiny")).expect("it is there") {
        let path = entry.expect("it can be read").path();
        fs::copy(&path, model.join(path.file_name().expect("a name"))).expect("it can be copied");
    }
    fs::write(folder.join("secret"), "{}").expect("it can be written");
    symlink("../secret", model.join("added_tokens.json")).expect("it can be linked");
    train(&folder, &model, "out").refused(2, &["file.link", "added_tokens.json"]);
    assert!(!folder.join("out").exists(), "it is refused before it is trained");

    // As `huggingface_hub` keeps a model.
    let hub = folder.join("models--a--b");
    fs::rename(&model, hub_blobs(&hub)).expect("it can be moved");
    fs::remove_file(hub.join("blobs/added_tokens.json")).expect("it is there");
    linked_model(&hub.join("snapshots/0123"), &hub.join("blobs"));
    train(&folder, &hub.join("snapshots/0123"), "out").ok();
    let vocabulary = fs::symlink_metadata(folder.join("out/model/vocab.txt")).expect("it is there");
    assert!(vocabulary.is_file(), "the result holds a file of its own");
}

/// The place of the files of a cached model.
fn hub_blobs(hub: &Path) -> std::path::PathBuf {
    fs::create_dir_all(hub).expect("it can be made");
    hub.join("blobs")
}

#[test]
fn a_terminal_obeys_nothing_that_stands_in_a_file_and_json_stays_as_it_is() {
    let folder = tempfile::tempdir().expect("there is room");
    let record = r#"{"id": "1", "text": "gout\u001b[2J", "labels": ["\u001b]0;owned\u0007sick"]}"#;
    fs::write(folder.path().join("a.jsonl"), record).expect("there is room");
    let check = |more: &str| engraft(folder.path(), &["data", "check", "a.jsonl", more]);
    let text = check("--color=always").ok();
    assert!(text.contains("\u{fffd}]0;owned\u{fffd}sick"), "{text}");
    assert!(text.contains("\x1b[1m") && !text.contains("\x1b]"), "its own colors stay: {text:?}");
    let json = check("--json").ok();
    assert!(json.contains(r"\u001b]0;owned\u0007sick"), "{json}");
    let missing = engraft(folder.path(), &["data", "check", "--color=always", "b\x1b[2J\x1b[8m.jsonl"]);
    assert!(!missing.err.contains("\x1b[2J") && !missing.err.contains("\x1b[8m"), "{:?}", missing.err);
    missing.refused(2, &["file.missing", "b\u{fffd}[2J"]);
}
