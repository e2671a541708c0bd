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

use crate::Result;
use crate::kernel::simd;
use candle_core::{CpuStorage, InplaceOp2, Layout, Tensor, bail};
use rayon::prelude::*;

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
}

impl State {
    /// A weight with moments 0.
    ///
    /// # Errors
    /// What the tensor library refuses.
    pub fn new(weight: &Tensor) -> Result<Self> {
        let flat = weight.reshape((1, ()))?;
        let tensor = Tensor::cat(&[&flat, &flat.zeros_like()?, &flat.zeros_like()?], 0)?;
        Ok(Self { tensor, shape: weight.dims().to_vec() })
    }

    /// Weight and moments as they were saved: three tensors of one shape.
    ///
    /// # Errors
    /// What the tensor library refuses.
    pub fn restore(weight: &Tensor, first: &Tensor, second: &Tensor) -> Result<Self> {
        let flat = [weight, first, second].map(|t| t.reshape((1, ())));
        let [weight_row, first, second] = flat;
        let tensor = Tensor::cat(&[weight_row?, first?, second?], 0)?;
        Ok(Self { tensor, shape: weight.dims().to_vec() })
    }

    fn row(&self, at: usize) -> Result<Tensor> {
        Ok(self.tensor.narrow(0, at, 1)?.reshape(&self.shape[..])?)
    }

    /// The weight: on the CPU a view that moves with every step.
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
    pub fn step(&mut self, gradient: &Tensor, adamw: &AdamW) -> Result<()> {
        let gradient = gradient.flatten_all()?.contiguous()?;
        if self.tensor.device().is_cpu() {
            self.tensor.inplace_op2(&gradient, adamw)?;
            return Ok(());
        }
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
}

impl InplaceOp2 for AdamW {
    fn name(&self) -> &'static str {
        "adamw"
    }

    fn cpu_fwd(
        &self,
        state: &mut CpuStorage,
        at: &Layout,
        gradient: &CpuStorage,
        of: &Layout,
    ) -> candle_core::Result<()> {
        let (Some((start, end)), Some((from, to))) = (at.contiguous_offsets(), of.contiguous_offsets()) else {
            bail!("AdamW wants contiguous tensors")
        };
        match (state, gradient) {
            (CpuStorage::F32(state), CpuStorage::F32(g)) => self.update_f32(&mut state[start..end], &g[from..to]),
            (CpuStorage::F64(state), CpuStorage::F64(g)) => self.update_f64(&mut state[start..end], &g[from..to]),
            _ => bail!("AdamW wants f32 or f64"),
        }
        Ok(())
    }
}

/// The same lines for both widths.
macro_rules! update {
    ($name:ident, $float:ty) => {
        fn $name(&self, state: &mut [$float], gradient: &[$float]) {
            const CHUNK: usize = 1 << 14;
            let n = gradient.len();
            let (w, moments) = state.split_at_mut(n);
            let (m, v) = moments.split_at_mut(n);
            let power = |beta: f64| 1.0 - beta.powi(self.step as i32);
            let shrink = (1.0 - self.learning_rate * self.decay) as $float;
            let rate = (self.learning_rate / power(self.beta1)) as $float;
            let root = (1.0 / power(self.beta2).sqrt()) as $float;
            let (one_minus_beta1, beta2) = ((1.0 - self.beta1) as $float, self.beta2 as $float);
            let one_minus_beta2 = (1.0 - self.beta2) as $float;
            let (epsilon, scale) = (self.epsilon as $float, self.scale as $float);
            let chunks = w.par_chunks_mut(CHUNK).zip(m.par_chunks_mut(CHUNK)).zip(v.par_chunks_mut(CHUNK));
            chunks.zip(gradient.par_chunks(CHUNK)).for_each(|(((w, m), v), g)| {
                simd(
                    #[inline(always)]
                    || {
                        for (((w, m), v), g) in w.iter_mut().zip(m).zip(v).zip(g) {
                            let g = g * scale;
                            *m += (g - *m) * one_minus_beta1;
                            *v = *v * beta2 + g * g * one_minus_beta2;
                            *w = *w * shrink - rate * *m / (v.sqrt() * root + epsilon);
                        }
                    },
                );
            });
        }
    };
}

impl AdamW {
    update!(update_f32, f32);
    update!(update_f64, f64);
}
