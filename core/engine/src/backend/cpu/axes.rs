//! Steps of values whose rows have axes of their own, by kernels that read them as they lie.

use super::{Operand, Real};
use crate::kernel::axes::{Axes, Piece, Rowed, meet, place, sums, sums_of_rows};
use crate::kernel::stack::Stack;
use crate::program::{Binary, Op, PlanOp, Reduce, Rows, Type};

/// Whether such a kernel does a step.
pub(super) fn has_kernel(op: &Op, inputs: &[&Type]) -> bool {
    let is_stack = |kind: &Type| kind.rows == Rows::Static && kind.shape.len() > 2;
    inputs.iter().all(|kind| !kind.is_integer)
        && match op {
            Op::Plan(
                PlanOp::Binary(Binary::Add | Binary::Sub | Binary::Mul | Binary::Div)
                | PlanOp::Transpose(..)
                | PlanOp::Narrow { .. }
                | PlanOp::Concat { .. }
                | PlanOp::Reduce { how: Reduce::Sum, .. },
            )
            | Op::BroadcastTo(_)
            | Op::SumTo(_) => true,
            Op::Plan(PlanOp::Matmul { .. }) => is_stack(inputs[1]),
            Op::MatmulWeight(of) => is_stack(of),
            _ => false,
        }
}

/// Runs a step that [has a kernel](has_kernel) here.
pub(super) fn run<'a, T: Real>(op: &Op, operands: &[(Operand<'a, T>, &Type)], kind: &Type, out: &mut [T]) {
    let rowed = |at: usize| {
        let (operand, kind) = &operands[at];
        Rowed { data: operand.data, stride: if kind.rows == Rows::Static { 0 } else { operand.stride } }
    };
    let of = |at: usize| operands[at].1;
    let extents = &kind.shape[..];
    // What has no rows is shared among threads by its first axis.
    let led = usize::from(kind.rows == Rows::Static && extents.len() > 1);
    let width = extents[led..].iter().product();
    let along = |from: Rowed<'a, T>, strides: &[usize]| Rowed {
        stride: if led == 1 { strides[0] } else { from.stride },
        ..from
    };
    let whole = |strides: &[usize], from: Rowed<'a, T>| {
        let axes = Axes::new(&extents[led..], [&behind_each_other(extents)[led..], &strides[led..]]);
        [Piece { from: along(from, strides), axes, first: 0 }]
    };
    match *op {
        Op::Plan(PlanOp::Binary(op)) => {
            let strides = [0, 1].map(|at| repeated(of(at), extents));
            let axes = Axes::new(&extents[led..], strides.each_ref().map(|strides| &strides[led..]));
            let sides = [0, 1].map(|at| along(rowed(at), &strides[at]));
            match op {
                Binary::Add => meet(out, width, &axes, sides, |a, b| a + b),
                Binary::Sub => meet(out, width, &axes, sides, |a, b| a - b),
                Binary::Mul => meet(out, width, &axes, sides, |a, b| a * b),
                Binary::Div => meet(out, width, &axes, sides, |a, b| a / b),
                op => unreachable!("{op:?} has no kernel"),
            }
        }
        Op::Plan(PlanOp::Transpose(i, j)) => {
            let mut strides = behind_each_other(&of(0).shape);
            strides.swap(axis(of(0), i), axis(of(0), j));
            place(out, width, &whole(&strides, rowed(0)));
        }
        Op::Plan(PlanOp::Narrow { axis: at, from, .. }) => {
            let strides = behind_each_other(&of(0).shape);
            let Rowed { data, stride } = rowed(0);
            let data = data.get(from * strides[axis(of(0), at)]..).unwrap_or_default();
            place(out, width, &whole(&strides, Rowed { data, stride }));
        }
        Op::Plan(PlanOp::Concat { axis: at }) => {
            let (at, strides) = (axis(kind, at), behind_each_other(extents));
            let mut first = 0;
            let pieces: Vec<Piece<'_, T>> = (0..operands.len())
                .map(|part| {
                    let axes = Axes::new(&of(part).shape, [&strides, &behind_each_other(&of(part).shape)]);
                    let piece = Piece { from: rowed(part), axes, first };
                    first += of(part).shape[at] * strides[at];
                    piece
                })
                .collect();
            place(out, kind.width(), &pieces);
        }
        Op::BroadcastTo(_) => place(out, width, &whole(&repeated(of(0), extents), rowed(0))),
        Op::SumTo(_) | Op::Plan(PlanOp::Reduce { .. }) => {
            let from = &of(0).shape;
            let axes = Axes::new(from, [&repeated(kind, from), &behind_each_other(from)]);
            if kind.rows == of(0).rows {
                sums(out, kind.width(), &axes, rowed(0));
            } else {
                sums_of_rows(out, &axes, rowed(0), operands[0].0.rows);
            }
        }
        Op::Plan(PlanOp::Matmul { transposed }) => {
            let stack = stack(of(0), of(1).width(), kind);
            stack.product(rowed(0), &operands[1].0.flat(), transposed, out);
        }
        Op::MatmulWeight(_) => {
            let stack = stack(of(0), kind.width(), of(1));
            stack.weight(operands[0].0.rows, rowed(0), rowed(1), out);
        }
        ref op => unreachable!("{op:?} has no kernel"),
    }
}

/// Where a negative axis lies.
fn axis(kind: &Type, axis: i64) -> usize {
    (kind.shape.len() as i64 + axis) as usize
}

/// The strides of a row whose numbers lie behind each other.
fn behind_each_other(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for at in (1..shape.len()).rev() {
        strides[at - 1] = strides[at] * shape[at];
    }
    strides
}

/// The strides of a value along axes of these extents, aligned at the end: 0 where it is repeated.
fn repeated(kind: &Type, extents: &[usize]) -> Vec<usize> {
    let own = kind.shape.iter().zip(behind_each_other(&kind.shape));
    let own = own.map(|(&extent, stride)| if extent == 1 { 0 } else { stride });
    std::iter::repeat_n(0, extents.len() - kind.shape.len()).chain(own).collect()
}

/// The stack of so many numbers that takes one value to another.
fn stack(from: &Type, numbers: usize, to: &Type) -> Stack {
    let [k, n] = [from, to].map(|kind| kind.last().unwrap_or(1));
    let groups = numbers / (k * n).max(1);
    Stack { groups, m: from.width() / (groups * k).max(1), k, n }
}
