//! The weighed losses, of candle's ops.
//!
//! ```text
//! p     the probability of what is right: softmax(x)[class], or σ(±x) of a label that is there (or not)
//! loss  = scale · Σ −w·(1 − p)^γ·log p
//! dx    = scale · w·((1 − p)^γ − γ·p·log p·(1 − p)^(γ−1)) · (softmax(x) − 1[class])      of a class
//!       = scale · ∓w·(1 − p)^γ·((1 − p) − γ·p·log p)                                      of a label
//! ```
//!
//! Weights of a class are those of `torch.nn.CrossEntropyLoss`, of a label those of `BCEWithLogitsLoss`'s `pos_weight`: what is
//! not there weighs 1. Source: Lin et al. 2017 (arXiv:1708.02002).

use super::attention::softmax;
use super::candle::{log_softmax, picked};
use crate::program::{Focal, Op};
use crate::{Error, Result};
use candle_core::{D, Tensor};

/// The least that is raised to a power below 0.
const TINY: f64 = 1e-12;

/// What such a step gives.
pub(super) fn compute(op: &Op, inputs: &[Tensor]) -> Result<Tensor> {
    Ok(match (op, inputs) {
        (Op::Focal(how), [logits, classes, scale]) => how.loss(logits, classes, scale)?,
        (Op::FocalGrad(how), [logits, classes, scale, d]) => how.grad(logits, classes, &(scale * d)?)?,
        (Op::BinaryFocal(how), [logits, labels, scale]) => how.binary_loss(logits, labels, scale)?,
        (Op::BinaryFocalGrad(how), [logits, labels, scale, d]) => how.binary_grad(logits, labels, &(scale * d)?)?,
        (op, _) => return Err(Error::Program(format!("{op:?} does not take {} operands", inputs.len()))),
    })
}

impl Focal {
    /// The weights, of the type and on the device of `like`. (classes)
    fn row(&self, like: &Tensor) -> candle_core::Result<Option<Tensor>> {
        let row = || Tensor::new(&self.weights[..], like.device())?.to_dtype(like.dtype());
        (!self.weights.is_empty()).then(row).transpose()
    }

    /// (1 − p)^power, for 1 − p of 0 or more.
    fn power(rest: &Tensor, power: f64) -> candle_core::Result<Tensor> {
        if power == 0.0 {
            rest.ones_like()
        } else if power < 0.0 {
            rest.maximum(TINY)?.powf(power)
        } else {
            rest.powf(power)
        }
    }

    /// log p of each row's class, and the row's weight, 0 where it is not scored. (rows, 1)
    fn right(&self, logits: &Tensor, picked: &Tensor) -> candle_core::Result<(Tensor, Tensor)> {
        let log = (log_softmax(logits)? * picked)?.sum_keepdim(D::Minus1)?;
        let weight = match self.row(logits)? {
            Some(row) => picked.broadcast_mul(&row)?.sum_keepdim(D::Minus1)?,
            None => picked.sum_keepdim(D::Minus1)?,
        };
        Ok((log, weight))
    }

    fn loss(&self, logits: &Tensor, classes: &Tensor, scale: &Tensor) -> candle_core::Result<Tensor> {
        let (picked, _) = picked(logits, classes)?;
        let (log, weight) = self.right(logits, &picked)?;
        // What is rounded below 0 is 0.
        let rest = log.exp()?.affine(-1.0, 1.0)?.relu()?;
        ((weight * Self::power(&rest, self.gamma)?)? * log)?.sum_all()?.neg()? * scale
    }

    fn grad(&self, logits: &Tensor, classes: &Tensor, scale: &Tensor) -> candle_core::Result<Tensor> {
        let (picked, scored) = picked(logits, classes)?;
        let (log, weight) = self.right(logits, &picked)?;
        let p = log.exp()?;
        let rest = p.affine(-1.0, 1.0)?.relu()?;
        let mut slope = Self::power(&rest, self.gamma)?;
        if self.gamma != 0.0 {
            slope = (slope - (((p * log)? * Self::power(&rest, self.gamma - 1.0)?)? * self.gamma)?)?;
        }
        let apart = (softmax(logits)?.broadcast_mul(&scored)? - picked)?;
        apart.broadcast_mul(&(weight * slope)?)?.broadcast_mul(scale)
    }

    /// 1 or −1, log p and weight of each label. (rows, labels)
    fn labels(&self, logits: &Tensor, labels: &Tensor) -> candle_core::Result<[Tensor; 3]> {
        let sign = labels.affine(2.0, -1.0)?;
        let margin = (&sign * logits)?;
        // log σ(m) = min(m, 0) − log(1 + exp(−|m|))
        let log = (margin.minimum(0.0)? - (margin.abs()?.neg()?.exp()? + 1.0)?.log()?)?;
        let weight = match self.row(logits)? {
            Some(row) => (labels.broadcast_mul(&row)? + labels.affine(-1.0, 1.0)?)?,
            None => labels.ones_like()?,
        };
        Ok([sign, log, weight])
    }

    fn binary_loss(&self, logits: &Tensor, labels: &Tensor, scale: &Tensor) -> candle_core::Result<Tensor> {
        let [_, log, weight] = self.labels(logits, labels)?;
        let rest = log.exp()?.affine(-1.0, 1.0)?.relu()?;
        ((weight * Self::power(&rest, self.gamma)?)? * log)?.sum_all()?.neg()? * scale
    }

    fn binary_grad(&self, logits: &Tensor, labels: &Tensor, scale: &Tensor) -> candle_core::Result<Tensor> {
        let [sign, log, weight] = self.labels(logits, labels)?;
        let p = log.exp()?;
        let rest = p.affine(-1.0, 1.0)?.relu()?;
        let slope = (((p * log)? * self.gamma)? - &rest)?;
        ((sign * weight)? * (Self::power(&rest, self.gamma)? * slope)?)?.broadcast_mul(scale)
    }
}
