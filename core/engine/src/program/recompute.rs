//! Recompute: what is cheap is computed again for the gradients rather than kept.
//!
//! Kept are the results of products and sums; computed again, right before the first gradient that reads them, are those
//! of attention, norms, activations and dropout, and of linear layers that give more numbers than they take, which fill
//! most of the memory for a third of the products (`is_cheap`). They come out as they were, to the last bit: the same
//! operation on the same operands, random numbers by the same counter.

use super::{Id, Op, PlanOp, Program, Source, Step};
use std::collections::HashMap;

/// The steps of a batch with cheap forward values computed twice; values from `first_backward` on are gradients.
pub fn recompute(program: &mut Program, steps: Vec<Step>, first_backward: Id) -> Vec<Step> {
    let is_forward = |id: Id| id.0 < first_backward.0;
    let cheap: HashMap<Id, Step> = steps
        .iter()
        .filter(|step| is_forward(step.output) && is_cheap(program, step))
        .map(|step| (step.output, step.clone()))
        .collect();
    let mut again = Again { program, cheap, made: HashMap::new(), steps: Vec::with_capacity(steps.len()) };
    for step in steps {
        if is_forward(step.output) {
            again.steps.push(step);
            continue;
        }
        let inputs = step.inputs.iter().map(|&id| again.value(id)).collect();
        again.steps.push(Step { inputs, ..step });
    }
    again.steps
}

/// Whether a result costs little for the memory that it fills.
fn is_cheap(program: &Program, step: &Step) -> bool {
    match &step.op {
        Op::Linear => program.kind(step.inputs[0]).width() < program.kind(step.output).width(),
        Op::Attention { .. } | Op::Dropout { .. } => true,
        Op::Plan(op) => {
            matches!(op, PlanOp::LayerNorm { .. } | PlanOp::RmsNorm { .. } | PlanOp::Unary(_) | PlanOp::Softmax { .. })
        }
        _ => false,
    }
}

struct Again<'p> {
    program: &'p mut Program,
    cheap: HashMap<Id, Step>,
    /// What stands for a value that was computed again.
    made: HashMap<Id, Id>,
    steps: Vec<Step>,
}

impl Again<'_> {
    /// What a gradient reads in the place of a forward value: itself where it is kept.
    fn value(&mut self, id: Id) -> Id {
        if let Some(&made) = self.made.get(&id) {
            return made;
        }
        let Some(step) = self.cheap.get(&id).cloned() else { return id };
        let inputs = step.inputs.iter().map(|&id| self.value(id)).collect();
        let (kind, phase) = (self.program.kind(id).clone(), self.program.phase(id));
        let output = self.program.define(kind, Source::Step(self.program.steps.len()), phase);
        let step = Step { op: step.op, inputs, output };
        self.program.steps.push(step.clone());
        self.steps.push(step);
        self.made.insert(id, output);
        output
    }
}
