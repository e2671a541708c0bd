//! Activations other than GELU, and their slopes.

use super::{Real, map, update};
use crate::program::Unary;

/// Whether there is a kernel of it.
pub(crate) const fn is_here(op: Unary) -> bool {
    matches!(op, Unary::Neg | Unary::Tanh | Unary::Sigmoid | Unary::Relu | Unary::Silu)
}

/// out = f(x).
///
/// # Panics
/// When there is no kernel of it.
pub(crate) fn value<T: Real>(op: Unary, out: &mut [T], x: &[T]) {
    match op {
        Unary::Neg => map(
            out,
            x,
            #[inline(always)]
            |x| -x,
        ),
        Unary::Tanh => map(out, x, |x| x.tanh()),
        Unary::Sigmoid => map(
            out,
            x,
            #[inline(always)]
            |x| sigmoid(x),
        ),
        Unary::Relu => map(
            out,
            x,
            #[inline(always)]
            |x| if x < T::zero() { T::zero() } else { x },
        ),
        Unary::Silu => map(
            out,
            x,
            #[inline(always)]
            |x| x * sigmoid(x),
        ),
        op => unreachable!("{op:?} has no kernel"),
    }
}

/// d = d · f′(x).
///
/// # Panics
/// When there is no kernel of it.
pub(crate) fn slope<T: Real>(op: Unary, d: &mut [T], x: &[T]) {
    let one = T::one();
    match op {
        Unary::Tanh => update(d, x, |d, x| d * (one - x.tanh() * x.tanh())),
        Unary::Sigmoid => update(
            d,
            x,
            #[inline(always)]
            |d, x| d * sigmoid(x) * (one - sigmoid(x)),
        ),
        Unary::Relu => update(
            d,
            x,
            #[inline(always)]
            |d, x| if x > T::zero() { d } else { T::zero() },
        ),
        Unary::Silu => update(
            d,
            x,
            #[inline(always)]
            |d, x| {
                let share = sigmoid(x);
                d * share * (one + x * (one - share))
            },
        ),
        op => unreachable!("{op:?} has no kernel of its slope"),
    }
}

/// 1 / (1 + e⁻ˣ).
#[inline(always)]
fn sigmoid<T: Real>(x: T) -> T {
    T::one() / (T::one() + (-x).e_to())
}
