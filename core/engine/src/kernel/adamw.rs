//! AdamW and clipping, in one pass over weight and moments; what only decays may wait.

use super::pool::{Start, chunks, parallel};
use super::{Real, simd};
use std::ops::Range;

/// The numbers of a step, in the width of the weights.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Numbers<T> {
    /// What weights are multiplied by first: 1 − η·λ.
    pub shrink: T,
    /// η/(1 − β₁ᵗ).
    pub rate: T,
    /// 1/√(1 − β₂ᵗ).
    pub root: T,
    /// 1 − β₁.
    pub one_minus_beta1: T,
    /// β₂.
    pub beta2: T,
    /// 1 − β₂.
    pub one_minus_beta2: T,
    /// ε.
    pub epsilon: T,
    /// What gradients are multiplied by: the clipping.
    pub scale: T,
}

impl<T: Real> Numbers<T> {
    #[inline(always)]
    fn one(&self, [w, m, v]: [&mut T; 3], g: T) {
        let g = g * self.scale;
        *m += (g - *m) * self.one_minus_beta1;
        *v = *v * self.beta2 + g * g * self.one_minus_beta2;
        *w = *w * self.shrink - self.rate * *m / (v.sqrt() * self.root + self.epsilon);
    }

    #[inline(always)]
    fn all(&self, [w, m, v]: [&mut [T]; 3], g: &[T]) {
        for (((w, m), v), &g) in w.iter_mut().zip(m).zip(v).zip(g) {
            self.one([w, m, v], g);
        }
    }

    /// Where the gradient is 0.
    #[inline(always)]
    fn still(&self, [w, m, v]: [&mut [T]; 3]) {
        for ((w, m), v) in w.iter_mut().zip(m).zip(v) {
            self.one([w, m, v], T::zero());
        }
    }

    /// Moves a weight; `state` is weight, first and second moment behind each other.
    ///
    /// # Panics
    /// When `state` is not three times as long as the gradient.
    pub(crate) fn step(&self, state: &mut [T], gradient: &[T]) {
        const CHUNK: usize = 1 << 14;
        let n = gradient.len();
        assert_eq!(state.len(), 3 * n, "weight and two moments");
        let start = Start(state.as_mut_ptr());
        parallel(n.div_ceil(CHUNK), &|at| {
            let range = at * CHUNK..n.min((at + 1) * CHUNK);
            // SAFETY: chunks of different numbers do not meet, and end within n.
            let parts = unsafe { thirds(start, n, range.clone()) };
            simd(
                #[inline(always)]
                || self.all(parts, &gradient[range]),
            );
        });
    }

    /// Moves the rows of a table that ever had a gradient (`touched`), of `width` numbers each; few have one now, the others' is
    /// 0. Rows that never had one have moments of 0 and do nothing but decay: they are left alone, and [`shrink_rows`]
    /// makes up for it later.
    ///
    /// # Panics
    /// When `state` is not three times the table, or a row is beyond it.
    pub(crate) fn step_rows(
        &self,
        state: &mut [T],
        (rows, numbers): (&[u32], &[T]),
        touched: &mut [bool],
        width: usize,
    ) {
        let n = touched.len() * width;
        assert_eq!(state.len(), 3 * n, "weight and two moments");
        for &row in rows {
            touched[row as usize] = true;
        }
        let (start, touched) = (Start(state.as_mut_ptr()), &*touched);
        parallel(touched.len().div_ceil(ROWS), &|chunk| {
            let mut next = rows.partition_point(|&row| (row as usize) < chunk * ROWS);
            for (row, _) in touched.iter().enumerate().skip(chunk * ROWS).take(ROWS).filter(|(_, touched)| **touched) {
                // SAFETY: each row is one task's, and ends within n.
                let parts = unsafe { thirds(start, n, row * width..(row + 1) * width) };
                let has_gradient = rows.get(next).is_some_and(|&at| at as usize == row);
                let numbers = &numbers[next * width..];
                next += usize::from(has_gradient);
                simd(
                    #[inline(always)]
                    || if has_gradient { self.all(parts, &numbers[..width]) } else { self.still(parts) },
                );
            }
        });
    }
}

/// Rows of a table that a task moves.
const ROWS: usize = 64;

/// Multiplies rows of `width` numbers by all factors, one after the other: the same bits as a step for each of them. `is_meant`
/// says which rows.
pub(crate) fn shrink_rows<T: Real>(
    table: &mut [T],
    width: usize,
    factors: &[T],
    is_meant: impl Fn(usize) -> bool + Sync,
) {
    chunks(table, ROWS * width, |chunk, rows| {
        for (_, row) in rows.chunks_exact_mut(width).enumerate().filter(|(at, _)| is_meant(chunk * ROWS + at)) {
            simd(
                #[inline(always)]
                || shrink(row, factors),
            );
        }
    });
}

/// One row: a few vectors at a time, which stay in registers for all factors.
#[inline(always)]
fn shrink<T: Real>(row: &mut [T], factors: &[T]) {
    let (blocks, rest) = row.as_chunks_mut::<128>();
    for block in blocks {
        let mut numbers = *block;
        for &factor in factors {
            numbers.iter_mut().for_each(|number| *number *= factor);
        }
        *block = numbers;
    }
    for number in rest {
        factors.iter().for_each(|&factor| *number *= factor);
    }
}

/// A range of the weight and of both moments.
///
/// # Safety
/// `start` begins 3·n numbers, the range ends within n, and nobody else touches it.
unsafe fn thirds<'a, T>(start: Start<T>, n: usize, range: Range<usize>) -> [&'a mut [T]; 3] {
    // SAFETY: the caller's promise; the three do not meet, as the range is within n.
    [0, 1, 2].map(|part| unsafe { std::slice::from_raw_parts_mut(start.at(part * n + range.start), range.len()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(shrink: f32) -> Numbers<f32> {
        let (rate, root, one_minus_beta1, beta2) = (1e-2, 1.3, 0.1, 0.999);
        Numbers { shrink, rate, root, one_minus_beta1, beta2, one_minus_beta2: 1e-3, epsilon: 1e-8, scale: 0.7 }
    }

    #[test]
    fn few_rows_of_a_table_move_as_they_would_with_zeros_for_all_others() {
        let (rows, width) = (200, 5);
        for shrink in [1.0, 0.99] {
            let weight = (0..rows * width).map(|at| (at % 17) as f32 - 8.0);
            let mut whole: Vec<f32> = weight.chain(std::iter::repeat_n(0.0, 2 * rows * width)).collect();
            let (mut few, mut touched) = (whole.clone(), vec![false; rows]);
            for step in 0..6u32 {
                let chosen: Vec<u32> =
                    (0..rows as u32).filter(|row| (row * 7 + step * 3) % 11 == 0 && row % 3 != 0).collect();
                let values: Vec<f32> = (0..chosen.len() * width).map(|at| (at % 7) as f32 - 3.0).collect();
                let mut dense = vec![0.0; rows * width];
                for (values, &row) in values.chunks(width).zip(&chosen) {
                    dense[row as usize * width..][..width].copy_from_slice(values);
                }
                numbers(shrink).step(&mut whole, &dense);
                numbers(shrink).step_rows(&mut few, (&chosen, &values), &mut touched, width);
                shrink_rows(&mut few[..rows * width], width, &[shrink], |row| !touched[row]);
                assert_eq!(whole, few, "step {step}, shrink {shrink}");
            }
        }
    }
}
