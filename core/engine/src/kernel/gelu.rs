//! x · Φ(x) and its slope.

use super::{Real, dispatch, map_blocks, map_pairs, view};
use candle_core::{CpuStorage, CustomOp1, CustomOp2, Layout, Result, Shape, bail};

fn gelu<T: Real>(x: &[T]) -> Vec<T> {
    let (half, root) = (T::of(0.5), T::of(std::f64::consts::FRAC_1_SQRT_2));
    map_blocks(
        x,
        #[inline(always)]
        |x| half * x * (T::one() + (x * root).erf()),
    )
}

fn gelu_grad<T: Real>(x: &[T], d: &[T]) -> Vec<T> {
    let (half, root) = (T::of(0.5), T::of(std::f64::consts::FRAC_1_SQRT_2));
    let peak = T::of(0.398_942_280_401_432_7); // 1/√(2π)
    map_pairs(
        x,
        d,
        #[inline(always)]
        |x, d| d * (half * (T::one() + (x * root).erf()) + x * peak * (-half * x * x).e_to()),
    )
}

/// x · Φ(x).
pub(crate) struct Gelu;

impl CustomOp1 for Gelu {
    fn name(&self) -> &'static str {
        "gelu"
    }
    fn cpu_fwd(&self, s: &CpuStorage, l: &Layout) -> Result<(CpuStorage, Shape)> {
        Ok((dispatch!(gelu, [(s, l)]), l.shape().clone()))
    }
}

/// d · (Φ(x) + x·φ(x)): x, d.
pub(crate) struct GeluGrad;

impl CustomOp2 for GeluGrad {
    fn name(&self) -> &'static str {
        "gelu-grad"
    }
    fn cpu_fwd(&self, s1: &CpuStorage, l1: &Layout, s2: &CpuStorage, l2: &Layout) -> Result<(CpuStorage, Shape)> {
        Ok((dispatch!(gelu_grad, [(s1, l1), (s2, l2)]), l1.shape().clone()))
    }
}
