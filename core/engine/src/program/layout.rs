//! Lay out: when each value of a batch dies, and where it lies in one arena.
//!
//! A value gets a slot from the step that makes it to the last that reads it. Three things need none: parameters and
//! whatever else the caller keeps ([`Layout::new`]'s `elsewhere`), values that are a part of another one's rows (a
//! reshape, a narrow of the last axis), and results that are written over an operand that dies ([`Op::overwrites`]).
//!
//! Sizes are `static + tokens · a + sequences · b`, so lifetimes are found once for a program and places for each batch
//! ([`Layout::place`]): the smallest hole that fits, else the end. The end of the arena is what a run prints as its
//! memory before it starts.

use super::{Id, Op, PlanOp, Program, Rows, Source, Step, Type};

/// Numbers of a slot are a multiple of this: a line of the cache of f32.
const STEP: usize = 16;

/// A part of the rows of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// The value whose numbers these are.
    pub of: Id,
    /// The first number of each row.
    pub from: usize,
}

/// A place in the arena that values have one after the other.
#[derive(Clone, Debug)]
struct Slot {
    kind: Type,
    born: usize,
    /// The last step that needs it; after all where it is kept.
    dies: usize,
}

/// The lifetimes of the values of one phase.
#[derive(Clone, Debug)]
pub struct Layout {
    /// After each step: the values that nothing needs any more.
    pub dies: Vec<Vec<Id>>,
    /// What each value is a part of: itself, mostly.
    views: Vec<View>,
    slots: Vec<Slot>,
    /// The slot of each value that has one.
    slot_of: Vec<Option<usize>>,
    /// The operand over which each step writes.
    over: Vec<Option<usize>>,
}

/// Where the slots of a batch lie.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// The first number of each slot.
    pub starts: Vec<usize>,
    /// The end of the last.
    pub total: usize,
}

impl Layout {
    /// Lays out steps; `kept` values live on after the last, `elsewhere` ones have a place of their own.
    pub fn new(program: &Program, steps: &[Step], kept: &[Id], elsewhere: &[Id]) -> Self {
        let count = program.values.len();
        let mut layout = Self {
            dies: dies(program, steps, kept),
            views: (0..count).map(|at| View { of: Id(at), from: 0 }).collect(),
            slots: Vec::new(),
            slot_of: vec![None; count],
            over: vec![None; steps.len()],
        };
        for step in steps.iter().filter(|step| !elsewhere.contains(&step.output)) {
            if let Some(view) = layout.view(program, step) {
                layout.views[step.output.0] = view;
            }
        }
        // The last step that reads a value or a part of it.
        let mut last = vec![0; count];
        for (at, step) in steps.iter().enumerate() {
            last[step.output.0] = last[step.output.0].max(at);
            for id in &step.inputs {
                last[layout.views[id.0].of.0] = at;
            }
        }
        for id in kept {
            last[layout.views[id.0].of.0] = steps.len();
        }
        for (at, step) in steps.iter().enumerate() {
            let out = step.output;
            if elsewhere.contains(&out) || layout.is_view(out) {
                continue;
            }
            layout.over[at] = layout.overwritten(program, step, at, &last);
            let taken = layout.over[at].and_then(|operand| layout.slot(step.inputs[operand]));
            let slot = taken.unwrap_or_else(|| {
                layout.slots.push(Slot { kind: program.kind(out).clone(), born: at, dies: at });
                layout.slots.len() - 1
            });
            layout.slots[slot].dies = last[out.0];
            layout.slot_of[out.0] = Some(slot);
        }
        layout
    }

    /// What a step's result is a part of, if it is.
    fn view(&self, program: &Program, step: &Step) -> Option<View> {
        let (of, operand) = (*step.inputs.first()?, program.kind(*step.inputs.first()?));
        let base = self.views[of.0];
        let is_whole = program.kind(base.of).width() == operand.width();
        match step.op {
            Op::Plan(PlanOp::Reshape(_) | PlanOp::StopGradient) if is_whole => Some(base),
            Op::Plan(PlanOp::Narrow { from, .. })
                if operand.shape.len() == 1 && self.holds_numbers(program, base.of) =>
            {
                Some(View { of: base.of, from: base.from + from })
            }
            _ => None,
        }
    }

    /// Whether a value is something with rows in memory: a step or a parameter.
    fn holds_numbers(&self, program: &Program, id: Id) -> bool {
        matches!(program.values[id.0].source, Source::Step(_) | Source::Parameter(_))
    }

    /// The operand over which a step may write: it dies here, has a slot for itself, and is read once.
    fn overwritten(&self, program: &Program, step: &Step, at: usize, last: &[usize]) -> Option<usize> {
        let root = |id: &Id| self.views[id.0].of;
        let may = |&operand: &usize| {
            let id = step.inputs[operand];
            let of = root(&id);
            let once = step.inputs.iter().filter(|id| root(id) == of).count() == 1;
            let same =
                program.kind(id) == program.kind(step.output) && program.kind(of).width() == program.kind(id).width();
            once && same
                && self.slot(id).is_some()
                && last[of.0] == at
                && program.kind(of).rows == program.kind(id).rows
        };
        step.op.overwrites().iter().copied().filter(|&operand| operand < step.inputs.len()).find(may)
    }

    /// What a value is a part of: itself, mostly.
    pub fn root(&self, id: Id) -> View {
        self.views[id.0]
    }

    /// Whether a value is a part of another one's rows.
    pub fn is_view(&self, id: Id) -> bool {
        self.views[id.0].of != id
    }

    /// The slot in which a value's numbers lie.
    pub fn slot(&self, id: Id) -> Option<usize> {
        self.slot_of[self.views[id.0].of.0]
    }

    /// The operand over which a step writes.
    pub fn over(&self, step: usize) -> Option<usize> {
        self.over[step]
    }

    /// Where the slots lie in a batch of so many tokens and sequences.
    pub fn place(&self, tokens: usize, sequences: usize) -> Places {
        let size = |slot: &Slot| numbers(&slot.kind, tokens, sequences).next_multiple_of(STEP);
        let mut places = Places { starts: vec![0; self.slots.len()], total: 0 };
        let mut holes = Holes::default();
        let mut dying: Vec<(usize, usize)> = self.slots.iter().enumerate().map(|(at, slot)| (slot.dies, at)).collect();
        dying.sort_unstable();
        let mut dead = dying.into_iter().peekable();
        for (at, slot) in self.slots.iter().enumerate() {
            // Slots are in the order of their birth; what died before this step is free.
            while let Some((_, gone)) = dead.next_if(|(dies, _)| *dies < slot.born) {
                holes.add(places.starts[gone], size(&self.slots[gone]));
            }
            places.starts[at] = holes.take(size(slot)).unwrap_or_else(|| {
                let start = holes.last(places.total);
                places.total = start + size(slot);
                start
            });
        }
        places
    }

    /// The bytes of the arena of a batch of so many tokens and sequences, at `width` bytes a number.
    pub fn peak(&self, tokens: usize, sequences: usize, width: usize) -> usize {
        self.place(tokens, sequences).total * width
    }
}

/// Numbers of a value in a batch.
pub fn numbers(kind: &Type, tokens: usize, sequences: usize) -> usize {
    let rows = match kind.rows {
        Rows::Static => 1,
        Rows::Token => tokens,
        Rows::Sequence => sequences,
    };
    rows * kind.width()
}

/// What is free between values: (start, size), by start.
#[derive(Default)]
struct Holes(std::collections::BTreeMap<usize, usize>);

impl Holes {
    fn add(&mut self, mut start: usize, mut size: usize) {
        if let Some((&before, &length)) = self.0.range(..start).next_back()
            && before + length == start
        {
            (start, size) = (before, length + size);
        }
        if let Some(behind) = self.0.remove(&(start + size)) {
            size += behind;
        }
        self.0.insert(start, size);
    }

    /// Takes the hole at the end, where there is one; else the end.
    fn last(&mut self, end: usize) -> usize {
        match self.0.last_key_value() {
            Some((&start, &size)) if start + size == end => {
                self.0.remove(&start);
                start
            }
            _ => end,
        }
    }

    /// The smallest that holds so much.
    fn take(&mut self, size: usize) -> Option<usize> {
        let (&start, &length) =
            self.0.iter().filter(|(_, length)| **length >= size).min_by_key(|(_, length)| **length)?;
        self.0.remove(&start);
        if length > size {
            self.0.insert(start + size, length - size);
        }
        Some(start)
    }
}

/// After each step: the values that nothing needs any more.
fn dies(program: &Program, steps: &[Step], kept: &[Id]) -> Vec<Vec<Id>> {
    let mut last_use = vec![None; program.values.len()];
    for (at, step) in steps.iter().enumerate() {
        last_use[step.output.0] = Some(at); // a value that nothing reads dies where it is made
        for id in &step.inputs {
            if matches!(program.values[id.0].source, Source::Step(_)) && last_use[id.0].is_some() {
                last_use[id.0] = Some(at);
            }
        }
    }
    for id in kept {
        last_use[id.0] = None;
    }
    let mut dies = vec![Vec::new(); steps.len()];
    for (value, last) in last_use.iter().enumerate() {
        if let Some(at) = last {
            dies[*at].push(Id(value));
        }
    }
    dies
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::{Binary, Input, Unary};
    use proptest::prelude::*;

    /// A program of random steps over values of the tokens.
    fn program(choices: &[(u8, usize, usize)]) -> (Program, Vec<Id>) {
        let mut program = Program::default();
        let table = program.parameter("table", &[5, 24]);
        let ids = program.input(Input::Ids, Type::token([]).integer());
        let mut values = vec![program.push_plan(PlanOp::Gather, &[table, ids]).unwrap()];
        for &(choice, a, b) in choices {
            let (a, b) = (values[a % values.len()], values[b % values.len()]);
            let half = PlanOp::Narrow { axis: -1, from: 12, len: 12 };
            let made = match choice % 5 {
                0 => program.push_plan(PlanOp::Binary(Binary::Add), &[a, b]),
                1 => program.push_plan(PlanOp::Unary(Unary::Gelu), &[a]),
                2 => program.push_plan(PlanOp::Reshape(vec![program.kind(a).width()]), &[a]),
                3 => program.dropout(a, 0.5),
                _ => {
                    let part = program.push_plan(half, &[a]).unwrap();
                    program.push_plan(PlanOp::Concat { axis: -1 }, &[part, part])
                }
            };
            values.push(made.unwrap());
        }
        (program, values)
    }

    proptest! {
        /// Whatever the program and the batch: what a step writes meets nothing that is read by it or later, but for the
        /// operand that it writes over.
        #[test]
        fn no_value_lies_where_another_is_still_needed(
            choices in prop::collection::vec((any::<u8>(), any::<usize>(), any::<usize>()), 1..40),
            tokens in 0usize..40,
        ) {
            let (program, values) = program(&choices);
            let kept = [*values.last().unwrap()];
            let steps = program.steps.clone();
            let layout = Layout::new(&program, &steps, &kept, &[]);
            let places = layout.place(tokens, 3);
            let range = |id: Id| {
                let of = layout.root(id).of;
                layout.slot(of).map(|slot| places.starts[slot]..places.starts[slot] + numbers(program.kind(of), tokens, 3))
            };
            for (at, step) in steps.iter().enumerate().filter(|(_, step)| !layout.is_view(step.output)) {
                let written = range(step.output).unwrap();
                prop_assert!(written.end <= places.total);
                let over = layout.over(at).map(|operand| layout.root(step.inputs[operand]).of);
                let made: Vec<Id> = steps[..at].iter().map(|step| step.output).collect();
                let read = steps[at..].iter().flat_map(|step| &step.inputs).chain(&kept);
                for id in read.map(|&id| layout.root(id).of).filter(|id| made.contains(id) && Some(*id) != over) {
                    let other = range(id).unwrap();
                    let is_apart = other.is_empty() || written.is_empty() || other.end <= written.start || written.end <= other.start;
                    prop_assert!(is_apart, "step {at} writes {written:?} where {id:?} lies in {other:?}");
                }
            }
        }
    }
}
