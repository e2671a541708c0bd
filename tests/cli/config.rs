//! Run files: what is wrong is named and shown, what is right reads back as it was written.

use crate::harness::{command, engraft};
use crate::support::workspace;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// The run file of a workspace with one text put in the place of another.
fn changed(name: &str, from: &str, to: &str) -> std::path::PathBuf {
    let folder = workspace(name);
    let file = folder.join("run.toml");
    let text = fs::read_to_string(&file).expect("it is there");
    assert!(text.contains(from), "`{from}` is in the run file");
    fs::write(file, text.replace(from, to)).expect("it can be written");
    folder
}

fn filled(folder: &Path, file: &str, more: &[&str]) -> Value {
    engraft(folder, &[&["config", "fill", file, "--json"], more].concat()).json()
}

#[test]
fn a_good_run_file_is_checked_and_summed_up_from_any_folder() {
    let folder = workspace("check");
    let out = engraft(&folder, &["config", "check", "run.toml"]).ok();
    for line in ["a run that can be trained", "domain      medical-ner", "augment     synonym", "metric      entity-f1"]
    {
        assert!(out.contains(line), "{out}");
    }
    let parent = folder.parent().unwrap();
    engraft(parent, &["config", "check", "check/run.toml"]).ok();
    engraft(parent, &["config", "check", "check"]).ok();
}

#[test]
fn an_unknown_key_is_shown_where_it_stands_with_the_nearest_one() {
    let folder = changed("unknown", "learning_rate = 1e-3", "lerning_rate = 1e-3");
    engraft(&folder, &["config", "check", "run.toml"]).refused(
        2,
        &[
            "config.unknown-key",
            "unknown key `optimize.lerning_rate`; did you mean `learning_rate`?",
            "run.toml:",
            "lerning_rate = 1e-3",
        ],
    );
    let folder = changed("unknown-of-none", "use = \"entity-f1\"", "use = \"entity-f1\"\nslack = 1");
    engraft(&folder, &["config", "check", "run.toml"])
        .refused(2, &["config.unknown-key", "unknown key `metric.0.slack`; expected no key here"]);
    let folder = changed("unknown-section", "[optimize]", "[optimise]");
    engraft(&folder, &["config", "check", "run.toml"])
        .refused(2, &["unknown key `optimise`; did you mean `optimize`?"]);
}

#[test]
fn every_wrong_value_is_named_at_once_with_what_was_expected_and_found() {
    let folder = changed("values", "epochs = 6", "epochs = \"six\"\npatience = -1\nschedule = \"line\"");
    engraft(&folder, &["config", "check", "run.toml"]).refused(
        2,
        &[
            "config.value",
            "`optimize.epochs`: expected a whole number, 0 or more, found the text \"six\"",
            "`optimize.patience`: expected a whole number, 0 or more, found the number -1",
            "`optimize.schedule`: expected one of \"linear\", \"cosine\", \"constant\", found the text \"line\"",
        ],
    );
}

#[test]
fn settings_of_a_plugin_are_checked_against_its_own_schema() {
    let folder = changed("plugin-key", "use = \"synonym\"", "use = \"synonym\"\nprobabilty = 0.5");
    engraft(&folder, &["config", "check", "run.toml"]).refused(
        2,
        &["unknown key `augment.0.probabilty`; did you mean `probability`?", "engraft plugins show augmenter/synonym"],
    );
    let folder = changed("plugin-name", "use = \"synonym\"", "use = \"synonyms\"");
    engraft(&folder, &["config", "check", "run.toml"])
        .refused(2, &["plugin.unknown", "did you mean `synonym`?", "use = \"synonyms\""]);
}

#[test]
fn a_plugin_that_does_not_open_is_shown_with_what_set_it() {
    let folder = workspace("other-task");
    let args = ["config", "check", "run.toml", "--set", "metric.1.use=classification"];
    engraft(&folder, &args).refused(2, &["plugin.open", "labels of whole texts", "--set metric.1.use=classification"]);
}

#[test]
fn a_plugin_table_without_use_and_a_run_without_domain_are_refused() {
    let folder = changed("no-use", "use = \"synonym\"", "probability = 0.5");
    engraft(&folder, &["config", "check", "run.toml"])
        .refused(2, &["config.missing-key", "`augment.0.use` is missing: expected text"]);
    let folder = changed("no-domain", "[domain]\nuse = \"medical-ner\"\nlabels = [\"Disease\"]", "");
    engraft(&folder, &["config", "check", "run.toml"])
        .refused(2, &["config.missing-key", "`domain` is missing: expected a table"]);
}

#[test]
fn a_file_that_is_missing_no_toml_or_no_utf8_is_refused() {
    let folder = workspace("files");
    engraft(&folder, &["config", "check", "nowhere.toml"])
        .refused(2, &["file.missing", "`nowhere.toml` does not exist"]);
    fs::write(folder.join("bad.toml"), "[data\ntrain = 1\n").unwrap();
    engraft(&folder, &["config", "check", "bad.toml"]).refused(2, &["config.syntax", "bad.toml:1", "[data"]);
    fs::write(folder.join("bytes.toml"), b"name = \"a\"\nseed = \"\xff\"\n").unwrap();
    engraft(&folder, &["config", "check", "bytes.toml"]).refused(2, &["config.encoding", "line 2", "0xff"]);
}

#[test]
fn data_and_model_that_are_not_there_are_named_before_anything_runs() {
    let folder = workspace("no-data");
    engraft(&folder, &["config", "check", "run.toml", "--set", "data.dev=gone.jsonl"])
        .refused(2, &["file.missing", "gone.jsonl", "it was set by --set data.dev=gone.jsonl"]);
    engraft(&folder, &["config", "check", "run.toml", "--set", "model.source=gone"])
        .refused(2, &["file.missing", "model folder"]);
    engraft(&folder, &["config", "check", "run.toml", "--set", "model.source=wheel:x"])
        .refused(2, &["model.source", "`wheel:package==version`"]);
    let folder = changed("no-train", "train = \"train.jsonl\"", "");
    engraft(&folder, &["config", "check", "run.toml"]).refused(2, &["`data.train` is missing"]);
}

#[test]
fn a_device_and_a_name_that_cannot_be_are_refused() {
    let folder = workspace("device");
    engraft(&folder, &["config", "check", "run.toml", "--set", "device=gpu"])
        .refused(2, &["`device`: expected `auto`, `cpu` or `cuda:N`, found `gpu`"]);
    engraft(&folder, &["config", "check", "run.toml", "--set", "name=../up"]).refused(2, &["`name`: expected a name"]);
}

#[test]
fn a_set_that_is_no_key_and_value_or_no_key_of_a_run_file_is_refused() {
    let folder = workspace("set");
    let check = |set: &str| engraft(&folder, &["config", "check", "run.toml", "--set", set]);
    check("epochs").refused(2, &["config.set", "expected KEY=VALUE, found `epochs`"]);
    check("optimize.epoch=3")
        .refused(2, &["unknown key `optimize.epoch`; did you mean `epochs`?", "--set optimize.epoch=3"]);
    check("metric.5.use=entity-f1").refused(2, &["config.set", "the list has 1 entries"]);
    check("optimize.epochs.x=3").refused(2, &["config.set", "a value that is no table"]);
}

#[test]
fn the_environment_is_laid_over_the_file_and_set_over_both() {
    let folder = workspace("layers");
    let fill = |sets: &[&str]| {
        let mut command = command(&folder, &[&["config", "fill", "run.toml", "--json"], sets].concat());
        command.env("ENGRAFT_OPTIMIZE__EPOCHS", "7").env("ENGRAFT_AUGMENT__0__PROBABILITY", "0.25");
        crate::harness::answer(command.output().unwrap()).json()
    };
    let run = fill(&[]);
    assert_eq!((&run["optimize"]["epochs"], &run["augment"][0]["probability"]), (&json!(7), &json!(0.25)));
    assert_eq!(run["augment"][0]["use"], "synonym");
    let run = fill(&[
        "--set",
        "optimize.epochs=9",
        "--set",
        "metric.1.use=span-overlap",
        "--set",
        "optimize.learning_rate=2e-5",
    ]);
    assert_eq!((&run["optimize"]["epochs"], &run["optimize"]["learning_rate"]), (&json!(9), &json!(2e-5)));
    assert_eq!((&run["metric"][0]["use"], &run["metric"][1]["use"]), (&json!("entity-f1"), &json!("span-overlap")));
}

#[test]
fn an_environment_variable_that_is_no_key_is_named() {
    let folder = workspace("environment");
    let mut command = command(&folder, &["config", "check", "run.toml"]);
    let output = command.env("ENGRAFT_OPTIMIZE__EPOCH", "7").env("ENGRAFT_LOG", "info").output().unwrap();
    crate::harness::answer(output).refused(2, &["unknown key `optimize.epoch`", "ENGRAFT_OPTIMIZE__EPOCH=7"]);
}

#[test]
fn every_variable_that_the_help_names_is_accepted() {
    let folder = workspace("variables");
    let mut command = command(&folder, &["config", "check", "run.toml"]);
    let values = [("THREADS", "1"), ("CPU", "portable"), ("LOG", "info"), ("OFFLINE", "1"), ("OPTIMIZE__EPOCHS", "2")];
    for (name, value) in values {
        command.env(format!("ENGRAFT_{name}"), value);
    }
    crate::harness::answer(command.output().unwrap()).ok();
}

#[test]
fn what_fill_prints_reads_back_as_the_same_run() {
    let folder = workspace("fill");
    let text = engraft(&folder, &["config", "fill", "run.toml"]).ok();
    fs::write(folder.join("full.toml"), &text).unwrap();
    assert_eq!(engraft(&folder, &["config", "fill", "full.toml"]).ok(), text);
    assert_eq!(filled(&folder, "full.toml", &[]), filled(&folder, "run.toml", &[]));
    assert!(text.contains("# Passes over the training data.\nepochs = 6\n"), "{text}");
    assert!(text.contains("# max_steps = (not set; a whole number, 0 or more)\n"), "{text}");
}

#[test]
fn every_example_checks_and_its_filled_form_reads_back_as_the_same_run() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let folder = workspace("examples");
    for entry in fs::read_dir(&examples).unwrap() {
        let file = entry.unwrap().path().join("run.toml");
        if !file.is_file() {
            continue; // the folder of plugins
        }
        let file = file.to_str().unwrap();
        engraft(&folder, &["config", "check", file]).ok();
        let text = engraft(&folder, &["config", "fill", file]).ok();
        fs::write(folder.join("full.toml"), text).unwrap();
        assert_eq!(filled(&folder, "full.toml", &[]), filled(&folder, file, &[]), "{file}");
    }
}

#[test]
fn texts_dictionaries_and_numbers_of_every_kind_survive_fill() {
    let words = "use = \"synonym\"\n[augment.dictionary]\n\"heart attack\" = [\"MI\", \"a \\\"b\\\" \\\\ c\\nd\"]\n\"a.b\" = [\"发热 🤒\"]";
    let folder = changed("survive", "use = \"synonym\"", words);
    let run =
        filled(&folder, "run.toml", &["--set", "optimize.epsilon=1e-12", "--set", "optimize.beta2=0.9999999999999999"]);
    assert_eq!(run["augment"][0]["dictionary"], json!({"heart attack": ["MI", "a \"b\" \\ c\nd"], "a.b": ["发热 🤒"]}));
    assert_eq!((&run["optimize"]["epsilon"], &run["optimize"]["beta2"]), (&json!(1e-12), &json!(0.9999999999999999)));
    let text = engraft(&folder, &["config", "fill", "run.toml", "--set", "optimize.epsilon=1e-12"]).ok();
    fs::write(folder.join("full.toml"), text).unwrap();
    let again = filled(&folder, "full.toml", &["--set", "optimize.beta2=0.9999999999999999"]);
    assert_eq!(again, run);
}

#[test]
fn metrics_and_name_that_are_left_out_follow_from_the_task_and_the_folder() {
    let folder = changed("usual", "[[metric]]\nuse = \"entity-f1\"\n", "");
    let run = filled(&folder, "run.toml", &["--set", "name=x"]);
    assert_eq!(run["metric"][0]["use"], "entity-f1");
    let folder = changed("folder-name", "name = \"tiny\"", "");
    assert_eq!(filled(&folder, "run.toml", &[])["name"], "folder-name");
}

#[test]
fn the_schema_knows_every_plugin_and_accepts_the_examples() {
    let folder = workspace("schema");
    let schema = engraft(&folder, &["config", "schema"]).json();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    for run in fs::read_dir(examples).unwrap().map(|entry| entry.unwrap().path().join("run.toml")) {
        let Ok(text) = fs::read_to_string(run) else { continue }; // the folder of plugins
        let run: Value = toml::from_str(&text).unwrap();
        assert!(validator.is_valid(&run), "{:?}", validator.validate(&run).err().map(|e| e.to_string()));
    }
    let run = |method: Value| json!({"domain": {"use": "medical-ner"}, "method": method});
    assert!(validator.is_valid(&run(json!({"use": "lora", "rank": 4}))));
    assert!(!validator.is_valid(&run(json!({"use": "lora", "rnk": 4}))));
    assert!(!validator.is_valid(&run(json!({"use": "lora", "rank": "four"}))));
    assert!(!validator.is_valid(&run(json!({"use": "no-such"}))));
    let with =
        |synonym: Value| json!({"domain": {"use": "medical-ner"}, "method": {"use": "full"}, "augment": [synonym]});
    let lexicons = |lexicons: Value| with(json!({"use": "synonym", "lexicons": lexicons}));
    for named in [json!({"folder": "wordnet"}), json!({"lines": "own.txt"}), json!(["hot\twarm", {"file": "cmn.tab"}])]
    {
        assert!(validator.is_valid(&lexicons(named.clone())), "texts that stand in files: {named}");
    }
    assert!(!validator.is_valid(&lexicons(json!({"folder": 3}))));
    assert!(!validator.is_valid(&with(json!({"use": "synonym", "probability": {"file": "p.txt"}}))));

    let own = engraft(&folder, &["config", "schema", "run.toml"]).json();
    let validator = jsonschema::validator_for(&own).unwrap();
    assert!(validator.is_valid(&run(json!({"use": "full"}))));
    assert!(!validator.is_valid(&run(json!({"use": "lora"}))), "the run names another method");
}
