//! Layer norm over the last axis.

use super::{Kernel, Operand, Real, map_rows, sum, sum_rows};
use candle_core::{Result, Shape};

/// Mean and 1/√(variance + eps) of a row.
#[inline(always)]
fn moments<T: Real>(x: &[T], eps: f64) -> (T, T) {
    let n = T::of(x.len() as f64);
    let mean = sum(x.len(), |at| x[at]) / n;
    let variance = sum(x.len(), |at| (x[at] - mean) * (x[at] - mean)) / n;
    (mean, T::one() / (variance + T::of(eps)).sqrt())
}

/// Layer norm over the last axis: x, w, b.
pub(crate) struct LayerNorm {
    /// Added to the variance.
    pub eps: f64,
}

impl Kernel<3> for LayerNorm {
    fn compute<T: Real>(&self, [x, w, b]: [Operand<'_, T>; 3]) -> Result<(Vec<T>, Shape)> {
        let (w, b) = (w.flat()?, b.flat()?);
        let out = map_rows(
            x.flat()?,
            w.len(),
            #[inline(always)]
            |_, x, out| {
                let (mean, scale) = moments(x, self.eps);
                for (((o, &x), &w), &b) in out.iter_mut().zip(x).zip(w).zip(b) {
                    *o = (x - mean) * scale * w + b;
                }
            },
        );
        Ok((out, x.shape()))
    }
}

/// dx of a layer norm: x, w, d.
pub(crate) struct LayerNormGrad {
    /// As in the norm.
    pub eps: f64,
}

impl Kernel<3> for LayerNormGrad {
    fn compute<T: Real>(&self, [x, w, d]: [Operand<'_, T>; 3]) -> Result<(Vec<T>, Shape)> {
        let (w, slopes) = (w.flat()?, d.flat()?);
        let n = w.len();
        let out = map_rows(
            x.flat()?,
            n,
            #[inline(always)]
            |row, x, out| {
                let (x, d) = (&x[..n], &slopes[row * n..][..n]);
                let (mean, scale) = moments(x, self.eps);
                let share = T::one() / T::of(n as f64);
                let flat = sum(n, |at| d[at] * w[at]) * share;
                let dot = sum(n, |at| d[at] * w[at] * (x[at] - mean)) * scale * share;
                for (((o, &x), &w), &d) in out.iter_mut().zip(x).zip(w).zip(d) {
                    *o = scale * (d * w - flat - (x - mean) * scale * dot);
                }
            },
        );
        Ok((out, x.shape()))
    }
}

/// dw of a layer norm: x, d → `[n]`.
pub(crate) struct LayerNormWeightGrad {
    /// As in the norm.
    pub eps: f64,
}

impl Kernel<2> for LayerNormWeightGrad {
    fn compute<T: Real>(&self, [x, d]: [Operand<'_, T>; 2]) -> Result<(Vec<T>, Shape)> {
        let n = x.last();
        let (x, d) = (x.flat()?, d.flat()?);
        let out = sum_rows(
            x.len() / n.max(1),
            n,
            #[inline(always)]
            |row, out| {
                let (x, d) = (&x[row * n..][..n], &d[row * n..][..n]);
                let (mean, scale) = moments(x, self.eps);
                for ((o, &x), &d) in out.iter_mut().zip(x).zip(d) {
                    *o += d * (x - mean) * scale;
                }
            },
        );
        Ok((out, Shape::from(n)))
    }
}
