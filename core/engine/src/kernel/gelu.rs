//! x · Φ(x) and its slope.

use super::pool::chunks;
use super::{BLOCK, Real, map, update};

/// out = x · Φ(x).
pub(crate) fn gelu<T: Real>(out: &mut [T], x: &[T]) {
    if T::has_vectors() {
        return chunks(out, BLOCK, |block, out| T::vector_gelu(out, &x[block * BLOCK..][..out.len()]));
    }
    map(
        out,
        x,
        #[inline(always)]
        |x| x * x.normal().0,
    );
}

/// d = d · (Φ(x) + x·φ(x)).
pub(crate) fn gelu_grad<T: Real>(d: &mut [T], x: &[T]) {
    if T::has_vectors() {
        return chunks(d, BLOCK, |block, d| T::vector_gelu_grad(d, &x[block * BLOCK..][..d.len()]));
    }
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
