//! Matrix products, by the `gemm` crate.

use super::{Real, buffer};
use candle_core::{Layout, Result, bail};

/// A matrix in a slice, by its strides.
#[derive(Clone, Copy)]
pub(super) struct Matrix<'a, T> {
    data: &'a [T],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a, T> Matrix<'a, T> {
    /// The matrix that a tensor of two axes is, whatever its strides.
    pub(super) fn of(data: &'a [T], layout: &Layout) -> Result<Self> {
        let (&[rows, columns], &[row_stride, column_stride]) = (layout.dims(), layout.stride()) else {
            bail!("a product wants two axes, found {:?}", layout.dims())
        };
        let data = &data[layout.start_offset()..];
        if rows > 0 && columns > 0 && (rows - 1) * row_stride + (columns - 1) * column_stride >= data.len() {
            bail!("a matrix of {rows}×{columns} ends beyond its {} numbers", data.len())
        }
        Ok(Self { data, rows, columns, row_stride, column_stride })
    }

    /// The same numbers, rows and columns exchanged.
    pub(super) const fn transposed(self) -> Self {
        let Self { data, rows, columns, row_stride, column_stride } = self;
        Self { data, rows: columns, columns: rows, row_stride: column_stride, column_stride: row_stride }
    }
}

/// a · b, row by row: (a.rows, b.columns).
///
/// # Panics
/// When a has other columns than b has rows.
pub(super) fn product<T: Real>(a: Matrix<'_, T>, b: Matrix<'_, T>) -> Vec<T> {
    assert_eq!(a.columns, b.rows, "the inner axes of a product");
    let (m, n, k) = (a.rows, b.columns, a.columns);
    if m == 0 || n == 0 || k == 0 {
        return vec![T::zero(); m * n];
    }
    let parallelism = gemm::Parallelism::Rayon(rayon::current_num_threads());
    let write = |out: *mut T| {
        // SAFETY: `Matrix::of` checked that both operands lie in their slices; `out` has room for m·n
        // numbers, is written (not read: `read_dst` is false) at every i·n + j, and overlaps nothing.
        unsafe {
            gemm::gemm(
                m,
                n,
                k,
                out,
                1,
                n as isize,
                false,
                a.data.as_ptr(),
                a.column_stride as isize,
                a.row_stride as isize,
                b.data.as_ptr(),
                b.column_stride as isize,
                b.row_stride as isize,
                T::zero(),
                T::one(),
                false,
                false,
                false,
                parallelism,
            );
        }
    };
    // SAFETY: `write` writes all m·n numbers.
    unsafe { buffer::written(m * n, write) }
}
