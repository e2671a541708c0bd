//! Backends: the one place where a step of a program meets tensors.
//!
//! [`candle`] is the reference: any device candle has, both directions composed of its ops, no tape; values are released
//! as soon as the layout says that nothing needs them. `cpu` runs batches by [`kernel`](crate::kernel)s over one arena.

mod attention;
pub mod candle;
mod chain;
mod cpu;
pub mod device;
mod elementwise;
mod focal;
pub mod gradient;
mod matmul;
mod pool;
pub mod random;
mod rows;
pub mod session;
mod svd;

pub(crate) use svd::orthonormal;

use crate::Result;
use crate::program::layout::Layout;
use crate::program::{Id, Input, Program, Source, Step};
use candle_core::{DType, Device, Tensor};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A device and the width of its numbers.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Where tensors live.
    pub device: Device,
    /// The type of real numbers: f32 in runs, f64 in gradient checks.
    pub dtype: DType,
    /// How matrices are multiplied.
    pub products: Products,
    /// What runs the batches on the CPU.
    pub backend: Backend,
    /// Whether what is cheap is computed again for the gradients rather than kept.
    pub recompute: bool,
}

/// What runs batches on the CPU. Other devices have candle's ops.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backend {
    /// Kernels over one arena.
    #[default]
    Kernels,
    /// Candle's ops: the reference.
    Composed,
}

/// How matrices are multiplied on the CPU.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Products {
    /// In the type of the numbers.
    #[default]
    Full,
    /// Rounded to bf16, with sums in f32. Weights, gradients and moments stay f32.
    Bf16,
}

/// What a batch brings to the steps.
#[derive(Clone, Debug)]
pub struct Feed {
    /// Token ids: (tokens).
    pub ids: Tensor,
    /// Places in the sequences: (tokens).
    pub positions: Tensor,
    /// Classes of tokens or sequences, negative where not scored: (rows).
    pub classes: Option<Tensor>,
    /// 0 or 1 for each label: (sequences, labels).
    pub labels: Option<Tensor>,
    /// The number of each sequence's task: (sequences).
    pub tasks: Option<Tensor>,
    /// What the sum of losses is multiplied by.
    pub scale: f64,
    /// Where sequences begin; one more at the end.
    pub bounds: Vec<usize>,
    /// A random key for each sequence and for the step: equal keys draw equal numbers, however the
    /// sequences are batched.
    pub keys: random::Keys,
}

impl Feed {
    /// No batch: for what is computed of parameters alone.
    fn none() -> Result<Self> {
        let nothing = Tensor::zeros(0, DType::U32, &Device::Cpu)?;
        let (ids, positions, bounds) = (nothing.clone(), nothing, vec![0]);
        let keys = random::Keys::new(0, 0, 0, &bounds);
        Ok(Self { ids, positions, classes: None, labels: None, tasks: None, scale: 1.0, bounds, keys })
    }

    /// The rows of a table that an input names, token by token; nothing of inputs that name none.
    ///
    /// # Errors
    /// What the tensor library refuses.
    pub fn rows(&self, input: Input) -> Result<Option<Vec<u32>>> {
        let tensor = match input {
            Input::Ids => &self.ids,
            Input::Positions => &self.positions,
            _ => return Ok(None),
        };
        Ok(Some(tensor.flatten_all()?.to_dtype(DType::U32)?.to_vec1()?))
    }

    /// Tokens in the batch.
    pub fn tokens(&self) -> usize {
        self.bounds.last().copied().unwrap_or(0)
    }
    /// Sequences in the batch.
    pub fn sequences(&self) -> usize {
        self.bounds.len().saturating_sub(1)
    }
}

/// What operations have taken so far, by their names: how often, and how long.
#[derive(Clone, Debug, Default)]
pub struct Taken(pub BTreeMap<String, (usize, Duration)>);

impl Taken {
    /// Adds a step that began then.
    fn add(&mut self, step: &Step, began: Instant) {
        let (count, time) = self.0.entry(step.op.name()).or_default();
        (*count, *time) = (*count + 1, *time + began.elapsed());
    }
}

/// The values of a program that are alive.
#[derive(Clone, Debug)]
pub struct Frame {
    values: Vec<Option<Tensor>>,
}

impl Frame {
    /// A frame with no value alive.
    pub fn new(program: &Program) -> Self {
        Self { values: vec![None; program.values.len()] }
    }

    /// Puts a value in its place: a parameter, or a sum of gradients.
    pub fn set(&mut self, id: Id, tensor: Tensor) {
        self.values[id.0] = Some(tensor);
    }

    /// Takes a value out.
    pub fn take(&mut self, id: Id) -> Option<Tensor> {
        self.values[id.0].take()
    }

    /// A value that is alive.
    pub fn get(&self, id: Id) -> Option<&Tensor> {
        self.values[id.0].as_ref()
    }
}

impl Machine {
    /// The CPU, with products in full.
    pub fn cpu(dtype: DType) -> Self {
        Self { device: Device::Cpu, dtype, products: Products::Full, backend: Backend::Kernels, recompute: false }
    }

    /// A tensor where this machine computes, in its numbers.
    ///
    /// # Errors
    /// What the tensor library refuses (memory, a lost device).
    pub(crate) fn placed(&self, tensor: &Tensor) -> Result<Tensor> {
        Ok(tensor.to_dtype(self.dtype)?.contiguous()?.to_device(&self.device)?)
    }

    /// Runs steps in order. The frame holds the parameters, and afterwards what the layout keeps.
    ///
    /// # Errors
    /// What the tensor library refuses (memory, a lost device).
    pub fn run(
        &self,
        program: &Program,
        steps: &[Step],
        layout: &Layout,
        frame: &mut Frame,
        feed: Option<&Feed>,
    ) -> Result<()> {
        self.run_measured(program, steps, layout, frame, feed, None)
    }

    /// [`run`](Self::run), and what each operation takes.
    fn run_measured(
        &self,
        program: &Program,
        steps: &[Step],
        layout: &Layout,
        frame: &mut Frame,
        feed: Option<&Feed>,
        mut taken: Option<&mut Taken>,
    ) -> Result<()> {
        for (step, dead) in steps.iter().zip(&layout.dies) {
            let clock = Instant::now();
            let inputs =
                step.inputs.iter().map(|&id| self.value(program, frame, feed, id)).collect::<Result<Vec<_>>>()?;
            let context = candle::Context { machine: self, program, step, feed };
            let output = context.compute(&inputs)?;
            frame.set(step.output, output);
            for &id in dead {
                frame.take(id);
            }
            if let Some(taken) = &mut taken {
                taken.add(step, clock);
            }
        }
        Ok(())
    }

    /// An operand: alive in the frame, brought by the batch, or a number.
    fn value(&self, program: &Program, frame: &Frame, feed: Option<&Feed>, id: Id) -> Result<Tensor> {
        if let Some(tensor) = frame.get(id) {
            return Ok(tensor.clone());
        }
        let missing = || crate::Error::Program(format!("value {id:?} is used before it is made"));
        match program.values[id.0].source {
            Source::Constant(value) => Ok(Tensor::new(value, &self.device)?.to_dtype(self.dtype)?),
            Source::Input(input) => {
                let feed = feed.ok_or_else(missing)?;
                match input {
                    Input::Ids => Ok(feed.ids.clone()),
                    Input::Positions => Ok(feed.positions.clone()),
                    Input::Place => self.count(feed, |_, at| at),
                    Input::Remaining => self.count(feed, |len, at| len - at - 1),
                    Input::Task => feed.tasks.clone().ok_or_else(missing),
                    Input::Classes => feed.classes.clone().ok_or_else(missing),
                    Input::Labels => feed.labels.clone().ok_or_else(missing),
                    Input::Scale => Ok(Tensor::new(feed.scale, &self.device)?.to_dtype(self.dtype)?),
                }
            }
            Source::Parameter(_) | Source::Step(_) => Err(missing()),
        }
    }

    /// A number for each token, of its sequence's length and its place: (tokens, 1).
    fn count(&self, feed: &Feed, number: impl Fn(usize, usize) -> usize) -> Result<Tensor> {
        let lengths = feed.bounds.windows(2).map(|pair| pair[1] - pair[0]);
        let numbers = lengths.flat_map(|len| (0..len).map(move |at| (len, at))).map(|(len, at)| number(len, at) as f64);
        Ok(Tensor::from_iter(numbers, &self.device)?.to_dtype(self.dtype)?.unsqueeze(1)?)
    }
}
