//! x · Φ(x) and its slope.

use super::{Real, map, update};

/// out = x · Φ(x).
pub(crate) fn gelu<T: Real>(out: &mut [T], x: &[T]) {
    let (half, root) = (T::of(0.5), T::of(std::f64::consts::FRAC_1_SQRT_2));
    map(
        out,
        x,
        #[inline(always)]
        |x| half * x * (T::one() + (x * root).erf()),
    );
}

/// d = d · (Φ(x) + x·φ(x)).
pub(crate) fn gelu_grad<T: Real>(d: &mut [T], x: &[T]) {
    let (half, root) = (T::of(0.5), T::of(std::f64::consts::FRAC_1_SQRT_2));
    let peak = T::of(0.398_942_280_401_432_7); // 1/√(2π)
    update(
        d,
        x,
        #[inline(always)]
        |d, x| d * (half * (T::one() + (x * root).erf()) + x * peak * (-half * x * x).e_to()),
    );
}
