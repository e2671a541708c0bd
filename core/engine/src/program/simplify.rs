//! Simplify: only the steps that are needed, sorted into their phases.

use super::rows::{Prefixed, RowsOp};
use super::{Id, Op, Phase, Program, Source, Step};

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
