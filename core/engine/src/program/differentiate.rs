//! Differentiate: the backward steps, for exactly the parameters that train.
//!
//! Walks the steps backwards. A value gets a gradient only if a trained parameter feeds it and the loss
//! depends on it, so frozen weights cost nothing. The gradients of values made before the batches are
//! summed over the batches first ([`Gradients::accumulate`]); the rest of the way back to their
//! parameters runs once, in [`Phase::After`].

use super::rows::RowsOp;
use super::{Binary, Id, Op, Phase, PlanOp, Pool, Program, Reduce, Source, Step, Type, Unary};
use crate::{Error, Result};

/// Where the gradients are.
#[derive(Clone, Debug, Default)]
pub struct Gradients {
    /// Values of [`Phase::Batch`] that are summed over the batches of an optimizer step.
    pub accumulate: Vec<Id>,
    /// The gradient of each asked-for value, in the order asked: summed, or computed after.
    pub of: Vec<Id>,
    /// The first value of the backward steps.
    pub first: Id,
}

/// Appends the backward steps of `loss` for the values `wrt` (parameters).
///
/// # Errors
/// [`Error::Audit`] when the loss does not depend on one of them, naming it.
pub fn differentiate(program: &mut Program, loss: Id, wrt: &[Id]) -> Result<Gradients> {
    differentiate_with(program, loss, &[], wrt)
}

/// As [`differentiate`], of the loss and penalties: static numbers, each with what it is multiplied by. They
/// depend on parameters alone, so their gradient joins once an optimizer step, whatever the batches.
///
/// # Errors
/// As [`differentiate`].
pub fn differentiate_with(program: &mut Program, loss: Id, penalties: &[(Id, f64)], wrt: &[Id]) -> Result<Gradients> {
    let needs = needs_gradient(program, wrt);
    let first = Id(program.values.len());
    let mut tape = Tape { grads: vec![None; program.values.len()], needs, phase: Phase::Batch };
    let one = program.constant(1.0);
    tape.grads[loss.0] = Some(one);
    let (batch_steps, before_steps): (Vec<Step>, Vec<Step>) =
        program.steps.iter().cloned().partition(|step| program.phase(step.output) == Phase::Batch);

    for step in batch_steps.iter().rev() {
        tape.back(program, step)?;
    }
    // What was made before the batches has its whole gradient now, batch by batch.
    let mut gradients = Gradients { first, ..Gradients::default() };
    let leaves = (0..tape.needs.len()).filter(|&v| tape.needs[v] && program.values[v].phase == Phase::Before);
    for grad in leaves.filter_map(|v| tape.grads[v]).collect::<Vec<_>>() {
        if !gradients.accumulate.contains(&grad) {
            gradients.accumulate.push(grad);
        }
    }
    tape.phase = Phase::After;
    for &(penalty, weight) in penalties {
        if !tape.needs(penalty) {
            continue;
        }
        let weight = program.constant(weight);
        let kind = program.kind(penalty).clone();
        let grad = tape.push(program, Op::BroadcastTo(kind), &[weight])?;
        tape.add(program, penalty, grad)?;
    }
    for step in before_steps.iter().rev() {
        tape.back(program, step)?;
    }
    for &id in wrt {
        let grad = tape.grads[id.0].ok_or_else(|| Error::Audit(no_gradient(program, id)))?;
        gradients.of.push(grad);
    }
    Ok(gradients)
}

fn no_gradient(program: &Program, id: Id) -> String {
    let name = match program.values[id.0].source {
        Source::Parameter(at) => program.parameters[at].name.as_str(),
        _ => "a value",
    };
    format!("`{name}` is to be trained, but the loss does not depend on it")
}

/// Which values a trained parameter feeds.
fn needs_gradient(program: &Program, wrt: &[Id]) -> Vec<bool> {
    let mut needs = vec![false; program.values.len()];
    for id in wrt {
        needs[id.0] = true;
    }
    for step in &program.steps {
        needs[step.output.0] = step.inputs.iter().any(|id| needs[id.0]) && !stops(&step.op);
    }
    needs
}

/// Operations that no gradient passes.
const fn stops(op: &Op) -> bool {
    matches!(op, Op::Noise { .. } | Op::Plan(PlanOp::StopGradient | PlanOp::Binary(Binary::Less)))
}

struct Tape {
    grads: Vec<Option<Id>>,
    needs: Vec<bool>,
    phase: Phase,
}

impl Tape {
    fn needs(&self, id: Id) -> bool {
        self.needs.get(id.0).copied().unwrap_or(false)
    }

    fn push(&self, program: &mut Program, op: Op, inputs: &[Id]) -> Result<Id> {
        program.push_in(self.phase, op, inputs)
    }

    fn plan(&self, program: &mut Program, op: PlanOp, inputs: &[Id]) -> Result<Id> {
        self.push(program, Op::Plan(op), inputs)
    }

    fn binary(&self, program: &mut Program, op: Binary, a: Id, b: Id) -> Result<Id> {
        self.plan(program, PlanOp::Binary(op), &[a, b])
    }

    /// Adds to the gradient of `id`, undoing broadcasts.
    fn add(&mut self, program: &mut Program, id: Id, grad: Id) -> Result<()> {
        let kind = Type { is_integer: false, ..program.kind(id).clone() };
        let grad = if *program.kind(grad) == kind { grad } else { self.push(program, Op::SumTo(kind), &[grad])? };
        let sum = match self.grads[id.0] {
            Some(before) => self.binary(program, Binary::Add, before, grad)?,
            None => grad,
        };
        self.grads[id.0] = Some(sum);
        Ok(())
    }

    /// The backward steps of one step.
    fn back(&mut self, program: &mut Program, step: &Step) -> Result<()> {
        let Some(d) = self.grads[step.output.0] else { return Ok(()) };
        if !self.needs(step.output) {
            return Ok(());
        }
        let y = step.output;
        let inputs = &step.inputs[..];
        match (&step.op, inputs) {
            (Op::Plan(op), _) => self.back_plan(program, op, inputs, y, d),
            (Op::Linear, &[x, w, b]) => {
                self.when(program, x, |t, p| t.plan(p, PlanOp::Matmul { transposed: false }, &[d, w]))?;
                self.when(program, w, |t, p| {
                    let kind = p.kind(w).clone();
                    t.push(p, Op::MatmulWeight(kind), &[d, x])
                })?;
                self.when(program, b, |_, _| Ok(d))
            }
            (&Op::Attention { heads, dropout, site }, &[q, k, v]) => {
                let hidden = program.kind(q).shape[0];
                let all = self.push(program, Op::AttentionGrad { heads, dropout, site }, &[q, k, v, d])?;
                for (place, id) in [q, k, v].into_iter().enumerate() {
                    let part = PlanOp::Narrow { axis: -1, from: place * hidden, len: hidden };
                    self.when(program, id, |t, p| t.plan(p, part, &[all]))?;
                }
                Ok(())
            }
            (Op::Rows(op), _) => self.back_rows(program, op, inputs, d),
            (Op::CrossEntropy, &[logits, targets, scale]) => {
                self.when(program, logits, |t, p| t.push(p, Op::CrossEntropyGrad, &[logits, targets, scale, d]))
            }
            (Op::BinaryCrossEntropy, &[logits, targets, scale]) => {
                self.when(program, logits, |t, p| t.push(p, Op::BinaryCrossEntropyGrad, &[logits, targets, scale, d]))
            }
            (Op::Focal(how), &[logits, targets, scale]) => {
                self.when(program, logits, |t, p| t.push(p, Op::FocalGrad(how.clone()), &[logits, targets, scale, d]))
            }
            (Op::BinaryFocal(how), &[logits, targets, scale]) => self.when(program, logits, |t, p| {
                t.push(p, Op::BinaryFocalGrad(how.clone()), &[logits, targets, scale, d])
            }),
            (&Op::Lstm { reverse }, &[gates, w]) => {
                let slopes = self.push(program, Op::LstmGrad { reverse }, &[gates, w, d])?;
                self.when(program, gates, |_, _| Ok(slopes))?;
                self.when(program, w, |t, p| {
                    let before = t.push(p, Op::LstmBefore { reverse }, &[y])?;
                    let kind = p.kind(w).clone();
                    t.push(p, Op::MatmulWeight(kind), &[slopes, before])
                })
            }
            (Op::Crf, &[emissions, classes, table, scale]) => {
                let inputs = [emissions, classes, table, scale, d];
                self.when(program, emissions, |t, p| t.push(p, Op::CrfGrad, &inputs))?;
                self.when(program, table, |t, p| t.push(p, Op::CrfTableGrad, &inputs))
            }
            (Op::SumTo(_), &[x]) => {
                let kind = program.kind(x).clone();
                self.when(program, x, |t, p| t.push(p, Op::BroadcastTo(kind), &[d]))
            }
            (Op::BroadcastTo(_), &[x]) => self.when(program, x, |_, _| Ok(d)), // `add` sums it down again
            (&Op::Dropout { p, site }, &[x]) => {
                self.when(program, x, |t, pr| t.push(pr, Op::Dropout { p, site }, &[d]))
            }
            (op, _) => Err(Error::Program(format!("{op:?} has no gradient"))),
        }
    }

    fn back_rows(&mut self, program: &mut Program, op: &RowsOp, inputs: &[Id], d: Id) -> Result<()> {
        match (op, inputs) {
            (&RowsOp::Put(n), &[x, rows]) => {
                self.when(program, x, |t, p| t.push(p, Op::Rows(RowsOp::Clear(n)), &[d]))?;
                self.when(program, rows, |t, p| t.push(p, Op::Rows(RowsOp::First(n)), &[d]))
            }
            (&RowsOp::Attention(of), &[q, k, v, k_rows, v_rows]) => {
                let hidden = program.kind(q).shape[0];
                let operands = [q, k, v, k_rows, v_rows, d];
                let part = |place: usize| PlanOp::Narrow { axis: -1, from: place * hidden, len: hidden };
                for (op, of) in
                    [(RowsOp::AttentionGrad(of), &[q, k, v][..]), (RowsOp::PrefixGrad(of), &[k_rows, v_rows])]
                {
                    if of.iter().any(|&id| self.needs(id)) {
                        let all = self.push(program, Op::Rows(op), &operands)?;
                        for (place, &id) in of.iter().enumerate() {
                            self.when(program, id, |t, p| t.plan(p, part(place), &[all]))?;
                        }
                    }
                }
                Ok(())
            }
            (op, _) => Err(Error::Program(format!("{op:?} has no gradient"))),
        }
    }

    /// Adds a gradient to `id`, made only if it is needed.
    fn when(
        &mut self,
        program: &mut Program,
        id: Id,
        make: impl FnOnce(&Self, &mut Program) -> Result<Id>,
    ) -> Result<()> {
        if !self.needs(id) {
            return Ok(());
        }
        let grad = make(self, program)?;
        self.add(program, id, grad)
    }

    fn back_plan(&mut self, program: &mut Program, op: &PlanOp, inputs: &[Id], y: Id, d: Id) -> Result<()> {
        match (op, inputs) {
            (PlanOp::Binary(op), &[a, b]) => self.back_binary(program, *op, a, b, d),
            (PlanOp::Where, &[m, a, b]) => {
                let zero = program.constant(0.0);
                self.when(program, a, |t, p| t.plan(p, PlanOp::Where, &[m, d, zero]))?;
                self.when(program, b, |t, p| t.plan(p, PlanOp::Where, &[m, zero, d]))
            }
            (PlanOp::Unary(Unary::Neg), &[x]) => {
                self.when(program, x, |t, p| t.plan(p, PlanOp::Unary(Unary::Neg), &[d]))
            }
            (PlanOp::Unary(op), &[x]) => self.when(program, x, |t, p| t.push(p, Op::UnaryGrad(*op), &[x, d])),
            (PlanOp::Matmul { transposed }, &[a, b]) => self.back_matmul(program, *transposed, a, b, d),
            (PlanOp::Reshape(_), &[x]) => {
                let shape = program.kind(x).shape.clone();
                self.when(program, x, |t, p| t.plan(p, PlanOp::Reshape(shape), &[d]))
            }
            (&PlanOp::Transpose(i, j), &[x]) => self.when(program, x, |t, p| t.plan(p, PlanOp::Transpose(i, j), &[d])),
            (&PlanOp::Narrow { axis, from, len }, &[x]) => {
                self.when(program, x, |t, p| t.widen(p, d, p.kind(x).clone(), axis, from, len))
            }
            (&PlanOp::Concat { axis }, parts) => self.back_concat(program, axis, parts, d),
            (&PlanOp::Reduce { how, axis }, &[x]) => self.when(program, x, |t, p| match how {
                Reduce::Sum => {
                    let kind = p.kind(x).clone();
                    t.push(p, Op::BroadcastTo(kind), &[d])
                }
                Reduce::Norm => {
                    let tiny = p.constant(f64::from(f32::MIN_POSITIVE));
                    let length = t.binary(p, Binary::Maximum, y, tiny)?;
                    let direction = t.binary(p, Binary::Div, x, length)?;
                    t.binary(p, Binary::Mul, direction, d)
                }
                Reduce::Mean => Err(Error::Program(format!("a mean over axis {axis} is written as a sum"))),
            }),
            (&PlanOp::Softmax { axis }, &[x]) => {
                self.when(program, x, |t, p| t.push(p, Op::SoftmaxGrad { axis }, &[y, d]))
            }
            (PlanOp::KeepTop { .. }, &[x]) => self.when(program, x, |t, p| t.push(p, Op::KeepTopGrad, &[y, d])),
            (&PlanOp::LayerNorm { eps }, &[x, w, b]) => {
                self.when(program, x, |t, p| t.push(p, Op::LayerNormGrad { eps }, &[x, w, d]))?;
                self.when(program, w, |t, p| t.push(p, Op::LayerNormWeightGrad { eps }, &[x, d]))?;
                self.when(program, b, |_, _| Ok(d))
            }
            (&PlanOp::RmsNorm { eps }, &[x, w]) => {
                self.when(program, x, |t, p| t.push(p, Op::RmsNormGrad { eps }, &[x, w, d]))?;
                self.when(program, w, |t, p| t.push(p, Op::RmsNormWeightGrad { eps }, &[x, d]))
            }
            (PlanOp::Gather, &[table, index]) => {
                let kind = program.kind(table).clone();
                self.when(program, table, |t, p| t.push(p, Op::GatherGrad(kind), &[index, d]))
            }
            (PlanOp::Scatter { shape }, &[values, index]) => {
                let flat = vec![shape.iter().product()];
                self.when(program, values, |t, p| {
                    let flat = t.plan(p, PlanOp::Reshape(flat), &[d])?;
                    t.plan(p, PlanOp::Gather, &[flat, index])
                })
            }
            (PlanOp::Pool(Pool::Sum), &[x]) => self.when(program, x, |t, p| t.plan(p, PlanOp::Spread, &[d])),
            (PlanOp::Pool(how), &[x]) => self.when(program, x, |t, p| t.push(p, Op::PoolGrad(*how), &[x, d])),
            (PlanOp::Spread, &[x]) => self.when(program, x, |t, p| t.plan(p, PlanOp::Pool(Pool::Sum), &[d])),
            (op, _) => Err(Error::Program(format!("{op:?} has no gradient"))),
        }
    }

    fn back_binary(&mut self, program: &mut Program, op: Binary, a: Id, b: Id, d: Id) -> Result<()> {
        match op {
            Binary::Add => {
                self.when(program, a, |_, _| Ok(d))?;
                self.when(program, b, |_, _| Ok(d))
            }
            Binary::Sub => {
                self.when(program, a, |_, _| Ok(d))?;
                self.when(program, b, |t, p| t.plan(p, PlanOp::Unary(Unary::Neg), &[d]))
            }
            Binary::Mul => {
                self.when(program, a, |t, p| t.binary(p, Binary::Mul, d, b))?;
                self.when(program, b, |t, p| t.binary(p, Binary::Mul, d, a))
            }
            Binary::Div => {
                self.when(program, a, |t, p| t.binary(p, Binary::Div, d, b))?;
                self.when(program, b, |t, p| {
                    // −d·a/b², as d·(a/b)/(−b)
                    let ratio = t.binary(p, Binary::Div, a, b)?;
                    let scaled = t.binary(p, Binary::Mul, d, ratio)?;
                    let minus = t.plan(p, PlanOp::Unary(Unary::Neg), &[b])?;
                    t.binary(p, Binary::Div, scaled, minus)
                })
            }
            // Ties go left: the right side wins only where it is strictly better.
            Binary::Maximum | Binary::Minimum => {
                let (worse, better) = if op == Binary::Maximum { (a, b) } else { (b, a) };
                let zero = program.constant(0.0);
                let right_wins = self.binary(program, Binary::Less, worse, better)?;
                self.when(program, a, |t, p| t.plan(p, PlanOp::Where, &[right_wins, zero, d]))?;
                self.when(program, b, |t, p| t.plan(p, PlanOp::Where, &[right_wins, d, zero]))
            }
            Binary::Less => Ok(()),
        }
    }

    /// y = a·b or a·bᵀ; db sums over the rows and over axes that b does not have.
    fn back_matmul(&mut self, program: &mut Program, transposed: bool, a: Id, b: Id, d: Id) -> Result<()> {
        self.when(program, a, |t, p| t.plan(p, PlanOp::Matmul { transposed: !transposed }, &[d, b]))?;
        let kind = program.kind(b).clone();
        let (left, right) = if transposed { (d, a) } else { (a, d) };
        self.when(program, b, |t, p| t.push(p, Op::MatmulWeight(kind), &[left, right]))
    }

    fn back_concat(&mut self, program: &mut Program, axis: i64, parts: &[Id], d: Id) -> Result<()> {
        let mut from = 0;
        for &part in parts {
            let kind = program.kind(part);
            let len = kind.shape[kind.axis(axis).map_err(Error::Program)?];
            self.when(program, part, |t, p| t.plan(p, PlanOp::Narrow { axis, from, len }, &[d]))?;
            from += len;
        }
        Ok(())
    }

    /// The gradient of a narrow: zeros around `d`.
    fn widen(&self, program: &mut Program, d: Id, kind: Type, axis: i64, from: usize, len: usize) -> Result<Id> {
        let at = kind.axis(axis).map_err(Error::Program)?;
        let zeros = |t: &Self, p: &mut Program, extent: usize| -> Result<Option<Id>> {
            if extent == 0 {
                return Ok(None);
            }
            let mut shape = kind.shape.clone();
            shape[at] = extent;
            t.plan(p, PlanOp::Fill { value: 0.0, shape }, &[]).map(Some)
        };
        let before = zeros(self, program, from)?;
        let after = zeros(self, program, kind.shape[at] - from - len)?;
        let parts: Vec<Id> = before.into_iter().chain([d]).chain(after).collect();
        if parts.len() == 1 { Ok(d) } else { self.plan(program, PlanOp::Concat { axis }, &parts) }
    }
}
