//! Prefix: what a batch computes of frozen parameters alone, and never by chance.
//!
//! Such values are the same in every epoch: what is kept of them need not be computed again. No sequence sees its
//! neighbors in a batch, so what is kept of a window fits in whatever batch the window comes again.
//!
//! ```text
//! ids ─ embeddings ─ frozen layers ─┬─ cut ─┬─ layers that train ─ loss
//!            the prefix             │       │  the rest, and all gradients
//! ```

use super::simplify::simplify;
use super::{Id, Input, Op, Phase, Program, Rows, Source, Step};

/// A program, cut in two.
#[derive(Clone, Debug)]
pub struct Prefix {
    /// What the rest needs of the prefix; token or sequence rows.
    pub cut: Vec<Id>,
    /// The program without the steps of the prefix: the values of the cut are given to it.
    pub rest: Program,
}

/// Cuts what the `wanted` values need at the last values that depend on nothing that is `trained` and nothing random;
/// nothing, where that would spare no step.
pub fn prefix(program: &Program, wanted: &[Id], trained: &[Id]) -> Option<Prefix> {
    let mut is_frozen: Vec<bool> = program.values.iter().map(|value| is_frozen_source(&value.source)).collect();
    for id in trained {
        is_frozen[id.0] = false;
    }
    for step in &program.steps {
        is_frozen[step.output.0] = !is_random(&step.op) && step.inputs.iter().all(|id| is_frozen[id.0]);
    }
    // What lies in the prefix is computed for each window: it has rows.
    let is_prefix = |step: &Step| {
        let value = &program.values[step.output.0];
        is_frozen[step.output.0] && value.phase == Phase::Batch && value.kind.rows != Rows::Static
    };
    let mut cut: Vec<Id> = Vec::new();
    let mut add = |id: Id| {
        let of = program.steps.iter().find(|step| step.output == id);
        if of.is_some_and(is_prefix) && !cut.contains(&id) {
            cut.push(id);
        }
    };
    wanted.iter().copied().for_each(&mut add);
    for step in simplify(program, wanted).batch.iter().filter(|step| !is_prefix(step)) {
        step.inputs.iter().copied().for_each(&mut add);
    }
    let mut rest = program.clone();
    rest.steps.retain(|step| !is_prefix(step));
    (!cut.is_empty()).then_some(Prefix { cut, rest })
}

/// Whether something that no step makes stays what it is while the weights move.
const fn is_frozen_source(source: &Source) -> bool {
    match source {
        Source::Parameter(_) | Source::Constant(_) => true,
        Source::Input(input) => matches!(input, Input::Ids | Input::Positions),
        Source::Step(_) => false,
    }
}

fn is_random(op: &Op) -> bool {
    match op {
        Op::Dropout { .. } | Op::Noise { .. } => true,
        Op::Attention { dropout, .. } | Op::AttentionGrad { dropout, .. } => *dropout > 0.0,
        _ => false,
    }
}
