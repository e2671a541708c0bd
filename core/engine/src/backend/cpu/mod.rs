//! The CPU backend: the steps of a batch, each by a kernel over values in one arena.
//!
//! What a layout says is done here: a value lies in its slot, is a part of another's rows, or is written over an operand
//! that dies. Gradients of parameters are written where they stay ([`sum`]). An operation without a kernel of its own is
//! done by [`candle`](super::candle)'s ops on copies: slower, never refused.

mod axes;
mod operand;
mod packs;
mod step;
mod sum;

pub(super) use sum::Sum;
use sum::write;

use super::{Feed, Frame, Machine, Taken, candle};
use crate::kernel::Real;
use crate::kernel::arena::Arena;
use crate::program::layout::{Layout, Places, numbers};
use crate::program::sides::Side;
use crate::program::{Id, Input, Program, Source, Step};
use crate::{Error, Result};
use candle_core::{Device, Storage, Tensor};
use operand::Operand;
use packs::Packs;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::OnceLock;
use std::time::Instant;

/// What stays from batch to batch.
pub(super) struct Cpu<T> {
    arena: Arena<T>,
    packs: Packs,
    /// Whether results are made no number before they are written: for tests.
    pub(super) poison: bool,
    /// What each operation has taken so far, by its name.
    pub(super) taken: Option<Taken>,
}

/// One batch of a program.
#[derive(Clone, Copy)]
pub(super) struct Job<'a> {
    pub(super) machine: &'a Machine,
    pub(super) program: &'a Program,
    pub(super) steps: &'a [Step],
    pub(super) layout: &'a Layout,
    /// Parameters, and what was made of them before.
    pub(super) frame: &'a Frame,
    pub(super) feed: &'a Feed,
    /// Values that no optimizer step changes.
    pub(super) fixed: &'a [bool],
    /// The steps that read packed sides for the last time.
    pub(super) last: &'a HashMap<Side, usize>,
}

/// A batch that runs.
struct Run<'a, 'b, T> {
    job: Job<'a>,
    /// The step.
    at: usize,
    cpu: &'b mut Cpu<T>,
    places: Places,
    /// Numbers of what lies outside the arena: parameters, what was made before, constants.
    outside: Vec<Option<&'b [T]>>,
}

/// Where a value's numbers are.
enum Found<'b, T> {
    Arena(Range<usize>, [usize; 3]),
    Outside(Operand<'b, T>),
}

impl<T: Real> Cpu<T> {
    pub(super) fn new() -> Self {
        Self { arena: Arena::new(), packs: Packs::default(), poison: false, taken: None }
    }

    /// Forgets what was kept of a value.
    pub(super) fn forget(&mut self, id: Id) {
        self.packs.forget(id);
    }

    /// Takes memory for so many numbers.
    pub(super) fn reserve(&mut self, numbers: usize) {
        self.arena.grow(numbers);
    }

    /// Takes the other's memory, where that has more.
    pub(super) fn take_memory(&mut self, other: &mut Self) {
        if other.arena.numbers() > self.arena.numbers() {
            std::mem::swap(&mut self.arena, &mut other.arena);
        }
    }

    /// Keeps together with another what is kept of values.
    pub(super) fn share(&mut self, other: &Self) {
        self.packs.share(&other.packs);
    }

    /// Runs the steps: gradients go into `sums`, by their value; the outputs come back, in the tensors that are given for
    /// them or in new ones.
    pub(super) fn run(
        &mut self,
        job: Job<'_>,
        sums: &mut [(Id, &mut Sum)],
        outputs: impl IntoIterator<Item = (Id, Option<Tensor>)>,
    ) -> Result<Vec<Tensor>> {
        let places = job.layout.place(job.feed.tokens(), job.feed.sequences());
        self.arena.grow(places.total);
        self.packs.next_batch();
        if self.poison {
            self.arena.poison();
        }
        let scale = T::of(job.feed.scale);
        let constants = job.program.values.iter().map(|value| match value.source {
            Source::Constant(number) => T::of(number),
            _ => scale,
        });
        let constants: Vec<T> = constants.collect();
        let tensors = job.tensors()?;
        let guards: Vec<_> = tensors.iter().map(|value| value.as_ref().map(Tensor::storage_and_layout)).collect();
        let outside = guards.iter().zip(&job.program.values).zip(&constants).map(|((guard, value), number)| {
            match (&value.source, guard) {
                (Source::Constant(_) | Source::Input(Input::Scale), _) => Ok(Some(std::slice::from_ref(number))),
                (_, Some((storage, layout))) => slice(storage, layout).map(Some),
                _ => Ok(None),
            }
        });
        let outside = outside.collect::<Result<Vec<_>>>()?;
        let mut run = Run { job, at: 0, cpu: self, places, outside };
        for at in 0..job.steps.len() {
            let step = &job.steps[at];
            run.at = at;
            let clock = run.cpu.taken.is_some().then(Instant::now);
            match sums.iter_mut().find(|(id, _)| *id == step.output) {
                Some((_, sum)) => run.summed(step, sum)?,
                None if job.layout.is_view(step.output) => {}
                None => run.placed(step)?,
            }
            if let (Some(clock), Some(taken)) = (clock, &mut run.cpu.taken) {
                taken.add(step, clock);
            }
        }
        outputs.into_iter().map(|(id, tensor)| run.output(id, tensor)).collect()
    }
}

impl Job<'_> {
    /// What lies outside the arena, value by value: parameters, what was made before, what the batch brings as numbers.
    fn tensors(&self) -> Result<Vec<Option<Tensor>>> {
        let mut tensors = self.frame.values.clone();
        for id in self.steps.iter().flat_map(|step| &step.inputs).map(|&id| self.layout.root(id).of) {
            let value = &self.program.values[id.0];
            if tensors[id.0].is_none() && matches!(value.source, Source::Input(_)) && !value.kind.is_integer {
                let tensor = self.machine.value(self.program, self.frame, Some(self.feed), id)?;
                tensors[id.0] = Some(tensor.to_dtype(self.machine.dtype)?.contiguous()?);
            }
        }
        Ok(tensors)
    }
}

/// The numbers of a tensor on the CPU that lie behind each other.
fn slice<'s, T: Real>(storage: &'s Storage, layout: &candle_core::Layout) -> Result<&'s [T]> {
    let (Storage::Cpu(storage), Some((start, end))) = (storage, layout.contiguous_offsets()) else {
        return Err(Error::Program("a parameter lies on the CPU, row by row".to_owned()));
    };
    Ok(&T::cpu_storage_as_slice(storage)?[start..end])
}

impl<'b, T: Real> Run<'_, 'b, T> {
    fn numbers(&self, id: Id) -> usize {
        numbers(self.job.program.kind(id), self.job.feed.tokens(), self.job.feed.sequences())
    }

    /// The range of a slotted value in the arena.
    fn range(&self, id: Id) -> Option<Range<usize>> {
        let start = self.places.starts[self.job.layout.slot(id)?];
        Some(start..start + self.numbers(id))
    }

    /// Rows, width, stride and first number of a value.
    fn shape(&self, id: Id) -> ([usize; 3], usize) {
        let root = self.job.layout.root(id);
        let (kind, of) = (self.job.program.kind(id), self.job.program.kind(root.of));
        let rows = self.numbers(id).checked_div(kind.width()).unwrap_or(0);
        let is_whole = kind.width() == of.width();
        ([rows, kind.width(), if is_whole { kind.width() } else { of.width() }], root.from)
    }

    fn find(&self, id: Id) -> Option<Found<'b, T>> {
        let ([rows, width, stride], from) = self.shape(id);
        if rows == 0 {
            return Some(Found::Outside(Operand { data: &[], rows, width, stride }));
        }
        let span = (rows - 1) * stride + width;
        let root = self.job.layout.root(id).of;
        if let Some(all) = self.range(root) {
            let from = all.start + from;
            return Some(Found::Arena(from..from + span, [rows, width, stride]));
        }
        let data = self.outside[root.0]?;
        Some(Found::Outside(Operand { data: &data[from..from + span], rows, width, stride }))
    }

    /// A step whose result lies in the arena.
    fn placed(&mut self, step: &Step) -> Result<()> {
        let range = self.range(step.output).ok_or_else(|| missing(step.output))?;
        let over = self.job.layout.over(self.at);
        self.compute(step, over, Target::Arena(range))
    }

    /// A value that is kept, in a tensor that nobody reads any more or in a new one.
    fn output(&mut self, id: Id, tensor: Option<Tensor>) -> Result<Tensor> {
        let Some(tensor) = tensor else { return self.tensor(id) };
        match self.find(id).ok_or_else(|| missing(id))? {
            Found::Outside(operand) => write(&tensor, |out| operand.copy_to(out))?,
            Found::Arena(range, [rows, width, stride]) => {
                let [data] = self.cpu.arena.lend(0..0, [range]).1;
                write(&tensor, |out| Operand { data, rows, width, stride }.copy_to(out))?;
            }
        }
        Ok(tensor)
    }

    /// A value as a tensor of its own.
    fn tensor(&mut self, id: Id) -> Result<Tensor> {
        if let Source::Input(input) = self.job.program.values[self.job.layout.root(id).of.0].source
            && input != Input::Scale
        {
            let job = self.job;
            let whole = job.machine.value(job.program, job.frame, Some(job.feed), job.layout.root(id).of)?;
            return Ok(if self.job.layout.is_view(id) { whole.reshape(self.dims(id))? } else { whole });
        }
        let operand = match self.find(id).ok_or_else(|| missing(id))? {
            Found::Outside(operand) => operand.flat().into_owned(),
            Found::Arena(range, [rows, width, stride]) => {
                let [data] = self.cpu.arena.lend(0..0, [range]).1;
                Operand { data, rows, width, stride }.flat().into_owned()
            }
        };
        Ok(Tensor::from_vec(operand, self.dims(id), &Device::Cpu)?)
    }

    /// The dimensions of a value: its rows, if it has some, and its shape.
    fn dims(&self, id: Id) -> Vec<usize> {
        let kind = self.job.program.kind(id);
        let rows = match kind.rows {
            crate::program::Rows::Static => None,
            crate::program::Rows::Token => Some(self.job.feed.tokens()),
            crate::program::Rows::Sequence => Some(self.job.feed.sequences()),
        };
        rows.into_iter().chain(kind.shape.iter().copied()).collect()
    }

    /// A step by candle's ops, on copies.
    fn composed(&mut self, step: &Step) -> Result<Vec<T>> {
        let inputs = step.inputs.iter().map(|&id| self.tensor(id)).collect::<Result<Vec<_>>>()?;
        let context =
            candle::Context { machine: self.job.machine, program: self.job.program, step, feed: Some(self.job.feed) };
        let result = context.compute(&inputs)?.to_dtype(T::DTYPE)?;
        Ok(result.flatten_all()?.to_vec1()?)
    }

    /// The index of a gather: ids or places of tokens.
    fn index(&self, id: Id) -> Result<Option<Vec<u32>>> {
        match self.job.program.values[self.job.layout.root(id).of.0].source {
            Source::Input(input) => self.job.feed.rows(input),
            _ => Ok(None),
        }
    }
}

/// Where a result goes.
enum Target<'t, T> {
    Arena(Range<usize>),
    /// And where the sum of its squares is told, if it is a product and somebody wants to know.
    Slice(&'t mut [T], Option<&'t OnceLock<f64>>),
}

fn missing(id: Id) -> Error {
    Error::Program(format!("value {id:?} is used before it is made"))
}
