//! A text's logits do not change with its neighbors in the batch, whatever the method or the head.
//!
//! Rows are a type, so no plan can say otherwise; this holds it to the numbers, on the plans that could.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod support;

use candle_core::{DType, Device, Tensor};
use engraft_engine::backend::Machine;
use engraft_engine::backend::session::Session;
use engraft_engine::batch::feed::Feeder;
use engraft_engine::batch::pack;
use engraft_engine::model::weights;
use engraft_engine::model::{Config, Dropouts, HeadKind, Network, Origin};
use engraft_engine::program::differentiate::Gradients;
use engraft_engine::program::simplify::without_dropout;
use engraft_engine::tokenize::{Item, Targets};
use engraft_plugin::plan::Plan;
use engraft_plugin::{Random, Task, TaskKind};
use serde_json::{Value, json};
use support::fixtures;

/// Texts of several lengths; the model knows 40 places.
const LENGTHS: [usize; 5] = [5, 1, 31, 12, 2];

fn texts() -> Vec<Item> {
    let mut random = Random::new(3);
    let mut text = |(example, &length): (usize, &usize)| {
        let ids = (0..length).map(|_| 5 + (random.uniform() * 50.0) as u32).collect();
        Item { example, ids, units: Vec::new(), targets: Targets::None }
    };
    LENGTHS.iter().enumerate().map(&mut text).collect()
}

/// The logits of each text, run in these batches.
fn logits(name: &str, plan: &Value, task: &Task, head: HeadKind, batches: &[&[usize]]) -> Vec<Vec<f32>> {
    let base = fixtures(if task.kind == TaskKind::Tokens { "models/bert-token" } else { "models/bert-sequence" });
    let mut config = Config::read(&base).unwrap();
    (config.head.kind, config.head.lstm) = (head, 6);
    let plan: Plan = serde_json::from_value(plan.clone()).unwrap();
    let bare = Network::new(&config, &Dropouts::default(), task, None).unwrap();
    engraft_engine::method::accept(&plan, &bare).unwrap_or_else(|error| panic!("{name}: {error}"));
    let network = Network::new(&config, &Dropouts::default(), task, Some(&plan)).unwrap();
    let machine = Machine::cpu(DType::F32);
    let all = weights::gather(&network, &weights::read_folder(&base).unwrap(), &base, &machine, 0, false).unwrap();
    let outputs = vec![network.logits, network.loss];
    let mut session = Session::new(machine.clone(), without_dropout(&network.program), outputs, Gradients::default());
    let mut random = Random::new(9);
    for (parameter, tensor) in network.parameters.iter().zip(all) {
        let is_new = parameter.origin != Origin::Base;
        let mut fresh =
            || Tensor::from_iter((0..tensor.elem_count()).map(|_| random.uniform() as f32 - 0.4), &Device::Cpu);
        let tensor = if is_new { fresh().unwrap().reshape(tensor.dims()).unwrap() } else { tensor };
        session.set(parameter.id, tensor);
    }
    session.begin().unwrap();
    let (items, feeder) = (texts(), Feeder::new(&machine, &config, task).with(network.added));
    let mut found = vec![Vec::new(); items.len()];
    for batch in batches {
        let feed = feeder.feed(&pack(&items, batch), 1.0, 0, 0, 0).unwrap();
        let rows = session.batch(&feed).unwrap()[0].to_vec2::<f32>().unwrap();
        for (place, &text) in batch.iter().enumerate() {
            let is_tokens = task.kind == TaskKind::Tokens;
            let (from, to) = if is_tokens { (feed.bounds[place], feed.bounds[place + 1]) } else { (place, place + 1) };
            found[text] = rows[from..to].concat();
        }
    }
    found
}

fn check(name: &str, plan: &Value, head: HeadKind) {
    for task in [Task::new(TaskKind::Tokens, ["a", "b"]), Task::new(TaskKind::Sequence, ["a", "b", "c"])] {
        if task.kind != TaskKind::Tokens && head != HeadKind::Linear {
            continue;
        }
        let alone = logits(name, plan, &task, head, &[&[0], &[1], &[2], &[3], &[4]]);
        for batches in [&[&[0, 1, 2, 3, 4][..]][..], &[&[4, 2], &[3, 1, 0]]] {
            let together = logits(name, plan, &task, head, batches);
            for (text, (a, b)) in alone.iter().zip(&together).enumerate() {
                assert_eq!(a.len(), b.len());
                let apart = a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                let top = a.iter().map(|x| x.abs()).fold(1.0, f32::max);
                assert!(apart <= 1e-6 * top, "{name}, text {text} of {:?}: {apart:e}", task.kind);
            }
        }
    }
}

fn plan(kind: &str, select: &str, parameters: Value, steps: Value, gives: Value) -> Value {
    let at = json!({ "kind": kind, "select": select });
    let graft = json!({ "name": "g", "at": at, "parameters": parameters, "steps": steps, "gives": gives });
    json!({ "schema": "engraft.plan/1", "method": "test", "grafts": [graft], "save": { "format": "engraft" } })
}

fn parameter(name: &str, shape: Value) -> Value {
    json!({ "name": name, "shape": shape, "key": format!("{{site}}.{name}") })
}

fn full() -> Value {
    json!({ "schema": "engraft.plan/1", "method": "full", "trains": [{ "select": "*" }] })
}

#[test]
fn low_rank_and_bottleneck() {
    let low = [parameter("A", json!([3, "in"])), parameter("B", json!(["out", 3]))];
    let steps = json!([["h", "matmul_t", "x", "A"], ["u", "matmul_t", "h", "B"], ["o", "add", "y", "u"]]);
    check("lora", &plan("linear", "*", json!(low), steps, json!({ "output": "o" })), HeadKind::Linear);

    let narrow = [parameter("D", json!([3, "hidden"])), parameter("U", json!(["hidden", 3]))];
    let steps = json!([
        ["h", "matmul_t", "z", "D"],
        ["a", "relu", "h"],
        ["u", "matmul_t", "a", "U"],
        ["v", "add", "u", "r"],
        ["o", "add", "y", "v"]
    ]);
    check("bottleneck", &plan("sublayer", "*", json!(narrow), steps, json!({ "output": "o" })), HeadKind::Linear);
}

#[test]
fn a_gate_over_the_whole_text() {
    for how in ["mean", "max", "sum", "first", "last"] {
        let parameters = [parameter("G", json!(["hidden", "hidden"]))];
        let steps = json!([
            ["p", "pool", "y", how],
            ["l", "matmul_t", "p", "G"],
            ["g", "sigmoid", "l"],
            ["s", "spread", "g"],
            ["o", "mul", "y", "s"]
        ]);
        let gate = plan("sublayer", "*", json!(parameters), steps, json!({ "output": "o" }));
        check(&format!("gate by {how}"), &gate, HeadKind::Linear);
    }
}

#[test]
fn rows_of_the_word_table_and_whole_layers() {
    let parameters = [parameter("t", json!(["vocab", "hidden"]))];
    let steps = json!([["n", "gather", "t", "ids"], ["o", "add", "y", "n"]]);
    check("words", &plan("embedding", "*", json!(parameters), steps, json!({ "output": "o" })), HeadKind::Linear);
    let parameters = [parameter("S", json!(["hidden", "hidden"]))];
    let steps = json!([["s", "matmul_t", "y", "S"], ["m", "softmax", "s", -1], ["o", "add", "y", "m"]]);
    check("layers", &plan("block", "*", json!(parameters), steps, json!({ "output": "o" })), HeadKind::Linear);
}

#[test]
fn heads_for_spans() {
    check("crf", &full(), HeadKind::Crf);
    check("bilstm-crf", &full(), HeadKind::BilstmCrf);
    check("span", &full(), HeadKind::Span);
}
