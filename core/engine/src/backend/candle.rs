//! The candle backend: one step, computed by candle's ops on any of its devices.

use super::attention::{Attention, softmax, softmax_grad};
use super::elementwise::{binary, lift, select, unary, unary_grad, with_number};
use super::{Feed, Machine, matmul, pool, random, rows, svd};
use crate::program::{Binary, Op, PlanOp, Program, Reduce, Rows, Step, Type, Unary};
use crate::{Error, Result};
use candle_core::{D, DType, Tensor};
use std::sync::Arc;

/// One step and what surrounds it.
pub(super) struct Context<'a> {
    pub(super) machine: &'a Machine,
    pub(super) program: &'a Program,
    pub(super) step: &'a Step,
    pub(super) feed: Option<&'a Feed>,
}

impl Context<'_> {
    fn kind(&self, input: usize) -> &Type {
        self.program.kind(self.step.inputs[input])
    }
    fn out(&self) -> &Type {
        self.program.kind(self.step.output)
    }
    fn feed(&self) -> Result<&Feed> {
        self.feed.ok_or_else(|| Error::Program(format!("{:?} needs a batch", self.step.op)))
    }
    /// Rows of a value of this type in this batch; `None` for static ones.
    fn rows(&self, kind: &Type) -> Result<Option<usize>> {
        Ok(match kind.rows {
            Rows::Static => None,
            Rows::Token => Some(self.feed()?.tokens()),
            Rows::Sequence => Some(self.feed()?.sequences()),
        })
    }
    /// A tensor's dimensions: the rows, then the trailing shape.
    fn dims(&self, kind: &Type) -> Result<Vec<usize>> {
        Ok(self.rows(kind)?.into_iter().chain(kind.shape.iter().copied()).collect())
    }

    /// What the step gives.
    pub(super) fn compute(&self, inputs: &[Tensor]) -> Result<Tensor> {
        let has_no_rows = |(at, input): (usize, &Tensor)| self.kind(at).rows != Rows::Static && input.elem_count() == 0;
        if inputs.iter().enumerate().any(has_no_rows) {
            // Candle refuses to reduce nothing; a sum over no rows is 0.
            return Ok(Tensor::zeros(self.dims(self.out())?, self.machine.dtype, &self.machine.device)?);
        }
        Ok(match (&self.step.op, inputs) {
            (Op::Plan(op), _) => self.plan(op, inputs)?,
            (Op::Linear, [x, w, b]) => x.contiguous()?.matmul(&w.t()?)?.broadcast_add(b)?,
            (&Op::MatmulAdd { transposed, scale }, [c, a, b]) => {
                let product = matmul::matmul(a, self.kind(1), b, self.kind(2), transposed, self.out())?;
                (c + (product * scale)?)?
            }
            (&Op::MatmulGeluGrad { transposed }, [x, a, b]) => {
                let product = matmul::matmul(a, self.kind(1), b, self.kind(2), transposed, self.out())?;
                unary_grad(Unary::Gelu, x, &product)?
            }
            (Op::LinearAdd, [r, x, w, b]) => (r + x.contiguous()?.matmul(&w.t()?)?.broadcast_add(b)?)?,
            (&Op::DropoutAdd { p, site }, [r, x]) => (r + dropout(x, &self.keys()?, site, p)?)?,
            (&Op::Attention { heads, dropout, site }, [q, k, v]) => {
                Attention { heads, dropout, site }.forward(q, k, v, self.feed()?)?
            }
            (&Op::AttentionGrad { heads, dropout, site }, [q, k, v, d]) => {
                Attention { heads, dropout, site }.backward(q, k, v, d, self.feed()?)?
            }
            (Op::Rows(op), _) => rows::compute(op, inputs, self.feed()?)?,
            (Op::CrossEntropy, [logits, classes, scale]) => {
                let (picked, _) = picked(logits, classes)?;
                ((log_softmax(logits)? * picked)?.sum_all()?.neg()? * scale)?
            }
            (Op::CrossEntropyGrad, [logits, classes, scale, d]) => {
                let (picked, scored) = picked(logits, classes)?;
                let slope = (softmax(logits)?.broadcast_mul(&scored)? - picked)?;
                slope.broadcast_mul(&(scale * d)?)?
            }
            (Op::BinaryCrossEntropy, [logits, labels, scale]) => {
                // max(x, 0) − x·t + log(1 + exp(−|x|))
                let soft = (logits.abs()?.neg()?.exp()? + 1.0)?.log()?;
                (((logits.relu()? - (logits * labels)?)? + soft)?.sum_all()? * scale)?
            }
            (Op::BinaryCrossEntropyGrad, [logits, labels, scale, d]) => {
                let sigmoid = unary(crate::program::Unary::Sigmoid, logits)?;
                (sigmoid - labels)?.broadcast_mul(&(scale * d)?)?
            }
            (Op::Focal(_) | Op::FocalGrad(_) | Op::BinaryFocal(_) | Op::BinaryFocalGrad(_), _) => {
                super::focal::compute(&self.step.op, inputs)?
            }
            (&Op::Dropout { p, site }, [x]) => dropout(x, &self.keys()?, site, p)?,
            (&Op::Noise { normal, site }, [_]) => self.noise(normal, site)?,
            (Op::SumTo(kind), [x]) => self.sum_to(x, kind)?,
            (Op::BroadcastTo(kind), [x]) => {
                let x = lift(x, self.kind(0), kind.shape.len())?;
                x.broadcast_as(self.dims(kind)?)?.contiguous()?
            }
            (Op::MatmulWeight(kind), [a, d]) => matmul::weight_grad(a, self.kind(0), d, self.kind(1), kind)?,
            (Op::UnaryGrad(op), [x, d]) => unary_grad(*op, x, d)?,
            (&Op::SoftmaxGrad { axis }, [y, d]) => {
                self.along(y, axis, |y| softmax_grad(&y, &last_axis(d, axis, self.kind(1))?))?
            }
            (Op::KeepTopGrad, [y, d]) => y.gt(f64::NEG_INFINITY)?.where_cond(d, &d.zeros_like()?)?,
            (&Op::LayerNormGrad { eps }, [x, w, d]) => layer_norm_grad(x, w, d, eps)?,
            (&Op::LayerNormWeightGrad { eps }, [x, d]) => layer_norm_weight_grad(x, d, eps)?,
            (&Op::RmsNormGrad { eps }, [x, w, d]) => {
                // s·(d⊙w − x̂·mean(d⊙w⊙x̂)) with x̂ = s·x
                let scale = rms_scale(x, eps)?;
                let hat = x.broadcast_mul(&scale)?;
                let dw = d.broadcast_mul(w)?;
                let dot = (&dw * &hat)?.mean_keepdim(D::Minus1)?;
                (dw - hat.broadcast_mul(&dot)?)?.broadcast_mul(&scale)?
            }
            (&Op::RmsNormWeightGrad { eps }, [x, d]) => column_sums(&(x.broadcast_mul(&rms_scale(x, eps)?)? * d)?)?,
            (Op::GatherGrad(kind), [index, d]) => gather_grad(kind, index, d)?,
            (
                Op::Lstm { .. }
                | Op::LstmGrad { .. }
                | Op::LstmBefore { .. }
                | Op::Crf
                | Op::CrfGrad
                | Op::CrfTableGrad,
                _,
            ) => super::chain::compute(&self.step.op, inputs, self.feed()?)?,
            (Op::PoolGrad(how), [x, d]) => pool::pool_grad(*how, x, d, self.feed()?)?,
            (op, _) => return Err(Error::Program(format!("{op:?} does not take {} operands", inputs.len()))),
        })
    }

    fn plan(&self, op: &PlanOp, inputs: &[Tensor]) -> Result<Tensor> {
        let out = self.out();
        let rank = out.shape.len();
        Ok(match (op, inputs) {
            (PlanOp::Binary(op), [a, b]) => self.binary(*op, a, b, rank)?,
            (PlanOp::Where, [m, a, b]) => {
                let dims = self.dims(out)?;
                let full = |x: &Tensor, at| lift(x, self.kind(at), rank)?.broadcast_as(&dims[..])?.contiguous();
                select(&full(m, 0)?, &full(a, 1)?, &full(b, 2)?)?
            }
            (PlanOp::Unary(op), [x]) => unary(*op, x)?,
            (PlanOp::Matmul { transposed }, [a, b]) => {
                matmul::matmul(a, self.kind(0), b, self.kind(1), *transposed, out)?
            }
            (PlanOp::Reshape(_), [x]) => x.contiguous()?.reshape(self.dims(out)?)?,
            (&PlanOp::Transpose(i, j), [x]) => x.transpose(self.axis(i, 0)?, self.axis(j, 0)?)?.contiguous()?,
            (&PlanOp::Narrow { axis, from, len }, [x]) => x.narrow(self.axis(axis, 0)?, from, len)?.contiguous()?,
            (&PlanOp::Concat { axis }, parts) => {
                let rows = self.rows(out)?;
                let whole = |(at, part): (usize, &Tensor)| match rows {
                    Some(rows) if self.kind(at).rows == Rows::Static => {
                        part.broadcast_as([&[rows], part.dims()].concat())?.contiguous()
                    }
                    _ => Ok(part.clone()),
                };
                let parts = parts.iter().enumerate().map(whole).collect::<candle_core::Result<Vec<_>>>()?;
                let at = parts[0].rank() as i64 + axis;
                Tensor::cat(&parts, at as usize)?
            }
            (&PlanOp::Reduce { how, axis }, [x]) => {
                let at = self.axis(axis, 0)?;
                match how {
                    Reduce::Sum => x.sum_keepdim(at)?,
                    Reduce::Mean => x.mean_keepdim(at)?,
                    Reduce::Norm => x.sqr()?.sum_keepdim(at)?.sqrt()?,
                }
            }
            (&PlanOp::Softmax { axis }, [x]) => self.along(x, axis, |x| softmax(&x))?,
            (&PlanOp::KeepTop { axis, k }, [x]) => self.along(x, axis, |x| keep_top(&x, k))?,
            (&PlanOp::LayerNorm { eps }, [x, w, b]) => layer_norm(x, w, b, eps)?,
            (&PlanOp::RmsNorm { eps }, [x, w]) => x.broadcast_mul(&rms_scale(x, eps)?)?.broadcast_mul(w)?,
            (PlanOp::Gather, [table, index]) => {
                table.contiguous()?.index_select(&places(index)?, 0)?.reshape(self.dims(out)?)?
            }
            (PlanOp::Scatter { shape }, [values, index]) => {
                let flat = Tensor::zeros(shape.iter().product::<usize>(), values.dtype(), values.device())?;
                flat.index_add(&places(index)?, &values.flatten_all()?, 0)?.reshape(&shape[..])?
            }
            (PlanOp::Fill { value, shape }, []) => {
                Tensor::full(*value, &shape[..], &self.machine.device)?.to_dtype(self.machine.dtype)?
            }
            (PlanOp::Pool(how), [x]) => pool::pool(*how, x, self.feed()?)?,
            (PlanOp::Spread, [x]) => pool::spread(x, self.feed()?)?,
            (PlanOp::StopGradient, [x]) => x.clone(),
            (&PlanOp::Svd { part, r }, [x]) => svd::part(x, part, r)?,
            (op, _) => return Err(Error::Program(format!("{op:?} does not take {} operands", inputs.len()))),
        })
    }

    fn binary(&self, op: Binary, a: &Tensor, b: &Tensor, rank: usize) -> Result<Tensor> {
        let number = |at: usize| self.program.constant_of(self.step.inputs[at]);
        let (left, right) = (number(0), number(1));
        let quick = match (left, right) {
            (None, Some(n)) => with_number(op, a, n, false),
            (Some(n), None) => with_number(op, b, n, true),
            _ => None,
        };
        if let Some(result) = quick {
            return Ok(result?);
        }
        let real = |x: &Tensor| if x.dtype().is_int() { x.to_dtype(self.machine.dtype) } else { Ok(x.clone()) };
        Ok(binary(op, &lift(&real(a)?, self.kind(0), rank)?, &lift(&real(b)?, self.kind(1), rank)?)?)
    }

    /// Where a negative trailing axis lies in the tensor of an operand.
    fn axis(&self, axis: i64, input: usize) -> Result<usize> {
        let kind = self.kind(input);
        let rows = usize::from(kind.rows != Rows::Static);
        Ok(rows + kind.axis(axis).map_err(Error::Program)?)
    }

    /// Runs something that works along the last axis along another.
    fn along(&self, x: &Tensor, axis: i64, run: impl FnOnce(Tensor) -> candle_core::Result<Tensor>) -> Result<Tensor> {
        let done = run(last_axis(x, axis, self.kind(0))?)?;
        Ok(last_axis(&done, axis, self.kind(0))?)
    }

    fn keys(&self) -> Result<Arc<Vec<u64>>> {
        let feed = self.feed()?;
        Ok(match self.out().rows {
            Rows::Static => Arc::new(vec![feed.keys.fixed]),
            Rows::Sequence => feed.keys.sequences.clone(),
            Rows::Token => feed.keys.tokens.clone(),
        })
    }

    fn noise(&self, normal: bool, site: u32) -> Result<Tensor> {
        let (keys, width) = (self.keys()?, self.out().width());
        let draw = if normal { random::normal } else { random::uniform };
        let values = keys.iter().flat_map(|&key| {
            let row = random::row(key, site);
            (0..width).map(move |column| draw(row, column))
        });
        let tensor = Tensor::from_iter(values, &self.machine.device)?;
        Ok(tensor.to_dtype(self.machine.dtype)?.reshape(self.dims(self.out())?)?)
    }

    /// Sums what broadcasting repeated: the rows, axes in front, axes of extent 1.
    fn sum_to(&self, x: &Tensor, kind: &Type) -> Result<Tensor> {
        let from = self.kind(0);
        let mut x = x.clone();
        if from.rows != Rows::Static && kind.rows == Rows::Static {
            if kind.shape == from.shape && kind.shape.len() == 1 {
                return Ok(column_sums(&x)?);
            }
            x = x.sum(0)?;
        }
        let first = usize::from(kind.rows != Rows::Static);
        for _ in kind.shape.len()..from.shape.len() {
            x = x.sum(first)?;
        }
        for (at, &extent) in kind.shape.iter().enumerate() {
            if extent == 1 && x.dim(first + at)? != 1 {
                x = x.sum_keepdim(first + at)?;
            }
        }
        Ok(x)
    }
}

/// Dropout by counter, by a mask made on the CPU.
pub(super) fn dropout(x: &Tensor, keys: &Arc<Vec<u64>>, site: u32, p: f64) -> candle_core::Result<Tensor> {
    let mask = random::mask(keys, site, p, x.elem_count() / keys.len().max(1));
    x * Tensor::from_vec(mask, x.shape(), x.device())?.to_dtype(x.dtype())?
}

/// Whole numbers in one line, as an index; real numbers are rounded.
fn places(index: &Tensor) -> candle_core::Result<Tensor> {
    let flat = index.flatten_all()?;
    if flat.dtype().is_int() { Ok(flat) } else { flat.round()?.to_dtype(DType::U32) }
}

/// The axis brought to the end (and, applied again, back).
fn last_axis(x: &Tensor, axis: i64, kind: &Type) -> candle_core::Result<Tensor> {
    let rank = x.rank();
    let at = (rank as i64 + axis) as usize;
    debug_assert!(kind.shape.len() <= rank, "the axis is one of the trailing shape");
    if at + 1 == rank { x.contiguous() } else { x.transpose(at, rank - 1)?.contiguous() }
}

fn keep_top(x: &Tensor, k: usize) -> candle_core::Result<Tensor> {
    let (sorted, order) = x.sort_last_dim(false)?;
    let top = |of: &Tensor| of.narrow(D::Minus1, 0, k)?.contiguous();
    let low = Tensor::full(f64::NEG_INFINITY, x.shape(), x.device())?.to_dtype(x.dtype())?;
    low.scatter(&top(&order)?, &top(&sorted)?, D::Minus1)
}

/// 1 at the class of each scored row, else 0; and 1 for each scored row.
pub(super) fn picked(logits: &Tensor, classes: &Tensor) -> candle_core::Result<(Tensor, Tensor)> {
    let count = logits.dim(1)? as i64;
    let scored = classes.ge(0i64)?.to_dtype(logits.dtype())?.unsqueeze(1)?; // (rows, 1)
    let all = Tensor::arange(0i64, count, logits.device())?; // (classes)
    let picked = classes.unsqueeze(1)?.broadcast_eq(&all.unsqueeze(0)?)?.to_dtype(logits.dtype())?;
    Ok((picked, scored))
}

pub(super) fn log_softmax(x: &Tensor) -> candle_core::Result<Tensor> {
    let x = x.broadcast_sub(&x.max_keepdim(D::Minus1)?)?;
    x.broadcast_sub(&x.exp()?.sum_keepdim(D::Minus1)?.log()?)
}

fn column_sums(x: &Tensor) -> candle_core::Result<Tensor> {
    x.reshape(((), x.dim(D::Minus1)?))?.sum(0)
}

/// Rows of d added into a table of this type.
fn gather_grad(kind: &Type, index: &Tensor, d: &Tensor) -> candle_core::Result<Tensor> {
    let width: usize = kind.shape[1..].iter().product();
    let d = d.contiguous()?.reshape(((), width))?;
    let index = places(index)?;
    Tensor::zeros((kind.shape[0], width), d.dtype(), d.device())?.index_add(&index, &d, 0)?.reshape(&kind.shape[..])
}

fn rms_scale(x: &Tensor, eps: f64) -> candle_core::Result<Tensor> {
    (x.sqr()?.mean_keepdim(D::Minus1)? + eps)?.sqrt()?.recip()
}

fn layer_norm(x: &Tensor, w: &Tensor, b: &Tensor, eps: f64) -> candle_core::Result<Tensor> {
    let centered = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
    centered.broadcast_mul(&rms_scale(&centered, eps)?)?.broadcast_mul(w)?.broadcast_add(b)
}

fn layer_norm_grad(x: &Tensor, w: &Tensor, d: &Tensor, eps: f64) -> candle_core::Result<Tensor> {
    let centered = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
    let scale = rms_scale(&centered, eps)?;
    let hat = centered.broadcast_mul(&scale)?;
    let dw = d.broadcast_mul(w)?;
    let sum = dw.mean_keepdim(D::Minus1)?;
    let dot = (&dw * &hat)?.mean_keepdim(D::Minus1)?;
    dw.broadcast_sub(&sum)?.sub(&hat.broadcast_mul(&dot)?)?.broadcast_mul(&scale)
}

fn layer_norm_weight_grad(x: &Tensor, d: &Tensor, eps: f64) -> candle_core::Result<Tensor> {
    let centered = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
    column_sums(&(centered.broadcast_mul(&rms_scale(&centered, eps)?)? * d)?)
}
