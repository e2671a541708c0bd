//! x · Φ(x) and its slope.

use super::{Kernel, Operand, Real, map_blocks, map_pairs};
use candle_core::{Result, Shape};

/// x · Φ(x).
pub(crate) struct Gelu;

impl Kernel<1> for Gelu {
    fn compute<T: Real>(&self, [x]: [Operand<'_, T>; 1]) -> Result<(Vec<T>, Shape)> {
        let (half, root) = (T::of(0.5), T::of(std::f64::consts::FRAC_1_SQRT_2));
        let out = map_blocks(
            x.flat()?,
            #[inline(always)]
            |x| half * x * (T::one() + (x * root).erf()),
        );
        Ok((out, x.shape()))
    }
}

/// d · (Φ(x) + x·φ(x)): x, d.
pub(crate) struct GeluGrad;

impl Kernel<2> for GeluGrad {
    fn compute<T: Real>(&self, [x, d]: [Operand<'_, T>; 2]) -> Result<(Vec<T>, Shape)> {
        let (half, root) = (T::of(0.5), T::of(std::f64::consts::FRAC_1_SQRT_2));
        let peak = T::of(0.398_942_280_401_432_7); // 1/√(2π)
        let out = map_pairs(
            x.flat()?,
            d.flat()?,
            #[inline(always)]
            |x, d| d * (half * (T::one() + (x * root).erf()) + x * peak * (-half * x * x).e_to()),
        );
        Ok((out, x.shape()))
    }
}
