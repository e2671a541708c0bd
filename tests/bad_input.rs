//! What is wrong ends in a clear coded error, and nothing is lost.

mod support;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use support::{engraft, fixtures, workspace};

/// Runs `train` in a folder with further arguments.
fn train(folder: &Path, more: &[&str]) -> Output {
    let mut command = engraft();
    command.current_dir(folder).args(["train", "run.toml", "--out", "out", "--quiet"]).args(more);
    command.output().expect("the binary starts")
}

/// Asserts the exit code, and that the error says all of `says`.
fn refused(output: &Output, exit: i32, says: &[&str]) {
    let error = String::from_utf8_lossy(&output.stderr);
    let plain = error.split_whitespace().collect::<Vec<_>>().join(" ").replace("│ ", "").replace("│", "");
    assert_eq!(output.status.code(), Some(exit), "{error}");
    for what in says {
        assert!(plain.contains(what), "expected `{what}` in:\n{plain}");
    }
}

/// Trains until the first checkpoint, then kills the run.
fn interrupted(folder: &Path) -> PathBuf {
    let mut child = engraft()
        .current_dir(folder)
        .args(["train", "run.toml", "--out", "out", "--quiet"])
        .spawn()
        .expect("the binary starts");
    let state = folder.join("out/checkpoints/step-00000003/state.json");
    while !state.exists() {
        assert!(child.try_wait().expect("it can be asked").is_none(), "it ended before its first checkpoint");
        std::thread::yield_now();
    }
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    let checkpoints = fs::read_dir(folder.join("out/checkpoints")).expect("it is there").flatten();
    let whole = checkpoints.map(|entry| entry.path()).filter(|path| path.join("state.json").exists());
    whole.max().expect("one is complete")
}

#[test]
fn a_truncated_checkpoint_is_refused_by_name() {
    let folder = workspace("truncated");
    let newest = interrupted(&folder);
    let weights = newest.join("state.safetensors");
    let length = fs::metadata(&weights).expect("it is there").len();
    File::options().write(true).open(&weights).and_then(|file| file.set_len(length / 2)).expect("it can be cut");
    refused(&train(&folder, &["--resume"]), 1, &["checkpoint.unusable", "state.safetensors", "truncated or changed"]);
}

#[test]
fn a_full_disk_leaves_the_last_good_checkpoint() {
    let folder = workspace("full-disk");
    let newest = interrupted(&folder);
    let before = fs::read(newest.join("state.json")).expect("it is there");
    // A limit on file sizes is the full disk that a test can have: writing fails in the middle.
    let limited = "trap '' XFSZ; ulimit -f 100; exec \"$0\" train run.toml --out out --quiet --resume";
    let engraft = env!("CARGO_BIN_EXE_engraft");
    let output = Command::new("sh").current_dir(&folder).args(["-c", limited, engraft]).output().expect("sh is there");
    refused(&output, 1, &["file.unwritable", "state.safetensors", "--resume"]);
    assert_eq!(fs::read(newest.join("state.json")).expect("it is still there"), before);
    assert!(train(&folder, &["--resume"]).status.success(), "with room again, the run goes on");
}

#[test]
fn a_second_run_does_not_write_to_the_same_folder() {
    let folder = workspace("locked");
    fs::create_dir_all(folder.join("out")).expect("it can be made");
    let lock = File::create(folder.join("out/.lock")).expect("it can be made");
    lock.lock().expect("it can be locked");
    refused(&train(&folder, &[]), 1, &["run.locked", "in use by another run"]);
}

#[test]
fn a_folder_that_holds_a_run_is_not_overwritten() {
    let folder = workspace("exists");
    interrupted(&folder);
    refused(&train(&folder, &[]), 2, &["run.exists", "--resume", "--out"]);
}

#[test]
fn a_run_is_not_resumed_with_other_settings() {
    let folder = workspace("other-settings");
    let newest = interrupted(&folder);
    let before = fs::read(newest.join("state.json")).expect("it is there");
    let output = train(&folder, &["--resume", "--set", "optimize.warmup=0.3"]);
    refused(&output, 2, &["run.other-settings", "run.toml", "--out"]);
    assert_eq!(fs::read(newest.join("state.json")).expect("it is still there"), before);
}

#[test]
fn a_loss_that_is_no_number_ends_the_run() {
    let folder = workspace("diverged");
    let settings =
        ["--set", "optimize.learning_rate=1e30", "--set", "optimize.clip_norm=0", "--set", "optimize.warmup=0"];
    refused(&train(&folder, &settings), 1, &["train.diverged", "at step", "learning_rate"]);
}

/// The smallest model with something changed in its weights file, byte for byte.
fn model_with(folder: &Path, from: &str, to: &str) -> String {
    let model = folder.join("model");
    fs::create_dir_all(&model).expect("it can be made");
    for name in ["config.json", "vocab.txt", "tokenizer_config.json", "model.safetensors"] {
        fs::copy(fixtures().join("tiny").join(name), model.join(name)).expect("it can be copied");
    }
    let weights = model.join("model.safetensors");
    let mut bytes = fs::read(&weights).expect("it is there");
    assert_eq!(from.len(), to.len());
    let at = bytes.windows(from.len()).position(|window| window == from.as_bytes()).expect("it is in the file");
    bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
    fs::write(&weights, bytes).expect("it can be written");
    format!("model.source={}", model.display())
}

#[test]
fn a_model_that_misses_a_tensor_is_refused_by_name() {
    let folder = workspace("missing-tensor");
    let source =
        model_with(&folder, "layer.1.output.dense.bias", "layer.1.output.dense.bias".replace("bias", "biaz").as_str());
    let says = ["model.weight", "bert.encoder.layer.1.output.dense.bias", "expected [32]", "nearest name"];
    refused(&train(&folder, &["--set", &source]), 1, &says);
}

#[test]
fn a_model_with_a_misshapen_tensor_is_refused_with_both_shapes() {
    let folder = workspace("misshapen-tensor");
    let source = model_with(&folder, "\"shape\":[48,32]", "\"shape\":[32,48]");
    refused(&train(&folder, &["--set", &source]), 1, &["model.weight", "expected [48, 32], found [32, 48]"]);
}

#[test]
fn a_truncated_model_is_refused() {
    let folder = workspace("truncated-model");
    let source = model_with(&folder, "F32", "F32");
    let weights = folder.join("model/model.safetensors");
    File::options().write(true).open(weights).and_then(|file| file.set_len(9000)).expect("it can be cut");
    refused(&train(&folder, &["--set", &source]), 1, &["model.folder", "no complete safetensors file"]);
}

#[test]
fn a_tokenizer_that_does_not_fit_the_model_is_refused() {
    let folder = workspace("tokenizer");
    let source = model_with(&folder, "F32", "F32");
    let vocabulary = folder.join("model/vocab.txt");
    let mut words = fs::read_to_string(&vocabulary).expect("it is there");
    words += "one\ntoo\nmany\n";
    fs::write(&vocabulary, words).expect("it can be written");
    refused(&train(&folder, &["--set", &source]), 1, &["model.tokenizer", "60"]);
}

/// Replaces the training file and trains.
fn train_on(name: &str, lines: impl AsRef<[u8]>) -> Output {
    let folder = workspace(name);
    fs::write(folder.join("train.jsonl"), lines).expect("it can be written");
    train(&folder, &[])
}

#[test]
fn an_empty_split_is_refused() {
    refused(&train_on("empty", ""), 1, &["data.empty-split", "train"]);
}

#[test]
fn a_missing_file_is_refused_before_anything_is_read() {
    let folder = workspace("missing-file");
    refused(&train(&folder, &["--set", "data.train=nowhere.jsonl"]), 2, &["nowhere.jsonl"]);
}

#[test]
fn a_label_outside_the_schema_is_refused_with_those_that_are_in_it() {
    let line = "{\"id\":\"x\",\"text\":\"gout\",\"spans\":[{\"start\":0,\"end\":4,\"label\":\"Diseaze\"}]}\n";
    refused(&train_on("label", line), 1, &["data.unknown-label", "`Diseaze`", "Disease"]);
}

#[test]
fn a_span_outside_its_text_is_refused_with_file_and_line() {
    let line = "{\"id\":\"x\",\"text\":\"gout\",\"spans\":[{\"start\":0,\"end\":9,\"label\":\"Disease\"}]}\n";
    refused(&train_on("outside", line), 1, &["data.record", "line 1", "span.outside", "4 bytes"]);
}

#[test]
fn a_span_inside_a_character_is_refused() {
    let line = "{\"id\":\"x\",\"text\":\"发热\",\"spans\":[{\"start\":0,\"end\":4,\"label\":\"Disease\"}]}\n";
    refused(&train_on("inside", line), 1, &["data.record", "span.inside-character"]);
}

#[test]
fn bytes_that_are_no_utf8_are_refused_with_file_and_line() {
    let lines = b"{\"id\":\"x\",\"text\":\"gout\"}\n{\"id\":\"y\",\"text\":\"gou\xff\"}\n";
    refused(&train_on("utf8", lines), 1, &["data.encoding", "line 2", "0xff"]);
}

#[test]
fn an_unknown_key_names_the_nearest() {
    let folder = workspace("unknown-key");
    refused(&train(&folder, &["--set", "optimize.lerning_rate=1"]), 2, &["lerning_rate", "learning_rate"]);
}
