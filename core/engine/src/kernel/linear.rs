//! Products of two matrices, and the linear layer.

use super::product::product;
use super::{Kernel, Operand, Real};
use crate::backend::Products;
use candle_core::{Result, Shape, bail};

/// a · b of any strides: (m, k), (k, n) → (m, n).
pub(crate) struct Product(pub(crate) Products);

impl Kernel<2> for Product {
    fn compute<T: Real>(&self, [a, b]: [Operand<'_, T>; 2]) -> Result<(Vec<T>, Shape)> {
        match (a.dims(), b.dims()) {
            (&[m, k], &[inner, n]) if k == inner => {
                Ok((product(a.matrix()?, b.matrix()?, None, self.0), Shape::from((m, n))))
            }
            (a, b) => bail!("a product wants (m, k) and (k, n), found {a:?} and {b:?}"),
        }
    }
}

/// x·wᵀ + b, x and w of any strides: (rows, in), (out, in), (out) → (rows, out).
pub(crate) struct Linear(pub(crate) Products);

impl Kernel<3> for Linear {
    fn compute<T: Real>(&self, [x, w, b]: [Operand<'_, T>; 3]) -> Result<(Vec<T>, Shape)> {
        let (rows, width) = match (x.dims(), w.dims(), b.dims()) {
            (&[rows, inner], &[width, k], &[bias]) if inner == k && width == bias => (rows, width),
            (x, w, b) => bail!("a linear layer wants (rows, in), (out, in), (out), found {x:?}, {w:?}, {b:?}"),
        };
        let out = product(x.matrix()?, w.matrix()?.transposed(), Some(b.flat()?), self.0);
        Ok((out, Shape::from((rows, width))))
    }
}
