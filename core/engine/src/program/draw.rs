//! Draw: dropout beside a narrow product is drawn while the product is computed, and what it leaves is never written.
//!
//! | steps | become |
//! |---|---|
//! | dropout(x)·a | [`Op::DropoutMatmul`] |
//! | the gradient of a of that | [`Op::DropoutMatmulWeight`] |
//! | c + dropout(h·a), the gradient of x of that | [`Op::MatmulDropoutAdd`] |
//!
//! In all three a side of at most sixteen numbers makes the product cheap: drawing twice costs less
//! than writing and reading. A low-rank graft with dropout is made of these.

use super::{Id, Op, PlanOp, Program, Rows, Step, Type};
use crate::kernel::NARROW;

/// The steps of a batch; `kept` values are read by others too.
pub fn draw(program: &Program, steps: Vec<Step>, kept: &[Id]) -> Vec<Step> {
    let mut readers = vec![Vec::new(); program.values.len()];
    for (at, step) in steps.iter().enumerate() {
        step.inputs.iter().for_each(|id| readers[id.0].push(at));
    }
    let mut steps: Vec<Option<Step>> = steps.into_iter().map(Some).collect();
    for at in 0..steps.len() {
        let Some(step) = steps[at].clone() else { continue };
        let read = &readers[step.output.0];
        if kept.contains(&step.output) || !is_row(program.kind(step.output)) {
            continue;
        }
        let through: Option<Vec<Step>> = match step.op {
            Op::Dropout { p, site } => {
                let one = |&at: &usize| reads_dropout(program, steps[at].as_ref()?, &step, p, site);
                read.iter().map(one).collect()
            }
            Op::Plan(PlanOp::Matmul { transposed }) if read.len() == 1 => {
                let one = |&at: &usize| adds_dropout(program, steps[at].as_ref()?, &step, transposed);
                read.iter().map(one).collect()
            }
            _ => None,
        };
        if let Some(through) = through.filter(|through| !through.is_empty()) {
            for (&at, step) in read.iter().zip(through) {
                steps[at] = Some(step);
            }
            steps[at] = None;
        }
    }
    steps.into_iter().flatten().collect()
}

/// What becomes of a step that reads the result of a dropout; `None` for what needs it written.
fn reads_dropout(program: &Program, step: &Step, dropout: &Step, p: f64, site: u32) -> Option<Step> {
    let (&[left, right], dropped) = (&step.inputs[..], dropout.output) else { return None };
    let inputs = [left, right].map(|id| if id == dropped { dropout.inputs[0] } else { id }).to_vec();
    let op = match step.op {
        Op::Plan(PlanOp::Matmul { transposed }) if is_plain(program, left, right) && right != dropped => {
            (program.kind(step.output).width() <= NARROW).then_some(Op::DropoutMatmul { transposed, p, site })?
        }
        Op::MatmulWeight(ref of) if left != right && of.shape.len() == 2 => {
            let (side, other) = if left == dropped { (0, right) } else { (1, left) };
            let is_narrow = is_row(program.kind(other)) && program.kind(other).width() <= NARROW;
            is_narrow.then(|| Op::DropoutMatmulWeight { of: of.clone(), side, p, site })?
        }
        _ => return None,
    };
    Some(Step { op, inputs, output: step.output })
}

/// What becomes of a step that adds what dropout leaves of a product; `None` for another.
fn adds_dropout(program: &Program, step: &Step, product: &Step, transposed: bool) -> Option<Step> {
    let (Op::DropoutAdd { p, site }, &[c, x], &[a, b]) = (&step.op, &step.inputs[..], &product.inputs[..]) else {
        return None;
    };
    let fits = c != x && x == product.output && is_plain(program, a, b) && program.kind(a).width() <= NARROW;
    let op = Op::MatmulDropoutAdd { transposed, p: *p, site: *site };
    fits.then(|| Step { op, inputs: vec![c, a, b], output: step.output })
}

/// Whether a product is one of rows with one matrix.
fn is_plain(program: &Program, a: Id, b: Id) -> bool {
    let (a, b) = (program.kind(a), program.kind(b));
    is_row(a) && b.rows == Rows::Static && b.shape.len() == 2
}

/// Whether a value is one row of numbers for each token or sequence.
fn is_row(kind: &Type) -> bool {
    kind.rows != Rows::Static && kind.shape.len() == 1
}
