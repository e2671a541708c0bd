//! The plans that were compared with PyTorch: `tests/fixtures/methods/make.py` reads these files.

use engraft_method_prefix::Prefix;
use engraft_testkit::golden_plan;
use serde_json::json;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");

#[test]
fn the_plan_agrees_with_peft() {
    golden_plan::<Prefix>(json!({ "length": 5 }), &format!("{FOLDER}/plan.json"));
}

#[test]
fn one_made_by_a_network_agrees_with_the_formula() {
    golden_plan::<Prefix>(json!({ "length": 3, "width": 8 }), &format!("{FOLDER}/plan-made.json"));
}
