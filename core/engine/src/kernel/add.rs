//! x + y and s · x.

use super::{Real, rows, update};

/// out = out + x.
pub(crate) fn add<T: Real>(out: &mut [T], x: &[T]) {
    update(
        out,
        x,
        #[inline(always)]
        |out, x| out + x,
    );
}

/// out = out + x, x added to every row.
pub(crate) fn add_row<T: Real>(out: &mut [T], x: &[T]) {
    rows(
        out,
        x.len(),
        #[inline(always)]
        |_, out| {
            for (out, &x) in out.iter_mut().zip(x) {
                *out += x;
            }
        },
    );
}

/// out = s · x.
pub(crate) fn scaled<T: Real>(out: &mut [T], x: &[T], s: f64) {
    let s = T::of(s);
    super::map(
        out,
        x,
        #[inline(always)]
        |x| x * s,
    );
}
