//! The gradients that batches add up: each in memory of its own, that goes to the optimizer and comes back.

use super::{Found, Operand, Real, Run, Target, missing};
use crate::Result;
use crate::backend::gradient::Gradient;
use crate::kernel::add::add;
use crate::kernel::table::{Sparse, table_grad};
use crate::program::{Op, Step};
use candle_core::{CpuStorage, Device, InplaceOp1, Layout, Tensor, bail};
use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::OnceLock;

/// What batches have added up so far.
#[derive(Debug, Default)]
pub(in crate::backend) struct Sum {
    /// Of this optimizer step; nothing before its first batch.
    pub(in crate::backend) gradient: Option<Gradient>,
    /// Memory of a step before, to be written again.
    pub(in crate::backend) spare: Option<Tensor>,
}

impl Sum {
    /// Adds a gradient.
    pub(in crate::backend) fn add(&mut self, gradient: &Tensor) -> Result<()> {
        self.gradient = Some(Gradient::from(match self.gradient.take() {
            Some(before) => (before.dense()? + gradient)?,
            None => gradient.clone(),
        }));
        Ok(())
    }
}

/// Writes into a tensor in place, once.
struct Write<T, F> {
    write: Cell<Option<F>>,
    numbers: PhantomData<T>,
}

impl<T: Real, F: FnOnce(&mut [T])> InplaceOp1 for Write<T, F> {
    fn name(&self) -> &'static str {
        "write"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> candle_core::Result<()> {
        let (Some((start, end)), Some(all)) = (layout.contiguous_offsets(), T::numbers_mut(storage)) else {
            bail!("a result lies row by row, and has the type of its values")
        };
        if let Some(write) = self.write.take() {
            write(&mut all[start..end]);
        }
        Ok(())
    }
}

/// The numbers of a tensor on the CPU, to be written.
pub(super) fn write<T: Real>(tensor: &Tensor, write: impl FnOnce(&mut [T])) -> Result<()> {
    Ok(tensor.inplace_op1(&Write { write: Cell::new(Some(write)), numbers: PhantomData })?)
}

impl<T: Real> Run<'_, '_, T> {
    /// A step whose result is the gradient of something made before the batches.
    pub(super) fn summed(&mut self, step: &Step, sum: &mut Sum) -> Result<()> {
        if let Some(gradient) = self.rows(step)? {
            sum.gradient = Some(match sum.gradient.take() {
                None => gradient,
                Some(before) => both::<T>(before, gradient)?,
            });
            return Ok(());
        }
        let kind = self.job.program.kind(step.output);
        let Some(before) = sum.gradient.take() else {
            let tensor = match sum.spare.take() {
                Some(tensor) => tensor,
                None => Tensor::zeros(&kind.shape[..], T::DTYPE, &Device::Cpu)?,
            };
            let (mut result, squares) = (Ok(()), OnceLock::new());
            write(&tensor, |out: &mut [T]| result = self.compute(step, None, Target::Slice(out, Some(&squares))))?;
            result?;
            sum.gradient = Some(Gradient::Dense { numbers: tensor, squares: squares.into_inner() });
            return Ok(());
        };
        let mut more = vec![T::zero(); kind.width()];
        self.compute(step, None, Target::Slice(&mut more, None))?;
        let before = before.dense()?;
        write(&before, |out: &mut [T]| add(out, &more))?;
        sum.gradient = Some(Gradient::from(before));
        Ok(())
    }

    /// The gradient of a table, by the rows that were read.
    fn rows(&mut self, step: &Step) -> Result<Option<Gradient>> {
        let (Op::GatherGrad(kind), &[index, d]) = (&step.op, &step.inputs[..]) else { return Ok(None) };
        let (Some(index), false) = (self.index(index)?, kind.shape.is_empty()) else { return Ok(None) };
        let width: usize = kind.shape[1..].iter().product();
        let operand = match self.find(d).ok_or_else(|| missing(d))? {
            Found::Outside(operand) => operand,
            Found::Arena(range, [rows, width, stride]) => {
                let [data] = self.cpu.arena.lend(0..0, [range]).1;
                Operand { data, rows, width, stride }
            }
        };
        let Sparse { rows, numbers } = table_grad::<T>(&operand.flat(), &index, width);
        let dims = [&[rows.len()], &kind.shape[1..]].concat();
        let values = Tensor::from_vec(numbers, dims, &Device::Cpu)?;
        Ok(Some(Gradient::Rows { rows, values, shape: kind.shape.clone() }))
    }
}

/// Two gradients of one table.
fn both<T: Real>(a: Gradient, b: Gradient) -> Result<Gradient> {
    let (Gradient::Rows { rows, values, shape }, Gradient::Rows { rows: more, values: others, .. }) = (&a, &b) else {
        return Ok(Gradient::from((a.dense()? + b.dense()?)?));
    };
    let sparse = |rows: &[u32], values: &Tensor| -> Result<Sparse<T>> {
        Ok(Sparse { rows: rows.to_vec(), numbers: values.flatten_all()?.to_vec1()? })
    };
    let width: usize = shape[1..].iter().product();
    let Sparse { rows, numbers } = sparse(rows, values)?.plus(&sparse(more, others)?, width);
    let dims = [&[rows.len()], &shape[1..]].concat();
    Ok(Gradient::Rows { rows, values: Tensor::from_vec(numbers, dims, &Device::Cpu)?, shape: shape.clone() })
}
