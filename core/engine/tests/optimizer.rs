//! AdamW, clipping and the schedules agree with PyTorch and transformers.
//!
//! The fixture and the script that made it: `tests/fixtures/optimize/make.py`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod support;

use candle_core::{DType, Device, Tensor};
use engraft_engine::backend::gradient::Gradient;
use engraft_engine::backend::random::Keys;
use engraft_engine::backend::{Feed, Machine};
use engraft_engine::model::{Config, Dropouts, Network, weights};
use engraft_engine::optimize::adamw::{AdamW, State};
use engraft_engine::optimize::{Learner, learning_rate, norm};
use engraft_engine::run::{OptimizeSettings, Schedule};
use engraft_plugin::plan::{Plan, Train};
use engraft_plugin::{Task, TaskKind};
use serde::Deserialize;

#[derive(Deserialize)]
struct Fixture {
    tensors: Vec<Initial>,
    gradients: Vec<Vec<Vec<f64>>>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Initial {
    shape: Vec<usize>,
    initial: Vec<f64>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    dtype: String,
    schedule: Schedule,
    peak_lr: f64,
    beta1: f64,
    beta2: f64,
    eps: f64,
    weight_decay: Vec<f64>,
    clip: f64,
    warmup_steps: usize,
    total_steps: usize,
    steps: Vec<Expected>,
}

#[derive(Deserialize)]
struct Expected {
    norm: f64,
    lr: f64,
    parameters: Vec<Vec<f64>>,
}

fn tensor(values: &[f64], shape: &[usize], dtype: DType) -> Tensor {
    Tensor::from_slice(values, shape, &Device::Cpu).unwrap().to_dtype(dtype).unwrap()
}

#[test]
fn twenty_steps_give_the_weights_that_pytorch_gives() {
    let json = std::fs::read(support::fixtures("optimize").join("adamw.json")).unwrap();
    let fixture: Fixture = serde_json::from_slice(&json).unwrap();
    for case in &fixture.cases {
        let (dtype, tolerance) = if case.dtype == "f64" { (DType::F64, 1e-13) } else { (DType::F32, 2e-6) };
        let settings = OptimizeSettings {
            learning_rate: case.peak_lr,
            schedule: case.schedule,
            warmup: case.warmup_steps as f64 / case.total_steps as f64,
            ..OptimizeSettings::default()
        };
        let mut states: Vec<State> =
            fixture.tensors.iter().map(|t| State::new(&tensor(&t.initial, &t.shape, dtype)).unwrap()).collect();
        for (at, (expected, gradients)) in case.steps.iter().zip(&fixture.gradients).enumerate() {
            let place = format!("{}, step {at}", case.name);
            let gradients: Vec<Gradient> = gradients
                .iter()
                .zip(&fixture.tensors)
                .map(|(g, t)| Gradient::from(tensor(g, &t.shape, dtype)))
                .collect();
            let norm = norm::global(&gradients).unwrap();
            assert!(
                (norm - expected.norm).abs() < 1e-6 * expected.norm,
                "{place}: norm {norm}, expected {}",
                expected.norm
            );
            let rate = learning_rate(&settings, at, case.total_steps);
            assert!((rate - expected.lr).abs() < 1e-12, "{place}: rate {rate}, expected {}", expected.lr);
            for (number, (state, gradient)) in states.iter_mut().zip(&gradients).enumerate() {
                let adamw = AdamW {
                    learning_rate: rate,
                    decay: case.weight_decay[number],
                    beta1: case.beta1,
                    beta2: case.beta2,
                    epsilon: case.eps,
                    scale: (case.clip / (norm + 1e-6)).min(1.0),
                    step: at + 1,
                };
                state.step(gradient, &adamw).unwrap();
                let weight: Vec<f64> =
                    state.weight().unwrap().to_dtype(DType::F64).unwrap().flatten_all().unwrap().to_vec1().unwrap();
                for (got, want) in weight.iter().zip(&expected.parameters[number]) {
                    assert!((got - want).abs() < tolerance * want.abs().max(1.0), "{place}: {got}, expected {want}");
                }
            }
        }
    }
}

/// Two sequences whose words change from step to step: some come late, some come back.
fn feed(step: usize) -> Feed {
    let (bounds, tokens) = (vec![0, 3, 7], 7);
    let ids = (0..tokens).map(|at| (step * (step % 3) + at * 5) as u32 % 40);
    Feed {
        ids: Tensor::from_iter(ids, &Device::Cpu).unwrap(),
        positions: Tensor::from_iter([0u32, 1, 2, 0, 1, 2, 3], &Device::Cpu).unwrap(),
        classes: Some(Tensor::from_iter((0..tokens).map(|at| (at + step) as i64 % 3), &Device::Cpu).unwrap()),
        labels: None,
        tasks: None,
        scale: 1.0 / tokens as f64,
        keys: Keys::new(7, step, 0, &bounds),
        bounds,
    }
}

/// The bits of every trained weight after twenty steps, in some of which somebody looks.
fn trained(looks: impl Fn(usize) -> bool) -> Vec<u32> {
    let (folder, machine, task) =
        (support::fixtures("tiny"), Machine::cpu(DType::F32), Task::new(TaskKind::Tokens, ["x"]));
    let (config, plan) = (Config::read(&folder).unwrap(), Plan::new("full").train(Train::select("*")));
    let network = Network::new(&config, &Dropouts::default(), &task, Some(&plan)).unwrap();
    let tensors = weights::read_folder(&folder).unwrap();
    let all = weights::gather(&network, &tensors, &folder, &machine, 1, false).unwrap();
    let mut learner = Learner::new(&network, &plan, all, &machine).unwrap();
    for step in 0..20 {
        let (_, gradients) = learner.gradients([Ok(feed(step))]).unwrap();
        learner.step(gradients, &OptimizeSettings::default(), 1e-2, 0.0).unwrap();
        if looks(step) {
            learner.inference().unwrap();
        }
    }
    let weights = learner.weights().unwrap();
    let bits = |weight: Tensor| weight.flatten_all().unwrap().to_vec1::<f32>().unwrap().into_iter().map(f32::to_bits);
    weights.into_values().flat_map(bits).collect()
}

#[test]
fn words_that_no_batch_has_decay_the_same_whenever_somebody_looks() {
    let once = trained(|_| false);
    assert!(once == trained(|_| true), "after every step, or once at the end");
    assert!(once == trained(|step| step == 11), "once between");
}
