//! A whole run through the command line: trained once, then evaluated, predicted with and resumed.

use crate::harness::{engraft, engraft_with_input};
use crate::support::workspace;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A folder with a trained run in `out`, and what `train --json` printed.
fn trained() -> &'static (PathBuf, Value) {
    static TRAINED: OnceLock<(PathBuf, Value)> = OnceLock::new();
    TRAINED.get_or_init(|| {
        let folder = workspace("trained");
        let args = [
            "train",
            "run.toml",
            "--out",
            "out",
            "--json",
            "--set",
            "optimize.learning_rate=2e-2",
            "--set",
            "optimize.epochs=20",
        ];
        let report = engraft(&folder, &args).json();
        (folder, report)
    })
}

fn folder() -> &'static Path {
    &trained().0
}

/// Predictions as JSON, one for each line.
fn predictions(args: &[&str]) -> Vec<Value> {
    let out = engraft(folder(), &[&["predict", "out", "--json"], args].concat()).ok();
    out.lines().map(|line| serde_json::from_str(line).expect("a JSON object a line")).collect()
}

/// Whether every span cuts its text out of the whole.
fn assert_cuts(answer: &Value) {
    let text = answer["text"].as_str().expect("text");
    for span in answer["spans"].as_array().expect("a list") {
        let range =
            span["start"].as_u64().expect("a number") as usize..span["end"].as_u64().expect("a number") as usize;
        assert_eq!(text.get(range), span["text"].as_str(), "{answer}");
    }
}

#[test]
fn a_run_leaves_all_that_it_promises_and_prints_its_report() {
    let (folder, report) = trained();
    for name in [
        "run.toml",
        "engraft.lock",
        "events.jsonl",
        "report.json",
        "report.md",
        "report.html",
        "model/config.json",
        "model/model.safetensors",
    ] {
        assert!(folder.join("out").join(name).is_file(), "{name}");
    }
    let written: Value =
        serde_json::from_slice(&fs::read(folder.join("out/report.json")).expect("it is there")).expect("it is JSON");
    assert_eq!(&written, report);
    assert_eq!(report["name"], "tiny");
}

#[test]
fn the_run_file_in_the_run_folder_is_the_run_with_absolute_paths() {
    let own = engraft(folder(), &["config", "fill", "out/run.toml", "--json"]).json();
    assert_eq!(own["data"]["train"], json!(folder().join("train.jsonl")));
    assert_eq!((&own["optimize"]["epochs"], &own["augment"][0]["use"]), (&json!(20), &json!("synonym")));
    let text = fs::read_to_string(folder().join("out/run.toml")).expect("it is there");
    assert!(text.starts_with("# The run as it was resolved by engraft"), "{text}");
}

#[test]
fn the_lock_names_every_plugin_with_version_and_loader() {
    let text = fs::read_to_string(folder().join("out/engraft.lock")).expect("it is there");
    let lock: Value = toml::from_str(&text).expect("it is TOML");
    let names: Vec<&str> =
        lock["plugin"].as_array().expect("a list").iter().filter_map(|one| one["id"].as_str()).collect();
    assert_eq!(names, ["medical-ner", "synonym", "full", "entity-f1"]);
    assert!(
        lock["plugin"]
            .as_array()
            .expect("a list")
            .iter()
            .all(|one| one["loader"] == "linked" && one["version"].is_string())
    );
}

#[test]
fn a_run_is_evaluated_by_its_folder_its_run_file_or_on_another_file() {
    let dev = engraft(folder(), &["evaluate", "out", "--split", "dev", "--json"]).json();
    assert_eq!((&dev["split"], &dev["texts"]), (&json!("dev"), &json!(8)));
    let f1 = dev["model"]["entity-f1.f1"].as_f64().expect("a number");
    assert!((0.0..=1.0).contains(&f1));
    assert!(dev["loss"].as_f64().expect("a number").is_finite());
    let again = engraft(folder(), &["evaluate", "run.toml", "--out", "out", "--split", "dev", "--json"]).json();
    assert_eq!(again, dev);
    let file = engraft(folder(), &["evaluate", "out", "--split", "dev.jsonl", "--json"]).json();
    assert_eq!(file["model"], dev["model"]);
    let text = engraft(folder(), &["evaluate", "out", "--split", "dev"]).ok();
    assert!(text.contains("dev: 8 texts") && text.contains("entity-f1.f1"), "{text}");
}

#[test]
fn a_split_that_the_run_does_not_have_is_refused() {
    engraft(folder(), &["evaluate", "out"]).refused(2, &["`data.test`: expected a file, found nothing"]);
    engraft(folder(), &["evaluate", "out", "--split", "gone.jsonl"]).refused(2, &["file.missing", "gone.jsonl"]);
}

#[test]
fn offsets_of_predictions_cut_every_text_right() {
    let texts =
        ["patient a has gout today.", "病人 🤒 has gout today, no fever.", "naïve café 👩‍⚕️ patient b has asthma today"];
    let answers = predictions(&texts);
    assert_eq!(answers.len(), 3);
    for (answer, text) in answers.iter().zip(texts) {
        assert_eq!(answer["text"], text);
        assert_cuts(answer);
    }
    assert!(answers.iter().any(|answer| !answer["spans"].as_array().expect("a list").is_empty()), "{answers:?}");
}

#[test]
fn every_answer_has_the_same_keys() {
    for answer in predictions(&["patient a has gout today.", "."]) {
        let keys: Vec<&String> = answer.as_object().expect("a table").keys().collect();
        assert_eq!(keys, ["id", "text", "spans", "labels", "fields"]);
    }
}

#[test]
fn texts_come_from_arguments_standard_input_records_or_a_file_that_is_one_text() {
    let text = "patient c has mumps today.";
    let spans = |answers: &[Value]| answers.iter().map(|answer| answer["spans"].clone()).collect::<Vec<_>>();
    let expected = spans(&predictions(&[text, text]));
    let input = engraft_with_input(folder(), &["predict", "out", "--json"], &format!("{text}\n\n{text}\n")).ok();
    let lines: Vec<Value> = input.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((spans(&lines), &lines[1]["id"]), (expected.clone(), &json!("3")));

    let records = format!("{{\"id\":\"x\",\"text\":\"{text}\"}}\n{{\"id\":\"y\",\"text\":\"{text}\"}}\n");
    fs::write(folder().join("some.jsonl"), records).expect("it can be written");
    let answers = predictions(&["--file", "some.jsonl"]);
    assert_eq!((spans(&answers), &answers[1]["id"]), (expected, &json!("y")));

    let whole = format!("{text}\n\n{text}\n");
    fs::write(folder().join("note.txt"), &whole).expect("it can be written");
    let answers = predictions(&["--file", "note.txt"]);
    assert_eq!((answers.len(), &answers[0]["text"], &answers[0]["id"]), (1, &json!(whole), &json!("note")));
    assert_cuts(&answers[0]);
}

#[test]
fn logits_come_with_the_tokens_of_each_window() {
    let out = engraft(folder(), &["predict", "out", "--logits", "patient a has gout today."]).ok();
    let answer: Value = serde_json::from_str(out.trim()).expect("one JSON object");
    let (tokens, logits) =
        (answer["tokens"][0].as_array().expect("a list"), answer["logits"][0].as_array().expect("a list"));
    assert_eq!(logits.len(), tokens.len() * 3, "O, B-Disease and I-Disease for each token");
}

/// The logits of texts, all in one file.
fn logits(args: &[&str], name: &str, texts: &[String]) -> Vec<Vec<f64>> {
    let lines: String = texts.iter().map(|text| format!("{}\n", json!({ "text": text }))).collect();
    fs::write(folder().join(name), lines).expect("it can be written");
    let out = engraft(folder(), &[&["predict", "out", "--logits", "--file", name], args].concat()).ok();
    let answers = out.lines().map(|line| serde_json::from_str::<Value>(line).expect("a JSON object a line"));
    let numbers = |answer: Value| {
        let windows = answer["logits"].as_array().expect("a list of windows").clone();
        windows.iter().flat_map(|w| w.as_array().expect("a list")).map(|x| x.as_f64().expect("a number")).collect()
    };
    answers.map(numbers).collect()
}

fn largest_difference(left: &[Vec<f64>], right: &[Vec<f64>]) -> f64 {
    assert_eq!(left.iter().map(Vec::len).collect::<Vec<_>>(), right.iter().map(Vec::len).collect::<Vec<_>>());
    let pairs = left.iter().flatten().zip(right.iter().flatten());
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[test]
fn many_texts_that_several_workers_share_are_answered_in_order_as_one_by_one() {
    let texts: Vec<String> = (0..150).map(|n| format!("patient {n} has {} today.", "gout ".repeat(n % 7))).collect();
    let together = logits(&[], "many.jsonl", &texts);
    let apart: Vec<_> = (0..150).step_by(25).map(|at| logits(&[], "one.jsonl", &texts[at..=at]).remove(0)).collect();
    let chosen: Vec<_> = together.iter().step_by(25).cloned().collect();
    assert!(largest_difference(&chosen, &apart) < 1e-5);
}

#[test]
fn answers_in_bf16_are_near_those_in_f32() {
    let texts: Vec<String> = (0..8).map(|n| format!("patient {n} has gout and asthma today.")).collect();
    let full = logits(&[], "full.jsonl", &texts);
    let rounded = logits(&["--set", "evaluate.precision=bf16"], "rounded.jsonl", &texts);
    let apart = largest_difference(&full, &rounded);
    assert!(apart > 0.0 && apart < 0.1, "{apart}");
}

#[test]
fn a_person_sees_the_spans_marked_and_listed() {
    let text = "patient a has gout today.";
    let answer = &predictions(&[text])[0];
    let shown = engraft(folder(), &["predict", "out", text]).ok();
    for span in answer["spans"].as_array().expect("a list") {
        let cut = span["text"].as_str().expect("text");
        assert!(shown.contains(&format!("[{cut}|Disease]")), "{shown}");
        assert!(shown.contains(&format!("{}..{}", span["start"], span["end"])), "{shown}");
    }
    let colored = engraft(folder(), &["predict", "out", text, "--color", "always"]).ok();
    assert!(colored.contains("\u{1b}[") && !colored.contains("|Disease]"), "{colored}");
}

#[test]
fn the_model_folder_of_a_run_stands_for_the_run() {
    let text = "patient a has gout today.";
    let out = engraft(folder(), &["predict", "out/model", "--json", text]).ok();
    assert_eq!(serde_json::from_str::<Value>(out.trim()).expect("JSON"), predictions(&[text])[0]);
}

#[test]
fn what_is_no_run_or_was_not_trained_is_refused() {
    let folder = workspace("untrained");
    engraft(&folder, &["predict", "run.toml", "x"])
        .refused(2, &["file.missing", "has not been trained", "engraft train"]);
    engraft(&folder, &["predict", "nowhere", "x"]).refused(2, &["file.missing", "is no run"]);
    engraft(&folder, &["evaluate", "home", "--split", "dev"]).refused(2, &["is no run"]);
}

#[test]
fn a_text_file_that_is_missing_or_no_utf8_is_refused() {
    fs::write(folder().join("bytes.txt"), b"one\ntwo \xff\n").expect("it can be written");
    engraft(folder(), &["predict", "out", "--file", "bytes.txt"]).refused(2, &["data.encoding", "`bytes.txt` line 2"]);
    engraft(folder(), &["predict", "out", "--file", "gone.txt"]).refused(2, &["file.missing", "gone.txt"]);
    engraft(folder(), &["predict", "out", "--file", "gone.jsonl"]).refused(2, &["file.missing", "gone.jsonl"]);
}

#[test]
fn a_resume_with_another_plugin_version_or_model_is_refused_by_name() {
    let folder = workspace("locked-parts");
    let args = ["train", "run.toml", "--out", "out", "--quiet", "--set", "optimize.epochs=1"];
    engraft(&folder, &args).ok();
    let lock = folder.join("out/engraft.lock");
    let text = fs::read_to_string(&lock).expect("it is there");
    fs::write(&lock, text.replacen("version = \"0.1.0\"", "version = \"0.0.9\"", 1)).expect("it can be written");
    let resume = [&args[..], &["--resume"]].concat();
    engraft(&folder, &resume).refused(
        2,
        &["run.lock", "plugin domain/medical-ner: the run has 0.0.9 (linked), here is 0.1.0 (linked)", "--out"],
    );
    fs::write(&lock, text).expect("it can be written");
    engraft(&folder, &resume).ok();
}

#[test]
fn a_run_that_fails_on_the_way_leaves_its_run_file_and_lock_and_another_run_does_not_touch_them() {
    let folder = workspace("on-the-way");
    let args = ["train", "run.toml", "--out", "out", "--quiet"];
    let diverges =
        ["--set", "optimize.learning_rate=1e30", "--set", "optimize.clip_norm=0", "--set", "optimize.warmup=0"];
    engraft(&folder, &[&args[..], &diverges].concat()).refused(1, &["train.diverged"]);
    let read = |name: &str| fs::read_to_string(folder.join("out").join(name)).expect("it is there");
    let before = (read("run.toml"), read("engraft.lock"));
    assert!(before.0.contains("clip_norm = 0"), "{}", before.0);

    let lock = fs::File::create(folder.join("out/.lock")).expect("it can be made");
    lock.lock().expect("nobody holds it");
    engraft(&folder, &args).refused(1, &["run.locked"]);
    assert_eq!((read("run.toml"), read("engraft.lock")), before);
}

#[test]
fn progress_goes_to_standard_error_and_quiet_silences_it() {
    let folder = workspace("progress");
    let train = |out: &str, more: &[&str]| {
        let args = ["train", "run.toml", "--out", out, "--set", "optimize.epochs=1"];
        engraft(&folder, &[&args[..], more].concat())
    };
    let loud = train("loud", &[]);
    assert!(
        loud.err.contains("parameters train") && loud.err.contains("step 1/") && loud.err.contains("dev after"),
        "{}",
        loud.err
    );
    assert!(loud.out.contains("report.html") && !loud.out.contains("step 1/"), "{}", loud.out);
    assert_eq!(train("quiet", &["--quiet"]).err, "");
}

#[test]
fn a_run_goes_into_runs_and_its_name_below_the_current_folder() {
    let folder = workspace("default-out");
    engraft(&folder, &["train", "run.toml", "--quiet", "--set", "optimize.max_steps=1"]).ok();
    assert!(folder.join("runs/tiny/report.html").is_file());
    engraft(&folder, &["evaluate", "run.toml", "--split", "dev"]).ok();
}
