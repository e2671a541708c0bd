//! Layer norm over the last axis.

use super::{Real, dispatch, last, map_rows, sum, sum_rows, view};
use candle_core::{CpuStorage, CustomOp2, CustomOp3, Layout, Result, Shape, bail};

/// Mean and 1/√(variance + eps) of a row.
#[inline(always)]
fn moments<T: Real>(x: &[T], eps: f64) -> (T, T) {
    let n = T::of(x.len() as f64);
    let mean = sum(x.len(), |at| x[at]) / n;
    let variance = sum(x.len(), |at| (x[at] - mean) * (x[at] - mean)) / n;
    (mean, T::one() / (variance + T::of(eps)).sqrt())
}

fn layer_norm<T: Real>(x: &[T], w: &[T], b: &[T], eps: f64) -> Vec<T> {
    map_rows(
        x,
        w.len(),
        #[inline(always)]
        |_, x, out| {
            let (mean, scale) = moments(x, eps);
            for (((o, &x), &w), &b) in out.iter_mut().zip(x).zip(w).zip(b) {
                *o = (x - mean) * scale * w + b;
            }
        },
    )
}

/// Layer norm over the last axis: x, w, b.
pub(crate) struct LayerNorm {
    /// Added to the variance.
    pub eps: f64,
}

impl CustomOp3 for LayerNorm {
    fn name(&self) -> &'static str {
        "layer-norm"
    }
    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
        s3: &CpuStorage,
        l3: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        Ok((dispatch!(layer_norm, [(s1, l1), (s2, l2), (s3, l3)], self.eps), l1.shape().clone()))
    }
}

fn layer_norm_grad<T: Real>(x: &[T], w: &[T], d: &[T], eps: f64) -> Vec<T> {
    let n = w.len();
    map_rows(
        x,
        n,
        #[inline(always)]
        |row, x, out| {
            let (x, d) = (&x[..n], &d[row * n..][..n]);
            let (mean, scale) = moments(x, eps);
            let share = T::one() / T::of(n as f64);
            let flat = sum(n, |at| d[at] * w[at]) * share;
            let dot = sum(n, |at| d[at] * w[at] * (x[at] - mean)) * scale * share;
            for (((o, &x), &w), &d) in out.iter_mut().zip(x).zip(w).zip(d) {
                *o = scale * (d * w - flat - (x - mean) * scale * dot);
            }
        },
    )
}

/// dx of a layer norm: x, w, d.
pub(crate) struct LayerNormGrad {
    /// As in the norm.
    pub eps: f64,
}

impl CustomOp3 for LayerNormGrad {
    fn name(&self) -> &'static str {
        "layer-norm-grad"
    }
    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
        s3: &CpuStorage,
        l3: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        Ok((dispatch!(layer_norm_grad, [(s1, l1), (s2, l2), (s3, l3)], self.eps), l1.shape().clone()))
    }
}

fn layer_norm_weight_grad<T: Real>(x: &[T], d: &[T], n: usize, eps: f64) -> Vec<T> {
    sum_rows(
        x.len() / n.max(1),
        n,
        #[inline(always)]
        |row, out| {
            let (x, d) = (&x[row * n..][..n], &d[row * n..][..n]);
            let (mean, scale) = moments(x, eps);
            for ((o, &x), &d) in out.iter_mut().zip(x).zip(d) {
                *o = *o + d * (x - mean) * scale;
            }
        },
    )
}

/// dw of a layer norm: x, d → `[n]`.
pub(crate) struct LayerNormWeightGrad {
    /// As in the norm.
    pub eps: f64,
}

impl CustomOp2 for LayerNormWeightGrad {
    fn name(&self) -> &'static str {
        "layer-norm-weight-grad"
    }
    fn cpu_fwd(&self, s1: &CpuStorage, l1: &Layout, s2: &CpuStorage, l2: &Layout) -> Result<(CpuStorage, Shape)> {
        let n = last(l1);
        Ok((dispatch!(layer_norm_weight_grad, [(s1, l1), (s2, l2)], n, self.eps), Shape::from(n)))
    }
}
