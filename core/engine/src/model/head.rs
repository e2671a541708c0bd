//! Task heads: from the last layer to logits and loss, as Hugging Face's `…For…Classification` have them.

use super::build::Builder;
use super::{Config, Dropouts, Family, HeadKind};
use crate::Result;
use crate::program::{Focal, Id, Input, Op, PlanOp, Pool, Rows, Type, Unary};
use engraft_plugin::{Task, TaskKind};

/// Logits and loss.
pub(super) fn head(
    b: &mut Builder<'_>,
    config: &Config,
    dropouts: &Dropouts,
    task: &Task,
    hidden: Id,
) -> Result<(Id, Id)> {
    match config.head.kind {
        HeadKind::Linear => {}
        HeadKind::Span => return super::span::span(b, config, dropouts, task, hidden),
        HeadKind::Crf | HeadKind::BilstmCrf => return super::tagger::tagger(b, config, dropouts, task, hidden),
    }
    let count = config.head.asked(task).outputs();
    let logits = match task.kind {
        TaskKind::Tokens => {
            let x = b.program.dropout(hidden, dropouts.classifier)?;
            b.head_linear("classifier", x, config.hidden, count)? // token×[tags]
        }
        _ => {
            let first = b.program.push_plan(PlanOp::Pool(Pool::First), &[hidden])?; // sequence×[hidden]
            sequence(b, config, dropouts, first, count)? // sequence×[labels]
        }
    };
    let rows = b.program.kind(logits).rows;
    let scale = b.program.input(Input::Scale, Type::fixed([]));
    let is_plain = config.loss == Focal::default();
    let weighed = |op: fn(Focal) -> Op| op(config.loss.clone());
    let loss = if task.kind == TaskKind::MultiLabel {
        let labels = b.program.input(Input::Labels, Type::new(Rows::Sequence, [count]));
        let op = if is_plain { Op::BinaryCrossEntropy } else { weighed(Op::BinaryFocal) };
        b.program.push(op, &[logits, labels, scale])?
    } else {
        let classes = b.program.input(Input::Classes, Type::new(rows, []).integer());
        let op = if is_plain { Op::CrossEntropy } else { weighed(Op::Focal) };
        b.program.push(op, &[logits, classes, scale])?
    };
    Ok((logits, loss))
}

/// The three families' ways from the first token to logits.
fn sequence(b: &mut Builder<'_>, config: &Config, dropouts: &Dropouts, first: Id, count: usize) -> Result<Id> {
    let hidden = config.hidden;
    let drop = dropouts.classifier;
    match config.family {
        Family::Bert => {
            let x = b.linear("bert.pooler.dense", "pooler", None, first, hidden, hidden)?;
            let x = b.program.push_plan(PlanOp::Unary(Unary::Tanh), &[x])?;
            let x = b.program.dropout(x, drop)?;
            b.head_linear("classifier", x, hidden, count)
        }
        Family::Roberta => {
            let x = b.program.dropout(first, drop)?;
            let x = b.head_linear("classifier.dense", x, hidden, hidden)?;
            let x = b.program.push_plan(PlanOp::Unary(Unary::Tanh), &[x])?;
            let x = b.program.dropout(x, drop)?;
            b.head_linear("classifier.out_proj", x, hidden, count)
        }
        Family::DistilBert => {
            let x = b.head_linear("pre_classifier", first, hidden, hidden)?;
            let x = b.program.push_plan(PlanOp::Unary(Unary::Relu), &[x])?;
            let x = b.program.dropout(x, drop)?;
            b.head_linear("classifier", x, hidden, count)
        }
    }
}
