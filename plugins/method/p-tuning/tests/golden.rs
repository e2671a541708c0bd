//! The plans that were compared with PyTorch: `tests/fixtures/methods/make.py` reads these files.

use engraft_method_p_tuning::PTuning;
use engraft_testkit::golden_plan;
use serde_json::json;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");

#[test]
fn the_plan_agrees_with_the_formula() {
    golden_plan::<PTuning>(json!({ "length": 4, "width": 8 }), &format!("{FOLDER}/plan.json"));
}
