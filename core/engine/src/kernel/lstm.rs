//! One direction of a long short-term memory over packed texts, each text by itself.
//!
//! ```text
//! i, f, g, o = σ, σ, tanh, σ of (gates[t] + h·Wᵀ)      gates: tokens × 4h, what the input says, biases in it
//! c = f ⊙ c + i ⊙ g,   h = o ⊙ tanh(c)                 W: 4h × h; h and c begin at 0
//! ```
//!
//! The order of the gates is PyTorch's. Activations are computed again for the gradient rather than kept. Source:
//! Hochreiter and Schmidhuber 1997.

use super::float::{Real, sum};
use super::{Kernel, Operand, simd};
use candle_core::{Result, Shape};
use rayon::prelude::*;

/// A batch of texts, walked from their first tokens or from their last.
#[derive(Clone)]
pub(crate) struct Lstm {
    pub(crate) bounds: Vec<usize>,
    pub(crate) reverse: bool,
}

#[inline(always)]
fn sigmoid<T: Real>(x: T) -> T {
    T::one() / (T::one() + (-x).e_to())
}

#[inline(always)]
fn tanh<T: Real>(x: T) -> T {
    let two = T::one() + T::one();
    two * sigmoid(two * x) - T::one()
}

/// The activations of one step: i, f, g, o, then the cell.
#[inline(always)]
fn step<T: Real>(gates: &[T], w: &[T], before: &[T], cell: &[T], out: &mut [T]) {
    let h = before.len();
    for (row, (out, &gate)) in out[..4 * h].iter_mut().zip(gates).enumerate() {
        let w = &w[row * h..][..h];
        *out = gate + sum(h, |at| w[at] * before[at]);
    }
    let (acts, cells) = out.split_at_mut(4 * h);
    for at in 0..h {
        let (i, f) = (sigmoid(acts[at]), sigmoid(acts[h + at]));
        let (g, o) = (tanh(acts[2 * h + at]), sigmoid(acts[3 * h + at]));
        (acts[at], acts[h + at], acts[2 * h + at], acts[3 * h + at]) = (i, f, g, o);
        cells[at] = f * cell[at] + i * g;
    }
}

impl Lstm {
    /// The rows of a text in the order of the walk.
    fn walk(&self, from: usize, to: usize) -> impl DoubleEndedIterator<Item = usize> + ExactSizeIterator + '_ {
        (from..to).map(move |row| if self.reverse { from + to - 1 - row } else { row })
    }

    /// What each text gives (its rows by `width`), side by side in the order of the texts.
    fn texts<T: Real>(&self, width: usize, each: impl Fn(usize, usize, &mut [T]) + Sync) -> Vec<T> {
        let one = |pair: &[usize]| {
            let mut out = vec![T::zero(); (pair[1] - pair[0]) * width];
            simd(
                #[inline(always)]
                || each(pair[0], pair[1], &mut out),
            );
            out
        };
        self.bounds.par_windows(2).map(one).collect::<Vec<_>>().concat()
    }

    /// Every step's activations and cell, in the order of the walk: (steps × 5h).
    #[inline(always)]
    fn forward<T: Real>(&self, gates: &[T], w: &[T], h: usize, from: usize, to: usize) -> Vec<T> {
        let mut all = vec![T::zero(); (to - from) * 5 * h];
        let (mut hidden, mut cell) = (vec![T::zero(); h], vec![T::zero(); h]);
        for (at, row) in self.walk(from, to).enumerate() {
            let out = &mut all[at * 5 * h..][..5 * h];
            step(&gates[row * 4 * h..][..4 * h], w, &hidden, &cell, out);
            for at in 0..h {
                cell[at] = out[4 * h + at];
                hidden[at] = out[3 * h + at] * tanh(cell[at]);
            }
        }
        all
    }
}

/// gates, W → tokens × h.
impl Kernel<2> for Lstm {
    fn compute<T: Real>(&self, [gates, w]: [Operand<'_, T>; 2]) -> Result<(Vec<T>, Shape)> {
        let h = w.last();
        let (gates, w) = (gates.flat()?, w.flat()?);
        let out = self.texts(
            h,
            #[inline(always)]
            |from, to, out| {
                let all = self.forward(gates, w, h, from, to);
                for (at, row) in self.walk(from, to).enumerate() {
                    let acts = &all[at * 5 * h..][..5 * h];
                    let out = &mut out[(row - from) * h..][..h];
                    for at in 0..h {
                        out[at] = acts[3 * h + at] * tanh(acts[4 * h + at]);
                    }
                }
            },
        );
        let tokens = out.len() / h.max(1);
        Ok((out, Shape::from((tokens, h))))
    }
}

/// The gradient of the gates: gates, W, d → tokens × 4h.
pub(crate) struct LstmGrad(pub(crate) Lstm);

impl Kernel<3> for LstmGrad {
    fn compute<T: Real>(&self, [gates, w, d]: [Operand<'_, T>; 3]) -> Result<(Vec<T>, Shape)> {
        let (h, shape) = (w.last(), gates.shape());
        let (gates, w, slopes) = (gates.flat()?, w.flat()?, d.flat()?);
        let none = vec![T::zero(); h];
        let out = self.0.texts(
            4 * h,
            #[inline(always)]
            |from, to, out| {
                let all = self.0.forward(gates, w, h, from, to);
                let (mut d_hidden, mut d_cell) = (vec![T::zero(); h], vec![T::zero(); h]);
                for (at, row) in self.0.walk(from, to).enumerate().rev() {
                    let acts = &all[at * 5 * h..][..5 * h];
                    let before = if at == 0 { &none[..] } else { &all[(at * 5 - 1) * h..][..h] };
                    let out = &mut out[(row - from) * 4 * h..][..4 * h];
                    let slope = &slopes[row * h..][..h];
                    for at in 0..h {
                        let (i, f, g, o) = (acts[at], acts[h + at], acts[2 * h + at], acts[3 * h + at]);
                        let squashed = tanh(acts[4 * h + at]);
                        let down = slope[at] + d_hidden[at];
                        let dc = d_cell[at] + down * o * (T::one() - squashed * squashed);
                        out[at] = dc * g * i * (T::one() - i);
                        out[h + at] = dc * before[at] * f * (T::one() - f);
                        out[2 * h + at] = dc * i * (T::one() - g * g);
                        out[3 * h + at] = down * squashed * o * (T::one() - o);
                        d_cell[at] = dc * f;
                    }
                    d_hidden.fill(T::zero());
                    for (row, &da) in out.iter().enumerate() {
                        let w = &w[row * h..][..h];
                        for (d_hidden, &w) in d_hidden.iter_mut().zip(w) {
                            *d_hidden += da * w;
                        }
                    }
                }
            },
        );
        Ok((out, shape))
    }
}

/// Each token's row becomes that of the token before it in the walk, and 0 where a walk begins: tokens × h.
pub(crate) struct LstmBefore(pub(crate) Lstm);

impl Kernel<1> for LstmBefore {
    fn compute<T: Real>(&self, [x]: [Operand<'_, T>; 1]) -> Result<(Vec<T>, Shape)> {
        let (h, shape) = (x.last(), x.shape());
        let x = x.flat()?;
        let out = self.0.texts(h, |from, to, out| {
            let rows: Vec<usize> = self.0.walk(from, to).collect();
            for pair in rows.windows(2) {
                out[(pair[1] - from) * h..][..h].copy_from_slice(&x[pair[0] * h..][..h]);
            }
        });
        Ok((out, shape))
    }
}
