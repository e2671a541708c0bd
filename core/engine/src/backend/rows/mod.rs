//! Row kernels for the CPU: what would take candle several passes over memory, in one.
//!
//! Safe Rust over slices, in parallel over chunks of rows; sums over rows run in a fixed order of
//! chunks, so that results do not depend on the number of threads. Each kernel is a candle custom op;
//! [`super::candle`] has the same mathematics of candle's own ops for other devices.

mod dropout;
mod gelu;
mod layer_norm;
mod softmax;
mod sums;

pub(super) use dropout::Dropout;
pub(super) use gelu::{Gelu, GeluGrad};
pub(super) use layer_norm::{LayerNorm, LayerNormGrad, LayerNormWeightGrad};
pub(super) use softmax::{Softmax, SoftmaxGrad};
pub(super) use sums::ColumnSums;

use candle_core::{Layout, Result, bail};
use num_traits::Float;
use rayon::prelude::*;

/// f32 or f64.
pub(super) trait Real: Float + Send + Sync + std::iter::Sum + 'static {
    /// From a literal.
    fn of(value: f64) -> Self;
    /// The error function; to 1.5e-7 in f32 (Abramowitz and Stegun 7.1.26), exact in f64.
    fn erf(self) -> Self;
}

impl Real for f64 {
    fn of(value: f64) -> Self {
        value
    }
    fn erf(self) -> Self {
        libm::erf(self)
    }
}

impl Real for f32 {
    fn of(value: f64) -> Self {
        value as Self
    }
    fn erf(self) -> Self {
        let x = self.abs();
        let t = 1.0 / (1.0 + 0.327_591_1 * x);
        let poly = t * (0.254_829_6 + t * (-0.284_496_74 + t * (1.421_413_7 + t * (-1.453_152 + t * 1.061_405_4))));
        (1.0 - poly * (-x * x).exp()).copysign(self)
    }
}

/// Rows a task takes at once.
const CHUNK: usize = 16;
/// Numbers an elementwise task takes at once.
const BLOCK: usize = 8192;

fn view<'a, T>(all: &'a [T], layout: &Layout) -> Result<&'a [T]> {
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&all[start..end]),
        None => bail!("a row kernel wants contiguous operands"),
    }
}

/// Runs a generic kernel on operands of one float type and wraps what it gives.
macro_rules! dispatch {
    ($kernel:ident, [$(($s:expr, $l:expr)),+] $(, $extra:expr)*) => {
        dispatch!(@ $kernel, [$(($s, $l)),+], ($($extra),*))
    };
    (@ $kernel:ident, [($s1:expr, $l1:expr)], $extra:tt) => {
        match $s1 {
            CpuStorage::F32(a) => CpuStorage::F32(dispatch!(= $kernel, [view(a, $l1)?], $extra)),
            CpuStorage::F64(a) => CpuStorage::F64(dispatch!(= $kernel, [view(a, $l1)?], $extra)),
            _ => bail!("a row kernel wants f32 or f64"),
        }
    };
    (@ $kernel:ident, [($s1:expr, $l1:expr), ($s2:expr, $l2:expr)], $extra:tt) => {
        match ($s1, $s2) {
            (CpuStorage::F32(a), CpuStorage::F32(b)) => {
                CpuStorage::F32(dispatch!(= $kernel, [view(a, $l1)?, view(b, $l2)?], $extra))
            }
            (CpuStorage::F64(a), CpuStorage::F64(b)) => {
                CpuStorage::F64(dispatch!(= $kernel, [view(a, $l1)?, view(b, $l2)?], $extra))
            }
            _ => bail!("a row kernel wants operands of one float type"),
        }
    };
    (@ $kernel:ident, [($s1:expr, $l1:expr), ($s2:expr, $l2:expr), ($s3:expr, $l3:expr)], $extra:tt) => {
        match ($s1, $s2, $s3) {
            (CpuStorage::F32(a), CpuStorage::F32(b), CpuStorage::F32(c)) => {
                CpuStorage::F32(dispatch!(= $kernel, [view(a, $l1)?, view(b, $l2)?, view(c, $l3)?], $extra))
            }
            (CpuStorage::F64(a), CpuStorage::F64(b), CpuStorage::F64(c)) => {
                CpuStorage::F64(dispatch!(= $kernel, [view(a, $l1)?, view(b, $l2)?, view(c, $l3)?], $extra))
            }
            _ => bail!("a row kernel wants operands of one float type"),
        }
    };
    (= $kernel:ident, [$($view:expr),+], ($($extra:expr),*)) => { $kernel($($view),+ $(, $extra)*) };
}

fn last(layout: &Layout) -> usize {
    layout.dims().last().copied().unwrap_or(1)
}

/// Maps rows of width `n` into a new buffer, in parallel.
fn map_rows<T: Real>(x: &[T], n: usize, row: impl Fn(usize, &[T], &mut [T]) + Sync) -> Vec<T> {
    let mut out = vec![T::zero(); x.len()];
    let step = CHUNK * n.max(1);
    out.par_chunks_mut(step).zip(x.par_chunks(step)).enumerate().for_each(|(chunk, (out, x))| {
        for (at, (out, x)) in out.chunks_exact_mut(n).zip(x.chunks_exact(n)).enumerate() {
            row(chunk * CHUNK + at, x, out);
        }
    });
    out
}

fn map_blocks<T: Real>(x: &[T], f: impl Fn(T) -> T + Sync) -> Vec<T> {
    let mut out = vec![T::zero(); x.len()];
    out.par_chunks_mut(BLOCK).zip(x.par_chunks(BLOCK)).for_each(|(out, x)| {
        for (o, &x) in out.iter_mut().zip(x) {
            *o = f(x);
        }
    });
    out
}

/// Adds rows into `n` sums: chunks of 64 rows in parallel, then the chunks in order.
fn sum_rows<T: Real>(rows: usize, n: usize, add: impl Fn(usize, &mut [T]) + Sync) -> Vec<T> {
    const ROWS: usize = 64;
    let parts: Vec<Vec<T>> = (0..rows.div_ceil(ROWS))
        .into_par_iter()
        .map(|chunk| {
            let mut sum = vec![T::zero(); n];
            (chunk * ROWS..rows.min((chunk + 1) * ROWS)).for_each(|row| add(row, &mut sum));
            sum
        })
        .collect();
    let mut total = vec![T::zero(); n];
    for part in parts {
        for (total, part) in total.iter_mut().zip(part) {
            *total = *total + part;
        }
    }
    total
}

use dispatch;
