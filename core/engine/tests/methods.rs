//! Each method's plan gives the logits and gradients of PEFT, or of PyTorch's autograd of its formula.
//!
//! The plans are the golden files of `plugins/method`; what is expected and the script that made it:
//! `tests/fixtures/methods/make.py`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod support;

use candle_core::{DType, Tensor};
use engraft_engine::method::graft;
use engraft_engine::model::{Dropouts, Network, Origin, weights};
use engraft_plugin::plan::{Plan, SaveFormat};
use serde_json::json;
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

/// A folder as PEFT or AdapterHub write it, with the values that the fixture's script drew: no plan beside it.
fn foreign(base: &Base, plan: &Plan) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let network = Network::new(&base.config, &Dropouts::default(), &base.task, Some(plan)).unwrap();
    let is_peft = plan.save.format == SaveFormat::Peft;
    let prompt = ["PROMPT_TUNING", "PREFIX_TUNING"].map(|kind| json!(kind)).contains(&plan.save.config["peft_type"]);
    let prefix = if prompt { "base_model." } else { "base_model.model." };
    let mut tensors: BTreeMap<String, Tensor> = BTreeMap::new();
    for (parameter, tensor) in network.parameters.iter().zip(base.gather(&network, DType::F32, 0.5)) {
        match &parameter.origin {
            Origin::Head if is_peft => drop(tensors.insert(format!("{prefix}{}", parameter.name), tensor)),
            Origin::Head => drop(tensors.insert(parameter.name.clone(), tensor)),
            Origin::Graft { parameter: of, .. } if of.save => drop(tensors.insert(parameter.name.clone(), tensor)),
            _ => {}
        }
    }
    let (file, config) = if is_peft {
        ("adapter_model.safetensors", plan.save.config.clone())
    } else {
        ("adapter.safetensors", json!({ "config": plan.save.config, "name": "engraft" }))
    };
    graft::save(&folder.path().join(file), tensors).unwrap();
    std::fs::write(folder.path().join("adapter_config.json"), config.to_string()).unwrap();
    folder
}

#[test]
fn folders_without_a_plan_open_and_give_the_logits_of_the_library_that_reads_them() {
    let base = Base::tokens();
    let expected = weights::read(&fixtures("methods").join("expected.safetensors")).unwrap();
    let mut opened = 0;
    for (name, plan) in &plans() {
        let is_union = plan.save.config.get("configs").is_some();
        let has_folder = matches!(plan.save.format, SaveFormat::Peft | SaveFormat::Adapterhub) && !is_union;
        // What a network makes is kept as rows there, not as the network.
        if !has_folder || plan.grafts.iter().any(|graft| !graft.exports.is_empty()) {
            continue;
        }
        let folder = foreign(&base, plan);
        let (read, own) = graft::read(folder.path(), &base.bare).unwrap_or_else(|e| panic!("{name}: {e}"));
        let off = support::grafts::apart_from(&base, name, &read, own, &expected[&format!("{name}/logits")]);
        assert!(off < 1e-5, "{name}: logits are off by {off:e}");
        opened += 1;
    }
    assert_eq!(opened, 23);
}

#[test]
fn a_tensor_that_the_method_has_no_place_for_is_refused() {
    let base = Base::tokens();
    let plan = &plans()["lora/plan"];
    let folder = foreign(&base, plan);
    let file = folder.path().join("adapter_model.safetensors");
    let mut tensors = weights::read(&file).unwrap();
    let strange = tensors.values().next().unwrap().clone();
    tensors.insert("base_model.model.bert.strange".to_owned(), strange);
    graft::save(&file, tensors).unwrap();
    let error = graft::read(folder.path(), &base.bare).unwrap_err();
    assert_eq!(error.code(), "method.plan");
    assert!(error.to_string().contains("found `base_model.model.bert.strange`"), "{error}");
}

#[test]
fn a_text_does_not_see_its_neighbors_whatever_the_method() {
    let base = Base::tokens();
    for (name, plan) in &plans() {
        let (mut learner, added) = base.learner(name, plan, DType::F64, 0.5);
        learner.inference().unwrap().begin().unwrap();
        let mut logits = |chosen: &[usize]| -> Vec<Tensor> {
            let feed = base.feed(chosen, added, DType::F64, &[0, 1, 0]);
            let logits = learner.inference().unwrap().batch(&feed).unwrap()[0].clone();
            let own = feed.bounds.windows(2).map(|pair| (pair[0] + added.rows, pair[1]));
            own.map(|(from, to)| logits.narrow(0, from, to - from).unwrap()).collect()
        };
        let together = logits(&[2, 0, 1]);
        for (text, together) in [2, 0, 1].into_iter().zip(together) {
            let alone = &logits(&[text])[0];
            let off = (alone - together).unwrap().abs().unwrap().max_all().unwrap().to_scalar::<f64>().unwrap();
            assert!(off < 1e-12, "{name}, text {text}: {off:e}");
        }
    }
}
