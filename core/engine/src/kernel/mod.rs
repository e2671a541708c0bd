//! Kernels of the CPU: what would take candle several passes over memory, in one. One file an operation,
//! both directions.
//!
//! Each is a function of slices of f32 or f64 that writes its result into another; [`crate::backend::candle`] has the
//! same mathematics of candle's own ops for other devices. Loops are plain Rust, compiled for every vector
//! width and chosen at run time (`width`). They run in parallel over chunks of fixed size (`pool`), and sums go over
//! the chunks in order: the same bits for every number of threads.
//!
//! `unsafe` is allowed here, and used in `pool` (tasks on other threads, chunks of one slice), `arena` (values that lie
//! side by side), `adamw`, `attention`, `draw`, `small`, `vector` (slices of tasks, vectors of AVX-512), `product` (`gemm`,
//! the vectors of AVX-512 and AVX-512-BF16, the tiles of AMX), `width` (tiles are asked for) and `memory` (an option of
//! the allocator).

#![allow(unsafe_code)]

pub(crate) mod activation;
pub(crate) mod adamw;
pub(crate) mod add;
mod ahead;
pub(crate) mod arena;
pub(crate) mod attention;
pub(crate) mod axes;
mod crf;
mod draw;
pub(crate) mod dropout;
mod float;
pub(crate) mod gelu;
pub(crate) mod layer_norm;
mod lstm;
pub(crate) mod memory;
mod own;
pub(crate) mod pool;
pub(crate) mod prefixed;
pub(crate) mod product;
mod run;
mod small;
pub(crate) mod softmax;
pub(crate) mod stack;
pub(crate) mod sums;
pub(crate) mod table;
#[cfg(target_arch = "x86_64")]
mod vector;
pub(crate) mod width;

#[cfg(feature = "mimalloc")]
pub use memory::Lines;
pub use pool::{alone, threads};
pub use width::Width;

pub(crate) use crf::{Chain, Crf, CrfGrad, CrfTableGrad};
pub(crate) use lstm::{Lstm, LstmBefore, LstmGrad};
pub(crate) use run::run;
use run::{Kernel, Operand};

pub(crate) use float::Real;
pub(crate) use product::thin::MOST as NARROW;
pub(crate) use width::simd;

use ahead::{AHEAD, ahead};
use float::sum;
use pool::chunks;

/// Rows a task takes at once.
const CHUNK: usize = 16;
/// Numbers an elementwise task takes at once.
const BLOCK: usize = 8192;

/// Writes rows of width `n`, in parallel. `row` gets the row's number, and is inlined into a [`simd`] loop.
fn rows<T: Real>(out: &mut [T], n: usize, row: impl Fn(usize, &mut [T]) + Sync) {
    let n = n.max(1);
    chunks(out, CHUNK * n, |chunk, out| {
        simd(
            #[inline(always)]
            || {
                for (at, out) in out.chunks_exact_mut(n).enumerate() {
                    ahead(out, n, n);
                    row(chunk * CHUNK + at, out);
                }
            },
        );
    });
}

/// out = f(out, x), number by number, in parallel. `f` is inlined into a [`simd`] loop.
///
/// Sixteen pairs are read before any result is written, from arrays of a known length: or the compiler has to think that
/// writing one result changes the next pair, or that a place may not be there, and makes no vectors.
fn update<T: Real>(out: &mut [T], x: &[T], f: impl Fn(T, T) -> T + Sync) {
    const LANES: usize = 16;
    assert_eq!(out.len(), x.len(), "the operands of an elementwise kernel");
    chunks(out, BLOCK, |block, out| {
        let x = &x[block * BLOCK..][..out.len()];
        simd(
            #[inline(always)]
            || {
                let ((blocks, rest), (x, x_rest)) = (out.as_chunks_mut::<LANES>(), x.as_chunks::<LANES>());
                for (out, x) in blocks.iter_mut().zip(x) {
                    ahead(out, AHEAD, LANES);
                    ahead(x, AHEAD, LANES);
                    let (mut left, right) = (*out, *x);
                    for (left, right) in left.iter_mut().zip(right) {
                        *left = f(*left, right);
                    }
                    *out = left;
                }
                for (out, &x) in rest.iter_mut().zip(x_rest) {
                    *out = f(*out, x);
                }
            },
        );
    });
}

/// out = f(x), number by number, in parallel. `f` is inlined into a [`simd`] loop.
fn map<T: Real>(out: &mut [T], x: &[T], f: impl Fn(T) -> T + Sync) {
    update(
        out,
        x,
        #[inline(always)]
        |_, x| f(x),
    );
}

/// Adds rows into `out`: chunks of 64 rows in parallel, then the chunks in order.
fn sum_rows<T: Real>(rows: usize, out: &mut [T], add: impl Fn(usize, &mut [T]) + Sync) {
    const ROWS: usize = 64;
    let n = out.len();
    let mut parts = vec![T::zero(); rows.div_ceil(ROWS) * n];
    chunks(&mut parts, n, |chunk, sum| {
        simd(
            #[inline(always)]
            || {
                for row in chunk * ROWS..rows.min((chunk + 1) * ROWS) {
                    add(row, sum);
                }
            },
        );
    });
    out.fill(T::zero());
    for part in parts.chunks_exact(n.max(1)) {
        for (total, &part) in out.iter_mut().zip(part) {
            *total += part;
        }
    }
}
