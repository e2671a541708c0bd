//! Rows with axes of their own, as unusual grafts have: stacks of matrices, transposes, parts, broadcasts, sums.

use super::layer::{CLASSES, VOCABULARY};
use engraft_engine::program::{Binary, Id, Input, Op, PlanOp, Program, Reduce, Type, Unary};
use proptest::prelude::*;

/// The axes of a row, and its batch.
#[derive(Clone, Debug)]
pub(crate) struct Axes {
    pub(crate) lengths: Vec<usize>,
    groups: usize,
    m: usize,
    k: usize,
    n: usize,
    transposed: bool,
}

pub(crate) fn axes() -> impl Strategy<Value = Axes> {
    let lengths = prop::collection::vec(0usize..60, 0..4);
    let sizes = (lengths, 1usize..5, 1usize..4, 1usize..35, 1usize..35, any::<bool>());
    sizes.prop_map(|(lengths, groups, m, k, n, transposed)| Axes { lengths, groups, m, k, n, transposed })
}

/// What all these steps make of a token, and its loss.
pub(crate) fn program(axes: &Axes) -> (Program, Id) {
    let &Axes { groups, m, k, n, transposed, .. } = axes;
    let mut p = Program::default();
    let plan = |p: &mut Program, op: PlanOp, inputs: &[Id]| p.push_plan(op, inputs).unwrap();
    let ids = p.input(Input::Ids, Type::token([]).integer());
    let table = p.parameter("table", &[VOCABULARY, groups * m * k]);
    let x = plan(&mut p, PlanOp::Gather, &[table, ids]);
    let x = plan(&mut p, PlanOp::Reshape(vec![groups, m, k]), &[x]);
    let shape = if transposed { [groups, n, k] } else { [groups, k, n] };
    let stack = p.parameter("stack", &shape);
    let y = plan(&mut p, PlanOp::Matmul { transposed }, &[x, stack]); // [groups, m, n]
    // A row of numbers, a column, and one number a token.
    let (row, column) = (p.parameter("row", &[n]), p.parameter("column", &[groups, m, 1]));
    let y = plan(&mut p, PlanOp::Binary(Binary::Mul), &[row, y]);
    let y = plan(&mut p, PlanOp::Binary(Binary::Sub), &[y, column]);
    let total = plan(&mut p, PlanOp::Reduce { how: Reduce::Sum, axis: -2 }, &[y]); // [groups, 1, n]
    let gate = plan(&mut p, PlanOp::Unary(Unary::Sigmoid), &[total]);
    let y = plan(&mut p, PlanOp::Binary(Binary::Mul), &[y, gate]);
    let y = plan(&mut p, PlanOp::Unary(Unary::Silu), &[y]);
    let turned = plan(&mut p, PlanOp::Transpose(-3, -1), &[y]); // [n, m, groups]
    let turned = plan(&mut p, PlanOp::Unary(Unary::Tanh), &[turned]);
    let back = plan(&mut p, PlanOp::Transpose(-1, -3), &[turned]);
    let part = plan(&mut p, PlanOp::Narrow { axis: -3, from: groups / 2, len: groups - groups / 2 }, &[back]);
    let part = plan(&mut p, PlanOp::Unary(Unary::Neg), &[part]);
    let fixed = p.parameter("fixed", &[1, m, n]);
    let joined = plan(&mut p, PlanOp::Concat { axis: -3 }, &[y, fixed, part]);
    let joined = plan(&mut p, PlanOp::Unary(Unary::Relu), &[joined]);
    let one = plan(&mut p, PlanOp::Fill { value: 1.0, shape: vec![1] }, &[]);
    let below = plan(&mut p, PlanOp::Binary(Binary::Mul), &[row, row]);
    let below = plan(&mut p, PlanOp::Binary(Binary::Add), &[below, one]);
    let joined = plan(&mut p, PlanOp::Binary(Binary::Div), &[joined, below]);
    let width = p.kind(joined).width();
    let flat = plan(&mut p, PlanOp::Reshape(vec![width]), &[joined]);
    let (w, b) = (p.parameter("head.weight", &[CLASSES, width]), p.parameter("head.bias", &[CLASSES]));
    let logits = p.push(Op::Linear, &[flat, w, b]).unwrap();
    let classes = p.input(Input::Classes, Type::token([]).integer());
    let scale = p.input(Input::Scale, Type::fixed([]));
    let loss = p.push(Op::CrossEntropy, &[logits, classes, scale]).unwrap();
    (p, loss)
}
