//! Products of two matrices, and the linear layer.

use super::product::{Matrix, product};
use super::{Real, simd, view};
use candle_core::{CpuStorage, CustomOp2, CustomOp3, Layout, Result, Shape, bail};
use rayon::prelude::*;

/// a · b of any strides: (m, k), (k, n) → (m, n).
pub(crate) struct Product;

impl CustomOp2 for Product {
    fn name(&self) -> &'static str {
        "product"
    }
    fn cpu_fwd(&self, s1: &CpuStorage, l1: &Layout, s2: &CpuStorage, l2: &Layout) -> Result<(CpuStorage, Shape)> {
        if l1.dims().len() != 2 || l2.dims().len() != 2 || l1.dims()[1] != l2.dims()[0] {
            bail!("a product wants (m, k) and (k, n), found {:?} and {:?}", l1.dims(), l2.dims())
        }
        let out = match (s1, s2) {
            (CpuStorage::F32(a), CpuStorage::F32(b)) => {
                CpuStorage::F32(product(Matrix::of(a, l1)?, Matrix::of(b, l2)?))
            }
            (CpuStorage::F64(a), CpuStorage::F64(b)) => {
                CpuStorage::F64(product(Matrix::of(a, l1)?, Matrix::of(b, l2)?))
            }
            _ => bail!("a product wants f32 or f64"),
        };
        Ok((out, Shape::from((l1.dims()[0], l2.dims()[1]))))
    }
}

/// x·wᵀ + b: (rows, in), (out, in), (out) → (rows, out).
pub(crate) struct Linear;

fn linear<T: Real>(x: Matrix<'_, T>, w: Matrix<'_, T>, b: &[T]) -> Vec<T> {
    let mut out = product(x, w.transposed());
    out.par_chunks_mut(b.len().max(1) * 16).for_each(|rows| {
        simd(
            #[inline(always)]
            || {
                for row in rows.chunks_exact_mut(b.len()) {
                    row.iter_mut().zip(b).for_each(|(o, &b)| *o = *o + b);
                }
            },
        );
    });
    out
}

impl CustomOp3 for Linear {
    fn name(&self) -> &'static str {
        "linear"
    }
    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
        s3: &CpuStorage,
        l3: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        if l1.dims().len() != 2 || l2.dims().len() != 2 || l1.dims()[1] != l2.dims()[1] || l3.dims() != &l2.dims()[..1]
        {
            bail!("a linear layer wants (rows, in), (out, in), (out), found {l1:?}, {l2:?}, {l3:?}")
        }
        let out = match (s1, s2, s3) {
            (CpuStorage::F32(x), CpuStorage::F32(w), CpuStorage::F32(b)) => {
                CpuStorage::F32(linear(Matrix::of(x, l1)?, Matrix::of(w, l2)?, view(b, l3)?))
            }
            (CpuStorage::F64(x), CpuStorage::F64(w), CpuStorage::F64(b)) => {
                CpuStorage::F64(linear(Matrix::of(x, l1)?, Matrix::of(w, l2)?, view(b, l3)?))
            }
            _ => bail!("a linear layer wants f32 or f64"),
        };
        Ok((out, Shape::from((l1.dims()[0], l2.dims()[0]))))
    }
}
