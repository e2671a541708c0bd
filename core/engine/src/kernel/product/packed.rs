//! Products by our own loops, of sides that are packed as these read them.

#[cfg(target_arch = "x86_64")]
use super::panels::{
    self,
    form::{Bf16, F32, Form},
    tiles::Tiles,
    triples::Triples,
};
#[cfg(target_arch = "x86_64")]
use super::{Left, check};
use super::{Matrix, Then, full};
use crate::backend::Products;

/// One side of products of f32, as our own loops read it.
pub(crate) struct Packed {
    #[cfg(target_arch = "x86_64")]
    panels: panels::Panels,
    rows: usize,
    columns: usize,
    how: Products,
}

/// Bytes that a number of a packed side takes.
pub(crate) fn packed_bytes(how: Products) -> usize {
    match how {
        Products::Bf16 => 2,
        #[cfg(target_arch = "x86_64")]
        Products::Full if Triples::is_here() => 2 * Triples::PIECES,
        Products::Full => 4,
    }
}

#[cfg(target_arch = "x86_64")]
impl Packed {
    /// Packs a side; `None` where this processor reads matrices as they are.
    pub(crate) fn new(matrix: Matrix<'_, f32>, is_left: bool, how: Products) -> Option<Self> {
        let panels = match how {
            Products::Full if Triples::is_here() => Self::panels::<Triples>(matrix, is_left)?,
            Products::Full => Self::panels::<F32>(matrix, is_left)?,
            Products::Bf16 if Tiles::is_here() => Self::panels::<Tiles>(matrix, is_left)?,
            Products::Bf16 => Self::panels::<Bf16>(matrix, is_left)?,
        };
        Some(Self { panels, rows: matrix.rows, columns: matrix.columns, how })
    }

    fn panels<F: Form>(matrix: Matrix<'_, f32>, is_left: bool) -> Option<panels::Panels> {
        // SAFETY: the processor has the form, and the matrix lies as panels are copied.
        (F::is_here() && panels::lies(matrix))
            .then(|| unsafe { if is_left { panels::left::<F>(matrix) } else { panels::right::<F>(matrix) } })
    }

    /// out = scale · this · right + bias, or added to it.
    ///
    /// # Panics
    /// As [`product`](super::product), or when both were packed for products of different kinds.
    pub(crate) fn times(&self, right: &Self, then: Then<'_, f32>, out: &mut [f32]) {
        check(self.rows, right.columns, [self.columns, right.rows], then, out);
        assert_eq!(self.how, right.how, "the sides of a product");
        let sizes = [self.rows, right.columns, self.columns];
        // SAFETY: both were packed in this form, so the processor has it; `check` saw the sizes.
        unsafe {
            match self.how {
                Products::Full if Triples::is_here() => {
                    panels::product::<Triples>(&self.panels, &right.panels, sizes, then, out);
                }
                Products::Full => panels::product::<F32>(&self.panels, &right.panels, sizes, then, out),
                Products::Bf16 if Tiles::is_here() => {
                    panels::product::<Tiles>(&self.panels, &right.panels, sizes, then, out);
                }
                Products::Bf16 => panels::product::<Bf16>(&self.panels, &right.panels, sizes, then, out),
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
impl Packed {
    /// out = scale · left · this + bias, or added to it, where nothing else reads the other side; or this · right, where that is
    /// not the left one. `false`, and nothing done, where it is to be packed first.
    pub(crate) fn times_own(
        &self,
        (own, is_left): (Matrix<'_, f32>, bool),
        then: Then<'_, f32>,
        out: &mut [f32],
    ) -> bool {
        if !Tiles::is_here() || !panels::lies(own) {
            return false;
        }
        let [m, n, k] =
            if is_left { [own.rows, self.columns, self.rows] } else { [self.rows, own.columns, self.columns] };
        check(m, n, [k, if is_left { own.columns } else { own.rows }], then, out);
        let (own, sizes) = ((own, is_left), [m, n, k]);
        // SAFETY: this was packed in the form, so the processor has it; the other side lies as panels are copied, and `check`
        // saw the sizes.
        unsafe {
            match self.how {
                Products::Full => panels::product_of_own::<Triples>(own, &self.panels, sizes, then, out),
                Products::Bf16 => panels::product_of_own::<Tiles>(own, &self.panels, sizes, then, out),
            }
        }
        true
    }
}

#[cfg(not(target_arch = "x86_64"))]
impl Packed {
    /// Packs a side: not on this processor.
    pub(crate) const fn new(_matrix: Matrix<'_, f32>, _is_left: bool, _how: Products) -> Option<Self> {
        None
    }

    /// Nothing is packed on this processor.
    pub(crate) const fn times_own(
        &self,
        _own: (Matrix<'_, f32>, bool),
        _then: Then<'_, f32>,
        _out: &mut [f32],
    ) -> bool {
        false
    }

    /// Nothing is packed on this processor.
    pub(crate) fn times(&self, _right: &Self, _then: Then<'_, f32>, _out: &mut [f32]) {
        unreachable!("nothing is packed on this processor: {:?}", [self.rows, self.columns])
    }
}

/// Rows, columns and places of a small product from which on tiles are faster.
#[cfg(target_arch = "x86_64")]
const TILED: usize = 64 * 64 * 32;

/// [`small::product`](super::small::product) rounded to bf16, by tiles; `false`, and nothing done, where there are none or
/// it is too small for them.
#[cfg(target_arch = "x86_64")]
pub(in crate::kernel) fn tiled(
    [m, n, k]: [usize; 3],
    left: Left<'_, f32>,
    (right, apart): (&[f32], usize),
    (out, stride): (&mut [f32], usize),
) -> bool {
    let a = Matrix { data: left.data, rows: m, columns: k, row_stride: left.row, column_stride: left.place };
    let b = Matrix::new(right, k, n, apart);
    if m * n * k < TILED || !Tiles::is_here() || !panels::lies(a) || !panels::lies(b) {
        return false;
    }
    assert!((m - 1) * left.row + (k - 1) * left.place < left.data.len(), "the left side of a product");
    assert!((m - 1) * stride + n <= out.len() && n <= stride, "the result of a product");
    // SAFETY: the processor has tiles; the lines above measured all three.
    unsafe { panels::small::<Tiles>(a, b, out.as_mut_ptr(), stride) };
    true
}

impl Matrix<'_, f32> {
    /// The numbers row by row, rounded to bf16.
    pub(super) fn rounded(&self) -> Vec<f32> {
        let row = |row: usize| (0..self.columns).map(move |column| row * self.row_stride + column * self.column_stride);
        (0..self.rows).flat_map(row).map(|at| half::bf16::from_f32(self.data[at]).to_f32()).collect()
    }
}

/// By our own loops where the processor has them. In bf16 with sums in f32: by the processor's own instruction, or of
/// operands that are rounded first, which costs time and gives the same but for the order of sums. `false`, and nothing
/// done, where `gemm` is to do it.
pub(in crate::kernel) fn packed(
    a: Matrix<'_, f32>,
    b: Matrix<'_, f32>,
    then: Then<'_, f32>,
    out: &mut [f32],
    how: Products,
) -> bool {
    if let (Some(a), Some(b)) = (Packed::new(a, true, how), Packed::new(b, false, how)) {
        a.times(&b, then, out);
    } else if how == Products::Full {
        return false;
    } else {
        let (left, right) = (a.rounded(), b.rounded());
        let (a, b) =
            (Matrix::new(&left, a.rows, a.columns, a.columns), Matrix::new(&right, b.rows, b.columns, b.columns));
        if !packed(a, b, then, out, Products::Full) {
            full(a, b, then, out);
            then.finish(out);
        }
    }
    true
}
