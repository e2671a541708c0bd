//! The plans that were compared with PyTorch: `tests/fixtures/methods/make.py` reads these files.

use engraft_method_router::Router;
use engraft_testkit::{golden_plan_on, tiny_bert_with, trained};
use serde_json::json;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");

#[test]
fn a_gate_by_text_over_low_rank_hadamard_and_bottleneck_grafts_agrees_with_the_formula() {
    let grafts = [("en", "lora"), ("de", "loha"), ("fr", "bottleneck")];
    let model = tiny_bert_with(grafts.map(|(name, form)| (name, trained(form))));
    golden_plan_on::<Router>(json!({}), &model, &format!("{FOLDER}/plan.json"));
}

#[test]
fn a_gate_by_token_over_grafts_with_shared_parameters_agrees_with_the_formula() {
    let model = tiny_bert_with([("a", trained("vera")), ("b", trained("vera")), ("c", trained("lora"))]);
    let settings = json!({ "by": "token", "grafts": ["c", "a", "b"] });
    golden_plan_on::<Router>(settings, &model, &format!("{FOLDER}/plan-token.json"));
}

#[test]
fn a_gate_with_a_confidence_is_the_plan_that_the_engine_is_tested_with() {
    let model = tiny_bert_with(["en", "de"].map(|name| (name, trained("lora"))));
    golden_plan_on::<Router>(json!({ "confidence": 0.6 }), &model, &format!("{FOLDER}/confidence.json"));
}
