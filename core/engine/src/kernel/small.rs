//! Products of small matrices, inside one task: the heads of attention.
//!
//! Widths are padded to [`LANES`], so that the innermost loop is one of a known length and becomes vectors.

use super::Real;

/// Columns computed side by side.
pub(super) const LANES: usize = 16;
/// Rows computed side by side.
const ROWS: usize = 4;

/// The width that holds `n` columns.
pub(super) const fn padded(n: usize) -> usize {
    n.next_multiple_of(LANES)
}

/// out = left · right: (m, depth), (depth, n) → (m, n), with n a multiple of [`LANES`] and the rows of
/// `right` and `out` behind each other. `left` gives a number by row and column.
#[inline(always)]
pub(super) fn product<T: Real>(
    [m, n, depth]: [usize; 3],
    left: impl Fn(usize, usize) -> T,
    right: &[T],
    out: &mut [T],
) {
    for (block, out) in out[..m * n].chunks_mut(ROWS * n).enumerate() {
        let (first, rows) = (block * ROWS, out.len() / n);
        for column in (0..n).step_by(LANES) {
            let mut sums = [[T::zero(); LANES]; ROWS];
            for k in 0..depth {
                let right = &right[k * n + column..][..LANES];
                for (row, sums) in sums.iter_mut().enumerate() {
                    // Beyond the last row, the last is computed again and thrown away.
                    let left = left(first + row.min(rows - 1), k);
                    for (sum, &right) in sums.iter_mut().zip(right) {
                        *sum += left * right;
                    }
                }
            }
            for (row, sums) in sums.iter().enumerate().take(rows) {
                out[row * n + column..][..LANES].copy_from_slice(sums);
            }
        }
    }
}

/// The columns `from..from + depth` of rows `stride` apart → (rows, width), zeros behind.
#[inline(always)]
pub(super) fn gather<T: Real>(x: &[T], stride: usize, from: usize, depth: usize, width: usize, out: &mut [T]) {
    for (out, x) in out.chunks_exact_mut(width).zip(x.chunks_exact(stride)) {
        out[..depth].copy_from_slice(&x[from..][..depth]);
        out[depth..].fill(T::zero());
    }
}

/// The same, transposed: (depth, width), zeros behind. Sixteen rows at a time, so that they are written side by side.
#[inline(always)]
pub(super) fn turn<T: Real>(x: &[T], stride: usize, from: usize, depth: usize, width: usize, out: &mut [T]) {
    for (block, x) in x.chunks(LANES * stride).enumerate() {
        for (column, out) in out.chunks_exact_mut(width).take(depth).enumerate() {
            let mut lanes = [T::zero(); LANES];
            for (lane, x) in lanes.iter_mut().zip(x.chunks_exact(stride)) {
                *lane = x[from + column];
            }
            out[block * LANES..][..LANES].copy_from_slice(&lanes);
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_small_product_agrees_with_its_definition_whatever_the_rows() {
        for m in 1..10 {
            let (n, depth) = (32, 5);
            let left = |i: usize, k: usize| (i * 7 + k * 3 % 5) as f64 - 4.0;
            let right: Vec<f64> = (0..depth * n).map(|at| (at % 11) as f64 - 5.0).collect();
            let mut out = vec![9.0; m * n];
            super::product([m, n, depth], left, &right, &mut out);
            for i in 0..m {
                for j in 0..n {
                    let expected: f64 = (0..depth).map(|k| left(i, k) * right[k * n + j]).sum();
                    assert_eq!(out[i * n + j], expected);
                }
            }
        }
    }
}
