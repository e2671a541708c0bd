//! `engraft data`: what is asked of labelled text before anything is trained.

use crate::harness::engraft;
use serde_json::Value;
use std::fs;
use tempfile::TempDir;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("there is room");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("there is room");
    }
    folder
}

const TASKS: &str = r#"[{"id": 1, "data": {"text": "No 😀 fever."}, "annotations": [{"result": [
  {"id": "a", "type": "labels", "value": {"start": 6, "end": 11, "text": "fever", "labels": ["Sign"]}}]}]}]"#;

#[test]
fn an_export_becomes_conll_and_brat_and_comes_back() {
    let here = folder(&[("export.json", TASKS)]);
    let run = |args: &[&str]| engraft(here.path(), args).ok();
    run(&["data", "convert", "export.json", "a.conll", "--from", "label-studio", "--scheme", "bioes"]);
    assert!(fs::read_to_string(here.path().join("a.conll")).unwrap().contains("fever\tS-Sign\n"));
    run(&["data", "convert", "a.conll", "documents", "--to", "brat"]);
    assert_eq!(fs::read_to_string(here.path().join("documents/1.ann")).unwrap(), "T1\tSign 5 10\tfever\n");
    let said = run(&["data", "convert", "documents", "back.jsonl"]);
    assert_eq!(said, "1 records in back.jsonl\n");
    let back: Value = serde_json::from_str(&fs::read_to_string(here.path().join("back.jsonl")).unwrap()).unwrap();
    assert_eq!(back["spans"], serde_json::json!([{"start": 8, "end": 13, "label": "Sign"}]));
    engraft(here.path(), &["data", "convert", "export.json", "x.txt"]).refused(2, &["data.unknown-format", "--to"]);
    engraft(here.path(), &["data", "convert", "back.jsonl", "x.txt", "--to", "lines"])
        .refused(1, &["data.cannot-hold"]);
}

#[test]
fn a_check_tells_faults_with_their_places_as_table_json_and_page() {
    let train =
        "{\"id\":\"a\",\"text\":\"Fever today.\",\"label\":\"pos\"}\n{\"id\":\"b\",\"text\":\" \",\"label\":\"pos\"}\n";
    let here = folder(&[
        ("train.jsonl", train),
        ("test.jsonl", "{\"id\":\"c\",\"text\":\"Fever  today.\",\"label\":\"neg\"}\n"),
    ]);
    let args = ["data", "check", "train.jsonl", "test.jsonl", "--json", "--html", "report.html"];
    let found = engraft(here.path(), &args).json();
    assert_eq!(found[0]["faults"]["empty"]["count"], 1);
    assert_eq!(found[1]["faults"]["leaked"]["examples"][0], "test.jsonl:1 `c` as train.jsonl:1");
    assert_eq!(
        (&found[1]["faults"]["conflicting"]["count"], &found[0]["labels"][0]),
        (&1.into(), &serde_json::json!(["pos", 2]))
    );
    assert!(fs::read_to_string(here.path().join("report.html")).unwrap().contains("<svg"));
    assert!(engraft(here.path(), &args[..4]).ok().contains("test.jsonl:1 `c` as train.jsonl:1"));
    engraft(here.path(), &["data", "check", "nowhere.jsonl"]).refused(2, &["file.missing"]);
}

#[test]
fn near_duplicates_leave_train_and_conflicts_are_listed() {
    let text =
        |id: &str, text: &str, label: &str| format!("{{\"id\":\"{id}\",\"text\":\"{text}\",\"label\":\"{label}\"}}\n");
    let long = "The patient has had fever for three days and coughs at night";
    let train = [
        text("a", long, "x"),
        text("b", &format!("{long}."), "y"),
        text("c", "another", "x"),
        text("d", "leaked text", "x"),
    ];
    let here = folder(&[("train.jsonl", &train.concat()), ("test.jsonl", &text("t", "Leaked  text", "x"))]);
    let args = ["data", "dedup", "train.jsonl", "--against", "test.jsonl", "--out", "clean.jsonl"];
    let said = engraft(here.path(), &args).ok();
    assert!(
        said.contains("2 texts alike, with different labels")
            && said.contains("4 records: 1 like one before, 1 like one of another set, 1"),
        "{said}"
    );
    let clean = fs::read_to_string(here.path().join("clean.jsonl")).unwrap();
    assert_eq!(clean.lines().count(), 2);
    assert!(clean.contains("\"a\"") && clean.contains("\"c\""));
}

#[test]
fn a_split_keeps_groups_and_its_manifest_names_the_hashes() {
    let line = |at: usize| {
        format!("{{\"id\":\"r{at}\",\"text\":\"text {at}\",\"label\":\"{}\",\"patient\":{}}}\n", at % 2, at / 5)
    };
    let all: String = (0..100).map(line).collect();
    let here = folder(&[("all.jsonl", &all)]);
    let args = ["data", "split", "all.jsonl", "--out", "parts", "--stratify", "--group", "patient", "--seed", "7"];
    engraft(here.path(), &args).ok();
    let read = |name: &str| fs::read_to_string(here.path().join("parts").join(name)).unwrap();
    let patients = |name: &str| -> std::collections::BTreeSet<u64> {
        read(name)
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["patient"].as_u64().unwrap())
            .collect()
    };
    let (train, test) = (patients("train.jsonl"), patients("test.jsonl"));
    assert!(train.is_disjoint(&test) && train.len() == 16 && test.len() == 2);
    let manifest: Value = serde_json::from_str(&read("manifest.json")).unwrap();
    assert_eq!((&manifest["seed"], &manifest["files"][0]["records"]), (&7.into(), &80.into()));
    assert_eq!(manifest["files"][0]["sha256"]["train.jsonl"].as_str().unwrap().len(), 64);
    engraft(here.path(), &["data", "split", "all.jsonl", "--out", "x", "--group", "ward"])
        .refused(2, &["data.request", "ward"]);
}

#[test]
fn samples_balance_and_agreement_work_on_the_same_files() {
    let line = |at: usize| {
        format!("{{\"id\":\"r{at}\",\"text\":\"text {at}\",\"label\":\"{}\"}}\n", usize::from(at.is_multiple_of(5)))
    };
    let all: String = (0..50).map(line).collect();
    let here = folder(&[("a.jsonl", &all), ("b.jsonl", &all.replacen("\"label\":\"1\"", "\"label\":\"0\"", 5))]);
    let run = |args: &[&str]| engraft(here.path(), args).ok();
    assert_eq!(run(&["data", "sample", "a.jsonl", "s.json", "--stratify"]), "5 records in s.json\n");
    assert!(fs::read_to_string(here.path().join("s.json")).unwrap().contains("\"choices\""));
    assert_eq!(run(&["data", "balance", "a.jsonl", "u.jsonl", "--by", "under"]), "20 records in u.jsonl\n");
    assert_eq!(run(&["data", "balance", "a.jsonl", "o.jsonl", "--by", "over"]), "80 records in o.jsonl\n");
    let found = engraft(here.path(), &["data", "agreement", "a.jsonl", "b.jsonl", "--json"]).json();
    assert_eq!((&found["texts"], &found["pairs"][0]["observed"]), (&50.into(), &0.9.into()));
    engraft(here.path(), &["data", "agreement", "a.jsonl"]).refused(2, &["data.request"]);
}
