//! The plans that were compared with PyTorch: `tests/fixtures/methods/make.py` reads these files.

use engraft_method_lora::Lora;
use engraft_testkit::golden_plan;
use serde_json::json;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");

#[test]
fn the_plan_agrees_with_peft() {
    golden_plan::<Lora>(
        json!({ "rank": 2, "alpha": 4, "dropout": 0, "targets": ["query", "output.dense"] }),
        &format!("{FOLDER}/plan.json"),
    );
}

#[test]
fn patterns_and_rslora_agree_with_peft() {
    golden_plan::<Lora>(
        json!({ "rank": 4, "alpha": 8, "dropout": 0, "targets": ["query", "value"], "rslora": true, "up_rate": 16, "patterns": [{ "targets": ["*.1.*.value"], "rank": 2, "alpha": 6 }] }),
        &format!("{FOLDER}/plan-patterns.json"),
    );
}

#[test]
fn biases_agree_with_peft() {
    golden_plan::<Lora>(
        json!({ "rank": 2, "alpha": 4, "dropout": 0, "targets": ["query"], "bias": true, "up_bias": true }),
        &format!("{FOLDER}/plan-bias.json"),
    );
}

#[test]
fn an_update_of_the_embeddings_agrees_with_peft() {
    golden_plan::<Lora>(
        json!({ "rank": 2, "alpha": 4, "dropout": 0, "targets": ["query"], "embedding": true }),
        &format!("{FOLDER}/plan-embedding.json"),
    );
}

#[test]
fn pissa_agrees_with_peft() {
    golden_plan::<Lora>(
        json!({ "rank": 2, "alpha": 4, "dropout": 0, "targets": ["query"], "begin": "pissa" }),
        &format!("{FOLDER}/plan-pissa.json"),
    );
}

#[test]
fn orthogonal_first_values_agree_with_peft() {
    golden_plan::<Lora>(
        json!({ "rank": 2, "alpha": 4, "dropout": 0, "targets": ["query"], "begin": "orthogonal" }),
        &format!("{FOLDER}/plan-orthogonal.json"),
    );
}
