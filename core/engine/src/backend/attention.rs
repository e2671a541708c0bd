//! Attention over packed sequences: each sequence by itself, heads side by side, no padding.
//!
//! The weights are computed again for the gradient rather than kept: a step's memory then grows with
//! the tokens, not with the squares of the lengths. On the CPU it is one kernel; elsewhere candle's ops,
//! sequence by sequence.

use super::Feed;
use crate::kernel;
use candle_core::{Result, Tensor};
use std::sync::Arc;

/// The numbers of an attention step.
#[derive(Clone, Copy)]
pub(super) struct Attention {
    pub(super) heads: usize,
    pub(super) dropout: f64,
    pub(super) site: u32,
}

/// What one sequence's forward makes and its gradient needs again.
struct Part {
    q: Tensor,       // (heads, n, d)
    k: Tensor,       // (heads, n, d)
    v: Tensor,       // (heads, n, d)
    weights: Tensor, // (heads, n, n), after softmax
    dropped: Tensor, // the same after dropout
}

impl Attention {
    /// (tokens, hidden) of three → (tokens, hidden).
    pub(super) fn forward(self, q: &Tensor, k: &Tensor, v: &Tensor, feed: &Feed) -> Result<Tensor> {
        if q.device().is_cpu() {
            return kernel::run(&self.kernel(feed), [&q.contiguous()?, &k.contiguous()?, &v.contiguous()?]);
        }
        self.composed(q, k, v, feed)
    }

    /// Of candle's ops.
    fn composed(self, q: &Tensor, k: &Tensor, v: &Tensor, feed: &Feed) -> Result<Tensor> {
        let parts = each(feed, |from, len| {
            let part = self.part(q, k, v, feed, from, len)?;
            self.join(&part.dropped.matmul(&part.v)?)
        })?;
        Tensor::cat(&parts, 0)
    }

    /// dq, dk, dv side by side: (tokens, 3·hidden).
    pub(super) fn backward(self, q: &Tensor, k: &Tensor, v: &Tensor, d: &Tensor, feed: &Feed) -> Result<Tensor> {
        if q.device().is_cpu() {
            let kernel = kernel::AttentionGrad(self.kernel(feed));
            return kernel::run(&kernel, [&q.contiguous()?, &k.contiguous()?, &v.contiguous()?, &d.contiguous()?]);
        }
        self.composed_gradient(q, k, v, d, feed)
    }

    /// Of candle's ops.
    fn composed_gradient(self, q: &Tensor, k: &Tensor, v: &Tensor, d: &Tensor, feed: &Feed) -> Result<Tensor> {
        let parts = each(feed, |from, len| {
            let part = self.part(q, k, v, feed, from, len)?;
            let d = self.split(d, from, len)?;
            let dv = part.dropped.t()?.contiguous()?.matmul(&d)?;
            let d_dropped = d.matmul(&part.v.t()?.contiguous()?)?;
            let d_weights = self.drop(&d_dropped, feed, from, len)?;
            let d_scores = (softmax_grad(&part.weights, &d_weights)? * self.scale(&part.q)?)?;
            let dq = d_scores.matmul(&part.k)?;
            let dk = d_scores.t()?.contiguous()?.matmul(&part.q)?;
            Tensor::cat(&[self.join(&dq)?, self.join(&dk)?, self.join(&dv)?], 1)
        })?;
        Tensor::cat(&parts, 0)
    }

    fn kernel(self, feed: &Feed) -> kernel::Attention {
        let Self { heads, dropout, site } = self;
        kernel::Attention { heads, dropout, site, bounds: feed.bounds.clone(), keys: feed.keys.tokens.clone() }
    }

    fn scale(self, q: &Tensor) -> Result<f64> {
        Ok(1.0 / (q.dim(2)? as f64).sqrt())
    }

    fn part(self, q: &Tensor, k: &Tensor, v: &Tensor, feed: &Feed, from: usize, len: usize) -> Result<Part> {
        let (q, k, v) = (self.split(q, from, len)?, self.split(k, from, len)?, self.split(v, from, len)?);
        let scores = (q.matmul(&k.t()?.contiguous()?)? * self.scale(&q)?)?; // (heads, n, n)
        let weights = softmax(&scores)?;
        let dropped = self.drop(&weights, feed, from, len)?;
        Ok(Part { q, k, v, weights, dropped })
    }

    /// One sequence of (tokens, hidden) → (heads, n, d).
    fn split(self, x: &Tensor, from: usize, len: usize) -> Result<Tensor> {
        let depth = x.dim(1)? / self.heads;
        x.narrow(0, from, len)?.reshape((len, self.heads, depth))?.transpose(0, 1)?.contiguous()
    }

    /// (heads, n, d) → (n, hidden).
    fn join(self, x: &Tensor) -> Result<Tensor> {
        let (heads, len, depth) = x.dims3()?;
        x.transpose(0, 1)?.contiguous()?.reshape((len, heads * depth))
    }

    /// Dropout of attention weights: each (head, token) row has a stream of its own.
    fn drop(self, weights: &Tensor, feed: &Feed, from: usize, len: usize) -> Result<Tensor> {
        if self.dropout == 0.0 {
            return Ok(weights.clone());
        }
        let tokens = &feed.keys.tokens[from..from + len];
        let keys = (0..self.heads as u64).flat_map(|head| tokens.iter().map(move |key| key.wrapping_add(head << 20)));
        super::candle::dropout(weights, &Arc::new(keys.collect()), self.site, self.dropout)
    }
}

/// Runs each sequence in order.
fn each(feed: &Feed, run: impl Fn(usize, usize) -> Result<Tensor>) -> Result<Vec<Tensor>> {
    feed.bounds.windows(2).map(|pair| run(pair[0], pair[1] - pair[0])).collect()
}

/// Softmax over the last axis.
pub(super) fn softmax(x: &Tensor) -> Result<Tensor> {
    if x.device().is_cpu() {
        return kernel::run(&kernel::Softmax, [&x.contiguous()?]);
    }
    let exp = x.broadcast_sub(&x.max_keepdim(candle_core::D::Minus1)?)?.exp()?;
    exp.broadcast_div(&exp.sum_keepdim(candle_core::D::Minus1)?)
}

/// Its gradient: y ⊙ (d − Σ y⊙d).
pub(super) fn softmax_grad(y: &Tensor, d: &Tensor) -> Result<Tensor> {
    if y.device().is_cpu() {
        return kernel::run(&kernel::SoftmaxGrad, [&y.contiguous()?, &d.contiguous()?]);
    }
    let dot = (y * d)?.sum_keepdim(candle_core::D::Minus1)?;
    y * d.broadcast_sub(&dot)?
}

#[cfg(test)]
mod tests {
    use super::{Attention, Feed};
    use crate::backend::random::{Keys, normal};
    use candle_core::{DType, Device, Tensor};

    fn feed(bounds: &[usize]) -> Feed {
        let empty = Tensor::zeros(0, DType::U32, &Device::Cpu).unwrap();
        let keys = Keys::new(3, 1, 0, bounds);
        let (ids, positions, bounds) = (empty.clone(), empty, bounds.to_vec());
        Feed { ids, positions, classes: None, labels: None, tasks: None, scale: 1.0, bounds, keys }
    }

    fn random(rows: usize, seed: u64) -> Tensor {
        let values = (0..rows * 12).map(|at| normal(seed, at));
        Tensor::from_iter(values, &Device::Cpu).unwrap().reshape((rows, 12)).unwrap()
    }

    /// What the gradient checks see of one program holds for the composed form too, dropout included: the
    /// form that devices without this kernel run.
    #[test]
    fn the_kernel_agrees_with_its_composition_of_candle_ops() {
        let bounds = [0, 1, 18, 18, 23, 64];
        let feed = feed(&bounds);
        let [q, k, v, d] = [1, 2, 3, 4].map(|seed| random(64, seed));
        for dropout in [0.0, 0.2] {
            let attention = Attention { heads: 3, dropout, site: 5 };
            for (kernel, composed) in [
                (attention.forward(&q, &k, &v, &feed), attention.composed(&q, &k, &v, &feed)),
                (attention.backward(&q, &k, &v, &d, &feed), attention.composed_gradient(&q, &k, &v, &d, &feed)),
            ] {
                let apart = (kernel.unwrap() - composed.unwrap()).unwrap().abs().unwrap().max_all().unwrap();
                let apart: f64 = apart.to_scalar().unwrap();
                assert!(apart < 1e-13, "dropout {dropout}: {apart}");
            }
        }
    }
}
