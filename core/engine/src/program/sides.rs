//! Sides: which operands a product reads packed, how long a pack is kept, and what packs take at most.
//!
//! The same rows often meet several matrices, as queries, keys and values do: they are packed once, and kept until the
//! last product that reads them so.

use super::{Id, Op, PlanOp, Program, Step};
use crate::kernel::NARROW;
use std::collections::HashMap;

/// A side of a product: the value, whether it stands transposed, whether it stands left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Side {
    /// The value.
    pub id: Id,
    /// Whether it stands transposed.
    pub transposed: bool,
    /// Whether it stands left.
    pub is_left: bool,
}

/// The operands of the product that an operation computes, left and right, and whether each stands transposed.
pub const fn operands(op: &Op) -> Option<[(usize, bool); 2]> {
    Some(match op {
        Op::Linear => [(0, false), (1, true)],
        Op::LinearAdd => [(1, false), (2, true)],
        Op::Plan(PlanOp::Matmul { transposed }) => [(0, false), (1, *transposed)],
        Op::MatmulAdd { transposed, .. } | Op::MatmulGeluGrad { transposed } => [(1, false), (2, *transposed)],
        Op::MatmulWeight(_) => [(0, true), (1, false)],
        _ => return None,
    })
}

/// The sides that a step packs; none where its product is narrow, or is no product.
pub fn sides(program: &Program, step: &Step) -> Option<[Side; 2]> {
    let [left, right] = operands(&step.op)?;
    let matrix = match &step.op {
        Op::MatmulWeight(of) => of,
        _ => program.kind(step.inputs[right.0]),
    };
    let side = |(at, transposed): (usize, bool), is_left| Side { id: step.inputs[at], transposed, is_left };
    (!matrix.shape.iter().any(|&axis| axis <= NARROW)).then(|| [side(left, true), side(right, false)])
}

/// The step, of those of a batch, that reads a side for the last time.
pub fn last_reads(program: &Program, steps: &[Step]) -> HashMap<Side, usize> {
    let packed = steps.iter().enumerate().filter_map(|(at, step)| Some((at, sides(program, step)?)));
    packed.flat_map(|(at, sides)| sides.map(|side| (side, at))).collect()
}

/// The most that packs take at once, where `size` tells what one takes.
pub fn peak(program: &Program, steps: &[Step], size: impl Fn(Side) -> usize) -> usize {
    let last = last_reads(program, steps);
    let (mut kept, mut peak) = (HashMap::new(), 0);
    for (at, step) in steps.iter().enumerate() {
        let Some(read) = sides(program, step) else { continue };
        kept.extend(read.map(|side| (side, size(side))));
        peak = peak.max(kept.values().sum());
        kept.retain(|side, _| last[side] > at);
    }
    peak
}

#[cfg(test)]
mod tests {
    use super::{Side, last_reads, peak};
    use crate::program::{Input, Op, Program, Type};

    #[test]
    fn rows_that_meet_two_matrices_are_kept_until_the_second() {
        let mut program = Program::default();
        let x = program.input(Input::Place, Type::token([64]));
        let [a, b] = ["a", "b"].map(|name| program.parameter(name, &[32, 64]));
        let bias = program.parameter("bias", &[32]);
        for matrix in [a, b] {
            program.push(Op::Linear, &[x, matrix, bias]).unwrap();
        }
        let side = |id, transposed, is_left| Side { id, transposed, is_left };
        let last = last_reads(&program, &program.steps);
        assert_eq!(last, [(side(x, false, true), 1), (side(a, true, false), 0), (side(b, true, false), 1)].into());
        assert_eq!(peak(&program, &program.steps, |side| if side.is_left { 100 } else { 10 }), 110);
    }
}
