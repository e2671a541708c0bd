//! Plugins as components in a run: they take the place of the linked ones, and nothing changes.

use crate::harness::engraft;
use crate::support::workspace;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// All plugins of this repository in one component, built as any is.
fn bundle() -> PathBuf {
    // `rust-toolchain.toml` lists the target, but rustup fetches it only along with a new toolchain.
    let _ = Command::new("rustup").args(["target", "add", "wasm32-wasip2"]).output();
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("components");
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["rustc", "--release", "--lib", "--crate-type", "cdylib", "--target", "wasm32-wasip2"])
        .args(["--package", "engraft-bundle"])
        .env("CARGO_TARGET_DIR", &target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo is there");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    target.join("wasm32-wasip2/release/engraft_bundle.wasm")
}

/// A report without its times.
fn report(out: &Path) -> Value {
    let text = fs::read_to_string(out.join("report.json")).expect("it is there");
    let mut report: Value = serde_json::from_str(&text).expect("it is JSON");
    report.as_object_mut().expect("it is an object").remove("timing");
    report
}

#[test]
fn a_run_with_all_plugins_as_components_ends_in_the_same_weights_and_report() {
    let folder = workspace("all-components");
    let run = fs::read_to_string(folder.join("run.toml")).expect("it is there");
    let run = format!("{run}\n[[preprocess]]\nuse = \"whitespace\"\n\n[[augment]]\nuse = \"mention-swap\"\n");
    fs::write(folder.join("run.toml"), &run).expect("it can be written");
    engraft(&folder, &["train", "run.toml", "--out", "linked"]).ok();

    let file = bundle();
    fs::write(folder.join("run.toml"), format!("{run}\n[[plugin]]\nfile = {file:?}\n")).expect("it can be written");
    engraft(&folder, &["config", "check", "run.toml"]).refused(2, &["plugin.clash", "replaces = true"]);
    fs::write(folder.join("run.toml"), format!("{run}\n[[plugin]]\nfile = {file:?}\nreplaces = true\n"))
        .expect("it can be written");
    engraft(&folder, &["train", "run.toml", "--out", "components"]).ok();

    let lock = fs::read_to_string(folder.join("components/engraft.lock")).expect("it is there");
    assert!(lock.contains("loader = \"component\"") && !lock.contains("loader = \"linked\""), "{lock}");
    for file in ["model/model.safetensors", "events.jsonl"] {
        let bytes = |out: &str| fs::read(folder.join(out).join(file)).expect("it was written");
        assert_eq!(bytes("components"), bytes("linked"), "{file}");
    }
    assert_eq!(report(&folder.join("components")), report(&folder.join("linked")));
}

#[test]
fn check_compares_the_linked_plugins_with_those_of_a_component() {
    let folder = workspace("check-all");
    let file = bundle();
    let file = file.to_str().expect("a plain path");
    let verdicts = engraft(&folder, &["plugins", "check", "--all", "--json", file]).json();
    let verdicts = verdicts.as_array().expect("a list");
    assert_eq!(verdicts.len(), 2 * 47, "all plugins, twice");
    for verdict in verdicts {
        assert_eq!(verdict["faults"].as_array().map(Vec::len), Some(0), "{verdict}");
        let compared = verdict["same_answers"].as_u64().unwrap_or(0) > 0;
        assert_eq!(compared, verdict["loader"] == "component", "{verdict}");
    }
}
