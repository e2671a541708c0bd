//! A layer of everything that has a kernel, over random sequences, and what two machines make of it.

use candle_core::{DType, Device, Tensor};
use engraft_engine::backend::random::{Keys, normal, row};
use engraft_engine::backend::session::Session;
use engraft_engine::backend::{Feed, Machine};
use engraft_engine::program::differentiate::differentiate;
use engraft_engine::program::{Binary, Id, Input, Op, PlanOp, Program, Type, Unary};
use proptest::prelude::*;

pub(crate) const VOCABULARY: usize = 7;
pub(crate) const CLASSES: usize = 3;

/// The sizes of a layer, and its batch.
#[derive(Clone, Debug)]
pub(crate) struct Layer {
    lengths: Vec<usize>,
    heads: usize,
    depth: usize,
    inner: usize,
    rank: usize,
    /// Whether the narrow side of the graft is (in, rank) rather than (rank, in).
    turned: bool,
    dropout: f64,
}

pub(crate) fn layers() -> impl Strategy<Value = Layer> {
    // Rarely so long that attention takes its rows in blocks.
    let lengths = prop::collection::vec(prop_oneof![9 => 0usize..40, 1 => 60usize..150], 0..5);
    let sizes = (lengths, 1usize..4, 1usize..20, 1usize..50, 1usize..20, any::<[bool; 2]>());
    sizes.prop_map(|(lengths, heads, depth, inner, rank, [drops, turned])| {
        let dropout = if drops { 0.3 } else { 0.0 };
        Layer { lengths, heads, depth, inner, rank, turned, dropout }
    })
}

/// A layer with a low-rank graft, and its loss.
fn program(layer: &Layer) -> (Program, Id) {
    let mut p = Program::default();
    let hidden = layer.heads * layer.depth;
    let linear = |p: &mut Program, name: &str, x: Id, inside: usize, outside: usize| {
        let w = p.parameter(&format!("{name}.weight"), &[outside, inside]);
        let b = p.parameter(&format!("{name}.bias"), &[outside]);
        p.push(Op::Linear, &[x, w, b]).unwrap()
    };
    let norm = |p: &mut Program, name: &str, x: Id| {
        let (w, b) =
            (p.parameter(&format!("{name}.weight"), &[hidden]), p.parameter(&format!("{name}.bias"), &[hidden]));
        p.push_plan(PlanOp::LayerNorm { eps: 1e-5 }, &[x, w, b]).unwrap()
    };
    let ids = p.input(Input::Ids, Type::token([]).integer());
    let table = p.parameter("table", &[VOCABULARY, hidden]);
    let x = p.push_plan(PlanOp::Gather, &[table, ids]).unwrap();
    let [q, k, v] = ["q", "k", "v"].map(|name| linear(&mut p, name, x, hidden, hidden));
    let (dropout, heads) = (layer.dropout, layer.heads);
    let site = p.random_site();
    let attended = p.push(Op::Attention { heads, dropout, site }, &[q, k, v]).unwrap();
    // a low-rank graft
    let transposed = !layer.turned;
    let shape = if transposed { [layer.rank, hidden] } else { [hidden, layer.rank] };
    let a = p.parameter("a", &shape);
    let b = p.parameter("b", &[hidden, layer.rank]);
    let dropped = p.dropout(attended, dropout).unwrap();
    let narrow = p.push_plan(PlanOp::Matmul { transposed }, &[dropped, a]).unwrap();
    let low = p.push_plan(PlanOp::Matmul { transposed: true }, &[narrow, b]).unwrap();
    let two = p.constant(2.0);
    let low = p.push_plan(PlanOp::Binary(Binary::Mul), &[low, two]).unwrap();
    let y = p.push_plan(PlanOp::Binary(Binary::Add), &[attended, low]).unwrap();
    let dropped = p.dropout(y, dropout).unwrap();
    let sum = p.push_plan(PlanOp::Binary(Binary::Add), &[x, dropped]).unwrap();
    let x = norm(&mut p, "norm", sum);
    let up = linear(&mut p, "up", x, hidden, layer.inner);
    let up = p.push_plan(PlanOp::Unary(Unary::Gelu), &[up]).unwrap();
    let down = linear(&mut p, "down", up, layer.inner, hidden);
    let x = p.push_plan(PlanOp::Binary(Binary::Add), &[x, down]).unwrap();
    let logits = linear(&mut p, "head", x, hidden, CLASSES);
    let classes = p.input(Input::Classes, Type::token([]).integer());
    let scale = p.input(Input::Scale, Type::fixed([]));
    let loss = p.push(Op::CrossEntropy, &[logits, classes, scale]).unwrap();
    (p, loss)
}

fn feed(lengths: &[usize], device: &Device) -> Feed {
    let mut bounds = vec![0];
    lengths.iter().for_each(|length| bounds.push(bounds[bounds.len() - 1] + length));
    let tokens = bounds[bounds.len() - 1];
    let numbers = |limit: usize| (0..tokens).map(move |at| at * 13 % limit);
    Feed {
        ids: Tensor::from_iter(numbers(VOCABULARY).map(|id| id as u32), device).unwrap(),
        positions: Tensor::from_iter(numbers(VOCABULARY).map(|id| id as u32), device).unwrap(),
        classes: Some(Tensor::from_iter(numbers(CLASSES).map(|class| class as i64), device).unwrap()),
        labels: None,
        tasks: None,
        scale: 1.0 / tokens.max(1) as f64,
        keys: Keys::new(5, 1, 0, &bounds),
        bounds,
    }
}

/// Loss and gradients, each flattened.
pub(crate) fn run(layer: &Layer, machine: Machine) -> Vec<Vec<f64>> {
    run_program(program(layer), &layer.lengths, machine)
}

/// The same of any program, over sequences of these lengths.
pub(crate) fn run_program((mut program, loss): (Program, Id), lengths: &[usize], machine: Machine) -> Vec<Vec<f64>> {
    let parameters: Vec<Id> = program.parameters.iter().map(|p| p.id).collect();
    let shapes: Vec<Vec<usize>> = parameters.iter().map(|&id| program.kind(id).shape.clone()).collect();
    let gradients = differentiate(&mut program, loss, &parameters).unwrap();
    let mut session = Session::new(machine.clone(), program, vec![loss], gradients);
    session.poison();
    for (&id, shape) in parameters.iter().zip(&shapes) {
        let count: usize = shape.iter().product();
        let values: Vec<f64> = (0..count).map(|at| 0.3 * normal(row(id.0 as u64, 2), at)).collect();
        let tensor = Tensor::from_vec(values, &shape[..], &machine.device).unwrap().to_dtype(machine.dtype).unwrap();
        session.set(id, tensor);
    }
    session.begin().unwrap();
    let loss = session.batch(&feed(lengths, &machine.device)).unwrap();
    let all = session.end().unwrap().iter().map(|gradient| gradient.dense().unwrap()).collect::<Vec<_>>();
    let flat = |t: &Tensor| t.to_dtype(DType::F64).unwrap().flatten_all().unwrap().to_vec1().unwrap();
    loss.iter().chain(&all).map(flat).collect()
}

/// The length of the difference over the length of what is expected, of all gradients together.
pub(crate) fn apart(found: &[Vec<f64>], expected: &[Vec<f64>]) -> f64 {
    let squares = |differences: &mut dyn Iterator<Item = f64>| differences.map(|x| x * x).sum::<f64>();
    let pairs = || found.iter().flatten().zip(expected.iter().flatten());
    let whole = squares(&mut pairs().map(|(_, b)| *b)).max(1e-12);
    (squares(&mut pairs().map(|(a, b)| a - b)) / whole).sqrt()
}
