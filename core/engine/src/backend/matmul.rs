//! Products: every form that plans allow becomes one (stacked) matrix product.

use crate::program::{Rows, Type};
use candle_core::{Result, Tensor};

/// Rows of a tensor: its row axis, or one.
fn row_count(tensor: &Tensor, kind: &Type) -> Result<usize> {
    if kind.rows == Rows::Static { Ok(1) } else { tensor.dim(0) }
}

/// `rows×[G…, m, k]` → (G, rows·m, k), so that a stack of matrices meets it.
fn stacked(tensor: &Tensor, kind: &Type, groups: usize) -> Result<Tensor> {
    let rows = row_count(tensor, kind)?;
    let k = kind.shape[kind.shape.len() - 1];
    let m = kind.width() / (groups * k);
    tensor.reshape((rows, groups, m, k))?.transpose(0, 1)?.contiguous()?.reshape((groups, rows * m, k))
}

/// a · b or a · bᵀ, of the type `out`.
pub(super) fn matmul(a: &Tensor, ka: &Type, b: &Tensor, kb: &Type, transposed: bool, out: &Type) -> Result<Tensor> {
    let rows = row_count(a, ka)?;
    let dims: Vec<usize> = if out.rows == Rows::Static { Vec::new() } else { vec![rows] };
    let dims = [dims, out.shape.clone()].concat();
    let k = ka.shape[ka.shape.len() - 1];
    let turn = |b: Tensor| if transposed { b.t() } else { Ok(b) };
    if kb.rows != Rows::Static {
        // A matrix a row: (rows·G, m, k) · (rows·G, k, n)
        let [p, q] = [kb.shape[kb.shape.len() - 2], kb.shape[kb.shape.len() - 1]];
        let stacks = rows * kb.width() / (p * q);
        let m = rows * ka.width() / (stacks * k);
        let b = turn(b.contiguous()?.reshape((stacks, p, q))?)?;
        return a.contiguous()?.reshape((stacks, m, k))?.matmul(&b.contiguous()?)?.reshape(dims);
    }
    if kb.shape.len() == 2 {
        let flat = a.contiguous()?.reshape((rows * ka.width() / k, k))?;
        return flat.matmul(&turn(b.clone())?)?.reshape(dims);
    }
    let [p, q] = [kb.shape[kb.shape.len() - 2], kb.shape[kb.shape.len() - 1]];
    let groups = kb.width() / (p * q);
    let b = turn(b.contiguous()?.reshape((groups, p, q))?)?;
    let product = stacked(&a.contiguous()?, ka, groups)?.matmul(&b.contiguous()?)?; // (G, rows·m, n)
    let n = product.dim(2)?;
    let m = product.dim(1)? / rows.max(1);
    product.reshape((groups, rows, m, n))?.transpose(0, 1)?.contiguous()?.reshape(dims)
}

/// Σ aᵀ·d over the rows and the axes that the right side (of type `out`) does not have.
pub(super) fn weight_grad(a: &Tensor, ka: &Type, d: &Tensor, kd: &Type, out: &Type) -> Result<Tensor> {
    let (k, n) = (ka.shape[ka.shape.len() - 1], kd.shape[kd.shape.len() - 1]);
    if out.rows != Rows::Static {
        let rows = row_count(a, ka)?;
        let stacks = rows * out.width() / (k * n);
        let m = rows * ka.width() / (stacks * k);
        let a = a.contiguous()?.reshape((stacks, m, k))?.t()?.contiguous()?;
        return a.matmul(&d.contiguous()?.reshape((stacks, m, n))?)?.reshape([&[rows], &out.shape[..]].concat());
    }
    if out.shape.len() == 2 {
        let a = a.contiguous()?.reshape(((), k))?;
        return a.t()?.matmul(&d.contiguous()?.reshape(((), n))?);
    }
    let groups = out.width() / (k * n);
    let a = stacked(&a.contiguous()?, ka, groups)?.t()?.contiguous()?; // (G, k, rows·m)
    a.matmul(&stacked(&d.contiguous()?, kd, groups)?)?.reshape(&out.shape[..])
}
