//! A plugin from a shared library, named by a run file: trusted by its hash, used, locked.

use crate::harness::{answer, command, engraft};
use crate::support::workspace;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Builds the example metric as its README says.
fn build(into: &Path) {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/plugins/metric-c/exact_match.c");
    let include = Path::new(env!("CARGO_MANIFEST_DIR")).join("plugin-api/include");
    let mut cc = Command::new("cc");
    cc.args(["-std=c99", "-Wall", "-O2", "-shared", "-fPIC", "-I"]).arg(include).arg("-o").arg(into).arg(example);
    assert!(cc.status().expect("a C compiler is there").success());
}

/// Adds the library and its metric to the run file of a workspace.
fn name_it(folder: &Path, sha256: &str) {
    let run = fs::read_to_string(folder.join("run.toml")).expect("it is there");
    let named = format!("{run}\n[[metric]]\nuse = \"exact-match\"\n\n[[plugin]]\nfile = \"metric.so\"\n{sha256}\n");
    fs::write(folder.join("run.toml"), named).expect("it can be written");
}

#[test]
fn a_native_plugin_runs_only_under_the_hash_that_the_run_names() {
    let folder = workspace("native-plugin");
    build(&folder.join("metric.so"));
    let plain = fs::read_to_string(folder.join("run.toml")).expect("it is there");

    name_it(&folder, "");
    let answer = engraft(&folder, &["config", "check", "run.toml"]);
    let is_hash = |word: &&str| word.len() == 64 && word.chars().all(|c| c.is_ascii_hexdigit());
    let hash = answer.err.split(['"', ' ', '\n']).find(is_hash).expect("it says the hash it has").to_owned();
    answer.refused(2, &["plugin.untrusted"]);

    fs::write(folder.join("run.toml"), &plain).expect("it can be written");
    name_it(&folder, &format!("sha256 = \"{}\"", "0".repeat(64)));
    engraft(&folder, &["config", "check", "run.toml"]).refused(2, &["plugin.hash", &hash]);

    fs::write(folder.join("run.toml"), &plain).expect("it can be written");
    name_it(&folder, &format!("sha256 = \"{hash}\""));
    let report = engraft(&folder, &["train", "run.toml", "--out", "out", "--json"]).json();
    let scores = &report["evaluate"]["result"]["model"]["scores"];
    assert!(scores["exact-match.exact"]["value"].is_number(), "{scores}");
    let lock = fs::read_to_string(folder.join("out/engraft.lock")).expect("it is there");
    assert!(lock.contains("loader = \"native\"") && lock.contains(&hash), "{lock}");
    let evaluated: Value = engraft(&folder, &["evaluate", "out", "--split", "dev.jsonl", "--json"]).json();
    assert!(evaluated["model"]["exact-match.exact"].is_number(), "{evaluated}");
}

#[test]
fn a_library_that_a_run_folder_names_runs_only_where_it_was_trusted_before() {
    let folder = workspace("native-elsewhere");
    build(&folder.join("metric.so"));
    let hash = engraft_engine::checkpoint::hash(&fs::read(folder.join("metric.so")).expect("it is there"));
    name_it(&folder, &format!("sha256 = \"{hash}\""));
    engraft(&folder, &["train", "run.toml", "--quiet", "--out", "out", "--set", "optimize.max_steps=1"]).ok();
    engraft(&folder, &["evaluate", "out", "--split", "dev"]).ok();

    let elsewhere = |args: &[&str]| {
        let mut command = command(&folder, args);
        answer(command.env("ENGRAFT_HOME", folder.join("elsewhere")).output().expect("it starts"))
    };
    for named in ["out", "out/run.toml"] {
        let says = ["plugin.untrusted", "a run folder names it", "engraft plugins check --trust"];
        elsewhere(&["evaluate", named, "--split", "dev"]).refused(2, &says);
        elsewhere(&["predict", named, "gout"]).refused(2, &says);
    }
    elsewhere(&["train", "out", "--estimate"]).refused(2, &["plugin.untrusted"]);
    assert!(!folder.join("elsewhere/native").exists(), "none of it was copied to be run");
    elsewhere(&["plugins", "check", "--trust", "metric.so"]).ok();
    elsewhere(&["evaluate", "out", "--split", "dev"]).ok();
}
