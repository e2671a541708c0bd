//! The plans that were compared with PyTorch: `tests/fixtures/methods/make.py` reads these files.

use engraft_method_fusion::Fusion;
use engraft_testkit::{golden_plan_on, tiny_bert_with, trained};
use serde_json::json;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");

#[test]
fn attention_over_three_bottlenecks_agrees_with_the_formula() {
    let model = tiny_bert_with(["a", "b", "c"].map(|name| (name, trained("bottleneck"))));
    golden_plan_on::<Fusion>(json!({}), &model, &format!("{FOLDER}/plan.json"));
}
