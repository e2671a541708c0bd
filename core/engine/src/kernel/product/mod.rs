//! Matrix products: by the `gemm` crate, and in bf16 by our own loops where the processor has them.

#[cfg(target_arch = "x86_64")]
mod bf16;
#[cfg(test)]
mod tests;

use super::{Real, buffer, simd};
use crate::backend::Products;
use candle_core::{Layout, Result, bail};
use rayon::prelude::*;

/// A matrix in a slice, by its strides.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a, T> {
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

impl Matrix<'_, f32> {
    /// The numbers row by row, rounded to bf16.
    fn rounded(&self) -> Vec<f32> {
        let row = |row: usize| (0..self.columns).map(move |column| row * self.row_stride + column * self.column_stride);
        (0..self.rows).flat_map(row).map(|at| half::bf16::from_f32(self.data[at]).to_f32()).collect()
    }

    /// The same matrix, row by row.
    const fn packed(self) -> Self {
        Self { row_stride: self.columns, column_stride: 1, ..self }
    }
}

/// a · b, and a bias added to every row: (a.rows, b.columns), row by row.
///
/// # Panics
/// When a has other columns than b has rows, or the bias has not one number a column.
pub(super) fn product<T: Real>(a: Matrix<'_, T>, b: Matrix<'_, T>, bias: Option<&[T]>, products: Products) -> Vec<T> {
    assert_eq!(a.columns, b.rows, "the inner axes of a product");
    assert!(bias.is_none_or(|bias| bias.len() == b.columns), "a bias is added to every row");
    let in_bf16 = || if products == Products::Bf16 { T::product_in_bf16(a, b, bias) } else { None };
    in_bf16().unwrap_or_else(|| full(a, b, bias))
}

/// In the type of the operands.
fn full<T: Real>(a: Matrix<'_, T>, b: Matrix<'_, T>, bias: Option<&[T]>) -> Vec<T> {
    let mut out = multiplied(a, b);
    let Some(bias) = bias else { return out };
    out.par_chunks_mut(b.columns.max(1) * super::CHUNK).for_each(|rows| {
        simd(
            #[inline(always)]
            || {
                for row in rows.chunks_exact_mut(bias.len()) {
                    for (o, &b) in row.iter_mut().zip(bias) {
                        *o += b;
                    }
                }
            },
        );
    });
    out
}

/// In bf16, with sums in f32: by the processor's own instruction, or of operands that are rounded first, which costs
/// time and gives the same but for the order of sums.
pub(super) fn in_bf16(a: Matrix<'_, f32>, b: Matrix<'_, f32>, bias: Option<&[f32]>) -> Vec<f32> {
    #[cfg(target_arch = "x86_64")]
    if bf16::can(a, b) {
        // SAFETY: it can.
        return unsafe { bf16::product(a, b, bias) };
    }
    let (left, right) = (a.rounded(), b.rounded());
    full(Matrix { data: &left, ..a.packed() }, Matrix { data: &right, ..b.packed() }, bias)
}

/// Fewer rows than this `gemm` multiplies in another way, whose sums round otherwise.
const ROWS: usize = 16;

/// a · b by `gemm`. A row has the same bits whatever rows stand beside it: what is kept of a window fits in every batch.
fn multiplied<T: Real>(a: Matrix<'_, T>, b: Matrix<'_, T>) -> Vec<T> {
    let rows = a.rows;
    if (1..ROWS).contains(&rows) && a.columns > 0 {
        let mut data = vec![T::zero(); ROWS * a.columns];
        for row in 0..rows {
            for column in 0..a.columns {
                data[row * a.columns + column] = a.data[row * a.row_stride + column * a.column_stride];
            }
        }
        let a = Matrix { data: &data, rows: ROWS, columns: a.columns, row_stride: a.columns, column_stride: 1 };
        let mut out = multiplied(a, b);
        out.truncate(rows * b.columns);
        return out;
    }
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
