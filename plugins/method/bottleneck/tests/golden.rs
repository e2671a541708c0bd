//! The plans that were compared with PyTorch: `tests/fixtures/methods/make.py` reads these files.

use engraft_method_bottleneck::Bottleneck;
use engraft_testkit::golden_plan;
use serde_json::json;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");

#[test]
fn houlsby_agrees_with_the_formula() {
    golden_plan::<Bottleneck>(json!({ "reduction": 8 }), &format!("{FOLDER}/plan.json"));
}

#[test]
fn pfeiffer_agrees_with_the_formula() {
    golden_plan::<Bottleneck>(json!({ "style": "pfeiffer", "reduction": 8 }), &format!("{FOLDER}/plan-pfeiffer.json"));
}

#[test]
fn parallel_agrees_with_the_formula() {
    golden_plan::<Bottleneck>(json!({ "style": "parallel", "reduction": 8 }), &format!("{FOLDER}/plan-parallel.json"));
}

#[test]
fn mam_agrees_with_the_formula() {
    golden_plan::<Bottleneck>(
        json!({ "style": "mam", "reduction": 8, "prefix": { "length": 3, "width": 8 } }),
        &format!("{FOLDER}/plan-mam.json"),
    );
}
