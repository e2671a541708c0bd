//! The largest singular values of a matrix and their vectors, by subspace iteration in 64-bit floats.
//!
//! V ← orthonormal(AᵀA V) until it stands still, then the small symmetric problem (AV)ᵀ(AV) by Jacobi's
//! rotations. Starts from fixed numbers: the same matrix gives the same vectors. Source: Halko, Martinsson
//! and Tropp 2011 (arXiv:0909.4061), algorithm 4.4. Each left vector's largest entry is positive.

use candle_core::{DType, Device, Result, Tensor};
use engraft_plugin::Random;
use engraft_plugin::plan::SvdPart;

/// Most iterations, and the largest change of a singular value (relative) at which they end.
const ITERATIONS: usize = 500;
const STILL: f64 = 1e-12;

/// A part of the decomposition of a (m, n): U (m, r), σ (r) or Vᵀ (r, n).
pub(super) fn part(a: &Tensor, part: SvdPart, r: usize) -> Result<Tensor> {
    let (dtype, device) = (a.dtype(), a.device());
    let (u, values, vt) = svd(&a.to_device(&Device::Cpu)?.to_dtype(DType::F64)?, r)?;
    let part = match part {
        SvdPart::Left => u,
        SvdPart::Values => values,
        SvdPart::Right => vt,
    };
    part.to_dtype(dtype)?.to_device(device)
}

fn svd(a: &Tensor, r: usize) -> Result<(Tensor, Tensor, Tensor)> {
    let (m, n) = a.dims2()?;
    let k = (2 * r + 8).min(m.min(n));
    let mut random = Random::new(1);
    let start: Vec<f64> = (0..n * k).map(|_| random.uniform() * 2.0 - 1.0).collect();
    let mut v = orthonormal(&Tensor::from_vec(start, (n, k), &Device::Cpu)?)?; // (n, k)
    let (at, mut before) = (a.t()?.contiguous()?, Vec::new());
    for _ in 0..ITERATIONS {
        let av = a.matmul(&v)?; // (m, k)
        let sizes: Vec<f64> = av.sqr()?.sum(0)?.sqrt()?.to_vec1()?;
        let is_still = |before: &Vec<f64>| {
            before.iter().zip(&sizes).take(r).all(|(a, b)| (a - b).abs() <= STILL * sizes[0].max(f64::MIN_POSITIVE))
        };
        if !before.is_empty() && is_still(&before) {
            break;
        }
        before = sizes;
        v = orthonormal(&at.matmul(&av)?)?;
    }
    let av = a.matmul(&v)?; // (m, k)
    let (squares, turns) = eigen(av.t()?.matmul(&av)?.to_vec2()?);
    let mut order: Vec<usize> = (0..k).collect();
    order.sort_by(|&i, &j| squares[j].total_cmp(&squares[i]));
    order.truncate(r);
    let sigma: Vec<f64> = order.iter().map(|&i| squares[i].max(0.0).sqrt()).collect();
    let turn: Vec<f64> =
        (0..k).flat_map(|row| order.iter().map(move |&i| (row, i))).map(|(row, i)| turns[row][i]).collect();
    let turn = Tensor::from_vec(turn, (k, r), &Device::Cpu)?;
    let (u, v) = (av.matmul(&turn)?, v.matmul(&turn)?); // (m, r), (n, r)
    let largest =
        |column: &[f64]| column.iter().copied().fold(0.0f64, |top, x| if x.abs() > top.abs() { x } else { top });
    let signs: Vec<f64> = u.t()?.to_vec2::<f64>()?.iter().map(|c| if largest(c) < 0.0 { -1.0 } else { 1.0 }).collect();
    let scale: Vec<f64> = sigma.iter().zip(&signs).map(|(s, sign)| sign / s.max(f64::MIN_POSITIVE)).collect();
    let row = |values: Vec<f64>| Tensor::from_vec(values, (1, r), &Device::Cpu);
    let u = u.broadcast_mul(&row(scale)?)?;
    let vt = v.broadcast_mul(&row(signs)?)?.t()?.contiguous()?;
    Ok((u, Tensor::from_vec(sigma, r, &Device::Cpu)?, vt))
}

/// Columns made orthonormal (modified Gram and Schmidt, twice).
pub(crate) fn orthonormal(x: &Tensor) -> Result<Tensor> {
    let (rows, columns) = x.dims2()?;
    let mut all: Vec<Vec<f64>> = x.t()?.to_vec2()?;
    for at in 0..columns {
        let (done, rest) = all.split_at_mut(at);
        let column = &mut rest[0];
        for _ in 0..2 {
            for other in done.iter() {
                let dot: f64 = other.iter().zip(column.iter()).map(|(a, b)| a * b).sum();
                column.iter_mut().zip(other).for_each(|(x, o)| *x -= dot * o);
            }
            let length = column.iter().map(|x| x * x).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
            column.iter_mut().for_each(|x| *x /= length);
        }
    }
    Tensor::from_vec(all.concat(), (columns, rows), &Device::Cpu)?.t()?.contiguous()
}

/// Eigenvalues of a symmetric matrix, and its eigenvectors as columns (cyclic Jacobi).
fn eigen(mut a: Vec<Vec<f64>>) -> (Vec<f64>, Vec<Vec<f64>>) {
    let n = a.len();
    let mut v: Vec<Vec<f64>> = (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    for _ in 0..60 {
        let off: f64 = (0..n).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| a[i][j] * a[i][j]).sum();
        let on: f64 = (0..n).map(|i| a[i][i] * a[i][i]).sum();
        if off <= 1e-30 * on {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                if a[p][q] == 0.0 {
                    continue;
                }
                let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
                let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
                let t = if theta == 0.0 { 1.0 } else { t };
                let c = 1.0 / (t * t + 1.0).sqrt();
                let s = t * c;
                for row in a.iter_mut().chain(v.iter_mut()) {
                    (row[p], row[q]) = (c * row[p] - s * row[q], s * row[p] + c * row[q]);
                }
                let (above, below) = a.split_at_mut(q);
                for (x, y) in above[p].iter_mut().zip(below[0].iter_mut()) {
                    (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
                }
            }
        }
    }
    ((0..n).map(|i| a[i][i]).collect(), v)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_matrix_make_it_again() {
        let mut random = Random::new(7);
        let values: Vec<f64> = (0..12 * 9).map(|_| random.uniform() - 0.5).collect();
        let a = Tensor::from_vec(values, (12, 9), &Device::Cpu).unwrap();
        let (u, values, vt) = svd(&a, 9).unwrap();
        let again = u.broadcast_mul(&values.reshape((1, 9)).unwrap()).unwrap().matmul(&vt).unwrap();
        let apart = (again - &a).unwrap().abs().unwrap().max_all().unwrap().to_scalar::<f64>().unwrap();
        assert!(apart < 1e-10, "{apart}");
        let unit = u.t().unwrap().matmul(&u).unwrap();
        let identity = Tensor::eye(9, DType::F64, &Device::Cpu).unwrap();
        let apart = (unit - identity).unwrap().abs().unwrap().max_all().unwrap().to_scalar::<f64>().unwrap();
        assert!(apart < 1e-10, "{apart}");
        let values: Vec<f64> = values.to_vec1().unwrap();
        assert!(values.windows(2).all(|pair| pair[0] >= pair[1]));
        // The largest three alone are the same.
        let (_, three, _) = svd(&a, 3).unwrap();
        let three: Vec<f64> = three.to_vec1().unwrap();
        assert!(three.iter().zip(&values).all(|(a, b)| (a - b).abs() < 1e-9), "{three:?} {values:?}");
    }
}
