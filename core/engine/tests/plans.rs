//! Each of the 57 plans that were compared with PEFT and AdapterHub gives PyTorch's logits and gradients.
//!
//! The fixtures and the script that made them: `tests/fixtures/plans/make.py`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod support;

use candle_core::{DType, Tensor};
use engraft_engine::method::accept;
use engraft_engine::model::weights::{self, Tensors};
use engraft_engine::model::{Added, Dropouts, Network};
use engraft_engine::optimize::Learner;
use engraft_plugin::plan::Plan;
use std::collections::BTreeMap;
use support::grafts::{Base, machine};
use support::{apart, fixtures, size};

const TASKS: [u32; 3] = [0, 1, 0];

fn plans() -> BTreeMap<String, Plan> {
    let json = std::fs::read_to_string(fixtures("plans").join("plans.json")).unwrap();
    let plans: BTreeMap<String, Plan> = serde_json::from_str(&json).unwrap();
    assert_eq!(plans.len(), 57);
    plans
}

/// The plan's network on the fixture's model, its parameters as the script drew them.
fn learner(base: &Base, name: &str, plan: &Plan, dtype: DType) -> Learner {
    accept(plan, &base.bare).unwrap_or_else(|e| panic!("{name}: {e}"));
    let network = Network::new(&base.config, &Dropouts::default(), &base.task, Some(plan)).unwrap();
    let all = base.gather(&network, dtype);
    Learner::new(&network, plan, all, &machine(dtype)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// What differs from PyTorch: logits of inference and gradients of training, in numbers of this type.
///
/// In 64-bit floats each gradient is compared by its own size; in 32-bit ones, in which what cancels leaves
/// its rounding, by the size of the plan's largest.
fn compare(base: &Base, name: &str, plan: &Plan, expected: &Tensors, dtype: DType) -> Vec<String> {
    let mut failed = Vec::new();
    let mut learner = learner(base, name, plan, dtype);
    let batch = || base.feed(&[0, 1, 2], added(base, plan), dtype, &TASKS);
    learner.inference().begin().unwrap();
    let logits = learner.inference().batch(&batch()).unwrap()[0].clone();
    let off = apart(&logits, &expected[&format!("{name}/logits")]);
    if !(off <= 1e-5) {
        failed.push(format!("{name} in {dtype:?}: logits are off by {off:e}"));
    }
    let (_, gradients) = learner.gradients([Ok(batch())]).unwrap();
    let names: Vec<String> = learner.names().map(str::to_owned).collect();
    let prefix = format!("{name}/grad.");
    let wanted = |key: &String| &expected[&format!("{prefix}{key}")];
    let known = expected.keys().filter(|key| key.starts_with(&prefix)).count();
    assert_eq!(names.len(), known, "{name}: {names:?}");
    let largest = names.iter().map(|key| size(wanted(key))).fold(0f32, f32::max);
    for (key, gradient) in names.iter().zip(&gradients) {
        let want = wanted(key);
        let scale = if dtype == DType::F64 { size(want).max(1e-5) } else { largest };
        let off = apart(gradient, want) / scale;
        if !(off <= 1e-4) {
            failed.push(format!("{name} in {dtype:?}: the gradient of {key} is off by {off:e}"));
        }
    }
    failed
}

#[test]
fn every_reference_plan_gives_the_logits_and_gradients_of_pytorch() {
    let base = Base::read();
    let expected = weights::read(&fixtures("plans").join("expected.safetensors")).unwrap();
    let mut failed = Vec::new();
    for (name, plan) in &plans() {
        for dtype in [DType::F32, DType::F64] {
            failed.extend(compare(&base, name, plan, &expected, dtype));
        }
    }
    assert!(failed.is_empty(), "{} failures:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn a_sequence_does_not_see_its_neighbors_in_the_batch() {
    let base = Base::read();
    for (name, plan) in &plans() {
        let mut learner = learner(&base, name, plan, DType::F64);
        let rows = added(&base, plan);
        learner.inference().begin().unwrap();
        let mut logits = |chosen: &[usize]| {
            let feed = base.feed(chosen, rows, DType::F64, &TASKS);
            learner.inference().batch(&feed).unwrap()[0].clone()
        };
        let together = logits(&[0, 1, 2]);
        let alone: Vec<Tensor> = (0..3).map(|s| logits(&[s])).collect();
        let alone = Tensor::cat(&alone, 0).unwrap();
        let off = (alone - together).unwrap().abs().unwrap().max_all().unwrap().to_scalar::<f64>().unwrap();
        assert!(off < 1e-12, "{name}: {off:e}");
    }
}

fn added(base: &Base, plan: &Plan) -> Added {
    Network::new(&base.config, &Dropouts::default(), &base.task, Some(plan)).unwrap().added
}
