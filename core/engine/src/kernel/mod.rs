//! Kernels of the CPU: what would take candle several passes over memory, in one. One file an operation,
//! both directions.
//!
//! Each is a `Kernel` of f32 or f64 tensors, and `run` runs it; [`crate::backend::candle`] has the same
//! mathematics of candle's own ops for other devices. Loops are plain Rust, compiled for every vector
//! width and chosen at run time (`simd`). They run in parallel over chunks of fixed size, sums go over
//! the chunks in order, and no product is fused with a sum behind our back: the same bits for every number
//! of threads and every width.
//!
//! `unsafe` is allowed here, and used in `buffer` (memory that its chunks fill), `product` (the call of
//! `gemm`, and the vectors of AVX-512-BF16) and `memory` (an option of the allocator).

#![allow(unsafe_code)]

mod add;
mod attention;
mod buffer;
mod crf;
mod dropout;
mod float;
mod gelu;
mod layer_norm;
mod linear;
mod lstm;
#[cfg(feature = "mimalloc")]
pub mod memory;
mod product;
mod run;
mod small;
mod softmax;
mod sums;
mod table;

pub(crate) use add::Add;
pub(crate) use attention::{Attention, AttentionGrad};
pub(crate) use crf::{Chain, Crf, CrfGrad, CrfTableGrad};
pub(crate) use dropout::Dropout;
pub(crate) use gelu::{Gelu, GeluGrad};
pub(crate) use layer_norm::{LayerNorm, LayerNormGrad, LayerNormWeightGrad};
pub(crate) use linear::{Linear, Product};
pub(crate) use lstm::{Lstm, LstmBefore, LstmGrad};
pub(crate) use run::run;
pub(crate) use softmax::{Softmax, SoftmaxGrad};
pub(crate) use sums::ColumnSums;
pub(crate) use table::TableGrad;

use buffer::filled;
use float::{Real, sum};
use rayon::prelude::*;
use run::{Kernel, Operand};

/// Rows a task takes at once.
const CHUNK: usize = 16;
/// Numbers an elementwise task takes at once.
const BLOCK: usize = 8192;

/// Runs a loop compiled for the widest vectors that this processor has. What it calls must be inlined into
/// it, or it is compiled for the narrowest: so loops are written as `for`, because the `fold` behind `for_each` is not
/// always inlined.
#[inline(always)]
pub(crate) fn simd<R>(run: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(run)
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
    map_pairs(
        x,
        x,
        #[inline(always)]
        |x, _| f(x),
    )
}

/// Maps pairs of numbers, in parallel. `f` is inlined into a [`simd`] loop.
///
/// Sixteen pairs are read before any result is written, into arrays of a known length: or the compiler has to think
/// that writing one result changes the next pair, or that a place may not be there, and makes no vectors.
fn map_pairs<T: Real>(x: &[T], y: &[T], f: impl Fn(T, T) -> T + Sync) -> Vec<T> {
    const LANES: usize = 16;
    filled(x.len(), BLOCK, |block, out| {
        let (x, y) = (&x[block * BLOCK..][..out.len()], &y[block * BLOCK..][..out.len()]);
        simd(
            #[inline(always)]
            || {
                for ((out, x), y) in out.chunks_mut(LANES).zip(x.chunks(LANES)).zip(y.chunks(LANES)) {
                    let (mut left, mut right) = ([T::zero(); LANES], [T::zero(); LANES]);
                    left[..x.len()].copy_from_slice(x);
                    right[..y.len()].copy_from_slice(y);
                    for (left, &right) in left.iter_mut().zip(&right) {
                        *left = f(*left, right);
                    }
                    out.copy_from_slice(&left[..out.len()]);
                }
            },
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
                || {
                    for row in chunk * ROWS..rows.min((chunk + 1) * ROWS) {
                        add(row, &mut sum);
                    }
                },
            );
            sum
        })
        .collect();
    let mut total = vec![T::zero(); n];
    for part in parts {
        for (total, part) in total.iter_mut().zip(part) {
            *total += part;
        }
    }
    total
}
