//! A head that says of each label which token begins a span and which ends one.
//!
//! ```text
//! x = dropout(hidden)                                     token×[hidden]
//! scores = x·Wᵀ + b                                       token×[2L], of label l: column 2l first tokens, 2l + 1 last ones
//! p = softmax(scores) over the tokens of each window      the first token of a window stands for none
//! loss = scale · Σ over windows of 1/2L · Σ over columns of −Σ share · log p
//! ```
//!
//! Shares are those of [`Targets::Ends`](crate::tokenize::Targets::Ends): 1/k for each of k spans of a window. Of one label and one
//! span this is transformers' `…ForQuestionAnswering`: `qa_outputs` has a row for starts and one for ends, and the loss is the
//! mean of two cross-entropies. Source: Devlin et al. 2019 (section 4.3), `transformers` `modeling_bert.py`.
//!
//! The loss is written of the operations of plans, so its gradient is theirs, on every device.

use super::build::Builder;
use super::{Config, Dropouts};
use crate::program::{Binary, Id, Input, Op, PlanOp, Pool, Reduce, Rows, Type, Unary};
use crate::{Error, Result};
use engraft_plugin::{Task, TaskKind};

/// The module, by the name that transformers gives it.
const MODULE: &str = "qa_outputs";

/// What stands in place of a score that is no candidate: its exponential is 0, and nothing is infinite.
const NEVER: f64 = -1e30;

/// Scores and loss.
pub(super) fn span(
    b: &mut Builder<'_>,
    config: &Config,
    dropouts: &Dropouts,
    task: &Task,
    hidden: Id,
) -> Result<(Id, Id)> {
    let refuse = |key: &str, expected: &str, got: String| {
        Err(Error::Setting { key: format!("model.{key}"), expected: expected.to_owned(), got })
    };
    if task.kind != TaskKind::Tokens {
        return refuse("head", "`linear` for a task that labels whole texts", "`span`".to_owned());
    }
    if config.head.span_tokens == Some(0) {
        return refuse("span_tokens", "at least 1", "0".to_owned());
    }
    if !config.head.span_threshold.is_finite() {
        return refuse("span_threshold", "a number", config.head.span_threshold.to_string());
    }
    let columns = config.head.asked(task).outputs();
    let x = b.program.dropout(hidden, dropouts.classifier)?;
    let scores = b.head_linear(MODULE, x, config.hidden, columns)?; // token×[2L]
    let loss = loss(b, scores, columns)?;
    Ok((scores, loss))
}

/// Σ over windows and columns of k·log Σ exp(score) − Σ share·score, k the sum of the shares: 1, or 0 where nothing is told.
fn loss(b: &mut Builder<'_>, scores: Id, columns: usize) -> Result<Id> {
    // A share below 0 says that the row is no candidate.
    let told = b.program.input(Input::Labels, Type::new(Rows::Token, [columns]));
    let scale = b.program.input(Input::Scale, Type::fixed([]));
    let (zero, never) = (b.program.constant(0.0), b.program.constant(NEVER));
    let mut push = |op: PlanOp, of: &[Id]| b.program.push_plan(op, of);
    let is_out = push(PlanOp::Binary(Binary::Less), &[told, zero])?;
    let shares = push(PlanOp::Binary(Binary::Maximum), &[told, zero])?; // token×[2L]
    let seen = push(PlanOp::Where, &[is_out, never, scores])?;
    let top = push(PlanOp::Pool(Pool::Max), &[seen])?; // sequence×[2L]
    let top = push(PlanOp::StopGradient, &[top])?;
    let spread = push(PlanOp::Spread, &[top])?;
    let below = push(PlanOp::Binary(Binary::Sub), &[seen, spread])?;
    let powers = push(PlanOp::Unary(Unary::Exp), &[below])?; // token×[2L]
    let sum = push(PlanOp::Pool(Pool::Sum), &[powers])?; // sequence×[2L]
    let log = push(PlanOp::Unary(Unary::Log), &[sum])?;
    let all = push(PlanOp::Binary(Binary::Add), &[log, top])?;
    let count = push(PlanOp::Pool(Pool::Sum), &[shares])?;
    let all = push(PlanOp::Binary(Binary::Mul), &[count, all])?;
    let right = push(PlanOp::Binary(Binary::Mul), &[shares, scores])?; // token×[2L]
    let right = push(PlanOp::Pool(Pool::Sum), &[right])?; // sequence×[2L]
    let losses = push(PlanOp::Binary(Binary::Sub), &[all, right])?;
    let mean = push(PlanOp::Reduce { how: Reduce::Mean, axis: -1 }, &[losses])?; // sequence×[1]
    let sum = b.program.push(Op::SumTo(Type::fixed([])), &[mean])?;
    b.program.push_plan(PlanOp::Binary(Binary::Mul), &[sum, scale])
}
