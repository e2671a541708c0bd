//! Softmax over the last axis.

use super::{Real, dispatch, last, map_rows, sum, view};
use candle_core::{CpuStorage, CustomOp1, CustomOp2, Layout, Result, Shape, bail};

/// Softmax of one row, in place.
#[inline(always)]
pub(super) fn row<T: Real>(x: &mut [T]) {
    // Sixteen maxima side by side; a NaN is no maximum, and comes out of the exponential again.
    let mut tops = [T::neg_infinity(); 16];
    let mut groups = x.chunks_exact(16);
    for group in &mut groups {
        for (top, &x) in tops.iter_mut().zip(group) {
            *top = if x > *top { x } else { *top };
        }
    }
    for &x in groups.remainder() {
        tops[0] = if x > tops[0] { x } else { tops[0] };
    }
    let top = tops.into_iter().fold(T::neg_infinity(), |a, b| if b > a { b } else { a });
    x.iter_mut().for_each(|x| *x = (*x - top).e_to());
    let share = T::one() / sum(x.len(), |at| x[at]);
    x.iter_mut().for_each(|x| *x = *x * share);
}

/// y ⊙ (d − y·d) of one row; d becomes it.
#[inline(always)]
pub(super) fn row_grad<T: Real>(y: &[T], d: &mut [T]) {
    let y = &y[..d.len()];
    let dot = sum(y.len(), |at| y[at] * d[at]);
    for (d, &y) in d.iter_mut().zip(y) {
        *d = y * (*d - dot);
    }
}

fn softmax<T: Real>(x: &[T], n: usize) -> Vec<T> {
    map_rows(
        x,
        n,
        #[inline(always)]
        |_, x, out| {
            out.copy_from_slice(x);
            row(out);
        },
    )
}

/// Softmax over the last axis.
pub(crate) struct Softmax;

impl CustomOp1 for Softmax {
    fn name(&self) -> &'static str {
        "softmax"
    }
    fn cpu_fwd(&self, s: &CpuStorage, l: &Layout) -> Result<(CpuStorage, Shape)> {
        let n = last(l);
        Ok((dispatch!(softmax, [(s, l)], n), l.shape().clone()))
    }
}

fn softmax_grad<T: Real>(y: &[T], d: &[T], n: usize) -> Vec<T> {
    map_rows(
        y,
        n,
        #[inline(always)]
        |row, y, out| {
            out.copy_from_slice(&d[row * n..][..n]);
            row_grad(y, out);
        },
    )
}

/// y ⊙ (d − y·d) over the last axis: y, d.
pub(crate) struct SoftmaxGrad;

impl CustomOp2 for SoftmaxGrad {
    fn name(&self) -> &'static str {
        "softmax-grad"
    }
    fn cpu_fwd(&self, s1: &CpuStorage, l1: &Layout, s2: &CpuStorage, l2: &Layout) -> Result<(CpuStorage, Shape)> {
        let n = last(l1);
        Ok((dispatch!(softmax_grad, [(s1, l1), (s2, l2)], n), l1.shape().clone()))
    }
}
