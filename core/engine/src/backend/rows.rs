//! Rows that are no tokens, put before those of each sequence (see [`RowsOp`]).

use super::Feed;
use super::attention::Attention;
use super::random::Keys;
use crate::program::rows::{Prefixed, RowsOp};
use candle_core::{Device, Result, Tensor};
use engraft_plugin::mix;
use std::sync::Arc;

/// What an operation gives. Added rows of two axes are static, of three a sequence's own.
pub(super) fn compute(op: &RowsOp, inputs: &[Tensor], feed: &Feed) -> Result<Tensor> {
    match (op, inputs) {
        (&RowsOp::Put(n), [x, added]) => put(x, added, n, feed),
        (&RowsOp::Clear(n), [x]) => put(x, &zeros(x, n)?, n, feed),
        (&RowsOp::First(n), [x]) => first(x, n, 0, feed),
        (&RowsOp::Attention(of), [q, k, v, k_rows, v_rows]) => {
            let wide = widen(feed, of.n);
            let q = insert(q, &zeros(q, of.n)?, of.n, feed)?;
            let k = insert(k, k_rows, of.n, feed)?;
            let v = insert(v, v_rows, of.n, feed)?;
            later(&attention(of).forward(&q, &k, &v, &wide)?, of.n, feed)
        }
        (&RowsOp::AttentionGrad(of) | &RowsOp::PrefixGrad(of), [q, k, v, k_rows, v_rows, d]) => {
            let wide = widen(feed, of.n);
            let nothing = zeros(q, of.n)?;
            let q = insert(q, &nothing, of.n, feed)?;
            let d = insert(d, &nothing, of.n, feed)?;
            let k = insert(k, k_rows, of.n, feed)?;
            let v = insert(v, v_rows, of.n, feed)?;
            let all = attention(of).backward(&q, &k, &v, &d, &wide)?; // (tokens + sequences · n, 3·hidden)
            match op {
                RowsOp::AttentionGrad(_) => later(&all, of.n, feed),
                _ => first(&all, of.n, of.n, feed)?.narrow(2, q.dim(1)?, 2 * q.dim(1)?)?.contiguous(),
            }
        }
        (op, inputs) => candle_core::bail!("{op:?} does not take {} operands", inputs.len()),
    }
}

/// The prefix has queries too, of zeros, so that one attention serves; what it answers them is left out.
const fn attention(of: Prefixed) -> Attention {
    Attention { heads: of.heads, dropout: of.dropout, site: of.site }
}

/// The batch with n more rows before each sequence.
pub(super) fn widen(feed: &Feed, n: usize) -> Feed {
    let bounds: Vec<usize> = feed.bounds.iter().enumerate().map(|(s, bound)| bound + s * n).collect();
    let tokens = (0..feed.sequences()).flat_map(|s| {
        let own = &feed.keys.tokens[feed.bounds[s]..feed.bounds[s + 1]];
        let key = feed.keys.sequences[s];
        (0..n).map(move |at| mix(key ^ at as u64)).chain(own.iter().copied())
    });
    let keys = Keys { tokens: Arc::new(tokens.collect()), ..feed.keys.clone() };
    Feed { bounds, keys, ..feed.clone() }
}

fn zeros(x: &Tensor, n: usize) -> Result<Tensor> {
    Tensor::zeros((n, x.dim(1)?), x.dtype(), x.device())
}

fn select(x: &Tensor, places: impl Iterator<Item = usize>) -> Result<Tensor> {
    let places: Vec<u32> = places.map(|at| at as u32).collect();
    x.contiguous()?.index_select(&Tensor::new(places, &Device::Cpu)?.to_device(x.device())?, 0)
}

/// Where row `at` of the rows added to sequence `s` lies among them.
fn added_at(added: &Tensor, n: usize, s: usize, at: usize) -> usize {
    if added.rank() == 2 { at } else { s * n + at }
}

/// (rows added) and (tokens), one behind the other: (rows + tokens, h).
fn both(x: &Tensor, added: &Tensor) -> Result<(Tensor, usize)> {
    let added = added.contiguous()?.reshape(((), x.dim(1)?))?;
    Ok((Tensor::cat(&[&added, &x.contiguous()?], 0)?, added.dim(0)?))
}

/// (tokens, h) → (tokens + sequences · n, h).
fn insert(x: &Tensor, added: &Tensor, n: usize, feed: &Feed) -> Result<Tensor> {
    let (source, before) = both(x, added)?;
    let places = feed.bounds.windows(2).enumerate().flat_map(|(s, pair)| {
        (0..n).map(move |at| added_at(added, n, s, at)).chain((pair[0]..pair[1]).map(move |token| before + token))
    });
    select(&source, places)
}

/// The first n rows of each sequence replaced.
fn put(x: &Tensor, added: &Tensor, n: usize, feed: &Feed) -> Result<Tensor> {
    let (source, before) = both(x, added)?;
    let places = feed.bounds.windows(2).enumerate().flat_map(|(s, pair)| {
        (0..n).map(move |at| added_at(added, n, s, at)).chain((pair[0] + n..pair[1]).map(move |token| before + token))
    });
    select(&source, places)
}

/// The first n rows of each sequence, which begins `wider` rows later than the one before it would: (sequences, n, h).
fn first(x: &Tensor, n: usize, wider: usize, feed: &Feed) -> Result<Tensor> {
    let first = (0..feed.sequences()).flat_map(|s| (0..n).map(move |at| (s, at)));
    let places = first.map(|(s, at)| feed.bounds[s] + s * wider + at);
    select(x, places)?.reshape((feed.sequences(), n, x.dim(1)?))
}

/// (tokens + sequences · n, h) → (tokens, h).
fn later(x: &Tensor, n: usize, feed: &Feed) -> Result<Tensor> {
    let places =
        feed.bounds.windows(2).enumerate().flat_map(|(s, pair)| (pair[0]..pair[1]).map(move |at| at + (s + 1) * n));
    select(x, places)
}
