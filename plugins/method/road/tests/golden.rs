//! The plans that were compared with PyTorch: `tests/fixtures/methods/make.py` reads these files.

use engraft_method_road::Road;
use engraft_testkit::golden_plan;
use serde_json::json;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");

#[test]
fn the_plan_agrees_with_peft() {
    golden_plan::<Road>(
        json!({ "group": 8, "targets": ["query", "intermediate.dense"] }),
        &format!("{FOLDER}/plan.json"),
    );
}

#[test]
fn an_angle_for_each_output_agrees_with_peft() {
    golden_plan::<Road>(
        json!({ "variant": "road-2", "group": 8, "targets": ["query"] }),
        &format!("{FOLDER}/plan-two.json"),
    );
}
