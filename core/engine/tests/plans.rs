//! Each of the 57 plans that were compared with PEFT and AdapterHub gives PyTorch's logits and gradients.
//!
//! The fixtures and the script that made them: `tests/fixtures/plans/make.py`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod support;

use candle_core::{DType, Tensor};
use engraft_engine::model::weights;
use engraft_plugin::plan::Plan;
use std::collections::BTreeMap;
use support::fixtures;
use support::grafts::{Base, compare};

fn plans() -> BTreeMap<String, Plan> {
    let json = std::fs::read_to_string(fixtures("plans").join("plans.json")).unwrap();
    let plans: BTreeMap<String, Plan> = serde_json::from_str(&json).unwrap();
    assert_eq!(plans.len(), 57);
    plans
}

#[test]
fn every_reference_plan_gives_the_logits_and_gradients_of_pytorch() {
    let base = Base::read();
    let expected = weights::read(&fixtures("plans").join("expected.safetensors")).unwrap();
    let mut failed = Vec::new();
    for (name, plan) in &plans() {
        for dtype in [DType::F32, DType::F64] {
            failed.extend(compare(&base, name, plan, &expected, dtype, 1.0));
        }
    }
    assert!(failed.is_empty(), "{} failures:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn a_sequence_does_not_see_its_neighbors_in_the_batch() {
    let base = Base::read();
    for (name, plan) in &plans() {
        let (mut learner, added) = base.learner(name, plan, DType::F64, 1.0);
        learner.inference().unwrap().begin().unwrap();
        let mut logits = |chosen: &[usize]| {
            let feed = base.feed(chosen, added, DType::F64, &[0, 1, 0]);
            learner.inference().unwrap().batch(&feed).unwrap()[0].clone()
        };
        let together = logits(&[0, 1, 2]);
        let alone: Vec<Tensor> = (0..3).map(|s| logits(&[s])).collect();
        let alone = Tensor::cat(&alone, 0).unwrap();
        let off = (alone - together).unwrap().abs().unwrap().max_all().unwrap().to_scalar::<f64>().unwrap();
        assert!(off < 1e-12, "{name}: {off:e}");
    }
}
