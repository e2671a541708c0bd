//! Heads other than `linear`: trained, saved, opened again, merged.

use crate::harness::engraft;
use crate::support::workspace;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

const TEXTS: [&str; 2] = ["patient a has gout today, no fever.", "fever of patient b, and mumps."];

fn train(folder: &Path, method: &str) {
    train_with(folder, method, &["model.head=bilstm-crf", "model.lstm=16"]);
}

fn train_with(folder: &Path, method: &str, head: &[&str]) {
    let method = format!("method.use={method}");
    let sets = [head, &["optimize.epochs=20", "optimize.learning_rate=5e-3", &method]].concat();
    let sets: Vec<&str> = sets.iter().flat_map(|set| ["--set", *set]).collect();
    engraft(folder, &[&["train", "run.toml", "--quiet", "--out", "out"], &sets[..]].concat()).ok();
}

/// Answers to the texts, logits in them.
fn answers(folder: &Path, args: &[&str]) -> Vec<Value> {
    let out = engraft(folder, &[&["predict"], args, &["--logits"], &TEXTS[..]].concat()).ok();
    out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).expect("it is there")).expect("it is JSON")
}

#[test]
fn a_whole_model_opens_again_with_its_head() {
    let folder = workspace("head-full");
    train(&folder, "full");
    let config = read(&folder.join("out/model/config.json"));
    assert_eq!(config["engraft_head"], json!({ "kind": "bilstm-crf", "lstm": 16 }));
    assert_eq!(config["architectures"], json!(["BertModel"]), "the class that opens what is left of it");
    let answers = answers(&folder, &["out"]);
    assert_eq!(answers.len(), 2);
    // What it says of the dev split, it says again from its folder.
    let report = read(&folder.join("out/report.json"));
    let again = engraft(&folder, &["evaluate", "out", "--split", "dev", "--json"]).json();
    let f1 = &report["evaluate"]["result"]["model"]["scores"]["entity-f1.f1"]["value"];
    assert_eq!(&again["model"]["entity-f1.f1"], f1);
    assert!(f1.as_f64().expect("a number") > 0.0, "{report}");
}

#[test]
fn a_graft_brings_its_head_and_keeps_it_when_it_is_merged() {
    let folder = workspace("head-graft");
    train(&folder, "lora");
    let graft = read(&folder.join("out/graft/graft.json"));
    assert_eq!(graft["head"], json!({ "kind": "bilstm-crf", "lstm": 16 }));
    // The run file says `linear`: the graft brings its own.
    let own = answers(&folder, &["run.toml", "--graft", "out/graft"]);
    assert_eq!(own, answers(&folder, &["out"]));
    engraft(&folder, &["merge", "out", "--into", "merged"]).ok();
    let spans = |answers: &[Value]| answers.iter().map(|answer| answer["spans"].clone()).collect::<Vec<_>>();
    let merged = answers(&folder, &["out", "--model", "merged"]);
    for (a, b) in spans(&own).iter().zip(&spans(&merged)) {
        let ranges = |spans: &Value| -> Vec<(Value, Value)> {
            spans.as_array().expect("a list").iter().map(|s| (s["start"].clone(), s["end"].clone())).collect()
        };
        assert_eq!(ranges(a), ranges(b));
    }
}

#[test]
fn a_head_for_ends_writes_and_reads_the_files_of_question_answering() {
    let folder = workspace("head-span");
    train_with(&folder, "full", &["model.head=span"]);
    let config = read(&folder.join("out/model/config.json"));
    assert_eq!(config["architectures"], json!(["BertForQuestionAnswering"]));
    assert_eq!(config["id2label"], json!({ "0": "start-Disease", "1": "end-Disease" }));
    let found = answers(&folder, &["out"]);
    let gout = &found[0]["spans"][0];
    assert_eq!((&gout["start"], &gout["end"]), (&json!(14), &json!(18)), "{found:?}");
    assert_eq!(found[0]["logits"][0].as_array().expect("a list").len() % 2, 0, "two a token");
    let report = read(&folder.join("out/report.json"));
    let again = engraft(&folder, &["evaluate", "out", "--split", "dev", "--json"]).json();
    let f1 = &report["evaluate"]["result"]["model"]["scores"]["entity-f1.f1"]["value"];
    assert_eq!(&again["model"]["entity-f1.f1"], f1);
    // As transformers writes it: the class says which head it is.
    let mut bare = config;
    bare.as_object_mut().expect("a table").remove("engraft_head").expect("it is there");
    fs::write(folder.join("out/model/config.json"), bare.to_string()).expect("it can be written");
    assert_eq!(answers(&folder, &["out"]), found);
    let none = answers(&folder, &["out", "--set", "model.span_threshold=1000"]);
    assert_eq!((&none[0]["spans"], &none[0]["logits"]), (&json!([]), &found[0]["logits"]));
}

#[test]
fn a_graft_of_ends_is_one_for_question_answering_and_counts_what_is_too_long_for_it() {
    let folder = workspace("head-span-graft");
    train_with(&folder, "lora", &["model.head=span"]);
    let config = read(&folder.join("out/graft/adapter_config.json"));
    assert_eq!((&config["task_type"], &config["modules_to_save"]), (&json!("QUESTION_ANS"), &json!(["qa_outputs"])));
    let own = answers(&folder, &["out"]);
    assert_eq!(own, answers(&folder, &["run.toml", "--graft", "out/graft"]));
    // As PEFT writes it: nothing but its own files.
    fs::remove_file(folder.join("out/graft/graft.json")).expect("it is there");
    assert_eq!(own, answers(&folder, &["run.toml", "--graft", "out/graft"]));

    let folder = workspace("head-span-lost");
    let args = ["train", "run.toml", "--out", "out", "--set", "model.head=span", "--set", "model.span_tokens=1"];
    engraft(&folder, &[&args[..], &["--set", "optimize.max_steps=1"]].concat()).ok();
    let events = fs::read_to_string(folder.join("out/events.jsonl")).expect("it is there");
    assert!(events.contains("gold spans lost") && events.contains("more than `model.span_tokens`"), "{events}");
}

#[test]
fn an_lstm_of_no_width_and_an_unknown_head_are_refused() {
    let folder = workspace("head-refused");
    let train = |set: &str| {
        let args = ["train", "run.toml", "--quiet", "--out", "out", "--set", "model.head=bilstm-crf", "--set", set];
        engraft(&folder, &args)
    };
    train("model.lstm=0").refused(2, &["config.setting", "model.lstm"]);
    train("model.head=crff").refused(2, &["config.value", "model.head"]);
}
