//! Each kernel at MiniLM's sizes, beside candle's composed ops: `cargo bench -p engraft-engine --features mimalloc --bench kernels`.
//!
//! A case is a small program, run forward and back; of both backends the time of the named operations counts, as the
//! session measures it. Rates are in operations (products and sums) a second; the title tells operations and bytes, so
//! that both can be held against what the processor and its memory give.

#![allow(clippy::unwrap_used, missing_docs, reason = "a program for whoever measures")]

use candle_core::{DType, Device, Tensor};
use criterion::{BenchmarkId, Criterion, Throughput};
use engraft_engine::backend::random::{Keys, normal, row};
use engraft_engine::backend::session::Session;
use engraft_engine::backend::{Backend, Feed, Machine, Products, Taken};
use engraft_engine::program::differentiate::differentiate;
use engraft_engine::program::{Binary, Id, Input, Op, PlanOp, Program, Type, Unary};
use std::time::Duration;

/// As in the program itself.
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: engraft_engine::kernel::Lines = engraft_engine::kernel::Lines;

/// As in the bench of a step: 32 sequences.
const LENGTHS: [usize; 32] = {
    let mut lengths = [0; 32];
    let mut at = 0;
    while at < 32 {
        lengths[at] = 10 + at * 31 % 47;
        at += 1;
    }
    lengths
};
const HIDDEN: usize = 384;
const INNER: usize = 1536;
const HEADS: usize = 12;
const RANK: usize = 8;

/// A program, the operations of it that are measured, and how many operations and bytes of a token they are.
struct Case {
    name: &'static str,
    width: usize,
    build: fn(&mut Program, Id) -> Id,
    measured: &'static [&'static str],
    operations: usize,
    numbers: usize,
}

const CASES: &[Case] = &[
    Case {
        name: "linear",
        width: HIDDEN,
        build: linear,
        measured: &["linear"],
        operations: 2 * HIDDEN * INNER,
        numbers: HIDDEN + INNER,
    },
    Case {
        name: "gradient of a weight",
        width: HIDDEN,
        build: linear,
        measured: &["matmul weight"],
        operations: 2 * HIDDEN * INNER,
        numbers: HIDDEN + INNER,
    },
    Case {
        name: "attention",
        width: HIDDEN,
        build: attention,
        measured: &["attention"],
        operations: 4 * 33 * HIDDEN,
        numbers: 4 * HIDDEN,
    },
    Case {
        name: "gradient of attention",
        width: HIDDEN,
        build: attention,
        measured: &["attention grad"],
        operations: 10 * 33 * HIDDEN,
        numbers: 7 * HIDDEN,
    },
    Case { name: "gelu", width: INNER, build: gelu, measured: &["gelu"], operations: INNER, numbers: 2 * INNER },
    Case {
        name: "gradient of gelu",
        width: INNER,
        build: gelu,
        measured: &["gelu grad"],
        operations: INNER,
        numbers: 3 * INNER,
    },
    Case {
        name: "layer norm",
        width: HIDDEN,
        build: norm,
        measured: &["layer norm"],
        operations: 8 * HIDDEN,
        numbers: 2 * HIDDEN,
    },
    Case {
        name: "gradients of a layer norm",
        width: HIDDEN,
        build: norm,
        measured: &["layer norm grad", "layer norm weight grad"],
        operations: 16 * HIDDEN,
        numbers: 5 * HIDDEN,
    },
    Case {
        name: "dropout and residual",
        width: HIDDEN,
        build: residual,
        measured: &["dropout", "dropout add", "add"],
        operations: 2 * HIDDEN,
        numbers: 3 * HIDDEN,
    },
    Case {
        name: "low-rank graft with dropout, forward and back",
        width: HIDDEN,
        build: graft,
        measured: &[
            "dropout",
            "dropout matmul",
            "matmul",
            "matmul add",
            "dropout matmul weight",
            "matmul weight",
            "add",
            "matmul dropout add",
            "dropout add",
        ],
        operations: 12 * HIDDEN * RANK,
        numbers: 8 * HIDDEN,
    },
];

fn linear(p: &mut Program, x: Id) -> Id {
    let (w, b) = (p.parameter("w", &[INNER, HIDDEN]), p.parameter("b", &[INNER]));
    p.push(Op::Linear, &[x, w, b]).unwrap()
}

fn attention(p: &mut Program, x: Id) -> Id {
    let site = p.random_site();
    p.push(Op::Attention { heads: HEADS, dropout: 0.1, site }, &[x, x, x]).unwrap()
}

fn gelu(p: &mut Program, x: Id) -> Id {
    p.push_plan(PlanOp::Unary(Unary::Gelu), &[x]).unwrap()
}

fn norm(p: &mut Program, x: Id) -> Id {
    let (w, b) = (p.parameter("w", &[HIDDEN]), p.parameter("b", &[HIDDEN]));
    p.push_plan(PlanOp::LayerNorm { eps: 1e-12 }, &[x, w, b]).unwrap()
}

fn residual(p: &mut Program, x: Id) -> Id {
    let dropped = p.dropout(x, 0.1).unwrap();
    p.push_plan(PlanOp::Binary(Binary::Add), &[x, dropped]).unwrap()
}

fn graft(p: &mut Program, x: Id) -> Id {
    let (a, b) = (p.parameter("a", &[RANK, HIDDEN]), p.parameter("b2", &[HIDDEN, RANK]));
    let dropped = p.dropout(x, 0.1).unwrap();
    let narrow = p.push_plan(PlanOp::Matmul { transposed: true }, &[dropped, a]).unwrap();
    let low = p.push_plan(PlanOp::Matmul { transposed: true }, &[narrow, b]).unwrap();
    p.push_plan(PlanOp::Binary(Binary::Add), &[x, low]).unwrap()
}

/// The program of a case: rows of a table, what is measured, and a loss of its first columns.
fn session(case: &Case, machine: Machine) -> Session {
    let mut p = Program::default();
    let positions = p.input(Input::Positions, Type::token([]).integer());
    let table = p.parameter("table", &[64, case.width]);
    let x = p.push_plan(PlanOp::Gather, &[table, positions]).unwrap();
    let y = (case.build)(&mut p, x);
    let logits = p.push_plan(PlanOp::Narrow { axis: -1, from: 0, len: 3 }, &[y]).unwrap();
    let classes = p.input(Input::Classes, Type::token([]).integer());
    let scale = p.input(Input::Scale, Type::fixed([]));
    let loss = p.push(Op::CrossEntropy, &[logits, classes, scale]).unwrap();
    let parameters: Vec<Id> = p.parameters.iter().map(|parameter| parameter.id).collect();
    let shapes: Vec<Vec<usize>> = parameters.iter().map(|&id| p.kind(id).shape.clone()).collect();
    let gradients = differentiate(&mut p, loss, &parameters).unwrap();
    let mut session = Session::new(machine, p, vec![loss], gradients);
    for (&id, shape) in parameters.iter().zip(&shapes) {
        let values = (0..shape.iter().product()).map(|at| 0.1 * normal(row(id.0 as u64, 2), at) as f32);
        session.set(id, Tensor::from_vec(values.collect::<Vec<_>>(), &shape[..], &Device::Cpu).unwrap());
    }
    session.measure();
    session
}

fn feed() -> Feed {
    let mut bounds = vec![0];
    LENGTHS.iter().for_each(|length| bounds.push(bounds[bounds.len() - 1] + length));
    let positions: Vec<u32> = LENGTHS.iter().flat_map(|&length| 0..length as u32).collect();
    let tokens = positions.len();
    Feed {
        classes: Some(Tensor::from_iter((0..tokens as i64).map(|at| at % 3), &Device::Cpu).unwrap()),
        ids: Tensor::from_vec(positions.clone(), tokens, &Device::Cpu).unwrap(),
        positions: Tensor::from_vec(positions, tokens, &Device::Cpu).unwrap(),
        labels: None,
        tasks: None,
        scale: 1.0 / tokens as f64,
        keys: Keys::new(5, 1, 0, &bounds),
        bounds,
    }
}

fn taken(measured: &[&str], taken: &Taken) -> Duration {
    measured.iter().filter_map(|name| taken.0.get(*name)).map(|(_, time)| *time).sum()
}

fn main() {
    // What is measured is a part of what runs: a tenth of a second of it is enough.
    let brief = Criterion::default().sample_size(10).warm_up_time(Duration::from_millis(20));
    let mut criterion = brief.measurement_time(Duration::from_millis(100)).configure_from_args();
    let f32 = Machine::cpu(DType::F32);
    let machines = [
        ("candle", Machine { backend: Backend::Composed, ..f32.clone() }),
        ("f32", f32.clone()),
        ("bf16", Machine { products: Products::Bf16, ..f32 }),
    ];
    let (feed, tokens) = (feed(), LENGTHS.iter().sum::<usize>());
    for case in CASES {
        let (operations, bytes) = (case.operations * tokens, 4 * case.numbers * tokens);
        let title = format!("{}: {:.2} M operations, {:.2} MB", case.name, operations as f64 / 1e6, bytes as f64 / 1e6);
        let mut group = criterion.benchmark_group(title);
        group.throughput(Throughput::Elements(operations as u64));
        for (name, machine) in &machines {
            let mut session = session(case, machine.clone());
            group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
                bencher.iter_custom(|times| {
                    let before = taken(case.measured, &session.taken());
                    for _ in 0..times {
                        session.begin().unwrap();
                        session.batch(&feed).unwrap();
                        let gradients = session.end().unwrap();
                        session.recycle(gradients);
                    }
                    taken(case.measured, &session.taken()) - before
                });
            });
        }
        group.finish();
    }
    criterion.final_summary();
}
