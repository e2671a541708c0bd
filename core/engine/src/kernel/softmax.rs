//! Softmax over the last axis.

use super::{Real, rows, sum};

/// Softmax of one row, in place.
#[inline(always)]
pub(super) fn row<T: Real>(x: &mut [T]) {
    if T::has_vectors() {
        return T::vector_softmax(x);
    }
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

/// out = softmax of rows of `n` numbers.
pub(crate) fn softmax<T: Real>(out: &mut [T], x: &[T], n: usize) {
    rows(
        out,
        n,
        #[inline(always)]
        |at, out| {
            out.copy_from_slice(&x[at * n..][..n]);
            row(out);
        },
    );
}

/// d = y ⊙ (d − y·d), row by row of `n` numbers.
pub(crate) fn softmax_grad<T: Real>(d: &mut [T], y: &[T], n: usize) {
    rows(
        d,
        n,
        #[inline(always)]
        |at, d| row_grad(&y[at * n..][..n], d),
    );
}
