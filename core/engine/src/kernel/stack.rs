//! Rows that meet a stack of small matrices, a part of each row one of them: block-diagonal grafts.

use super::axes::Rowed;
use super::pool::chunks;
use super::small::{Left, padded, product as small};
use super::{Real, simd};

/// Rows in one task.
const HIGH: usize = 64;

/// rows×[groups, m, k] · [groups, k, n] → rows×[groups, m, n].
#[derive(Clone, Copy)]
pub(crate) struct Stack {
    /// Matrices of the stack.
    pub groups: usize,
    /// Rows that meet each of them, in one row of the value.
    pub m: usize,
    /// Numbers of the inner axis.
    pub k: usize,
    /// Columns.
    pub n: usize,
}

impl Stack {
    /// The product; `w` has [groups, n, k] where it is `transposed`.
    pub(crate) fn product<T: Real>(self, x: Rowed<'_, T>, w: &[T], transposed: bool, out: &mut [T]) {
        let Self { groups, m, k, n } = self;
        let (wide, width) = (padded(n), (groups * m * n).max(1));
        let mut right = vec![T::zero(); groups * k * wide];
        for (at, row) in right.chunks_exact_mut(wide.max(1)).enumerate() {
            let (group, k_at) = (at / k, at % k);
            for (column, x) in row[..n].iter_mut().enumerate() {
                *x = w[group * k * n + if transposed { column * k + k_at } else { k_at * n + column }];
            }
        }
        chunks(out, HIGH * width, |part, out| {
            let (rows, first) = (out.len() / width, part * HIGH * x.stride);
            let mut sums = vec![T::zero(); rows * wide];
            for at in 0..groups * m {
                let left = Left { data: &x.data[first + at * k..], row: x.stride, place: 1 };
                let right = &right[at / m * k * wide..][..k * wide];
                simd(
                    #[inline(always)]
                    || small([rows, wide, k], left, (right, wide), (&mut sums, wide)),
                );
                for (out, sums) in out.chunks_exact_mut(width).zip(sums.chunks_exact(wide.max(1))) {
                    out[at * n..][..n].copy_from_slice(&sums[..n]);
                }
            }
        });
    }

    /// The gradient of the stack: out = Σ xᵀ·d over `rows` rows, (groups, k, n).
    pub(crate) fn weight<T: Real>(self, rows: usize, x: Rowed<'_, T>, d: Rowed<'_, T>, out: &mut [T]) {
        let Self { m, k, n, .. } = self;
        let wide = padded(n);
        out.fill(T::zero());
        if rows == 0 {
            return;
        }
        chunks(out, (k * n).max(1), |group, out| {
            let (mut right, mut sums) = (vec![T::zero(); rows * wide], vec![T::zero(); k * wide]);
            for at in group * m..(group + 1) * m {
                for (row, right) in right.chunks_exact_mut(wide.max(1)).enumerate() {
                    right[..n].copy_from_slice(&d.data[row * d.stride + at * n..][..n]);
                }
                let left = Left { data: &x.data[at * k..], row: 1, place: x.stride };
                simd(
                    #[inline(always)]
                    || small([k, wide, rows], left, (&right, wide), (&mut sums, wide)),
                );
                for (out, sums) in out.chunks_exact_mut(n.max(1)).zip(sums.chunks_exact(wide.max(1))) {
                    out.iter_mut().zip(sums).for_each(|(out, &sum)| *out += sum);
                }
            }
        });
    }
}
