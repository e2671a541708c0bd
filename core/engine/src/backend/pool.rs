//! Token rows to sequence rows and back, by the bounds of the batch.

use super::Feed;
use crate::program::Pool;
use candle_core::{DType, Device, Result, Tensor};

fn index(values: impl Iterator<Item = usize>, device: &Device) -> Result<Tensor> {
    Tensor::from_iter(values.map(|v| v as u32), device)
}

/// For each token, its sequence.
fn owners(feed: &Feed, device: &Device) -> Result<Tensor> {
    let owners = feed.bounds.windows(2).enumerate().flat_map(|(s, pair)| std::iter::repeat_n(s, pair[1] - pair[0]));
    index(owners, device)
}

/// Zeros of (rows, trailing shape of x).
fn zeros(x: &Tensor, rows: usize) -> Result<Tensor> {
    let mut dims = x.dims().to_vec();
    dims[0] = rows;
    Tensor::zeros(dims, x.dtype(), x.device())
}

/// One over the length of each sequence, of x's rank.
fn shares(feed: &Feed, x: &Tensor) -> Result<Tensor> {
    let shares = feed.bounds.windows(2).map(|pair| 1.0 / (pair[1] - pair[0]).max(1) as f64);
    let mut dims = vec![1; x.rank()];
    dims[0] = feed.sequences();
    Tensor::from_iter(shares, x.device())?.to_dtype(x.dtype())?.reshape(dims)
}

/// The token that stands for each sequence: its first or last.
fn ends(feed: &Feed, how: Pool, device: &Device) -> Result<Tensor> {
    index(feed.bounds.windows(2).map(|pair| if how == Pool::First { pair[0] } else { pair[1] - 1 }), device)
}

/// token → sequence.
pub(super) fn pool(how: Pool, x: &Tensor, feed: &Feed) -> Result<Tensor> {
    let x = &x.contiguous()?;
    match how {
        Pool::Sum => zeros(x, feed.sequences())?.index_add(&owners(feed, x.device())?, x, 0),
        Pool::Mean => pool(Pool::Sum, x, feed)?.broadcast_mul(&shares(feed, x)?),
        Pool::First | Pool::Last => x.index_select(&ends(feed, how, x.device())?, 0),
        Pool::Max => {
            let parts = feed.bounds.windows(2).map(|pair| x.narrow(0, pair[0], pair[1] - pair[0])?.max_keepdim(0));
            Tensor::cat(&parts.collect::<Result<Vec<_>>>()?, 0)
        }
    }
}

/// sequence → token.
pub(super) fn spread(x: &Tensor, feed: &Feed) -> Result<Tensor> {
    x.contiguous()?.index_select(&owners(feed, x.device())?, 0)
}

/// The gradient of a pool: x of the tokens, d of the sequences.
pub(super) fn pool_grad(how: Pool, x: &Tensor, d: &Tensor, feed: &Feed) -> Result<Tensor> {
    match how {
        Pool::Sum => spread(d, feed),
        Pool::Mean => spread(&d.broadcast_mul(&shares(feed, d)?)?, feed),
        Pool::First | Pool::Last => {
            zeros(x, feed.tokens())?.index_add(&ends(feed, how, x.device())?, &d.contiguous()?, 0)
        }
        Pool::Max => spread(d, feed)? * first_maxima(x, feed)?,
    }
}

/// 1 where a token holds the first maximum of its sequence, else 0.
fn first_maxima(x: &Tensor, feed: &Feed) -> Result<Tensor> {
    let width = x.elem_count() / x.dim(0)?.max(1);
    let flat: Vec<f64> = x.to_dtype(DType::F64)?.flatten_all()?.to_vec1()?;
    let mut mask = vec![0f64; flat.len()];
    for pair in feed.bounds.windows(2) {
        for column in 0..width {
            let best =
                (pair[0]..pair[1]).rev().max_by(|&a, &b| flat[a * width + column].total_cmp(&flat[b * width + column]));
            if let Some(token) = best {
                mask[token * width + column] = 1.0;
            }
        }
    }
    Tensor::from_vec(mask, x.shape(), x.device())?.to_dtype(x.dtype())
}
