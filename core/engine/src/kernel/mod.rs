//! Kernels of the CPU: what would take candle several passes over memory, in one. One file an operation,
//! both directions.
//!
//! Each is a candle custom op of f32 or f64 over contiguous operands; [`crate::backend::candle`] has the
//! same mathematics of candle's own ops for other devices. Loops are plain Rust, compiled for every vector
//! width and chosen at run time ([`simd`]). They run in parallel over chunks of fixed size, sums go over
//! the chunks in order, and no product is fused with a sum behind our back: the same bits for every number
//! of threads and every width.
//!
//! `unsafe` is allowed here, and used in [`buffer`] (memory that its chunks fill), [`product`] (the call of
//! `gemm`) and [`memory`] (an option of the allocator).

#![allow(unsafe_code)]

mod add;
mod attention;
mod buffer;
mod dropout;
mod float;
mod gelu;
mod layer_norm;
mod linear;
pub mod memory;
mod product;
mod small;
mod softmax;
mod sums;
mod table;

pub(crate) use add::Add;
pub(crate) use attention::{Attention, AttentionGrad};
pub(crate) use dropout::Dropout;
pub(crate) use gelu::{Gelu, GeluGrad};
pub(crate) use layer_norm::{LayerNorm, LayerNormGrad, LayerNormWeightGrad};
pub(crate) use linear::{Linear, Product};
pub(crate) use softmax::{Softmax, SoftmaxGrad};
pub(crate) use sums::ColumnSums;
pub(crate) use table::TableGrad;

use buffer::filled;
use candle_core::{Layout, Result, bail};
use float::{Real, sum};
use rayon::prelude::*;

/// Rows a task takes at once.
const CHUNK: usize = 16;
/// Numbers an elementwise task takes at once.
const BLOCK: usize = 8192;

/// Runs a loop compiled for the widest vectors that this processor has. What it calls must be inlined into
/// it, or it is compiled for the narrowest.
#[inline(always)]
pub(crate) fn simd<R>(run: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(run)
}

fn view<'a, T>(all: &'a [T], layout: &Layout) -> Result<&'a [T]> {
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&all[start..end]),
        None => bail!("a kernel wants contiguous operands"),
    }
}

/// Runs a generic kernel on operands of one float type and wraps what it gives.
macro_rules! dispatch {
    ($kernel:expr, [$(($s:expr, $l:expr)),+] $(, $extra:expr)*) => {
        dispatch!(@ $kernel, [$(($s, $l)),+], ($($extra),*))
    };
    (@ $kernel:expr, [($s1:expr, $l1:expr)], $extra:tt) => {
        match $s1 {
            CpuStorage::F32(a) => CpuStorage::F32(dispatch!(= $kernel, [view(a, $l1)?], $extra)),
            CpuStorage::F64(a) => CpuStorage::F64(dispatch!(= $kernel, [view(a, $l1)?], $extra)),
            _ => bail!("a kernel wants f32 or f64"),
        }
    };
    (@ $kernel:expr, [($s1:expr, $l1:expr), ($s2:expr, $l2:expr)], $extra:tt) => {
        match ($s1, $s2) {
            (CpuStorage::F32(a), CpuStorage::F32(b)) => {
                CpuStorage::F32(dispatch!(= $kernel, [view(a, $l1)?, view(b, $l2)?], $extra))
            }
            (CpuStorage::F64(a), CpuStorage::F64(b)) => {
                CpuStorage::F64(dispatch!(= $kernel, [view(a, $l1)?, view(b, $l2)?], $extra))
            }
            _ => bail!("a kernel wants operands of one float type"),
        }
    };
    (@ $kernel:expr, [($s1:expr, $l1:expr), ($s2:expr, $l2:expr), ($s3:expr, $l3:expr)], $extra:tt) => {
        match ($s1, $s2, $s3) {
            (CpuStorage::F32(a), CpuStorage::F32(b), CpuStorage::F32(c)) => {
                CpuStorage::F32(dispatch!(= $kernel, [view(a, $l1)?, view(b, $l2)?, view(c, $l3)?], $extra))
            }
            (CpuStorage::F64(a), CpuStorage::F64(b), CpuStorage::F64(c)) => {
                CpuStorage::F64(dispatch!(= $kernel, [view(a, $l1)?, view(b, $l2)?, view(c, $l3)?], $extra))
            }
            _ => bail!("a kernel wants operands of one float type"),
        }
    };
    (= $kernel:expr, [$($view:expr),+], ($($extra:expr),*)) => { $kernel($($view),+ $(, $extra)*) };
}

fn last(layout: &Layout) -> usize {
    layout.dims().last().copied().unwrap_or(1)
}

/// Maps rows of width `n` into a new buffer, in parallel. `row` is inlined into a [`simd`] loop.
fn map_rows<T: Real>(x: &[T], n: usize, row: impl Fn(usize, &[T], &mut [T]) + Sync) -> Vec<T> {
    let step = CHUNK * n.max(1);
    filled(x.len(), step, |chunk, out| {
        let x = &x[chunk * step..][..out.len()];
        simd(
            #[inline(always)]
            || {
                for (at, (out, x)) in out.chunks_exact_mut(n).zip(x.chunks_exact(n)).enumerate() {
                    row(chunk * CHUNK + at, x, out);
                }
            },
        );
    })
}

/// Maps numbers one by one, in parallel. `f` is inlined into a [`simd`] loop.
fn map_blocks<T: Real>(x: &[T], f: impl Fn(T) -> T + Sync) -> Vec<T> {
    filled(x.len(), BLOCK, |block, out| {
        let x = &x[block * BLOCK..][..out.len()];
        simd(
            #[inline(always)]
            || out.iter_mut().zip(x).for_each(|(o, &x)| *o = f(x)),
        );
    })
}

/// Maps pairs of numbers, in parallel. `f` is inlined into a [`simd`] loop.
fn map_pairs<T: Real>(x: &[T], y: &[T], f: impl Fn(T, T) -> T + Sync) -> Vec<T> {
    filled(x.len(), BLOCK, |block, out| {
        let (x, y) = (&x[block * BLOCK..][..out.len()], &y[block * BLOCK..][..out.len()]);
        simd(
            #[inline(always)]
            || out.iter_mut().zip(x).zip(y).for_each(|((o, &x), &y)| *o = f(x, y)),
        );
    })
}

/// Adds rows into `n` sums: chunks of 64 rows in parallel, then the chunks in order.
fn sum_rows<T: Real>(rows: usize, n: usize, add: impl Fn(usize, &mut [T]) + Sync) -> Vec<T> {
    const ROWS: usize = 64;
    let parts: Vec<Vec<T>> = (0..rows.div_ceil(ROWS))
        .into_par_iter()
        .map(|chunk| {
            let mut sum = vec![T::zero(); n];
            simd(
                #[inline(always)]
                || (chunk * ROWS..rows.min((chunk + 1) * ROWS)).for_each(|row| add(row, &mut sum)),
            );
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
