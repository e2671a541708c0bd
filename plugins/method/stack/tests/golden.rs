//! The plans that were compared with PyTorch: `tests/fixtures/methods/make.py` reads these files.

use engraft_method_stack::Stack;
use engraft_testkit::{golden_plan_on, tiny_bert_with, trained};
use serde_json::json;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");

#[test]
fn a_bottleneck_above_a_bottleneck_agrees_with_the_formula() {
    let model = tiny_bert_with([("de", trained("bottleneck"))]);
    golden_plan_on::<Stack>(json!({ "reduction": 8 }), &model, &format!("{FOLDER}/plan.json"));
}

#[test]
fn low_rank_updates_above_a_prefix_and_low_rank_updates_agree_with_the_formula() {
    let model = tiny_bert_with([("a", trained("lora")), ("b", trained("prefix"))]);
    let settings = json!({ "style": "lora", "rank": 4, "dropout": 0.0, "grafts": ["b", "a"] });
    golden_plan_on::<Stack>(settings, &model, &format!("{FOLDER}/plan-lora.json"));
}
