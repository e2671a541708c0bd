//! Softmax over the last axis.

use super::{Real, dispatch, last, map_rows, view};
use candle_core::{CpuStorage, CustomOp1, CustomOp2, Layout, Result, Shape, bail};

fn softmax<T: Real>(x: &[T], n: usize) -> Vec<T> {
    map_rows(x, n, |_, x, out| {
        let top = x.iter().copied().fold(T::neg_infinity(), T::max);
        let mut sum = T::zero();
        for (o, &x) in out.iter_mut().zip(x) {
            *o = (x - top).exp();
            sum = sum + *o;
        }
        let share = T::one() / sum;
        out.iter_mut().for_each(|o| *o = *o * share);
    })
}

/// Softmax over the last axis.
pub(in crate::backend) struct Softmax;

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
    map_rows(y, n, |row, y, out| {
        let d = &d[row * n..][..n];
        let dot: T = y.iter().zip(d).map(|(&y, &d)| y * d).sum();
        for ((o, &y), &d) in out.iter_mut().zip(y).zip(d) {
            *o = y * (d - dot);
        }
    })
}

/// y ⊙ (d − y·d) over the last axis: y, d.
pub(in crate::backend) struct SoftmaxGrad;

impl CustomOp2 for SoftmaxGrad {
    fn name(&self) -> &'static str {
        "softmax-grad"
    }
    fn cpu_fwd(&self, s1: &CpuStorage, l1: &Layout, s2: &CpuStorage, l2: &Layout) -> Result<(CpuStorage, Shape)> {
        let n = last(l1);
        Ok((dispatch!(softmax_grad, [(s1, l1), (s2, l2)], n), l1.shape().clone()))
    }
}
