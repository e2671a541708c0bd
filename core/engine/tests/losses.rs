//! Weighed and focal losses, and their gradients, agree with PyTorch in f64 and f32.
//!
//! The fixture and the script that made it: `tests/fixtures/optimize/focal.py`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod support;

use candle_core::{DType, Device, Tensor};
use engraft_engine::backend::random::Keys;
use engraft_engine::backend::session::Session;
use engraft_engine::backend::{Backend, Feed, Machine};
use engraft_engine::program::differentiate::differentiate;
use engraft_engine::program::{Focal, Input, Op, PlanOp, Program, Type};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Fixture {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    kind: String,
    gamma: f64,
    weights: Vec<f64>,
    scale: f64,
    logits: Vec<Vec<f64>>,
    targets: Value,
    loss: f64,
    gradient: Vec<Vec<f64>>,
}

/// Loss and gradient of a case: the logits are the rows of a table, a sequence of one token each.
fn run(case: &Case, machine: &Machine) -> (f64, Vec<f64>) {
    let (rows, width) = (case.logits.len(), case.logits[0].len());
    let how = Focal { gamma: case.gamma, weights: case.weights.clone() };
    let mut program = Program::default();
    let table = program.parameter("logits", &[rows, width]);
    let scale = program.input(Input::Scale, Type::fixed([]));
    let ids = program.input(Input::Ids, Type::token([]).integer());
    let logits = program.push_plan(PlanOp::Gather, &[table, ids]).unwrap();
    let pooled = program.push_plan(PlanOp::Pool(engraft_engine::program::Pool::First), &[logits]).unwrap();
    let (mut classes, mut labels) = (None, None);
    let loss = if case.kind == "classes" {
        let given: Vec<i64> = serde_json::from_value(case.targets.clone()).unwrap();
        classes = Some(Tensor::new(given, &Device::Cpu).unwrap());
        let input = program.input(Input::Classes, Type::sequence([]).integer());
        program.push(Op::Focal(how), &[pooled, input, scale]).unwrap()
    } else {
        let given: Vec<Vec<f64>> = serde_json::from_value(case.targets.clone()).unwrap();
        labels = Some(Tensor::new(given, &Device::Cpu).unwrap().to_dtype(machine.dtype).unwrap());
        let input = program.input(Input::Labels, Type::sequence([width]));
        program.push(Op::BinaryFocal(how), &[pooled, input, scale]).unwrap()
    };
    let gradients = differentiate(&mut program, loss, &[table]).unwrap();
    let mut session = Session::new(machine.clone(), program, vec![loss], gradients);
    let value = Tensor::new(case.logits.clone(), &Device::Cpu).unwrap().to_dtype(machine.dtype).unwrap();
    session.set(table, value);
    let bounds: Vec<usize> = (0..=rows).collect();
    let feed = Feed {
        ids: Tensor::from_iter(0..rows as u32, &Device::Cpu).unwrap(),
        positions: Tensor::zeros(rows, DType::U32, &Device::Cpu).unwrap(),
        classes,
        labels,
        tasks: None,
        scale: case.scale,
        keys: Keys::new(1, 0, 0, &bounds),
        bounds,
    };
    session.begin().unwrap();
    let loss = session.batch(&feed).unwrap()[0].to_dtype(DType::F64).unwrap().to_scalar().unwrap();
    let gradient = session.end().unwrap()[0].dense().unwrap().to_dtype(DType::F64).unwrap();
    (loss, gradient.flatten_all().unwrap().to_vec1().unwrap())
}

fn agree(machine: &Machine, tolerance: f64) {
    let text = std::fs::read_to_string(support::fixtures("optimize/focal.json")).unwrap();
    let fixture: Fixture = serde_json::from_str(&text).unwrap();
    assert_eq!(fixture.cases.len(), 20);
    for case in &fixture.cases {
        let name = format!("{}, γ {}, weights {:?}", case.kind, case.gamma, case.weights);
        let (loss, gradient) = run(case, machine);
        assert!((loss - case.loss).abs() <= tolerance * (1.0 + case.loss.abs()), "{name}: {loss} {}", case.loss);
        for (found, expected) in gradient.iter().zip(case.gradient.iter().flatten()) {
            assert!((found - expected).abs() <= tolerance, "{name}: {found} {expected}");
        }
    }
}

#[test]
fn weighed_and_focal_losses_agree_with_pytorch_in_f64() {
    agree(&Machine::cpu(DType::F64), 1e-12);
}

#[test]
fn so_they_do_in_f32_among_kernels_and_among_candles_ops() {
    for backend in [Backend::Kernels, Backend::Composed] {
        agree(&Machine { backend, ..Machine::cpu(DType::F32) }, 2e-6);
    }
}
