//! AdamW with decoupled weight decay (Loshchilov and Hutter 2019), as `torch.optim.AdamW` computes it.
//!
//! ```text
//! w ← w·(1 − η·λ)
//! m ← m + (g − m)·(1 − β₁)         v ← β₂·v + (1 − β₂)·g²
//! w ← w − η/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε)
//! ```
//!
//! Weight and moments of a parameter lie behind each other in one tensor of shape (3, n), so that a step
//! is one pass over memory; the weight that the program sees is a view of the first row.
//!
//! Rows of a table that no gradient ever reached only decay. Where nobody reads them, they may wait with that
//! ([`State::waiting`]): most of a vocabulary then costs a step nothing.

use crate::Result;
use crate::backend::gradient::Gradient;
use crate::kernel::Real;
use crate::kernel::adamw::{Numbers, shrink_rows};
use candle_core::{CpuStorage, DType, InplaceOp1, Layout, Storage, Tensor, bail};
use std::cell::RefCell;

/// The numbers of a step for one parameter.
#[derive(Clone, Copy, Debug)]
pub struct AdamW {
    /// Learning rate η.
    pub learning_rate: f64,
    /// Weight decay λ.
    pub decay: f64,
    /// β₁.
    pub beta1: f64,
    /// β₂.
    pub beta2: f64,
    /// ε.
    pub epsilon: f64,
    /// What gradients are multiplied by first: the clipping.
    pub scale: f64,
    /// Which step of this parameter it is, from 1.
    pub step: usize,
}

/// A parameter that moves: its weight and moments.
#[derive(Clone, Debug)]
pub struct State {
    /// (3, n): weight, first moment, second moment.
    tensor: Tensor,
    shape: Vec<usize>,
    /// Of a table: the rows that ever had a gradient or were read to get one, once that was asked.
    touched: Option<Vec<bool>>,
    /// Whether the other rows wait with their decay.
    waits: bool,
    /// What they are still to be multiplied by, step by step.
    owed: Vec<f64>,
}

/// Steps that rows wait for at most.
const LONGEST: usize = 256;

impl State {
    /// A weight with moments 0.
    ///
    /// # Errors
    /// What the tensor library refuses.
    pub fn new(weight: &Tensor) -> Result<Self> {
        let flat = weight.reshape((1, ()))?;
        let tensor = Tensor::cat(&[&flat, &flat.zeros_like()?, &flat.zeros_like()?], 0)?;
        let touched = Some(vec![false; weight.dims().first().copied().unwrap_or(1)]);
        Ok(Self { tensor, shape: weight.dims().to_vec(), touched, waits: false, owed: Vec::new() })
    }

    /// Of a table of which batches read rows, and nobody else anything: rows that no gradient ever reached may wait with
    /// their decay. Whoever reads rows says so to [`read`](Self::read), whoever reads all to [`settle`](Self::settle).
    #[must_use]
    pub const fn waiting(mut self) -> Self {
        self.waits = true;
        self
    }

    /// Makes rows ready to be read, and to have a gradient.
    ///
    /// # Errors
    /// What the tensor library refuses.
    pub fn read(&mut self, rows: &[u32]) -> Result<()> {
        if self.owed.is_empty() {
            return Ok(());
        }
        let mut touched = self.take_touched()?;
        let mut is_new = vec![false; touched.len()];
        for row in rows.iter().map(|&row| row as usize).filter(|row| *row < touched.len()) {
            is_new[row] = !touched[row];
        }
        self.tensor.inplace_op1(&Shrink { state: self, is_meant: &|row| is_new[row] })?;
        touched.iter_mut().zip(is_new).for_each(|(touched, is_new)| *touched |= is_new);
        self.touched = Some(touched);
        Ok(())
    }

    /// Makes all rows ready to be read.
    ///
    /// # Errors
    /// What the tensor library refuses.
    pub fn settle(&mut self) -> Result<()> {
        if self.owed.is_empty() {
            return Ok(());
        }
        let touched = self.take_touched()?;
        self.tensor.inplace_op1(&Shrink { state: self, is_meant: &|row| !touched[row] })?;
        self.owed.clear();
        self.touched = Some(touched);
        Ok(())
    }

    /// Puts the weight (0), the first (1) or the second moment (2) back as it was saved.
    ///
    /// # Errors
    /// What the tensor library refuses.
    pub fn put(&mut self, row: usize, saved: &Tensor) -> Result<()> {
        let saved = saved.to_device(self.tensor.device())?.to_dtype(self.tensor.dtype())?;
        self.tensor.slice_set(&saved.reshape((1, ()))?.contiguous()?, 0, row)?;
        self.touched = None;
        self.owed.clear();
        Ok(())
    }

    /// Weight and moments as they were saved: three tensors of one shape.
    ///
    /// # Errors
    /// What the tensor library refuses.
    pub fn restore(weight: &Tensor, first: &Tensor, second: &Tensor) -> Result<Self> {
        let flat = [weight, first, second].map(|t| t.reshape((1, ())));
        let [weight_row, first, second] = flat;
        let tensor = Tensor::cat(&[weight_row?, first?, second?], 0)?;
        Ok(Self { tensor, shape: weight.dims().to_vec(), touched: None, waits: false, owed: Vec::new() })
    }

    fn row(&self, at: usize) -> Result<Tensor> {
        Ok(self.tensor.narrow(0, at, 1)?.reshape(&self.shape[..])?)
    }

    /// The weight: on the CPU a view that moves with every step, rows that wait left out.
    ///
    /// # Errors
    /// What the tensor library refuses.
    pub fn weight(&self) -> Result<Tensor> {
        self.row(0)
    }

    /// The first and second moment.
    ///
    /// # Errors
    /// What the tensor library refuses.
    pub fn moments(&self) -> Result<(Tensor, Tensor)> {
        Ok((self.row(1)?, self.row(2)?))
    }

    /// One step.
    ///
    /// # Errors
    /// What the tensor library refuses.
    pub fn step(&mut self, gradient: &Gradient, adamw: &AdamW) -> Result<()> {
        if self.tensor.device().is_cpu() {
            let touched = match gradient {
                Gradient::Dense { .. } => {
                    self.settle()?;
                    Vec::new()
                }
                Gradient::Rows { rows, .. } => {
                    self.read(rows)?;
                    self.take_touched()?
                }
            };
            let step = OnCpu { adamw, gradient, touched: RefCell::new(touched) };
            self.tensor.inplace_op1(&step)?;
            self.touched = Some(step.touched.into_inner()).filter(|touched| !touched.is_empty());
            if self.touched.is_some() && adamw.shrink() != 1.0 {
                self.owed.push(adamw.shrink());
                if !self.waits || self.owed.len() == LONGEST {
                    self.settle()?;
                }
            }
            return Ok(());
        }
        let gradient = gradient.dense()?.flatten_all()?.contiguous()?;
        let AdamW { learning_rate, decay, beta1, beta2, epsilon, scale, step } = *adamw;
        let rows = |at| self.tensor.narrow(0, at, 1)?.flatten_all();
        let (w, m, v) = (rows(0)?, rows(1)?, rows(2)?);
        let g = (gradient * scale)?;
        let m = (&m + ((g.clone() - &m)? * (1.0 - beta1))?)?;
        let v = ((v * beta2)? + (g.sqr()? * (1.0 - beta2))?)?;
        let bottom = ((v.sqrt()? / (1.0 - beta2.powi(step as i32)).sqrt())? + epsilon)?;
        let move_by = ((&m / bottom)? * (learning_rate / (1.0 - beta1.powi(step as i32))))?;
        let w = ((w * (1.0 - learning_rate * decay))? - move_by)?;
        self.tensor = Tensor::stack(&[w, m, v], 0)?;
        Ok(())
    }

    /// The rows that ever had a gradient: those whose moments are not 0.
    fn take_touched(&mut self) -> Result<Vec<bool>> {
        if let Some(touched) = self.touched.take() {
            return Ok(touched);
        }
        let rows = self.shape.first().copied().unwrap_or(1);
        let width: usize = self.shape.iter().skip(1).product();
        let mut touched = Vec::with_capacity(rows);
        // A few rows at a time: a table is large, and so would be a copy.
        for from in (0..rows).step_by(1024) {
            let count = (rows - from).min(1024);
            let moments = self.tensor.narrow(0, 1, 2)?.narrow(1, from * width, count * width)?;
            let largest = moments.reshape((2, count, width))?.abs()?.max(2)?.max(0)?;
            touched.extend(largest.to_dtype(DType::F64)?.to_vec1::<f64>()?.into_iter().map(|moment| moment > 0.0));
        }
        Ok(touched)
    }
}

/// What rows of a table owe, on the CPU: in place.
struct Shrink<'a> {
    state: &'a State,
    is_meant: &'a (dyn Fn(usize) -> bool + Sync),
}

impl InplaceOp1 for Shrink<'_> {
    fn name(&self) -> &'static str {
        "decay of rows"
    }

    fn cpu_fwd(&self, state: &mut CpuStorage, at: &Layout) -> candle_core::Result<()> {
        match state {
            CpuStorage::F32(state) => self.typed(state, at),
            CpuStorage::F64(state) => self.typed(state, at),
            _ => bail!("AdamW wants f32 or f64"),
        }
    }
}

impl Shrink<'_> {
    fn typed<T: Real>(&self, state: &mut [T], at: &Layout) -> candle_core::Result<()> {
        let Some((start, end)) = at.contiguous_offsets() else { bail!("AdamW wants contiguous tensors") };
        let (weight, width) = ((end - start) / 3, self.state.shape.iter().skip(1).product::<usize>().max(1));
        let factors: Vec<T> = self.state.owed.iter().map(|&factor| T::of(factor)).collect();
        shrink_rows(&mut state[start..start + weight], width, &factors, self.is_meant);
        Ok(())
    }
}

/// A step on the CPU: in place.
struct OnCpu<'a> {
    adamw: &'a AdamW,
    gradient: &'a Gradient,
    touched: RefCell<Vec<bool>>,
}

impl InplaceOp1 for OnCpu<'_> {
    fn name(&self) -> &'static str {
        "adamw"
    }

    fn cpu_fwd(&self, state: &mut CpuStorage, at: &Layout) -> candle_core::Result<()> {
        match state {
            CpuStorage::F32(state) => self.typed(state, at),
            CpuStorage::F64(state) => self.typed(state, at),
            _ => bail!("AdamW wants f32 or f64"),
        }
    }
}

impl OnCpu<'_> {
    fn typed<T: Real>(&self, state: &mut [T], at: &Layout) -> candle_core::Result<()> {
        let numbers = self.gradient.numbers();
        let (storage, of) = numbers.storage_and_layout();
        let (Some((start, end)), Some((from, to)), Storage::Cpu(storage)) =
            (at.contiguous_offsets(), of.contiguous_offsets(), &*storage)
        else {
            bail!("AdamW wants contiguous tensors")
        };
        let (state, gradient) = (&mut state[start..end], &T::cpu_storage_as_slice(storage)?[from..to]);
        match self.gradient {
            Gradient::Dense { .. } => self.adamw.numbers::<T>().step(state, gradient),
            Gradient::Rows { rows, shape, .. } => {
                let width = shape[1..].iter().product();
                let touched = &mut self.touched.borrow_mut();
                self.adamw.numbers::<T>().step_rows(state, (rows, gradient), touched, width);
            }
        }
        Ok(())
    }
}

impl AdamW {
    /// What weights are multiplied by first: 1 − η·λ.
    fn shrink(&self) -> f64 {
        1.0 - self.learning_rate * self.decay
    }

    fn numbers<T: Real>(&self) -> Numbers<T> {
        let power = |beta: f64| 1.0 - beta.powi(self.step as i32);
        Numbers {
            shrink: T::of(self.shrink()),
            rate: T::of(self.learning_rate / power(self.beta1)),
            root: T::of(1.0 / power(self.beta2).sqrt()),
            one_minus_beta1: T::of(1.0 - self.beta1),
            beta2: T::of(self.beta2),
            one_minus_beta2: T::of(1.0 - self.beta2),
            epsilon: T::of(self.epsilon),
            scale: T::of(self.scale),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{AdamW, Gradient, LONGEST, State};
    use candle_core::{Device, Tensor};

    fn bits(tensor: &Tensor) -> Vec<u32> {
        tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap().into_iter().map(f32::to_bits).collect()
    }

    /// Width 150: whole vectors, and what is left of them.
    #[test]
    fn rows_that_wait_are_the_same_to_the_last_bit_once_they_are_read() {
        let (rows, width) = (90usize, 150);
        let weight =
            Tensor::from_vec((0..rows * width).map(|at| (at as f32).sin()).collect(), (rows, width), &Device::Cpu);
        let weight: Tensor = weight.unwrap();
        let mut states = [State::new(&weight).unwrap(), State::new(&weight).unwrap().waiting()];
        for step in 1..2 * LONGEST + 40 {
            // More rows of the first half from time to time; of the second half none ever.
            let chosen: Vec<u32> =
                (0..rows as u32 / 2).filter(|row| (row * 13) as usize % 41 <= step / 20 % 41).collect();
            let values = (0..chosen.len() * width).map(|at| (at + step) as f32 % 7.0 - 3.0).collect::<Vec<f32>>();
            let values = Tensor::from_vec(values, (chosen.len(), width), &Device::Cpu).unwrap();
            let gradient = Gradient::Rows { rows: chosen.clone(), values, shape: vec![rows, width] };
            let learning_rate = 1e-2 / step as f64;
            let adamw = AdamW { learning_rate, decay: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, scale: 0.5, step };
            for state in &mut states {
                state.read(&chosen).unwrap();
            }
            let [at_once, waits] = states.each_ref().map(|state| state.weight().unwrap());
            for &row in &chosen {
                let [at_once, waits] = [&at_once, &waits].map(|weight| bits(&weight.get(row as usize).unwrap()));
                assert_eq!(at_once, waits, "row {row}, as step {step} reads it");
            }
            for state in &mut states {
                state.step(&gradient, &adamw).unwrap();
            }
        }
        let [at_once, waits] = states.each_ref().map(|state| bits(&state.weight().unwrap()));
        assert_ne!(at_once, waits, "some rows wait");
        states.iter_mut().for_each(|state| state.settle().unwrap());
        let [at_once, waits] = states.each_ref().map(|state| bits(&state.tensor));
        assert_eq!(at_once, waits);
    }
}
