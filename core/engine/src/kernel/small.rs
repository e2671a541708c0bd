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

/// The left side of a product: a number by its row and place.
#[derive(Clone, Copy)]
pub(crate) struct Left<'a, T> {
    pub(super) data: &'a [T],
    /// From a row to the next.
    pub(super) row: usize,
    /// From a place of the inner axis to the next.
    pub(super) place: usize,
}

/// Numbers that rows `stride` apart, of which `width` are read, reach over.
const fn span(rows: usize, stride: usize, width: usize) -> usize {
    if rows == 0 { 0 } else { (rows - 1) * stride + width }
}

/// out = left · right: (m, depth), (depth, n) → (m, n), with n a multiple of [`LANES`]. The numbers of a row of `right` and
/// `out` lie behind each other, and a row so far from the next one as is said beside them.
///
/// # Panics
/// When one of them is too short.
#[inline(always)]
pub(super) fn product<T: Real>(
    [m, n, depth]: [usize; 3],
    left: Left<'_, T>,
    (right, apart): (&[T], usize),
    (out, stride): (&mut [T], usize),
) {
    if T::small_product([m, n, depth], left, (right, apart), (out, stride)) {
        return;
    }
    for first in (0..m).step_by(ROWS) {
        let rows = ROWS.min(m - first);
        for column in (0..n).step_by(LANES) {
            let mut sums = [[T::zero(); LANES]; ROWS];
            for k in 0..depth {
                let right = &right[k * apart + column..][..LANES];
                for (row, sums) in sums.iter_mut().enumerate() {
                    // Beyond the last row, the last is computed again and thrown away.
                    let left = left.data[(first + row.min(rows - 1)) * left.row + k * left.place];
                    for (sum, &right) in sums.iter_mut().zip(right) {
                        *sum += left * right;
                    }
                }
            }
            for (row, sums) in sums.iter().enumerate().take(rows) {
                out[(first + row) * stride + column..][..LANES].copy_from_slice(sums);
            }
        }
    }
}

/// [`product`] of f32 with AVX-512: its fused products, and registers for eight rows of 32 columns.
#[inline(always)]
pub(super) fn wide(
    sizes: [usize; 3],
    left: Left<'_, f32>,
    (right, apart): (&[f32], usize),
    (out, stride): (&mut [f32], usize),
) -> bool {
    #[cfg(target_arch = "x86_64")]
    if super::Width::here() >= super::Width::Avx512 {
        let [m, n, depth] = sizes;
        assert!(n % LANES == 0 && n <= apart && n <= stride, "the widths of a product");
        assert!(right.len() >= span(depth, apart, n) && out.len() >= span(m, stride, n), "the sizes of a product");
        let last = m.saturating_sub(1) * left.row + depth.saturating_sub(1) * left.place;
        assert!(m == 0 || depth == 0 || last < left.data.len(), "the left side of a product");
        // SAFETY: the processor has the vectors, and the three lines above measured all three.
        unsafe { avx512::product(sizes, left, (right, apart), (out, stride)) };
        return true;
    }
    let _ = (sizes, left, right, out, apart, stride);
    false
}

#[cfg(target_arch = "x86_64")]
mod avx512 {
    use super::{LANES, Left};
    use std::arch::x86_64::*;

    /// # Safety
    /// The processor has AVX-512; `left` has numbers for all rows and places, n is a multiple of sixteen, and `right` and
    /// `out` have depth and m rows of n numbers, as far apart as is said beside them.
    #[target_feature(enable = "avx512f")]
    pub(super) unsafe fn product(
        [m, n, depth]: [usize; 3],
        left: Left<'_, f32>,
        (right, apart): (&[f32], usize),
        (out, stride): (&mut [f32], usize),
    ) {
        let mut row = 0;
        while row < m {
            let rows = [8, 4, 2, 1].into_iter().find(|&rows| rows <= m - row).unwrap_or(1);
            let mut column = 0;
            while column < n {
                let vectors = if n - column >= 2 * LANES { 2 } else { 1 };
                let block = match (rows, vectors) {
                    (8, 2) => block::<8, 2>,
                    (8, _) => block::<8, 1>,
                    (4, 2) => block::<4, 2>,
                    (4, _) => block::<4, 1>,
                    (2, 2) => block::<2, 2>,
                    (2, _) => block::<2, 1>,
                    (_, 2) => block::<1, 2>,
                    (_, _) => block::<1, 1>,
                };
                let left = Left { data: &left.data[row * left.row..], ..left };
                let (right, out) = (right.as_ptr().wrapping_add(column), out.as_mut_ptr());
                // SAFETY: the caller's promise, for a block that ends within m and n.
                unsafe { block(left, (right, apart), (out.wrapping_add(row * stride + column), stride), depth) };
                column += vectors * LANES;
            }
            row += rows;
        }
    }

    /// Some rows of some vectors of the result.
    ///
    /// # Safety
    /// As above: `right` and `out` begin at the block's first column.
    #[target_feature(enable = "avx512f")]
    unsafe fn block<const ROWS: usize, const VECTORS: usize>(
        left: Left<'_, f32>,
        (right, apart): (*const f32, usize),
        (out, stride): (*mut f32, usize),
        depth: usize,
    ) {
        // SAFETY: the caller's promise.
        unsafe {
            let mut sums = [[_mm512_setzero_ps(); VECTORS]; ROWS];
            for k in 0..depth {
                let right = right.add(k * apart);
                let mut vectors = [_mm512_setzero_ps(); VECTORS];
                for (at, vector) in vectors.iter_mut().enumerate() {
                    *vector = _mm512_loadu_ps(right.add(at * LANES));
                }
                for (row, sums) in sums.iter_mut().enumerate() {
                    let left = _mm512_set1_ps(*left.data.as_ptr().add(row * left.row + k * left.place));
                    for (sum, right) in sums.iter_mut().zip(vectors) {
                        *sum = _mm512_fmadd_ps(left, right, *sum);
                    }
                }
            }
            for (row, sums) in sums.iter().enumerate() {
                for (at, &sum) in sums.iter().enumerate() {
                    _mm512_storeu_ps(out.add(row * stride + at * LANES), sum);
                }
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
    if T::has_vectors() {
        return T::vector_columns(x, stride, from, depth, width, out);
    }
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
    use super::Left;

    #[test]
    fn a_small_product_agrees_with_its_definition_whatever_the_rows() {
        for (m, n) in (1..20).flat_map(|m| [(m, 16), (m, 32), (m, 48)]) {
            let depth = 5;
            let left: Vec<f64> = (0..m * depth).map(|at| (at * 7 % 13) as f64 - 4.0).collect();
            let right: Vec<f64> = (0..depth * n).map(|at| (at % 11) as f64 - 5.0).collect();
            let narrow = |all: &[f64]| all.iter().map(|&x| x as f32).collect::<Vec<_>>();
            for (row, place) in [(depth, 1), (1, m)] {
                let (mut out, mut small) = (vec![9.0; m * n], vec![9.0f32; m * n]);
                super::product([m, n, depth], Left { data: &left, row, place }, (&right, n), (&mut out, n));
                let (short, right_short) = (narrow(&left), narrow(&right));
                let of = Left { data: &short, row, place };
                super::product([m, n, depth], of, (&right_short, n), (&mut small, n));
                for i in 0..m {
                    for j in 0..n {
                        let expected: f64 = (0..depth).map(|k| left[i * row + k * place] * right[k * n + j]).sum();
                        assert_eq!((out[i * n + j], f64::from(small[i * n + j])), (expected, expected));
                    }
                }
            }
        }
    }
}
