//! The plans that were compared with PyTorch: `tests/fixtures/methods/make.py` reads these files.

use engraft_method_vera::Vera;
use engraft_testkit::golden_plan;
use serde_json::json;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");

#[test]
fn the_plan_agrees_with_peft() {
    golden_plan::<Vera>(
        json!({ "rank": 4, "targets": ["query", "intermediate.dense"] }),
        &format!("{FOLDER}/plan.json"),
    );
}
