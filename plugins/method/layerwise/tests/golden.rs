//! The plans that were compared with PyTorch: `tests/fixtures/methods/make.py` reads these files.

use engraft_method_layerwise::Layerwise;
use engraft_testkit::golden_plan;
use serde_json::json;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");

#[test]
fn the_plan_agrees_with_pytorch() {
    golden_plan::<Layerwise>(
        json!({ "last": 1, "decay": 0.9, "unfreeze": 0.5, "parts": { "*.attention.*": 0.5 } }),
        &format!("{FOLDER}/plan.json"),
    );
}
