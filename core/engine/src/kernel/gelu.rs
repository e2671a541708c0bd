//! x · Φ(x) and its slope.

use super::{Real, map, update};

/// out = x · Φ(x).
pub(crate) fn gelu<T: Real>(out: &mut [T], x: &[T]) {
    map(
        out,
        x,
        #[inline(always)]
        |x| x * x.normal().0,
    );
}

/// d = d · (Φ(x) + x·φ(x)).
pub(crate) fn gelu_grad<T: Real>(d: &mut [T], x: &[T]) {
    let peak = T::of(0.398_942_280_401_432_7); // 1/√(2π)
    update(
        d,
        x,
        #[inline(always)]
        |d, x| {
            let (below, power) = x.normal();
            d * (below + x * peak * power)
        },
    );
}
