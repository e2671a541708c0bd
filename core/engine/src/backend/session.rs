//! A program and its values: what training and inference call.

use super::cpu::{Cpu, Job, Sum};
use super::gradient::Gradient;
use super::{Backend, Feed, Frame, Machine, Products, Taken};
use crate::Result;
use crate::kernel::product::packed_bytes;
use crate::program::differentiate::Gradients;
use crate::program::draw::draw;
use crate::program::explain::{Size, explain};
use crate::program::fuse::fuse;
use crate::program::layout::{Layout, numbers};
use crate::program::recompute::recompute;
use crate::program::sides::{Side, last_reads, peak};
use crate::program::simplify::{Schedule, simplify};
use crate::program::{Id, Input, Op, Phase, PlanOp, Program, Source, Step};
use candle_core::{DType, Tensor};
use std::collections::HashMap;

/// A program made ready: simplified, fused, laid out, its parameters in place.
pub struct Session {
    /// Where it computes.
    pub machine: Machine,
    program: Program,
    schedule: Schedule,
    before: Layout,
    batch: Layout,
    after: Layout,
    outputs: Vec<Id>,
    /// What is computed before the batches, of what they read.
    made_before: Vec<Id>,
    gradients: Gradients,
    /// Parameters, and what was made of them before the batches.
    frame: Frame,
    /// What batches add up, by its value.
    sums: Vec<(Id, Sum)>,
    kernels: Option<Kernels>,
    /// Kernels for what is computed once an optimizer step, with memory of their own: nothing of it is packed for later.
    once: Option<Kernels>,
    /// What operations have taken where no kernels run, once somebody measures.
    taken: Option<Taken>,
    /// Parameters that no optimizer step changes.
    fixed: Vec<bool>,
    /// The steps of a batch that read packed sides of products for the last time.
    last: HashMap<Side, usize>,
}

/// The CPU backend for numbers of one width.
enum Kernels {
    F32(Cpu<f32>),
    F64(Cpu<f64>),
}

impl Kernels {
    /// Where this machine has them.
    fn new(machine: &Machine) -> Option<Self> {
        match (machine.backend, machine.dtype) {
            (Backend::Kernels, DType::F32) if machine.device.is_cpu() => Some(Self::F32(Cpu::new())),
            (Backend::Kernels, DType::F64) if machine.device.is_cpu() => Some(Self::F64(Cpu::new())),
            _ => None,
        }
    }

    fn run(
        &mut self,
        job: Job<'_>,
        sums: &mut [(Id, &mut Sum)],
        outputs: impl IntoIterator<Item = (Id, Option<Tensor>)>,
    ) -> Result<Vec<Tensor>> {
        match self {
            Self::F32(cpu) => cpu.run(job, sums, outputs),
            Self::F64(cpu) => cpu.run(job, sums, outputs),
        }
    }

    const fn poison(&mut self) {
        match self {
            Self::F32(cpu) => cpu.poison = true,
            Self::F64(cpu) => cpu.poison = true,
        }
    }
}

impl Session {
    /// Makes a program ready to give `outputs` a batch and `gradients` a step.
    pub fn new(machine: Machine, mut program: Program, outputs: Vec<Id>, gradients: Gradients) -> Self {
        let wanted: Vec<Id> = outputs.iter().chain(&gradients.accumulate).chain(&gradients.of).copied().collect();
        let mut schedule = simplify(&program, &wanted);
        let (kernels, once) = (Kernels::new(&machine), Kernels::new(&machine));
        if machine.recompute && !gradients.of.is_empty() {
            schedule.batch = recompute(&mut program, std::mem::take(&mut schedule.batch), gradients.first);
        }
        if kernels.is_some() {
            let fused = fuse(&program, std::mem::take(&mut schedule.batch), &wanted);
            schedule.batch = draw(&program, fused, &wanted);
        }
        let read = |id: &Id| schedule.batch.iter().any(|step| step.inputs.contains(id)) || outputs.contains(id);
        let made = |id: &Id| schedule.batch.iter().any(|step| step.output == *id);
        let elsewhere: Vec<Id> = gradients.accumulate.iter().copied().filter(|id| made(id) && !read(id)).collect();
        let elsewhere = if kernels.is_some() { elsewhere } else { Vec::new() };
        // What is made before stays for those who read it later; what batches add up is kept by hand.
        let later = || schedule.batch.iter().chain(&schedule.after);
        let is_read = |id: &Id| wanted.contains(id) || later().any(|step| step.inputs.contains(id));
        let made_before: Vec<Id> = schedule.before.iter().map(|step| step.output).filter(is_read).collect();
        let before = Layout::new(&program, &schedule.before, &made_before, &[]);
        let batch = Layout::new(&program, &schedule.batch, &wanted, &elsewhere);
        let after = Layout::new(&program, &schedule.after, &gradients.of, &[]);
        let (frame, fixed) = (Frame::new(&program), vec![false; program.values.len()]);
        let last = last_reads(&program, &schedule.batch);
        let sums = gradients.accumulate.iter().map(|&id| (id, Sum::default())).collect();
        Self {
            machine,
            program,
            schedule,
            before,
            batch,
            after,
            outputs,
            gradients,
            frame,
            sums,
            kernels,
            once,
            made_before,
            taken: None,
            fixed,
            last,
        }
    }

    /// Puts a parameter in its place.
    pub fn set(&mut self, id: Id, tensor: Tensor) {
        if let (true, Some(kernels)) = (self.fixed[id.0], &mut self.kernels) {
            match kernels {
                Kernels::F32(cpu) => cpu.forget(id),
                Kernels::F64(cpu) => cpu.forget(id),
            }
        }
        self.frame.set(id, tensor);
    }

    /// A parameter's value, by its name.
    pub fn parameter(&self, name: &str) -> Option<Tensor> {
        let parameter = self.program.parameters.iter().find(|parameter| parameter.name == name)?;
        self.frame.get(parameter.id).cloned()
    }

    /// Says that no optimizer step changes a parameter: what is made of it once may be kept.
    pub fn fix(&mut self, id: Id) {
        self.fixed[id.0] = true;
    }

    /// The input that names the rows of a parameter that batches read, where nothing else of it is read.
    pub fn rows_read(&self, id: Id) -> Option<Input> {
        let all = [Phase::Before, Phase::Batch, Phase::After].map(|phase| self.schedule.of(phase));
        let mut reads = all.into_iter().flatten().filter(|step| step.inputs.contains(&id)).map(|step| {
            let (Op::Plan(PlanOp::Gather), &[table, rows]) = (&step.op, &step.inputs[..]) else { return None };
            match self.program.values[rows.0].source {
                Source::Input(input @ (Input::Ids | Input::Positions)) if table == id => Some(input),
                _ => None,
            }
        });
        let first = reads.next()??;
        (!self.outputs.contains(&id) && reads.all(|input| input == Some(first))).then_some(first)
    }

    /// Takes what another session of the same program and parameters keeps of those that are fixed, rather than its own.
    pub fn share(&mut self, other: &Self) {
        match (&mut self.kernels, &other.kernels) {
            (Some(Kernels::F32(own)), Some(Kernels::F32(other))) => own.share(other),
            (Some(Kernels::F64(own)), Some(Kernels::F64(other))) => own.share(other),
            _ => {}
        }
    }

    /// Makes every result no number before it is written: a kernel that leaves a place out is then seen.
    pub const fn poison(&mut self) {
        if let Some(kernels) = &mut self.kernels {
            kernels.poison();
        }
        if let Some(kernels) = &mut self.once {
            kernels.poison();
        }
    }

    /// Begins to measure what each operation of a batch takes.
    pub fn measure(&mut self) {
        let taken = match &mut self.kernels {
            Some(Kernels::F32(cpu)) => &mut cpu.taken,
            Some(Kernels::F64(cpu)) => &mut cpu.taken,
            None => &mut self.taken,
        };
        *taken = Some(Taken::default());
    }

    /// What each operation has taken since [`measure`](Self::measure).
    pub fn taken(&self) -> Taken {
        let taken = match &self.kernels {
            Some(Kernels::F32(cpu)) => &cpu.taken,
            Some(Kernels::F64(cpu)) => &cpu.taken,
            None => &self.taken,
        };
        taken.clone().unwrap_or_default()
    }

    /// The program after each pass, for a batch of so many tokens and sequences: what is differentiated, what of it is
    /// needed, and what runs, fused and laid out.
    pub fn explain(&self, tokens: usize, sequences: usize) -> String {
        let size = Size { tokens, sequences, width: self.machine.dtype.size_in_bytes() };
        let wanted: Vec<Id> =
            self.outputs.iter().chain(&self.gradients.accumulate).chain(&self.gradients.of).copied().collect();
        let needed = simplify(&self.program, &wanted);
        let told = |title: &str, steps: &[Step]| explain(&self.program, title, steps, size);
        let arena = self.peak(tokens, sequences) as f64 / f64::from(1 << 20);
        [
            told("differentiated", &self.program.steps),
            told("needed, once an optimizer step before its batches", &needed.before),
            told("needed, once a batch", &needed.batch),
            told("needed, once an optimizer step after its batches", &needed.after),
            told("fused, once a batch", &self.schedule.batch),
            format!("laid out: an arena of {arena:.2} MiB for {tokens} tokens in {sequences} sequences\n"),
        ]
        .join("\n")
    }

    /// The bytes of a batch's values, parameters apart.
    pub fn peak(&self, tokens: usize, sequences: usize) -> usize {
        self.batch.peak(tokens, sequences, self.machine.dtype.size_in_bytes())
    }

    /// Takes the memory of the largest batch at once: growing from batch to batch leaves pieces behind that nothing fits in.
    pub fn reserve(&mut self, tokens: usize, sequences: usize) {
        let numbers = self.batch.place(tokens, sequences).total;
        match &mut self.kernels {
            Some(Kernels::F32(cpu)) => cpu.reserve(numbers),
            Some(Kernels::F64(cpu)) => cpu.reserve(numbers),
            None => {}
        }
    }

    /// Takes over the memory of another's batches, where that is larger: of two sessions that never run at once, one waits
    /// without.
    pub fn take_memory(&mut self, other: &mut Self) {
        for pair in [(&mut self.kernels, &mut other.kernels), (&mut self.once, &mut other.once)] {
            match pair {
                (Some(Kernels::F32(own)), Some(Kernels::F32(other))) => own.take_memory(other),
                (Some(Kernels::F64(own)), Some(Kernels::F64(other))) => own.take_memory(other),
                _ => {}
            }
        }
    }

    /// Numbers of what batches add up, but for tables, of which only some rows are there.
    pub fn dense(&self) -> usize {
        let is_table =
            |id: &Id| self.schedule.batch.iter().any(|step| step.output == *id && matches!(step.op, Op::GatherGrad(_)));
        let dense = self.gradients.accumulate.iter().filter(|id| !is_table(id));
        dense.map(|&id| numbers(self.program.kind(id), 0, 0)).sum()
    }

    /// Bytes of what products read packed: of matrices that no optimizer step changes, which are kept, and at most of the
    /// others, as long as they are read.
    pub fn packs(&self, tokens: usize, sequences: usize) -> (usize, usize) {
        let Some(Kernels::F32(_)) = &self.kernels else { return (0, 0) };
        let width = packed_bytes(self.machine.products);
        let size = |side: &Side| width * numbers(self.program.kind(side.id), tokens, sequences);
        let is_kept = |side: &Side| self.fixed[side.id.0];
        let kept: usize = self.last.keys().filter(|side| is_kept(side)).map(size).sum();
        let passing = |side: Side| if is_kept(&side) { 0 } else { size(&side) };
        (kept, peak(&self.program, &self.schedule.batch, passing))
    }

    /// Begins an optimizer step: what depends on parameters alone is computed anew.
    ///
    /// # Errors
    /// What the tensor library refuses.
    pub fn begin(&mut self) -> Result<()> {
        self.sums.iter_mut().for_each(|(_, sum)| sum.gradient = None);
        let Self { machine, program, schedule, before, frame, once, made_before, .. } = self;
        run_once((machine, once), program, (&schedule.before, before), frame, made_before)
    }

    /// Runs a batch; its outputs, in the order asked. Gradients add up.
    ///
    /// # Errors
    /// What the tensor library refuses.
    pub fn batch(&mut self, feed: &Feed) -> Result<Vec<Tensor>> {
        if self.kernels.is_some() {
            return self.by_kernels(feed);
        }
        let mut frame = self.frame.clone();
        let (steps, taken) = (&self.schedule.batch, self.taken.as_mut());
        self.machine.run_measured(&self.program, steps, &self.batch, &mut frame, Some(feed), taken)?;
        for (id, sum) in &mut self.sums {
            if let Some(gradient) = frame.get(*id) {
                sum.add(gradient)?;
            }
        }
        let missing = || crate::Error::Program("an output was not computed".to_owned());
        self.outputs.iter().map(|id| frame.get(*id).cloned().ok_or_else(missing)).collect()
    }

    /// The same on the CPU.
    fn by_kernels(&mut self, feed: &Feed) -> Result<Vec<Tensor>> {
        let Self { machine, program, schedule, batch, outputs, frame, sums, kernels, fixed, last, .. } = self;
        // Gradients that others read too lie among the values, and are added afterwards.
        let (mut apart, mut among) = (Vec::new(), Vec::new());
        for (id, sum) in sums {
            if batch.slot(*id).is_none() && schedule.batch.iter().any(|step| step.output == *id) {
                apart.push((*id, sum));
            } else {
                among.push((*id, sum));
            }
        }
        let wanted: Vec<Id> = outputs.iter().copied().chain(among.iter().map(|(id, _)| *id)).collect();
        let job = Job { machine, program, steps: &schedule.batch, layout: batch, frame, feed, fixed, last };
        let mut found = match kernels {
            Some(kernels) => kernels.run(job, &mut apart, wanted.into_iter().map(|id| (id, None)))?,
            None => Vec::new(),
        };
        let gradients = found.split_off(outputs.len());
        for ((_, sum), gradient) in among.into_iter().zip(gradients) {
            sum.add(&gradient)?;
        }
        Ok(found)
    }

    /// Ends an optimizer step: the gradients asked for, in their order.
    ///
    /// # Errors
    /// What the tensor library refuses.
    pub fn end(&mut self) -> Result<Vec<Gradient>> {
        let mut frame = self.frame.clone();
        if !self.schedule.after.is_empty() {
            // What nothing reads stays as it is: of a table, the rows that the batch read.
            let read = |id: &Id| self.schedule.after.iter().any(|step| step.inputs.contains(id));
            for (id, sum) in self.sums.iter().filter(|(id, _)| read(id)) {
                if let Some(gradient) = &sum.gradient {
                    frame.set(*id, gradient.dense()?);
                }
            }
            let made = |id: &Id| self.schedule.after.iter().any(|step| step.output == *id);
            let asked: Vec<Id> = self.gradients.of.iter().copied().filter(made).collect();
            let Self { machine, program, schedule, after, once, .. } = self;
            run_once((machine, once), program, (&schedule.after, after), &mut frame, &asked)?;
        }
        let missing = || crate::Error::Program("a gradient was not computed".to_owned());
        let one = |id: &Id| match self.sums.iter().find(|(sum, _)| sum == id) {
            Some((_, Sum { gradient: Some(gradient), .. })) => Ok(gradient.clone()),
            _ => frame.get(*id).cloned().map(Gradient::from).ok_or_else(missing),
        };
        let gradients = self.gradients.of.iter().map(one).collect();
        self.sums.iter_mut().for_each(|(_, sum)| sum.gradient = None);
        gradients
    }

    /// Takes gradients back that [`end`](Self::end) gave: the next step writes into their memory.
    pub fn recycle(&mut self, gradients: Vec<Gradient>) {
        for (id, gradient) in self.gradients.of.iter().zip(gradients) {
            if let (Some((_, sum)), Gradient::Dense { numbers, .. }) =
                (self.sums.iter_mut().find(|(sum, _)| sum == id), gradient)
            {
                sum.spare = Some(numbers);
            }
        }
    }

    /// Steps of a phase, for those who count them.
    pub fn steps(&self, phase: Phase) -> usize {
        self.schedule.of(phase).len()
    }
}

/// Runs what needs no batch; the frame then holds what is `kept` of it. Products are in full: what they make is read by
/// every batch.
fn run_once(
    (machine, kernels): (&Machine, &mut Option<Kernels>),
    program: &Program,
    (steps, layout): (&[Step], &Layout),
    frame: &mut Frame,
    kept: &[Id],
) -> Result<()> {
    let Some(kernels) = kernels.as_mut().filter(|_| !steps.is_empty()) else {
        return machine.run(program, steps, layout, frame, None);
    };
    let machine = Machine { products: Products::Full, ..machine.clone() };
    let (feed, fixed, last) = (Feed::none()?, vec![false; program.values.len()], HashMap::new());
    // What was kept of the step before is written over.
    let outputs: Vec<_> = kept.iter().map(|&id| (id, frame.take(id))).collect();
    let job = Job { machine: &machine, program, steps, layout, frame, feed: &feed, fixed: &fixed, last: &last };
    for (&id, tensor) in kept.iter().zip(kernels.run(job, &mut [], outputs)?) {
        frame.set(id, tensor);
    }
    Ok(())
}
