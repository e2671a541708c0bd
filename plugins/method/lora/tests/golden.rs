//! The plan's JSON is the encoding of LoRA that was run against PEFT 0.21.2 (rank 4, alpha 8, dropout
//! 0.1, at query and value): the same keys, parameters and steps; steps may have other names.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use engraft_method_lora::{Lora, Settings};
use engraft_plugin::kind::method::{Method, PlanMethod};
use engraft_plugin::kind::{Plugin, Setting};
use engraft_plugin::plan::{ModelMap, Plan, check};
use engraft_testkit::tiny_bert;
use serde_json::{Value, json};

const GOLDEN: &str = r#"{
    "schema": "engraft.plan/1", "method": "lora", "dims": {"r": 4},
    "grafts": [{
        "name": "lora", "at": {"kind": "linear", "select": "*.self.{query,value}"},
        "parameters": [
            {"name": "A", "shape": ["r", "in"], "init": {"kaiming-uniform": {"a": 2.23606797749979}},
             "key": "base_model.model.{site}.lora_A.weight", "lr": 1},
            {"name": "B", "shape": ["out", "r"], "init": "zeros", "key": "base_model.model.{site}.lora_B.weight", "lr": 1}],
        "steps": [["d", "dropout", "x", 0.1], ["h", "matmul_t", "d", "A"], ["u", "matmul_t", "h", "B"],
                  ["s", "mul", "u", 2.0], ["o", "add", "y", "s"]],
        "gives": {"output": "o"}}],
    "save": {"format": "peft", "config":
        {"peft_type": "LORA", "r": 4, "lora_alpha": 8, "lora_dropout": 0.1, "target_modules": ["query", "value"],
         "use_rslora": false, "use_dora": false, "bias": "none", "fan_in_fan_out": false,
         "init_lora_weights": true, "inference_mode": true}}
}"#;

fn plan(settings: Settings, model: &ModelMap) -> Plan {
    Lora::open(settings, &Setting::default()).unwrap().plan(model).unwrap()
}

fn small() -> Settings {
    let targets = ["query", "value"].map(str::to_owned).into();
    Settings { rank: 4, alpha: 8.0, targets, ..Settings::default() }
}

/// Steps named by their number, the selection by the sites it finds.
fn normal(plan: &Plan) -> Value {
    let mut plan = plan.clone();
    let model = tiny_bert();
    let mut sites = Vec::new();
    for graft in &mut plan.grafts {
        sites.extend(model.sites.iter().filter(|s| s.kind == graft.at.kind && graft.at.select.matches(&s.name)));
        graft.at.select = engraft_plugin::plan::Select::One(String::new());
        let names: Vec<String> = graft.steps.iter().map(|step| step.name.clone()).collect();
        let number = |name: &str| names.iter().position(|n| n == name).map_or(name.to_owned(), |n| format!("#{n}"));
        for step in &mut graft.steps {
            step.name = number(&step.name);
            for arg in &mut step.args {
                if let engraft_plugin::plan::Arg::Name(name) = arg {
                    *name = number(name);
                }
            }
        }
        for value in graft.gives.values_mut() {
            *value = number(value);
        }
    }
    json!({ "plan": plan, "sites": sites })
}

#[test]
fn the_plan_is_the_encoding_that_was_checked_against_peft() {
    let golden: Plan = serde_json::from_str(GOLDEN).unwrap();
    assert_eq!(normal(&plan(small(), &tiny_bert())), normal(&golden));
}

#[test]
fn the_json_of_the_plan_reads_back_as_the_same_plan() {
    let made = plan(Settings::default(), &tiny_bert());
    let lora = Lora::open(Settings::default(), &Setting::default()).unwrap();
    assert_eq!(lora.plan_for(&tiny_bert()).unwrap().unwrap(), made);
    check::check(&made, &tiny_bert()).unwrap();
}

#[test]
fn rslora_divides_by_the_root_of_the_rank() {
    let made = plan(Settings { rslora: true, ..small() }, &tiny_bert());
    assert_eq!(serde_json::to_value(&made.grafts[0].steps[3]).unwrap()[3], json!(4));
    assert_eq!(made.save.config["use_rslora"], json!(true));
}

#[test]
fn without_dropout_there_is_no_step_for_it() {
    let made = plan(Settings { dropout: 0.0, ..small() }, &tiny_bert());
    assert_eq!(made.grafts[0].steps.len(), 4);
    assert_eq!(made.save.config["lora_dropout"], json!(0));
}

#[test]
fn peft_gets_names_where_it_would_find_other_layers_by_the_targets() {
    let mut roberta = tiny_bert();
    let dense = ["classifier.dense", "classifier.out_proj"]
        .map(|name| engraft_plugin::plan::site::BaseParameter { name: format!("{name}.weight"), shape: vec![32, 32] });
    roberta.parameters.extend(dense);
    let modules = |settings: Settings, model: &ModelMap| plan(settings, model).save.config["target_modules"].clone();
    assert_eq!(modules(Settings::default(), &tiny_bert()), json!(["query", "key", "value", "dense"]));
    let named = modules(Settings::default(), &roberta);
    assert_eq!(named.as_array().map(Vec::len), Some(12));
    assert_eq!(named[0], json!("bert.encoder.layer.0.attention.self.query"));
    let globs = Settings { targets: vec!["*.1.*.{query,value}".to_owned()], ..small() };
    assert_eq!(modules(globs, &tiny_bert()).as_array().map(Vec::len), Some(2));
}

#[test]
fn the_names_of_bert_are_understood_on_distilbert() {
    let mut distilbert = tiny_bert();
    distilbert.family = "distilbert".to_owned();
    for site in &mut distilbert.sites {
        for (from, to) in [("attention.self.query", "attention.q_lin"), ("attention.self.key", "attention.k_lin")] {
            site.name = site.name.replace(from, to);
        }
    }
    distilbert.parameters.clear();
    let settings = Settings { targets: vec!["query".to_owned(), "key".to_owned()], ..small() };
    let made = plan(settings, &distilbert);
    assert_eq!(made.save.config["target_modules"], json!(["q_lin", "k_lin"]));
    check::check(&made, &distilbert).unwrap();
}
