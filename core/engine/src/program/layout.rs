//! Lay out: when each value of a batch dies, and where it would lie in one arena.
//!
//! Sizes are `static + tokens · a + sequences · b`, so the layout of a program is made once and
//! evaluated for any batch. Backends release values by [`Layout::dies`]; [`Layout::peak`] is what a
//! run prints as its memory estimate before it starts.

use super::{Id, Program, Rows, Source, Step, Type};

/// The lifetimes of the values of one phase.
#[derive(Clone, Debug)]
pub struct Layout {
    /// After each step: the values that nothing needs any more.
    pub dies: Vec<Vec<Id>>,
    /// What each step makes, and its type, in order.
    makes: Vec<(Id, Type)>,
}

impl Layout {
    /// Lays out steps; `kept` values live on after the last.
    pub fn new(program: &Program, steps: &[Step], kept: &[Id]) -> Self {
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
        let makes = steps.iter().map(|step| (step.output, program.kind(step.output).clone())).collect();
        Self { dies, makes }
    }

    /// The most bytes alive at once in a batch of so many tokens and sequences, at `width` bytes a
    /// number and 64 bytes' alignment.
    pub fn peak(&self, tokens: usize, sequences: usize, width: usize) -> usize {
        let bytes = |kind: &Type| {
            let rows = match kind.rows {
                Rows::Static => 1,
                Rows::Token => tokens,
                Rows::Sequence => sequences,
            };
            (rows * kind.width() * width).next_multiple_of(64)
        };
        let size_of = |id: &Id| self.makes.iter().find(|(made, _)| made == id).map_or(0, |(_, kind)| bytes(kind));
        let (mut alive, mut peak) = (0usize, 0);
        for ((_, kind), dead) in self.makes.iter().zip(&self.dies) {
            alive += bytes(kind);
            peak = peak.max(alive);
            alive -= dead.iter().map(size_of).sum::<usize>();
        }
        peak
    }
}
