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

/// What a folder of PEFT's gives after its configuration and tensors were changed.
fn reads(
    base: &Base,
    name: &str,
    change: impl FnOnce(&mut serde_json::Value, &mut BTreeMap<String, Tensor>),
) -> Result<(Plan, weights::Tensors), engraft_engine::Error> {
    let folder = foreign(base, &plans()[name]);
    let (config, file) = (folder.path().join("adapter_config.json"), folder.path().join("adapter_model.safetensors"));
    let mut json = serde_json::from_slice(&std::fs::read(&config).unwrap()).unwrap();
    let mut tensors: BTreeMap<String, Tensor> = weights::read(&file).unwrap().into_iter().collect();
    change(&mut json, &mut tensors);
    std::fs::write(config, json.to_string()).unwrap();
    graft::save(&file, tensors).unwrap();
    graft::read(folder.path(), &base.bare)
}

#[test]
fn first_values_that_change_the_base_too_are_refused() {
    for begins in ["pissa", "pissa_niter_16", "olora"] {
        let read = reads(&Base::tokens(), "lora/plan", |config, _| config["init_lora_weights"] = json!(begins));
        let error = read.unwrap_err().to_string();
        assert!(error.contains(begins) && error.contains("path_initial_model_for_weight_conversion"), "{error}");
    }
}

/// PEFT's AdaLoRA writes the directions that are left and goes on dividing by the rank before training: those that it leaves
/// out are those whose gate is 0.
#[test]
fn directions_that_peft_leaves_out_are_those_whose_gate_is_closed() {
    let base = Base::tokens();
    let closed = |site: usize, direction: usize| site == 0 || direction % 3 == site % 3;
    let edit = |tensors: &mut BTreeMap<String, Tensor>, prunes: bool| {
        let gates: Vec<String> = tensors.keys().filter(|key| key.ends_with("lora_E")).cloned().collect();
        for (site, gate) in gates.iter().enumerate() {
            let numbers = tensors[gate].flatten_all().unwrap().to_vec1::<f32>().unwrap();
            let left: Vec<u32> = (0..numbers.len() as u32).filter(|&at| !closed(site, at as usize)).collect();
            if !prunes {
                let numbers = numbers.iter().enumerate().map(|(at, n)| if closed(site, at) { 0.0 } else { *n });
                let count = tensors[gate].dims().to_vec();
                let numbers = Tensor::from_iter(numbers, &candle_core::Device::Cpu).unwrap().reshape(count).unwrap();
                tensors.insert(gate.clone(), numbers);
                continue;
            }
            for (name, axis) in [("lora_E", 0), ("lora_A", 0), ("lora_B", 1)] {
                let key = gate.replace("lora_E", name);
                let index = Tensor::new(&left[..], &candle_core::Device::Cpu).unwrap();
                let kept = match left.is_empty() {
                    true => tensors[&key].narrow(axis, 0, 0).unwrap(),
                    false => tensors[&key].index_select(&index, axis).unwrap(),
                };
                tensors.insert(key, kept);
            }
        }
    };
    let (plan, own) = reads(&base, "adalora/plan", |_, tensors| edit(tensors, false)).unwrap();
    let whole = support::grafts::logits(&base, "closed", &plan, own);
    let (plan, own) = reads(&base, "adalora/plan", |_, tensors| edit(tensors, true)).unwrap();
    let pruned = support::grafts::logits(&base, "pruned", &plan, own);
    let off = support::apart(&whole, &pruned);
    assert!(off < 1e-6, "{off:e}");
}

#[test]
fn the_scale_of_an_update_of_embeddings_follows_the_configuration() {
    let base = Base::tokens();
    let expected = weights::read(&fixtures("methods").join("expected.safetensors")).unwrap();
    let same = reads(&base, "lora/plan-embedding", |config, _| {
        // 4 / 2 for all is 2√2 / √2, and 6 / 2 where a pattern says 4 instead.
        config["use_rslora"] = json!(true);
        config["lora_alpha"] = json!(9);
        let ours = 2.0 * 2f64.sqrt();
        config["alpha_pattern"] = json!({ "word_embeddings": ours, "query": ours });
    });
    let (plan, own) = same.unwrap();
    let off = support::grafts::apart_from(&base, "rslora", &plan, own, &expected["lora/plan-embedding/logits"]);
    assert!(off < 1e-5, "{off:e}");
}

#[test]
fn a_tensor_without_the_axes_of_its_name_is_refused() {
    let base = Base::tokens();
    let mut refused = 0;
    for (name, plan) in plans().iter().filter(|(_, plan)| plan.save.format == SaveFormat::Peft) {
        if plan.grafts.iter().any(|graft| !graft.exports.is_empty()) {
            continue;
        }
        let read = reads(&base, name, |_, tensors| {
            let keys = tensors.keys().filter(|key| !key.contains("classifier")).cloned().collect::<Vec<_>>();
            for key in keys {
                tensors.insert(key, Tensor::new(1f32, &candle_core::Device::Cpu).unwrap());
            }
        });
        // Norms, tokens: their shapes are the model's, and compared with it where the weights are put in place.
        refused += usize::from(read.is_err());
    }
    assert!(refused >= 15, "{refused}");
}

/// The second changes what the layer is made of: what the first gave stands.
#[test]
fn an_output_stays_where_another_graft_changes_the_layer_beneath() {
    let base = Base::tokens();
    let (low, whole) = (plans().remove("lora/plan").unwrap(), plans().remove("hira/plan").unwrap());
    let both = |first: &Plan, second: &Plan| {
        let mut plan = first.clone();
        plan.dims.extend(second.dims.clone());
        plan.grafts.extend(second.grafts.clone());
        let (mut learner, added) = base.learner("both", &plan, DType::F32, 0.5);
        learner.inference().unwrap().begin().unwrap();
        learner.inference().unwrap().batch(&base.feed(&[0, 1, 2], added, DType::F32, &[0, 1, 0])).unwrap()[0].clone()
    };
    assert_eq!(low.dims.get("r"), whole.dims.get("r"));
    let (one, other) = (both(&low, &whole), both(&whole, &low));
    assert!(support::apart(&one, &other) < 1e-6);
    let without = {
        let mut alone = whole.clone();
        alone.save = low.save.clone();
        let (mut learner, added) = base.learner("alone", &alone, DType::F32, 0.5);
        learner.inference().unwrap().begin().unwrap();
        learner.inference().unwrap().batch(&base.feed(&[0, 1, 2], added, DType::F32, &[0, 1, 0])).unwrap()[0].clone()
    };
    assert!(support::apart(&one, &without) > 0.1);
}
