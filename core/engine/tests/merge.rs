//! Grafts become part of their base model's weights, and the merged folder computes what the graft on its base does.
//!
//! Each plan is put on the smallest BERT with random numbers in its parameters, saved, and merged from its folder.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod support;

use candle_core::{DType, Device, Tensor};
use engraft_engine::backend::Machine;
use engraft_engine::merge::{Merge, Merged, merge};
use engraft_engine::method::graft::Saved;
use engraft_engine::method::open::Base;
use engraft_engine::model::weights::{self, Tensors};
use engraft_engine::model::{Config, Dropouts, Network, Origin};
use engraft_plugin::plan::Plan;
use engraft_plugin::{Random, Task, TaskKind};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use support::fixtures;

fn task() -> Task {
    Task::new(TaskKind::Tokens, ["a", "b"])
}

fn base() -> PathBuf {
    fixtures("models/bert-token")
}

/// A plan of one graft.
fn plan(kind: &str, select: &str, parameters: Value, steps: Value, gives: Value) -> Value {
    json!({
        "schema": "engraft.plan/1", "method": "test", "dims": { "r": 3 }, "save": { "format": "engraft" },
        "grafts": [{
            "name": "g", "at": { "kind": kind, "select": select },
            "parameters": parameters, "steps": steps, "gives": gives,
        }],
    })
}

fn parameter(name: &str, shape: Value) -> Value {
    json!({ "name": name, "shape": shape, "key": format!("{{site}}.{name}") })
}

fn lora() -> Value {
    let steps = json!([
        ["d", "dropout", "x", 0.1],
        ["h", "matmul_t", "d", "A"],
        ["u", "matmul_t", "h", "B"],
        ["s", "mul", "u", 0.5],
        ["o", "add", "y", "s"]
    ]);
    let parameters = json!([parameter("A", json!(["r", "in"])), parameter("B", json!(["out", "r"]))]);
    plan("linear", "query", parameters, steps, json!({ "output": "o" }))
}

/// Saves a plan's graft with random numbers as a run would; its folder, and the numbers.
fn grafted(name: &str, plan: &Value) -> (PathBuf, BTreeMap<String, Tensor>) {
    let plan: Plan = serde_json::from_value(plan.clone()).unwrap();
    let config = Config::read(&base()).unwrap();
    let network = Network::new(&config, &Dropouts::default(), &task(), Some(&plan)).unwrap();
    let machine = Machine::cpu(DType::F32);
    let tensors = weights::read_folder(&base()).unwrap();
    let all = weights::gather(&network, &tensors, &base(), &machine, 0, true).unwrap();
    let mut random = Random::new(7);
    let mut trained = BTreeMap::new();
    for (parameter, tensor) in network.parameters.iter().zip(&all) {
        if matches!(parameter.origin, Origin::Graft { .. }) {
            let moved =
                Tensor::from_iter((0..tensor.elem_count()).map(|_| random.uniform() as f32 - 0.3), &Device::Cpu);
            trained.insert(parameter.name.clone(), moved.unwrap().reshape(tensor.dims()).unwrap());
        }
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("merge").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    let (base_folder, task) = (base(), task());
    let saved = Saved { network: &network, plan: &plan, task: &task, base_folder: &base_folder, base_source: "tiny" };
    saved.write_into(&folder, &trained, &all).unwrap();
    (folder, trained)
}

fn merged(name: &str, plan: &Value) -> (engraft_engine::Result<Merged>, PathBuf, BTreeMap<String, Tensor>) {
    let (graft, trained) = grafted(name, plan);
    let into = graft.join("merged");
    let model = base();
    let request =
        Merge { model: &model, graft: &graft, task: None, into: Some(&into), tolerance: 1e-4, base: Base::Same };
    (merge(&request), into, trained)
}

/// Merges a plan that folds: how many sites, and the merged weights.
fn folds(name: &str, plan: &Value) -> (usize, Tensors, BTreeMap<String, Tensor>) {
    let (done, into, trained) = merged(name, plan);
    let done = done.unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(done.difference < 2e-5 && done.largest > 0.1, "{name}: {done:?}");
    let weights = weights::read_folder(&into).unwrap();
    let before = weights::read_folder(&base()).unwrap();
    assert_eq!(weights.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>(), "an ordinary model folder");
    let moved = |name: &String| apart(&weights[name], &before[name]) > 0.0;
    let count: usize = done.folded.iter().map(|graft| graft.sites.len()).sum();
    let sites: Vec<&String> = done.folded.iter().flat_map(|graft| &graft.sites).collect();
    for name in weights.keys().filter(|name| moved(name)) {
        assert!(sites.iter().any(|site| name.starts_with(*site)), "{name} is no site of the graft");
    }
    assert!(weights.keys().any(moved), "{name} moves the weights");
    (count, weights, trained)
}

/// The largest difference of two tensors.
fn apart(a: &Tensor, b: &Tensor) -> f64 {
    let wide = |t: &Tensor| t.to_dtype(DType::F64).unwrap();
    (wide(a) - wide(b)).unwrap().abs().unwrap().max_all().unwrap().to_scalar().unwrap()
}

const QUERY: &str = "bert.encoder.layer.0.attention.self.query";

#[test]
fn a_low_rank_graft_becomes_w_plus_half_of_b_times_a() {
    let (sites, weights, trained) = folds("lora", &lora());
    assert_eq!(sites, 2);
    let before = weights::read_folder(&base()).unwrap();
    let (a, b) = (&trained[&format!("{QUERY}.A")], &trained[&format!("{QUERY}.B")]);
    let expected = (&before[&format!("{QUERY}.weight")] + (b.matmul(a).unwrap() * 0.5).unwrap()).unwrap();
    assert!(apart(&weights[&format!("{QUERY}.weight")], &expected) < 1e-6);
    assert!(apart(&weights[&format!("{QUERY}.bias")], &before[&format!("{QUERY}.bias")]) < 1e-7);
}

#[test]
fn scales_of_inputs_and_outputs_fold_and_so_do_two_grafts_at_one_site() {
    let mut plan = plan(
        "linear",
        "*.output.dense",
        json!([parameter("l", json!(["in"]))]),
        json!([["o", "mul", "x", "l"]]),
        json!({ "input": "o" }),
    );
    assert_eq!(folds("scale-in", &plan).0, 4);
    let second = json!({
        "name": "out", "at": { "kind": "linear", "select": "*.output.dense" },
        "parameters": [parameter("m", json!(["out", 1]))],
        "steps": [["v", "reshape", "m", ["out"]], ["o", "mul", "y", "v"]], "gives": { "output": "o" },
    });
    plan["grafts"].as_array_mut().unwrap().push(second);
    let (sites, weights, trained) = folds("scale-both", &plan);
    assert_eq!(sites, 8, "four sites, twice");
    // Both at once: diag(m) · W · diag(l), and m ⊙ b.
    let site = "bert.encoder.layer.1.output.dense";
    let before = weights::read_folder(&base()).unwrap();
    let (l, m) = (&trained[&format!("{site}.l")], &trained[&format!("{site}.m")]);
    let expected = before[&format!("{site}.weight")].broadcast_mul(l).unwrap().broadcast_mul(m).unwrap();
    assert!(apart(&weights[&format!("{site}.weight")], &expected) < 1e-6);
    let bias = (&before[&format!("{site}.bias")] * m.flatten_all().unwrap()).unwrap();
    assert!(apart(&weights[&format!("{site}.bias")], &bias) < 1e-6);
}

#[test]
fn a_bias_a_norm_and_rows_of_the_word_table_fold() {
    let add = |kind: &str, select: &str, shape: Value, what: &str, of: &str| {
        let steps = json!([["o", "add", of, "p"]]);
        plan(kind, select, json!([parameter("p", shape)]), steps, json!({ what: "o" }))
    };
    assert_eq!(folds("bias", &add("linear", "*", json!(["out"]), "bias", "bias")).0, 12);
    assert_eq!(folds("weight", &add("linear", "value", json!(["out", "in"]), "weight", "w")).0, 2);
    assert_eq!(folds("norm", &add("norm", "*", json!(["hidden"]), "weight", "w")).0, 5);
    let steps = json!([["t", "tanh", "y"], ["u", "mul", "t", "p"], ["o", "add", "y", "u"]]);
    let table = plan("embedding", "*", json!([parameter("p", json!(["hidden"]))]), steps, json!({ "output": "o" }));
    assert_eq!(folds("words", &table).0, 1);
}

#[test]
fn a_magnitude_over_a_low_rank_direction_folds_though_it_divides_by_a_norm() {
    let parameters = json!([
        parameter("A", json!(["r", "in"])),
        parameter("B", json!(["out", "r"])),
        parameter("m", json!(["out"])),
    ]);
    let steps = json!([
        ["ba", "matmul", "B", "A"],
        ["v", "add", "w", "ba"],
        ["n", "norm", "v", -1],
        ["nf", "reshape", "n", ["out"]],
        ["c", "stop_gradient", "nf"],
        ["k", "div", "m", "c"],
        ["d", "dropout", "x", 0.1],
        ["xw", "matmul_t", "d", "w"],
        ["k1", "sub", "k", 1],
        ["p", "mul", "k1", "xw"],
        ["h", "matmul_t", "d", "A"],
        ["u", "matmul_t", "h", "B"],
        ["q", "mul", "k", "u"],
        ["yp", "add", "y", "p"],
        ["o", "add", "yp", "q"]
    ]);
    let dora = plan("linear", "*.self.{query,value}", parameters, steps, json!({ "output": "o" }));
    let (sites, weights, trained) = folds("dora", &dora);
    assert_eq!(sites, 4);
    // Its rows are m ⊙ (W + BA) / ‖W + BA‖.
    let before = weights::read_folder(&base()).unwrap();
    let of = |name: &str| &trained[&format!("{QUERY}.{name}")];
    let v = (&before[&format!("{QUERY}.weight")] + of("B").matmul(of("A")).unwrap()).unwrap();
    let norm = v.sqr().unwrap().sum_keepdim(1).unwrap().sqrt().unwrap();
    let k = of("m").unsqueeze(1).unwrap().broadcast_div(&norm).unwrap();
    assert!(apart(&weights[&format!("{QUERY}.weight")], &v.broadcast_mul(&k).unwrap()) < 1e-5);
}

#[test]
fn a_nonlinear_bottleneck_is_refused_with_graft_site_step_and_reason() {
    let steps =
        json!([["h", "matmul_t", "x", "D"], ["a", "relu", "h"], ["u", "matmul_t", "a", "U"], ["o", "add", "y", "u"]]);
    let parameters = json!([parameter("D", json!(["r", "in"])), parameter("U", json!(["out", "r"]))]);
    let bottleneck = plan("linear", "query", parameters, steps, json!({ "output": "o" }));
    let (refused, into, _) = merged("bottleneck", &bottleneck);
    let error = refused.unwrap_err();
    assert_eq!(error.code(), "merge.refused");
    let said = error.to_string();
    let expected = format!("graft `g` at {QUERY} and 1 more, step `a`: `relu` is not affine in the layer's input");
    assert!(said.contains(&expected), "{said}");
    assert!(!into.exists(), "nothing is written");

    let steps = json!([["u", "mul", "y", "p"], ["o", "add", "y", "u"]]);
    let parameters = json!([parameter("p", json!(["hidden"]))]);
    let branch = plan("sublayer", "*.output", parameters, steps, json!({ "output": "o" }));
    let said = merged("sublayer", &branch).0.unwrap_err().to_string();
    assert!(said.contains("a sublayer site has no weight to fold into"), "{said}");
}

#[test]
fn a_difference_above_the_tolerance_is_told_and_nothing_is_written() {
    let (graft, _) = grafted("strict", &lora());
    let (model, into) = (base(), graft.join("merged"));
    let request =
        Merge { model: &model, graft: &graft, task: None, into: Some(&into), tolerance: 0.0, base: Base::Same };
    let error = merge(&request).unwrap_err();
    assert_eq!(error.code(), "merge.differs");
    assert!(!into.exists());
}

#[test]
fn another_base_model_is_refused_unless_any_will_do() {
    let (graft, _) = grafted("other-base", &lora());
    let other = graft.join("base");
    std::fs::create_dir_all(&other).unwrap();
    std::fs::copy(base().join("config.json"), other.join("config.json")).unwrap();
    let mut tensors = weights::read_folder(&base()).unwrap();
    // The same numbers in another order of files are the same model.
    candle_core::safetensors::save(&tensors.clone().into_iter().collect(), other.join("model.safetensors")).unwrap();
    let request = |base| Merge { model: &other, graft: &graft, task: None, into: None, tolerance: 1e-4, base };
    merge(&request(Base::Same)).unwrap();
    let name = format!("{QUERY}.weight");
    let moved = (&tensors[&name] * 1.000_001).unwrap();
    tensors.insert(name, moved);
    candle_core::safetensors::save(&tensors.into_iter().collect(), other.join("model.safetensors")).unwrap();
    let error = merge(&request(Base::Same)).unwrap_err();
    assert_eq!(error.code(), "graft.base");
    assert!(error.help().unwrap().contains("--any-base"));
    merge(&request(Base::Any)).unwrap();
}

/// Of the 57 reference plans these have no weight to go into, or are not affine in their layer's input.
const REFUSED: [&str; 19] = [
    "adapterhub-compacter",
    "adapterhub-direft",
    "adapterhub-fusion",
    "adapterhub-houlsby",
    "adapterhub-mam",
    "adapterhub-noreft",
    "adapterhub-parallel",
    "adapterhub-pfeiffer",
    "adapterhub-prefix",
    "adapterhub-prefix-flat",
    "adapterhub-prompt",
    "adapterhub-unipelt",
    "multitask-prompt",
    "p-tuning",
    "poly",
    "prefix",
    "prompt",
    "router-sequence",
    "router-token",
];

#[test]
fn every_reference_plan_merges_or_says_why_not() {
    let json = std::fs::read_to_string(fixtures("plans").join("plans.json")).unwrap();
    let plans: BTreeMap<String, Value> = serde_json::from_str(&json).unwrap();
    let mut refused = Vec::new();
    for (name, plan) in &plans {
        match merged(&format!("reference/{name}"), plan).0 {
            Ok(done) => assert!(done.difference < 1e-4 * done.largest.max(1.0), "{name}: {done:?}"),
            Err(error) => {
                assert_eq!(error.code(), "merge.refused", "{name}: {error}");
                refused.push(name.as_str());
            }
        }
    }
    assert_eq!(refused, REFUSED);
}
