//! Each method's plan gives the logits and gradients of PEFT, or of PyTorch's autograd of its formula.
//!
//! The plans are the golden files of `plugins/method`; what is expected and the script that made it:
//! `tests/fixtures/methods/make.py`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod support;

use candle_core::DType;
use engraft_engine::model::weights;
use engraft_plugin::plan::Plan;
use std::collections::BTreeMap;
use support::fixtures;
use support::grafts::{Base, compare};

/// `<method>/<file>` of every golden plan.
fn plans() -> BTreeMap<String, Plan> {
    let mut plans = BTreeMap::new();
    let entries = |path: &std::path::Path| {
        let entries = std::fs::read_dir(path).into_iter().flatten();
        entries.map(|entry| entry.unwrap().path()).collect::<Vec<_>>()
    };
    for method in entries(&fixtures("../../plugins/method")) {
        let name = method.file_name().unwrap().to_str().unwrap().to_owned();
        for file in entries(&method.join("tests")) {
            let stem = file.file_stem().unwrap().to_str().unwrap();
            if file.extension().is_some_and(|end| end == "json") && stem.starts_with("plan") {
                let plan = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
                plans.insert(format!("{name}/{stem}"), plan);
            }
        }
    }
    plans
}

#[test]
fn every_method_gives_the_logits_and_gradients_of_its_peer() {
    let base = Base::tokens();
    let expected = weights::read(&fixtures("methods").join("expected.safetensors")).unwrap();
    let plans = plans();
    let known: std::collections::BTreeSet<&str> =
        expected.keys().filter_map(|key| key.strip_suffix("/logits")).collect();
    assert!(known.iter().eq(plans.keys()), "{known:?} {:?}", plans.keys());
    let mut failed = Vec::new();
    for (name, plan) in &plans {
        for dtype in [DType::F32, DType::F64] {
            failed.extend(compare(&base, name, plan, &expected, dtype, 0.5));
        }
    }
    assert!(failed.is_empty(), "{} failures:\n{}", failed.len(), failed.join("\n"));
}
