//! Simplify: only the steps that are needed, sorted into their phases.

use super::rows::{Prefixed, RowsOp};
use super::{Binary, Id, Op, Phase, PlanOp, Program, Source, Step};

/// A program ready to run: the needed steps of each phase, in order.
#[derive(Clone, Debug, Default)]
pub struct Schedule {
    /// Once an optimizer step, from parameters alone.
    pub before: Vec<Step>,
    /// Once a batch.
    pub batch: Vec<Step>,
    /// Once an optimizer step, from what the batches added up.
    pub after: Vec<Step>,
}

impl Schedule {
    /// The needed steps of one phase.
    pub fn of(&self, phase: Phase) -> &[Step] {
        match phase {
            Phase::Before => &self.before,
            Phase::Batch => &self.batch,
            Phase::After => &self.after,
        }
    }
}

/// The steps that the `wanted` values need, and no others.
pub fn simplify(program: &Program, wanted: &[Id]) -> Schedule {
    let mut needed = vec![false; program.values.len()];
    for id in wanted {
        needed[id.0] = true;
    }
    for step in program.steps.iter().rev() {
        if needed[step.output.0] {
            step.inputs.iter().for_each(|id| needed[id.0] = true);
        }
    }
    let mut schedule = Schedule::default();
    for step in program.steps.iter().filter(|step| needed[step.output.0]) {
        match program.phase(step.output) {
            Phase::Before => schedule.before.push(step.clone()),
            Phase::Batch => schedule.batch.push(step.clone()),
            Phase::After => schedule.after.push(step.clone()),
        }
    }
    schedule
}

/// The steps without what is only random in training: dropout becomes its operand, noise its mean.
pub fn without_dropout(program: &Program) -> Program {
    let mut out = program.clone();
    let mut stands_for: Vec<Id> = (0..program.values.len()).map(Id).collect();
    out.steps.clear();
    for step in &program.steps {
        let inputs: Vec<Id> = step.inputs.iter().map(|id| stands_for[id.0]).collect();
        let op = match &step.op {
            Op::Dropout { .. } => {
                stands_for[step.output.0] = inputs[0];
                continue;
            }
            Op::Noise { normal, .. } => {
                let mean = out.constant(if *normal { 0.0 } else { 0.5 });
                let kind = out.kind(step.output).clone();
                out.values[step.output.0].source = Source::Step(out.steps.len());
                out.steps.push(Step { op: Op::BroadcastTo(kind), inputs: vec![mean], output: step.output });
                continue;
            }
            Op::Attention { heads, site, .. } => Op::Attention { heads: *heads, dropout: 0.0, site: *site },
            Op::Rows(RowsOp::Attention(of)) => Op::Rows(RowsOp::Attention(Prefixed { dropout: 0.0, ..*of })),
            op => op.clone(),
        };
        out.values[step.output.0].source = Source::Step(out.steps.len());
        out.steps.push(Step { op, inputs, output: step.output });
    }
    out
}

/// The steps with numbers multiplied in where least is multiplied: (a·b)·number becomes (a·number)·b where a has fewer
/// numbers than the product, as behind the narrow side of a low-rank graft.
pub fn scale_early(program: &Program) -> Program {
    let mut uses = vec![0usize; program.values.len()];
    for id in program.steps.iter().flat_map(|step| &step.inputs) {
        uses[id.0] += 1;
    }
    let mut out = program.clone();
    out.steps.clear();
    for step in &program.steps {
        match scaled_product(program, step, &uses) {
            Some((a, b, number, op)) => {
                let (kind, phase) = (program.kind(a).clone(), program.phase(a));
                let scaled = out.define(kind, Source::Step(out.steps.len()), phase);
                let mul = Op::Plan(PlanOp::Binary(Binary::Mul));
                out.steps.push(Step { op: mul, inputs: vec![a, number], output: scaled });
                out.values[step.output.0].source = Source::Step(out.steps.len());
                out.steps.push(Step { op, inputs: vec![scaled, b], output: step.output });
            }
            None => {
                out.values[step.output.0].source = Source::Step(out.steps.len());
                out.steps.push(step.clone());
            }
        }
    }
    out
}

/// The operands of a product that a step multiplies by a number, the number, and the product's operation.
fn scaled_product(program: &Program, step: &Step, uses: &[usize]) -> Option<(Id, Id, Id, Op)> {
    let (Op::Plan(PlanOp::Binary(Binary::Mul)), &[left, right]) = (&step.op, &step.inputs[..]) else { return None };
    let (product, number) = match (program.constant_of(left), program.constant_of(right)) {
        (None, Some(_)) => (left, right),
        (Some(_), None) => (right, left),
        _ => return None,
    };
    let Source::Step(at) = program.values[product.0].source else { return None };
    let made = program.steps.get(at)?;
    let (Op::Plan(PlanOp::Matmul { .. }), &[a, b]) = (&made.op, &made.inputs[..]) else { return None };
    let (narrow, wide) = (program.kind(a), program.kind(step.output));
    let fits = uses[product.0] == 1 && narrow.rows == wide.rows && narrow.width() < wide.width();
    fits.then(|| (a, b, number, made.op.clone()))
}
