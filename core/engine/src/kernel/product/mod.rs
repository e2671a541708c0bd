//! Matrix products: by our own loops where the processor has AVX-512 (`panels`) or a side is narrow ([`thin`]), else by
//! the `gemm` crate.

mod packed;
#[cfg(target_arch = "x86_64")]
mod panels;
#[cfg(test)]
mod tests;
pub(crate) mod thin;

use super::Real;
use super::gelu::gelu_grad;
use super::pool::{Start, parallel};
use super::small::{Left, padded, product as small};
use super::{Width, simd};
use crate::backend::Products;
use std::sync::OnceLock;

pub(super) use packed::packed;
#[cfg(target_arch = "x86_64")]
pub(super) use packed::tiled;
pub(crate) use packed::{Packed, packed_bytes};

/// A matrix in a slice, by its strides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Matrix<'a, T> {
    data: &'a [T],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a, T> Matrix<'a, T> {
    /// Rows `stride` apart.
    ///
    /// # Panics
    /// When the last row ends beyond the numbers.
    pub(crate) fn new(data: &'a [T], rows: usize, columns: usize, stride: usize) -> Self {
        assert!(rows == 0 || (rows - 1) * stride + columns <= data.len(), "a matrix ends within its numbers");
        Self { data, rows, columns, row_stride: stride, column_stride: 1 }
    }

    /// The same numbers, rows and columns exchanged.
    pub(crate) const fn transposed(self) -> Self {
        let Self { data, rows, columns, row_stride, column_stride } = self;
        Self { data, rows: columns, columns: rows, row_stride: column_stride, column_stride: row_stride }
    }

    /// `count` rows from `first`.
    fn rows(self, first: usize, count: usize) -> Self {
        Self { data: self.data.get(first * self.row_stride..).unwrap_or_default(), rows: count, ..self }
    }

    /// `count` columns from `first`.
    fn columns(self, first: usize, count: usize) -> Self {
        Self { data: self.data.get(first * self.column_stride..).unwrap_or_default(), columns: count, ..self }
    }
}

/// What becomes of a product.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Then<'a, T> {
    /// Added to every row.
    pub bias: Option<&'a [T]>,
    /// What the product is multiplied by.
    pub scale: T,
    /// Added to what stands in the result.
    pub adds: bool,
    /// What came into a GELU: the sum is multiplied by its slope there.
    pub slope_of: Option<&'a [T]>,
    /// Where the sum of the result's squares is told, by loops that see it on the way: in a fixed order.
    pub squares: Option<&'a OnceLock<f64>>,
}

impl<'a, T: Real> Then<'a, T> {
    /// Nothing, or a bias.
    pub(crate) fn plus(bias: Option<&'a [T]>) -> Self {
        Self { bias, scale: T::one(), adds: false, slope_of: None, squares: None }
    }

    /// Times the slope of GELU at `x`.
    pub(crate) fn sloped(x: &'a [T]) -> Self {
        Self { slope_of: Some(x), ..Self::plus(None) }
    }

    /// Added to what stands in the result, times `scale`.
    pub(crate) fn added(scale: f64) -> Self {
        Self { scale: T::of(scale), adds: true, ..Self::plus(None) }
    }

    /// Added to what stands in the result, together with a bias.
    pub(crate) fn joined(bias: &'a [T]) -> Self {
        Self { adds: true, ..Self::plus(Some(bias)) }
    }

    /// The same for loops that add to what stands there or to a bias, not to both: the bias is added beforehand.
    fn begun(self, out: &mut [T]) -> Self {
        let Some(bias) = self.bias.filter(|bias| self.adds && !bias.is_empty()) else { return self };
        for out in out.chunks_exact_mut(bias.len()) {
            out.iter_mut().zip(bias).for_each(|(out, &bias)| *out += bias);
        }
        Self { bias: None, ..self }
    }

    /// What loops that only multiply and add leave to do.
    fn finish(self, out: &mut [T]) {
        if let Some(x) = self.slope_of {
            gelu_grad(out, x);
        }
    }
}

fn check<T>(m: usize, n: usize, inner: [usize; 2], then: Then<'_, T>, out: &[T]) {
    assert_eq!(inner[0], inner[1], "the inner axes of a product");
    assert_eq!(out.len(), m * n, "the result of a product");
    assert!(then.bias.is_none_or(|bias| bias.len() == n), "a bias is added to every row");
    assert!(then.slope_of.is_none_or(|x| x.len() == out.len()), "a slope for every number");
}

/// out = scale · a · b + bias, or added to what stands there: (a.rows, b.columns), row by row.
///
/// # Panics
/// When a has other columns than b has rows, `out` not a number for each row and column, or the bias not one a column.
pub(crate) fn product<T: Real>(a: Matrix<'_, T>, b: Matrix<'_, T>, then: Then<'_, T>, out: &mut [T], how: Products) {
    check(a.rows, b.columns, [a.columns, b.rows], then, out);
    if thin::product(a, b, then, out, how) {
        return;
    }
    if !T::packed_product(a, b, then, out, how) {
        full(a, b, then, out);
        then.finish(out);
    }
}

/// Rows or columns of a product in one task.
const PART: usize = 160;
/// Results of at most so many numbers `gemm` computes as dot products, whose sums round otherwise.
const DOTS: usize = 256;

/// In the type of the operands, by `gemm`: the longer side in parts. A row has the same bits whatever rows stand beside
/// it: what is kept of a window fits in every batch.
fn full<T: Real>(a: Matrix<'_, T>, b: Matrix<'_, T>, then: Then<'_, T>, out: &mut [T]) {
    let (m, n, then) = (a.rows, b.columns, then.begun(out));
    if m == 0 || n == 0 {
        return;
    }
    if m * n <= DOTS && a.columns > 0 {
        let enough = DOTS / n + 1;
        let mut data = vec![T::zero(); enough * a.columns];
        for (row, data) in data.chunks_exact_mut(a.columns).enumerate().take(m) {
            for (column, x) in data.iter_mut().enumerate() {
                *x = a.data[row * a.row_stride + column * a.column_stride];
            }
        }
        let mut rows = vec![T::zero(); enough * n];
        rows[..m * n].copy_from_slice(out);
        full(Matrix::new(&data, enough, a.columns, a.columns), b, then, &mut rows);
        return out.copy_from_slice(&rows[..m * n]);
    }
    if let Some(bias) = then.bias {
        out.chunks_exact_mut(n).for_each(|row| row.copy_from_slice(bias));
    }
    let adds = then.adds || then.bias.is_some();
    let start = Start(out.as_mut_ptr());
    let (longer, shorter) = (m.max(n), m.min(n));
    // An even number of parts, that two threads share evenly; the last may be the smaller by what the others are larger.
    let parts = longer.div_ceil(PART).next_multiple_of(2).min((longer / (2 * (DOTS / shorter + 1))).max(1));
    let size = longer.div_ceil(parts);
    parallel(longer.div_ceil(size), &|part| {
        let (first, count) = (part * size, size.min(longer - part * size));
        // SAFETY: the parts do not meet, and together they are the result, which `check` measured.
        unsafe {
            if m >= n {
                one(a.rows(first, count), b, adds, then.scale, start.at(first * n), n);
            } else {
                one(a, b.columns(first, count), adds, then.scale, start.at(first), n);
            }
        }
    });
}

/// One part by loops of the width that is allowed.
///
/// # Safety
/// As [`one`].
unsafe fn plain<T: Real>(a: Matrix<'_, T>, b: Matrix<'_, T>, adds: bool, scale: T, out: *mut T, stride: usize) {
    let wide = padded(b.columns);
    let mut right = vec![T::zero(); b.rows * wide];
    for (k, row) in right.chunks_exact_mut(wide.max(1)).enumerate() {
        for (column, x) in row.iter_mut().enumerate().take(b.columns) {
            *x = b.data[k * b.row_stride + column * b.column_stride];
        }
    }
    let mut sums = vec![T::zero(); a.rows * wide];
    let left = Left { data: a.data, row: a.row_stride, place: a.column_stride };
    simd(
        #[inline(always)]
        || small([a.rows, wide, a.columns], left, (&right, wide), (&mut sums, wide)),
    );
    for (row, sums) in sums.chunks_exact(wide.max(1)).enumerate() {
        // SAFETY: the caller's promise.
        let out = unsafe { std::slice::from_raw_parts_mut(out.wrapping_add(row * stride), b.columns) };
        for (out, &sum) in out.iter_mut().zip(sums) {
            *out = if adds { *out + scale * sum } else { scale * sum };
        }
    }
}

/// One part by `gemm`.
///
/// # Safety
/// `out` has room for a.rows rows of b.columns numbers, `stride` apart, that nobody else touches.
unsafe fn one<T: Real>(a: Matrix<'_, T>, b: Matrix<'_, T>, adds: bool, scale: T, out: *mut T, stride: usize) {
    if a.columns == 0 {
        for row in (0..a.rows).filter(|_| !adds) {
            // SAFETY: the caller's promise.
            unsafe { std::slice::from_raw_parts_mut(out.wrapping_add(row * stride), b.columns) }.fill(T::zero());
        }
        return;
    }
    if Width::is_held_back() {
        // `gemm` chooses its vectors itself.
        // SAFETY: the caller's promise.
        return unsafe { plain(a, b, adds, scale, out, stride) };
    }
    // SAFETY: `Matrix::new` checked that both operands lie in their slices; `out` is the caller's promise.
    unsafe {
        gemm::gemm(
            a.rows,
            b.columns,
            a.columns,
            out,
            1,
            stride as isize,
            adds,
            a.data.as_ptr(),
            a.column_stride as isize,
            a.row_stride as isize,
            b.data.as_ptr(),
            b.column_stride as isize,
            b.row_stride as isize,
            T::one(),
            scale,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}
