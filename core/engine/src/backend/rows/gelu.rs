//! x · Φ(x) and its slope.

use super::{BLOCK, Real, dispatch, map_blocks, view};
use candle_core::{CpuStorage, CustomOp1, CustomOp2, Layout, Result, Shape, bail};
use rayon::prelude::*;

fn gelu<T: Real>(x: &[T]) -> Vec<T> {
    let (half, root) = (T::of(0.5), T::of(std::f64::consts::FRAC_1_SQRT_2));
    map_blocks(x, |x| half * x * (T::one() + (x * root).erf()))
}

fn gelu_grad<T: Real>(x: &[T], d: &[T]) -> Vec<T> {
    let (half, root) = (T::of(0.5), T::of(std::f64::consts::FRAC_1_SQRT_2));
    let peak = T::of(0.398_942_280_401_432_7); // 1/√(2π)
    let mut out = vec![T::zero(); x.len()];
    out.par_chunks_mut(BLOCK).zip(x.par_chunks(BLOCK)).zip(d.par_chunks(BLOCK)).for_each(|((out, x), d)| {
        for ((o, &x), &d) in out.iter_mut().zip(x).zip(d) {
            *o = d * (half * (T::one() + (x * root).erf()) + x * peak * (-half * x * x).exp());
        }
    });
    out
}

/// x · Φ(x).
pub(in crate::backend) struct Gelu;

impl CustomOp1 for Gelu {
    fn name(&self) -> &'static str {
        "gelu"
    }
    fn cpu_fwd(&self, s: &CpuStorage, l: &Layout) -> Result<(CpuStorage, Shape)> {
        Ok((dispatch!(gelu, [(s, l)]), l.shape().clone()))
    }
}

/// d · (Φ(x) + x·φ(x)): x, d.
pub(in crate::backend) struct GeluGrad;

impl CustomOp2 for GeluGrad {
    fn name(&self) -> &'static str {
        "gelu-grad"
    }
    fn cpu_fwd(&self, s1: &CpuStorage, l1: &Layout, s2: &CpuStorage, l2: &Layout) -> Result<(CpuStorage, Shape)> {
        Ok((dispatch!(gelu_grad, [(s1, l1), (s2, l2)]), l1.shape().clone()))
    }
}
