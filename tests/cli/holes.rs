//! Holes of augmenters: granted, refused, filled by the run's own model, and told.

use crate::harness::{Answer, engraft};
use crate::support::{fixtures, workspace};
use std::fs;
use std::path::{Path, PathBuf};

/// A workspace whose run has the augmenter `masked` with these lines, on a model of the fixtures.
fn prepared(name: &str, model: &str, lines: &str) -> PathBuf {
    let folder = workspace(name);
    let run = fs::read_to_string(folder.join("run.toml")).expect("it is there");
    let table = format!("\n[[augment]]\nuse = \"masked\"\n{lines}\n[tokenize]");
    let (tiny, model) = (fixtures().join("tiny"), fixtures().join(model));
    let run = run.replacen("\n[tokenize]", &table, 1).replace(&format!("{tiny:?}"), &format!("{model:?}"));
    fs::write(folder.join("run.toml"), run).expect("it can be written");
    folder
}

fn train(folder: &Path) -> Answer {
    engraft(folder, &["train", "run.toml", "--out", "out", "--json", "--set", "optimize.max_steps=4"])
}

#[test]
fn a_run_fills_holes_by_its_own_model_and_says_how_many() {
    let folder = prepared("holes", "masked/bert", "grant = [\"fill-mask\"]\nsubstitute = 0.4\nvariations = 2");
    let report = train(&folder).json();
    let masked = &report["augment"]["masked"];
    let count = |key: &str| masked[key].as_u64().expect("a number");
    assert!(count("holes") >= count("variants") && count("variants") + count("unchanged") == 48, "{masked}");
    assert!(masked["distance"].as_f64().expect("a number") > 0.05, "{masked}");
    let markdown = fs::read_to_string(folder.join("out/report.md")).expect("it is there");
    assert!(markdown.contains("masked.holes"), "{markdown}");
    let written = fs::read_to_string(folder.join("out/run.toml")).expect("it is there");
    assert!(written.contains("grant = [\"fill-mask\"]"), "{written}");
    engraft(&folder, &["predict", "out", "--json", "patient a has gout today"]).ok();
}

#[test]
fn holes_that_the_run_does_not_grant_end_it_with_the_line_to_add() {
    let folder = prepared("holes-ungranted", "masked/bert", "");
    train(&folder).refused(2, &["plugin.ungranted", "augmenter `masked`", "grant = [\"fill-mask\"]"]);
}

#[test]
fn a_model_without_a_masked_language_model_is_refused_with_what_it_lacks() {
    let folder = prepared("holes-headless", "tiny", "grant = [\"fill-mask\"]");
    train(&folder).refused(2, &["model.no-masked-head", "cls.predictions.bias", "ForMaskedLM"]);
}

#[test]
fn grants_that_are_none_and_grants_of_others_than_augmenters_are_refused() {
    let folder = prepared("holes-unknown", "masked/bert", "grant = [\"fly\"]");
    train(&folder).refused(2, &["config.value", "`augment.1.grant`", "fill-mask"]);
    let folder = workspace("holes-elsewhere");
    let run = fs::read_to_string(folder.join("run.toml")).expect("it is there");
    let run = run.replace("use = \"entity-f1\"", "use = \"entity-f1\"\ngrant = [\"fill-mask\"]");
    fs::write(folder.join("run.toml"), run).expect("it can be written");
    train(&folder).refused(2, &["unknown key `metric.0.grant`"]);
}
