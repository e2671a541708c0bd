//! Fuse: steps that belong together become one, so that what lies between them is never written.
//!
//! | steps | become |
//! |---|---|
//! | c + a·b, c + (a·b)·number | [`Op::MatmulAdd`]: the product is added where c stands. A low-rank graft on a linear layer, and every gradient that comes from several sides. |
//! | r + a linear layer | [`Op::LinearAdd`]: a residual, where nothing is dropped before it, as in prediction |
//! | r + dropout(x) | [`Op::DropoutAdd`] |
//! | the slope of GELU times a·b | [`Op::MatmulGeluGrad`]: the product of a wide layer's gradient is not written and read again |
//!
//! Only values that nothing else reads are taken in.

use super::{Binary, Id, Op, PlanOp, Program, Rows, Step, Unary};
use crate::kernel::NARROW;

/// The steps of a batch, fused; `kept` values are read by others too.
pub fn fuse(program: &Program, steps: Vec<Step>, kept: &[Id]) -> Vec<Step> {
    let mut uses = vec![0usize; program.values.len()];
    for id in steps.iter().flat_map(|step| &step.inputs).chain(kept) {
        uses[id.0] += 1;
    }
    let mut made: Vec<Option<usize>> = vec![None; program.values.len()];
    let mut fused: Vec<Option<Step>> = Vec::with_capacity(steps.len());
    for step in steps {
        let once = |id: Id| made[id.0].filter(|_| uses[id.0] == 1);
        let found = added(program, &fused, &step, once).or_else(|| sloped(program, &fused, &step, once));
        let step = match found {
            Some((step, taken)) => {
                taken.into_iter().for_each(|at| fused[at] = None);
                step
            }
            None => step,
        };
        made[step.output.0] = Some(fused.len());
        fused.push(Some(step));
    }
    fused.into_iter().flatten().collect()
}

/// What a sum becomes, and the places of the steps that it takes in.
fn added(
    program: &Program,
    before: &[Option<Step>],
    step: &Step,
    once: impl Fn(Id) -> Option<usize> + Copy,
) -> Option<(Step, Vec<usize>)> {
    if step.op != Op::Plan(PlanOp::Binary(Binary::Add)) {
        return None;
    }
    let &[left, right] = &step.inputs[..] else { return None };
    let same = |id: Id| program.kind(id) == program.kind(step.output);
    // What is dropped comes second, for a narrow product is dropped while it is added ([`super::draw`]).
    let is_dropped =
        |id: Id| once(id).and_then(|at| before[at].as_ref()).is_some_and(|made| matches!(made.op, Op::Dropout { .. }));
    let pairs = if is_dropped(left) { [(right, left), (left, right)] } else { [(left, right), (right, left)] };
    pairs.into_iter().filter(|&(c, x)| same(c) && same(x)).find_map(|(c, x)| {
        let at = once(x)?;
        let made = before[at].as_ref()?;
        match (&made.op, &made.inputs[..]) {
            (&Op::Dropout { p, site }, &[x]) => {
                let op = Op::DropoutAdd { p, site };
                Some((Step { op, inputs: vec![c, x], output: step.output }, vec![at]))
            }
            (Op::Linear, &[x, w, b]) => {
                Some((Step { op: Op::LinearAdd, inputs: vec![c, x, w, b], output: step.output }, vec![at]))
            }
            (Op::Plan(PlanOp::Binary(Binary::Mul)), &[a, b]) => {
                let (product, scale) = match (program.constant_of(a), program.constant_of(b)) {
                    (None, Some(scale)) => (a, scale),
                    (Some(scale), None) => (b, scale),
                    _ => return None,
                };
                let inner = once(product)?;
                let step = product_added(program, before[inner].as_ref()?, c, scale, step.output)?;
                Some((step, vec![at, inner]))
            }
            _ => Some((product_added(program, made, c, 1.0, step.output)?, vec![at])),
        }
    })
}

/// c + scale · a product, if a step is one of two axes.
fn product_added(program: &Program, made: &Step, c: Id, scale: f64, output: Id) -> Option<Step> {
    match (&made.op, &made.inputs[..]) {
        (&Op::Plan(PlanOp::Matmul { transposed }), &[a, b]) if is_plain(program, a, b) => {
            Some(Step { op: Op::MatmulAdd { transposed, scale }, inputs: vec![c, a, b], output })
        }
        _ => None,
    }
}

/// What the gradient of GELU becomes, and the place of the product that it takes in: of two wide sides, for narrow ones have
/// loops of their own.
fn sloped(
    program: &Program,
    before: &[Option<Step>],
    step: &Step,
    once: impl Fn(Id) -> Option<usize>,
) -> Option<(Step, Vec<usize>)> {
    let (Op::UnaryGrad(Unary::Gelu), &[x, d]) = (&step.op, &step.inputs[..]) else { return None };
    let at = once(d)?;
    let made = before[at].as_ref()?;
    let (&Op::Plan(PlanOp::Matmul { transposed }), &[a, b]) = (&made.op, &made.inputs[..]) else { return None };
    let is_wide = program.kind(b).shape.iter().all(|&axis| axis > NARROW);
    (is_wide && is_plain(program, a, b)).then(|| {
        let op = Op::MatmulGeluGrad { transposed };
        (Step { op, inputs: vec![x, a, b], output: step.output }, vec![at])
    })
}

/// Whether a product is one of rows with one matrix.
fn is_plain(program: &Program, a: Id, b: Id) -> bool {
    let (a, b) = (program.kind(a), program.kind(b));
    b.rows == Rows::Static
        && b.shape.len() == 2
        && !a.shape.is_empty()
        && !matches!(a.rows, Rows::Static if a.shape.len() < 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::draw::draw;
    use crate::program::{Input, Type};

    #[test]
    fn a_narrow_product_is_dropped_while_it_is_added_on_either_side_of_a_sum() {
        for dropped_first in [true, false] {
            let mut program = Program::default();
            let [table, wide, narrow] = [("table", [5, 24]), ("wide", [24, 24]), ("narrow", [24, 4])]
                .map(|(name, shape)| program.parameter(name, &shape));
            let ids = program.input(Input::Ids, Type::token([]).integer());
            let x = program.push_plan(PlanOp::Gather, &[table, ids]).unwrap();
            let product = PlanOp::Matmul { transposed: false };
            let h = program.push_plan(product.clone(), &[x, narrow]).unwrap();
            let up = program.push_plan(PlanOp::Matmul { transposed: true }, &[h, narrow]).unwrap();
            let dropped = program.dropout(up, 0.5).unwrap();
            let main = program.push_plan(product, &[x, wide]).unwrap();
            let sides = if dropped_first { [dropped, main] } else { [main, dropped] };
            let sum = program.push_plan(PlanOp::Binary(Binary::Add), &sides).unwrap();

            let steps = draw(&program, fuse(&program, program.steps.clone(), &[sum]), &[sum]);
            let last = steps.last().unwrap();
            assert!(matches!(last.op, Op::MatmulDropoutAdd { .. }), "{:?}", last.op);
            assert_eq!((last.inputs[0], steps.len()), (main, 4));
        }
    }

    #[test]
    fn the_slope_of_gelu_takes_in_a_product_of_wide_sides_that_nothing_else_reads() {
        for (wide, is_kept, expected) in [(24, false, 1), (24, true, 2), (8, false, 2)] {
            let mut program = Program::default();
            let x = program.input(Input::Ids, Type::token([wide]));
            let (d, w) = (program.input(Input::Place, Type::token([20])), program.parameter("w", &[20, wide]));
            let product = program.push_plan(PlanOp::Matmul { transposed: false }, &[d, w]).unwrap();
            let slope = program.push(Op::UnaryGrad(Unary::Gelu), &[x, product]).unwrap();
            let kept = if is_kept { vec![slope, product] } else { vec![slope] };
            let steps = fuse(&program, program.steps.clone(), &kept);
            assert_eq!(steps.len(), expected, "{wide} {is_kept}: {steps:?}");
            assert_eq!(steps[0].op == Op::MatmulGeluGrad { transposed: false }, expected == 1);
        }
    }
}
