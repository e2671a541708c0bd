//! A program and its values: what training and inference call.

use super::{Feed, Frame, Machine};
use crate::Result;
use crate::program::differentiate::Gradients;
use crate::program::layout::Layout;
use crate::program::simplify::{Schedule, simplify};
use crate::program::{Id, Phase, Program};
use candle_core::Tensor;

/// A program made ready: simplified, laid out, its parameters in place.
pub struct Session {
    /// Where it computes.
    pub machine: Machine,
    program: Program,
    schedule: Schedule,
    before: Layout,
    batch: Layout,
    after: Layout,
    outputs: Vec<Id>,
    gradients: Gradients,
    /// Parameters, and what was made of them before the batches.
    frame: Frame,
    sums: Vec<Option<Tensor>>,
}

impl Session {
    /// Makes a program ready to give `outputs` a batch and `gradients` a step.
    pub fn new(machine: Machine, program: Program, outputs: Vec<Id>, gradients: Gradients) -> Self {
        let wanted: Vec<Id> = outputs.iter().chain(&gradients.accumulate).chain(&gradients.of).copied().collect();
        let schedule = simplify(&program, &wanted);
        // What is made before is used by batches, so it stays; what batches add up is kept by hand.
        let made_before: Vec<Id> = schedule.before.iter().map(|step| step.output).collect();
        let before = Layout::new(&program, &schedule.before, &made_before);
        let batch = Layout::new(&program, &schedule.batch, &wanted);
        let after = Layout::new(&program, &schedule.after, &gradients.of);
        let frame = Frame::new(&program);
        let sums = vec![None; gradients.accumulate.len()];
        Self { machine, program, schedule, before, batch, after, outputs, gradients, frame, sums }
    }

    /// Puts a parameter in its place.
    pub fn set(&mut self, id: Id, tensor: Tensor) {
        self.frame.set(id, tensor);
    }

    /// The most bytes that a batch has alive at once, parameters apart.
    pub fn peak(&self, tokens: usize, sequences: usize) -> usize {
        self.batch.peak(tokens, sequences, self.machine.dtype.size_in_bytes())
    }

    /// Begins an optimizer step: what depends on parameters alone is computed anew.
    ///
    /// # Errors
    /// What the tensor library refuses.
    pub fn begin(&mut self) -> Result<()> {
        self.sums.fill(None);
        self.machine.run(&self.program, &self.schedule.before, &self.before, &mut self.frame, None)
    }

    /// Runs a batch; its outputs, in the order asked. Gradients add up.
    ///
    /// # Errors
    /// What the tensor library refuses.
    pub fn batch(&mut self, feed: &Feed) -> Result<Vec<Tensor>> {
        let mut frame = self.frame.clone();
        self.machine.run(&self.program, &self.schedule.batch, &self.batch, &mut frame, Some(feed))?;
        for (sum, id) in self.sums.iter_mut().zip(&self.gradients.accumulate) {
            let Some(gradient) = frame.get(*id) else { continue };
            *sum = Some(match sum.take() {
                Some(sum) => (sum + gradient)?,
                None => gradient.clone(),
            });
        }
        let missing = || crate::Error::Program("an output was not computed".to_owned());
        self.outputs.iter().map(|id| frame.get(*id).cloned().ok_or_else(missing)).collect()
    }

    /// Ends an optimizer step: the gradients asked for, in their order.
    ///
    /// # Errors
    /// What the tensor library refuses.
    pub fn end(&mut self) -> Result<Vec<Tensor>> {
        let mut frame = self.frame.clone();
        for (sum, id) in self.sums.iter_mut().zip(&self.gradients.accumulate) {
            if let Some(sum) = sum.take() {
                frame.set(*id, sum);
            }
        }
        self.machine.run(&self.program, &self.schedule.after, &self.after, &mut frame, None)?;
        let missing = || crate::Error::Program("a gradient was not computed".to_owned());
        self.gradients.of.iter().map(|id| frame.get(*id).cloned().ok_or_else(missing)).collect()
    }

    /// Steps of a phase, for those who count them.
    pub fn steps(&self, phase: Phase) -> usize {
        self.schedule.of(phase).len()
    }
}
