//! How a kernel meets tensors: those of heads, which run outside the arena.

use super::float::Real;
use candle_core::{DType, Device, Layout, Result, Shape, Storage, Tensor, bail};

/// What is computed of N operands of one float type.
pub(crate) trait Kernel<const N: usize> {
    /// The result, row by row, and its shape.
    ///
    /// # Errors
    /// Operands that do not fit.
    fn compute<T: Real>(&self, operands: [Operand<'_, T>; N]) -> Result<(Vec<T>, Shape)>;
}

/// A tensor on the CPU, of f32 or f64.
#[derive(Clone, Copy)]
pub(crate) struct Operand<'a, T> {
    data: &'a [T],
    layout: &'a Layout,
}

impl<'a, T> Operand<'a, T> {
    /// Its numbers, row by row; without a copy, so it has to be contiguous.
    pub(super) fn flat(&self) -> Result<&'a [T]> {
        match self.layout.contiguous_offsets() {
            Some((start, end)) => Ok(&self.data[start..end]),
            None => bail!("a kernel wants contiguous operands, found {:?}", self.layout),
        }
    }

    /// Its dimensions.
    pub(super) fn dims(&self) -> &'a [usize] {
        self.layout.dims()
    }

    /// Its shape.
    pub(super) fn shape(&self) -> Shape {
        self.layout.shape().clone()
    }

    /// The last dimension; 1 of a number.
    pub(super) fn last(&self) -> usize {
        self.dims().last().copied().unwrap_or(1)
    }
}

/// Runs a kernel on tensors of the CPU.
///
/// # Errors
/// Operands that are not f32 or not f64 together, that lie elsewhere, or that the kernel refuses.
pub(crate) fn run<const N: usize>(kernel: &impl Kernel<N>, tensors: [&Tensor; N]) -> Result<Tensor> {
    match tensors.first().map(|tensor| tensor.dtype()) {
        Some(DType::F32) => typed::<f32, N>(kernel, tensors),
        Some(DType::F64) => typed::<f64, N>(kernel, tensors),
        found => bail!("a kernel wants f32 or f64, found {found:?}"),
    }
}

fn typed<T: Real, const N: usize>(kernel: &impl Kernel<N>, tensors: [&Tensor; N]) -> Result<Tensor> {
    let read = tensors.map(Tensor::storage_and_layout);
    let mut operands = Vec::with_capacity(N);
    for (storage, layout) in &read {
        let Storage::Cpu(storage) = &**storage else { bail!("a kernel wants operands on the CPU") };
        operands.push(Operand { data: T::cpu_storage_as_slice(storage)?, layout });
    }
    let Ok(operands) = operands.try_into() else { unreachable!("there is one operand a tensor") };
    let (result, shape) = kernel.compute::<T>(operands)?;
    Tensor::from_vec(result, shape, &Device::Cpu)
}
