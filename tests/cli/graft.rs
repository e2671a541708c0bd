//! Grafts after training: merged, kept side by side, and at home without the plugin that made them.

use crate::harness::engraft;
use crate::support::{fixtures, workspace};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The small run with LoRA, trained: its folder is `out` in the folder answered.
fn trained(name: &str, seed: u32) -> PathBuf {
    let folder = workspace(name);
    train(&folder, "out", seed);
    folder
}

fn train(folder: &Path, out: &str, seed: u32) {
    let seed = format!("seed={seed}");
    let args = ["train", "run.toml", "--quiet", "--out", out, "--set", "method.use=lora", "--set", &seed];
    engraft(folder, &args).ok();
}

const TEXT: &str = "patient a has gout today.";

/// The logits of a text.
fn logits(folder: &Path, args: &[&str]) -> Vec<f64> {
    let out = engraft(folder, &[&["predict"], args, &["--logits", TEXT]].concat()).ok();
    let answer: Value = serde_json::from_str(out.trim()).expect("one JSON object");
    let numbers = answer["logits"][0].as_array().expect("a list");
    numbers.iter().map(|number| number.as_f64().expect("a number")).collect()
}

fn apart(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[test]
fn a_merged_graft_predicts_what_the_graft_did() {
    let folder = trained("merge", 1);
    let check = engraft(&folder, &["merge", "out", "--check", "--json"]).json();
    assert_eq!((&check["method"], &check["folder"]), (&json!("lora"), &Value::Null));
    let text = engraft(&folder, &["merge", "out", "--into", "merged"]).ok();
    assert!(text.contains("lora merges") && text.contains("largest difference of a logit"), "{text}");
    let (graft, merged) = (logits(&folder, &["out"]), logits(&folder, &["out", "--model", "merged"]));
    assert!(apart(&graft, &merged) < 1e-4, "{graft:?} {merged:?}");
    engraft(&folder, &["merge", "out", "--into", "merged"]).refused(2, &["file.exists", "not empty"]);
    engraft(&folder, &["merge", "home", "--check"]).refused(2, &["file.missing", "holds no graft"]);
    // An ordinary model folder: a run can begin with it.
    let source = format!("model.source={}", folder.join("merged").display());
    engraft(
        &folder,
        &["train", "run.toml", "--quiet", "--out", "next", "--set", &source, "--set", "optimize.max_steps=1"],
    )
    .ok();
}

#[test]
fn several_grafts_on_one_base_are_chosen_by_name() {
    let folder = trained("named-grafts", 1);
    train(&folder, "other", 2);
    let added = engraft(&folder, &["graft", "add", "out", "second", "other", "--json"]).json();
    assert_eq!(
        (&added["name"], &added["method"], &added["labels"]),
        (&json!("second"), &json!("lora"), &json!(["Disease"]))
    );
    let names = |folder: &Path| -> Vec<Value> {
        let list = engraft(folder, &["graft", "list", "out", "--json"]).json();
        list.as_array().expect("a list").iter().map(|known| known["name"].clone()).collect()
    };
    assert_eq!(names(&folder), ["graft", "second"]);
    let (own, second) = (logits(&folder, &["out"]), logits(&folder, &["out", "--graft", "second"]));
    assert_eq!(second, logits(&folder, &["other"]));
    assert_eq!(own, logits(&folder, &["out", "--graft", "graft"]));
    assert!(apart(&own, &second) > 1e-3, "two seeds are two grafts");

    engraft(&folder, &["graft", "add", "out", "second", "other"]).refused(2, &["graft.name", "--replace"]);
    engraft(&folder, &["graft", "add", "out", "second", "other", "--replace"]).ok();
    engraft(&folder, &["graft", "add", "out", "Bad Name", "other"]).refused(2, &["graft.name", "lower-case"]);
    engraft(&folder, &["graft", "add", "out", "third", "home"]).refused(2, &["file.missing", "holds no graft"]);
    engraft(&folder, &["predict", "out", "--graft", "third", TEXT]).refused(2, &["graft.name", "it has graft, second"]);
    engraft(&folder, &["graft", "remove", "out", "graft"]).refused(2, &["graft.name", "the run trained"]);
    engraft(&folder, &["graft", "remove", "out", "second"]).ok();
    engraft(&folder, &["graft", "remove", "out", "second"]).refused(2, &["graft.name"]);
    assert_eq!(names(&folder), ["graft"]);
}

#[cfg(unix)]
#[test]
fn a_graft_of_links_is_copied_whole_and_a_linked_folder_of_grafts_is_left_alone() {
    use std::os::unix::fs::symlink;
    let folder = trained("linked-grafts", 1);
    let cached = folder.join("cached");
    fs::create_dir_all(&cached).expect("it can be made");
    for entry in fs::read_dir(folder.join("out/graft")).expect("it is there") {
        let path = entry.expect("it can be read").path();
        symlink(&path, cached.join(path.file_name().expect("a name"))).expect("it can be linked");
    }
    for _ in 0..2 {
        engraft(&folder, &["graft", "add", "out", "second", "cached", "--replace"]).ok();
    }
    assert_eq!(logits(&folder, &["out"]), logits(&folder, &["out", "--graft", "second"]));
    let grafts: Vec<_> = fs::read_dir(folder.join("out/grafts")).expect("it is there").collect();
    assert_eq!(grafts.len(), 1, "nothing is left beside it: {grafts:?}");

    fs::rename(folder.join("out/grafts"), folder.join("mine")).expect("it is there");
    symlink("../mine", folder.join("out/grafts")).expect("it can be linked");
    engraft(&folder, &["graft", "remove", "out", "second"]).refused(2, &["file.link", "out/grafts"]);
    engraft(&folder, &["graft", "add", "out", "third", "cached"]).refused(2, &["file.link", "out/grafts"]);
    assert!(folder.join("mine/second/adapter_model.safetensors").is_file() && !folder.join("mine/third").exists());
}

#[test]
fn a_graft_of_another_form_is_refused_by_its_schema() {
    let folder = trained("newer-graft", 1);
    let path = folder.join("out/graft/graft.json");
    let text = fs::read_to_string(&path).expect("it is there");
    fs::write(&path, text.replace("engraft.graft/1", "engraft.graft/2")).expect("it can be written");
    let says = ["expected `engraft.graft/1`, found `engraft.graft/2`", "out/graft/graft.json"];
    engraft(&folder, &["predict", "out", "gout"]).refused(2, &says);
}

#[test]
fn a_graft_is_refused_on_other_weights_than_it_was_trained_on() {
    let folder = trained("other-base", 1);
    let base = folder.join("base");
    fs::create_dir_all(&base).expect("it can be made");
    for entry in fs::read_dir(fixtures().join("tiny")).expect("it is there") {
        let path = entry.expect("it can be read").path();
        fs::copy(&path, base.join(path.file_name().expect("a name"))).expect("it can be copied");
    }
    let weights = base.join("model.safetensors");
    let mut bytes = fs::read(&weights).expect("it is there");
    // The lowest bits of the last number of the file's last tensor but the head's: any weight of the encoder will do.
    let header = u64::from_le_bytes(bytes[..8].try_into().expect("eight bytes")) as usize;
    let names: Value = serde_json::from_slice(&bytes[8..8 + header]).expect("a header");
    let tensor = &names["bert.encoder.layer.0.output.dense.weight"]["data_offsets"][0];
    bytes[8 + header + tensor.as_u64().expect("an offset") as usize] ^= 1;
    fs::write(&weights, bytes).expect("it can be written");
    let source = format!("model.source={}", base.display());
    let predict = ["predict", "run.toml", "--graft", "out/graft", "--set", &source, TEXT];
    engraft(&folder, &predict).refused(2, &["graft.base", "trained on other weights", "--any-base"]);
    engraft(&folder, &[&predict[..], &["--any-base"]].concat()).ok();
    let merge = ["merge", "out", "--check", "--base", base.to_str().expect("a plain path")];
    engraft(&folder, &merge).refused(2, &["graft.base"]);
    engraft(&folder, &[&merge[..], &["--any-base"]].concat()).ok();
}

/// An example of a third party's method, built as its README says.
fn component(example: &str, file: &str) -> PathBuf {
    let _ = Command::new("rustup").args(["target", "add", "wasm32-wasip2"]).output();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("examples");
    let project = target.join(example).join("project");
    let _ = fs::remove_dir_all(&project);
    fs::create_dir_all(project.join("src")).expect("it can be made");
    // A copy with the versions of this workspace: what cargo writes beside a manifest stays out of the repository.
    let from = root.join("examples/plugins").join(example);
    fs::copy(from.join("src/lib.rs"), project.join("src/lib.rs")).expect("it can be copied");
    let manifest = fs::read_to_string(from.join("Cargo.toml")).expect("it is there");
    let api = root.join("plugin-api");
    let manifest = manifest.replace("../../../plugin-api", api.to_str().expect("a plain path"));
    fs::write(project.join("Cargo.toml"), manifest).expect("it can be written");
    fs::copy(root.join("Cargo.lock"), project.join("Cargo.lock")).expect("it can be copied");
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["rustc", "--release", "--lib", "--crate-type", "cdylib", "--target", "wasm32-wasip2", "--offline"])
        .env("CARGO_TARGET_DIR", &target)
        .current_dir(&project)
        .output()
        .expect("cargo is there");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    target.join("wasm32-wasip2/release").join(file)
}

/// Trains by a method that is a file in the run's folder.
fn train_with(folder: &Path, file: &Path, table: &str) {
    let name = file.file_name().expect("a name").to_str().expect("a plain name");
    fs::copy(file, folder.join(name)).expect("it can be copied");
    let run = fs::read_to_string(folder.join("run.toml")).expect("it is there");
    let run = run.replace("[method]\nuse = \"full\"\n", &format!("[[plugin]]\nfile = \"{name}\"\n[method]\n{table}\n"));
    fs::write(folder.join("run.toml"), run).expect("it can be written");
    engraft(folder, &["train", "run.toml", "--quiet", "--out", "out"]).ok();
}

#[test]
fn a_graft_loads_predicts_and_merges_or_says_why_not_when_its_plugin_is_gone() {
    let folder = workspace("plugin-gone");
    let file = component("method-rust", "low_rank_gate.wasm");
    train_with(&folder, &file, "use = \"low-rank-gate\"\nrank = 2\ntargets = [\"query\"]");
    let before = logits(&folder, &["out"]);
    fs::remove_file(folder.join("low_rank_gate.wasm")).expect("it is there");
    engraft(&folder, &["config", "check", "run.toml"]).refused(2, &["low_rank_gate.wasm"]);
    let answer = engraft(&folder, &["predict", "out", TEXT]);
    assert!(answer.err.contains("the method `low-rank-gate` is gone; its plan lies beside"), "{}", answer.err);
    answer.ok();
    assert_eq!(logits(&folder, &["out"]), before);
    assert!(engraft(&folder, &["graft", "list", "out"]).ok().contains("low-rank-gate"));
    // Its factor depends on what flows in.
    engraft(&folder, &["merge", "out", "--into", "merged"])
        .refused(2, &["merge.refused", "graft `gate`", "`tanh` is not affine in the layer's input"]);
}

/// The component of the example in JavaScript, built from the sources that lie there now.
fn scale_shift() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let fixture = fixtures().join("scale-shift");
    let listed = fs::read_to_string(fixture.join("sources.txt")).expect("it is there");
    for line in listed.lines() {
        let (hash, name) = line.split_once("  ").expect("a hash and a name");
        let found = engraft_engine::checkpoint::hash(&fs::read(root.join(name)).expect("it is there"));
        assert_eq!(found, hash, "{name} is not what the component was built from: examples/plugins/method-javascript");
    }
    fixture.join("scale_shift.wasm")
}

#[test]
fn a_method_in_javascript_trains_and_its_graft_merges_when_the_plugin_is_gone() {
    let folder = workspace("javascript-method");
    train_with(&folder, &scale_shift(), "use = \"scale-shift\"\ntargets = [\"query\", \"value\", \"dense\"]");
    let report = fs::read_to_string(folder.join("out/report.json")).expect("it is there");
    assert!(report.contains("scale at 10 linear sites: output = y + y · s + b"), "{report}");
    fs::remove_file(folder.join("scale_shift.wasm")).expect("it is there");
    let graft = logits(&folder, &["out"]);
    let merged = engraft(&folder, &["merge", "out", "--into", "merged", "--json"]).json();
    assert_eq!(merged["folded"][0]["sites"].as_array().map(Vec::len), Some(10), "{merged}");
    assert!(apart(&graft, &logits(&folder, &["out", "--model", "merged"])) < 1e-4);
}

/// The small run's file with trained grafts named in it.
fn with_grafts(folder: &Path, grafts: &[(&str, &str)]) {
    let run = fs::read_to_string(folder.join("run.toml")).expect("it is there");
    let lines: String = grafts.iter().map(|(name, path)| format!("{name} = \"{path}\"\n")).collect();
    fs::write(folder.join("grafted.toml"), format!("{run}\n[model.grafts]\n{lines}")).expect("it can be written");
}

#[test]
fn a_router_over_trained_grafts_tells_what_it_decided_and_needs_their_folders_no_longer() {
    let folder = trained("router", 1);
    train(&folder, "other", 2);
    with_grafts(&folder, &[("first", "out"), ("second", "other/graft")]);
    let train = ["train", "grafted.toml", "--quiet", "--out", "routed", "--set"];
    engraft(&folder, &[&train[..], &["method.use=lora"]].concat()).refused(2, &["model.grafts", "`router`"]);
    engraft(&folder, &[&train[..], &["method.use=router"]].concat()).ok();
    for gone in ["out", "other"] {
        fs::remove_dir_all(folder.join(gone)).expect("it is there");
    }
    let answer = engraft(&folder, &["predict", "routed", "--json", TEXT]).json();
    let shares = &answer["observed"]["router"];
    let sum: f64 = ["first", "second"].iter().map(|name| shares[name].as_f64().expect("a share")).sum();
    assert!((sum - 1.0).abs() < 1e-5, "{answer}");
    let report = fs::read_to_string(folder.join("routed/report.md")).expect("it is there");
    assert!(report.contains("on dev: first"), "{report}");
}

#[test]
fn a_graft_above_a_trained_one_leaves_it_as_it_was() {
    let folder = trained("stack", 1);
    with_grafts(&folder, &[("below", "out")]);
    let set = ["--set", "method.use=stack", "--set", "method.style=lora", "--set", "method.targets=[\"query\"]"];
    engraft(&folder, &[&["train", "grafted.toml", "--quiet", "--out", "stacked"][..], &set].concat()).ok();
    let check = engraft(&folder, &["merge", "stacked", "--check", "--json"]).json();
    assert_eq!(check["method"], json!("stack"));
    with_grafts(&folder, &[("below", "home")]);
    engraft(&folder, &["train", "grafted.toml", "--quiet", "--out", "x", "--set", "method.use=stack"])
        .refused(2, &["model.grafts.below", "holds no graft"]);
}

#[test]
fn a_folder_without_a_plan_merges_where_a_run_names_its_labels() {
    let folder = trained("merge-peft", 1);
    let adapter = folder.join("adapter");
    fs::create_dir_all(&adapter).expect("it can be made");
    for name in ["adapter_config.json", "adapter_model.safetensors"] {
        fs::copy(folder.join("out/graft").join(name), adapter.join(name)).expect("it can be copied");
    }
    engraft(&folder, &["merge", "adapter", "--check"]).refused(2, &["file.missing", "--run"]);
    engraft(&folder, &["merge", "adapter", "--run", "run.toml", "--into", "merged"]).ok();
    let (graft, merged) = (logits(&folder, &["out"]), logits(&folder, &["out", "--model", "merged"]));
    assert!(apart(&graft, &merged) < 1e-4, "{graft:?} {merged:?}");
}
