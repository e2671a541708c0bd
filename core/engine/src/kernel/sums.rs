//! Sums over rows.

use super::{Kernel, Operand, Real, sum_rows};
use candle_core::{Result, Shape};

/// Sums over all axes but the last: (rows, n) → (n).
pub(crate) struct ColumnSums;

impl Kernel<1> for ColumnSums {
    fn compute<T: Real>(&self, [x]: [Operand<'_, T>; 1]) -> Result<(Vec<T>, Shape)> {
        let n = x.last();
        let x = x.flat()?;
        let out = sum_rows(
            x.len() / n.max(1),
            n,
            #[inline(always)]
            |row, out| {
                for (o, &x) in out.iter_mut().zip(&x[row * n..][..n]) {
                    *o += x;
                }
            },
        );
        Ok((out, Shape::from(n)))
    }
}
