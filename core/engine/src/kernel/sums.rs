//! Sums over rows.

use super::{Real, ahead, sum_rows};

/// out = the sum of `count` rows of out.len() numbers, `stride` apart.
pub(crate) fn column_sums<T: Real>(out: &mut [T], x: &[T], count: usize, stride: usize) {
    sum_rows(
        count,
        out,
        #[inline(always)]
        |row, out| {
            ahead(x, (row + 1) * stride, out.len());
            let x = &x[row * stride..][..out.len()];
            for (o, &x) in out.iter_mut().zip(x) {
                *o += x;
            }
        },
    );
}
