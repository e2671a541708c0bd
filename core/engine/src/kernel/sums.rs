//! Sums over rows.

use super::{Real, dispatch, last, sum_rows, view};
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, bail};

fn column_sums<T: Real>(x: &[T], n: usize) -> Vec<T> {
    sum_rows(
        x.len() / n.max(1),
        n,
        #[inline(always)]
        |row, out| {
            for (o, &x) in out.iter_mut().zip(&x[row * n..][..n]) {
                *o = *o + x;
            }
        },
    )
}

/// Sums over all axes but the last: (rows, n) → (n).
pub(crate) struct ColumnSums;

impl CustomOp1 for ColumnSums {
    fn name(&self) -> &'static str {
        "column-sums"
    }
    fn cpu_fwd(&self, s: &CpuStorage, l: &Layout) -> Result<(CpuStorage, Shape)> {
        let n = last(l);
        Ok((dispatch!(column_sums, [(s, l)], n), Shape::from(n)))
    }
}
