//! Softmax over the last axis.

use super::{Kernel, Operand, Real, map_rows, sum};
use candle_core::{Result, Shape};

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
    let mut top = T::neg_infinity();
    for lane in tops {
        top = if lane > top { lane } else { top };
    }
    for x in x.iter_mut() {
        *x = (*x - top).e_to();
    }
    let share = T::one() / sum(x.len(), |at| x[at]);
    for x in x {
        *x *= share;
    }
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

/// Softmax over the last axis.
pub(crate) struct Softmax;

impl Kernel<1> for Softmax {
    fn compute<T: Real>(&self, [x]: [Operand<'_, T>; 1]) -> Result<(Vec<T>, Shape)> {
        let out = map_rows(
            x.flat()?,
            x.last(),
            #[inline(always)]
            |_, x, out| {
                out.copy_from_slice(x);
                row(out);
            },
        );
        Ok((out, x.shape()))
    }
}

/// y ⊙ (d − y·d) over the last axis: y, d.
pub(crate) struct SoftmaxGrad;

impl Kernel<2> for SoftmaxGrad {
    fn compute<T: Real>(&self, [y, d]: [Operand<'_, T>; 2]) -> Result<(Vec<T>, Shape)> {
        let (slopes, n) = (d.flat()?, y.last());
        let out = map_rows(
            y.flat()?,
            n,
            #[inline(always)]
            |row, y, out| {
                out.copy_from_slice(&slopes[row * n..][..n]);
                row_grad(y, out);
            },
        );
        Ok((out, y.shape()))
    }
}
