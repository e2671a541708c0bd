//! `engraft data`: what is asked of labeled text before anything is trained.

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

const FUNCTIONS: &str = r#"
labels = ["good", "bad"]
[[function]]
name = "praise"
label = "good"
keywords = ["great", "很好"]
[[function]]
name = "blame"
label = "bad"
keywords = ["broken"]
[[function]]
name = "stars"
label = "bad"
field = "stars"
pattern = '^[12]$'
"#;

#[test]
fn functions_label_texts_and_it_is_told_what_they_are_worth() {
    let texts = [
        r#"{"id":"1","text":"Great!","label":"good"}"#,
        r#"{"id":"2","text":"It came broken.","stars":1}"#,
        r#"{"id":"3","text":"Well."}"#,
        r#"{"id":"4","text":"效果很好的药","stars":5}"#,
        r#"{"id":"5","text":"A great pity: broken.","stars":2,"label":"bad"}"#,
    ];
    let here = folder(&[("texts.jsonl", &texts.join("\n")), ("functions.toml", FUNCTIONS)]);
    let run = ["data", "label", "texts.jsonl", "out.jsonl", "--functions", "functions.toml"];
    let said = engraft(here.path(), &[&run[..], &["--model", "majority"]].concat()).ok();
    assert!(
        said.contains("5 texts: 80.0 % with a vote, 40.0 % with several, 20.0 % with a conflict; 4 labeled, 2 of 2"),
        "{said}"
    );
    let labels = |file: &str| -> Vec<(String, String)> {
        let text = fs::read_to_string(here.path().join(file)).unwrap();
        let row = |line: &str| {
            let row: Value = serde_json::from_str(line).unwrap();
            (row["id"].as_str().unwrap().to_owned(), row["label"].as_str().unwrap_or_default().to_owned())
        };
        text.lines().map(row).collect()
    };
    let expected = [("1", "good"), ("2", "bad"), ("4", "good"), ("5", "bad")];
    assert_eq!(labels("out.jsonl"), expected.map(|(id, label)| (id.to_owned(), label.to_owned())));
    let found = engraft(here.path(), &[&run[..], &["--keep", "--json"]].concat()).json();
    assert_eq!(labels("out.jsonl").len(), 5);
    assert_eq!((&found["functions"]["functions"][0]["coverage"], &found["labeled"]), (&0.6.into(), &4.into()));
    assert!(found["functions"]["functions"][0]["believed"].as_f64().unwrap() > 0.5);
    engraft(here.path(), &[&run[..], &["--balance", "good=0.5"]].concat()).refused(2, &["data.request", "`bad`"]);
    fs::write(here.path().join("functions.toml"), FUNCTIONS.replace("\"good\", ", "")).unwrap();
    engraft(here.path(), &run).refused(2, &["data.functions"]);
}

#[test]
fn spans_that_are_missing_are_suspected_by_models_that_have_not_seen_their_texts() {
    let diseases = ["gout", "asthma", "anemia", "measles", "mumps", "sepsis"];
    let is_forgotten = |at: usize| at % 16 == 5;
    let line = |at: usize| {
        let disease = diseases[at % 6];
        let text = format!("patient {} has {disease} today, no fever.", ["a", "b", "c", "d"][at % 4]);
        let end = 14 + disease.len();
        let span = if is_forgotten(at) { String::new() } else { format!("[14,{end},\"Disease\"]") };
        format!("{{\"id\":\"{at}\",\"text\":\"{text}\",\"spans\":[{span}]}}\n")
    };
    let model = crate::support::fixtures().join("tiny");
    let run = format!(
        "name = \"doubts\"\n[domain]\nuse = \"medical-ner\"\nlabels = [\"Disease\"]\n[data]\ntrain = \"train.jsonl\"\n\
         [batch]\nsize = 2\n[model]\nsource = {model:?}\n[optimize]\nepochs = 10\nlearning_rate = 3e-3\n"
    );
    let here = folder(&[("train.jsonl", &(0..48).map(line).collect::<String>()), ("run.toml", &run)]);
    let args = ["data", "suspects", "run.toml", "--folds", "4", "--out", "doubts.jsonl", "--json"];
    let found = engraft(here.path(), &args).json();
    let all = found["all"].as_array().unwrap();
    let mut ids: Vec<usize> = all.iter().map(|one| one["id"].as_str().unwrap().parse().unwrap()).collect();
    assert!(ids[..3].iter().all(|id| is_forgotten(*id)), "{ids:?}");
    let doubt = &all[0]["doubts"][0];
    assert_eq!((&doubt["given"], &doubt["suggested"], &doubt["start"]), (&Value::Null, &"Disease".into(), &14.into()));
    ids.sort_unstable();
    assert_eq!(ids, (0..48).collect::<Vec<_>>(), "every text is judged once");
    let written = fs::read_to_string(here.path().join("doubts.jsonl")).unwrap();
    assert_eq!(written.lines().count() as u64, found["suspects"].as_u64().unwrap());
    assert!(written.contains("\"suggested\":[{"));
    engraft(here.path(), &["data", "suspects", "run.toml", "--folds", "49"]).refused(2, &["folds", "2 to 48"]);
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
