//! One step: which kernel, of which operands.

use super::axes;
use super::packs::Packs;
use super::{Found, Operand, Real, Run, Target, missing};
use crate::Result;
use crate::backend::{Feed, Products};
use crate::kernel::prefixed::Prefixed;
use crate::kernel::product::thin::{Terms, Through, across, down, up};
use crate::kernel::product::{Matrix, Then, product, thin};
use crate::kernel::{activation, add, attention::Attention, dropout, gelu, layer_norm, softmax, sums, table};
use crate::program::rows::{self, RowsOp};
use crate::program::sides::{self, Side};
use crate::program::{Binary, Id, Op, PlanOp, Rows, Step, Type, Unary};
use std::collections::HashMap;
use std::sync::OnceLock;

/// Operands that a kernel reads at most.
const MOST: usize = 6;

/// A kernel's step, ready to run.
struct Call<'c, T> {
    op: &'c Op,
    feed: &'c Feed,
    products: Products,
    kinds: [Option<&'c Type>; MOST],
    /// The number that an operand is, and which.
    number: Option<(usize, f64)>,
    inputs: &'c [Id],
    /// Values that no optimizer step changes.
    fixed: &'c [bool],
    /// The steps that read packed sides for the last time, and which this is.
    last: (&'c HashMap<Side, usize>, usize),
    /// The rows of a gather.
    index: Vec<u32>,
    /// The operand that already stands where the result goes.
    over: Option<usize>,
    operands: [Operand<'c, T>; MOST],
    /// Where the sum of a gradient's squares is to be told.
    squares: Option<&'c OnceLock<f64>>,
}

impl<T: Real> Run<'_, '_, T> {
    /// Computes a step; `over` is the operand that already stands where the result goes.
    pub(super) fn compute(&mut self, step: &Step, over: Option<usize>, target: Target<'_, T>) -> Result<()> {
        let is_plain = self.has_kernel(step)?;
        let kinds: Vec<&Type> = step.inputs.iter().map(|&id| self.job.program.kind(id)).collect();
        let by_axes = over.is_none() && kinds.len() <= MOST && axes::has_kernel(&step.op, &kinds);
        if !is_plain && !by_axes {
            let result = self.composed(step)?;
            match target {
                Target::Arena(range) => self.cpu.arena.lend(range, []).0.copy_from_slice(&result),
                Target::Slice(out, _) => out.copy_from_slice(&result),
            }
            return Ok(());
        }
        let index = match step.op {
            Op::Plan(PlanOp::Gather) => self.index(step.inputs[1])?.unwrap_or_default(),
            _ => Vec::new(),
        };
        let nothing = Operand { data: &[], rows: 0, width: 0, stride: 0 };
        let (mut ranges, mut operands) = ([const { 0..0 }; MOST], [nothing; MOST]);
        for (at, &id) in step.inputs.iter().enumerate().take(MOST).filter(|(at, _)| over != Some(*at)) {
            match self.find(id) {
                Some(Found::Arena(range, [rows, width, stride])) => {
                    ranges[at] = range;
                    operands[at] = Operand { data: &[], rows, width, stride };
                }
                Some(Found::Outside(operand)) => operands[at] = operand,
                // The index of a gather is read by itself.
                None if self.job.program.kind(id).is_integer => {}
                None => return Err(missing(id)),
            }
        }
        let program = self.job.program;
        let mut kinds = [None; MOST];
        kinds.iter_mut().zip(&step.inputs).for_each(|(kind, &id)| *kind = Some(program.kind(id)));
        let number = step.inputs.iter().enumerate().find_map(|(at, &id)| Some((at, program.constant_of(id)?)));
        let cpu = &mut *self.cpu;
        let lies: [bool; MOST] = std::array::from_fn(|at| !ranges[at].is_empty());
        let (write, out, squares) = match target {
            Target::Arena(range) => (range, None, None),
            Target::Slice(out, squares) => (0..0, Some(out), squares),
        };
        let (place, read) = cpu.arena.lend(write, ranges);
        for (at, data) in read.into_iter().enumerate().filter(|(at, _)| lies[*at]) {
            operands[at].data = data;
        }
        let (op, feed, products) = (&step.op, self.job.feed, self.job.machine.products);
        let (inputs, fixed, last) = (&step.inputs[..], self.job.fixed, (self.job.last, self.at));
        let call = Call { op, feed, products, kinds, number, inputs, fixed, last, index, over, operands, squares };
        let out = out.unwrap_or(place);
        if is_plain {
            call.run(&mut cpu.packs, out);
        } else {
            let operands: Vec<_> = call.operands.into_iter().zip(call.kinds.into_iter().flatten()).collect();
            axes::run(call.op, &operands, program.kind(step.output), out);
        }
        Ok(())
    }

    /// Whether a kernel does this step.
    fn has_kernel(&self, step: &Step) -> Result<bool> {
        let kind = |at: usize| self.job.program.kind(step.inputs[at]);
        let out = self.job.program.kind(step.output);
        let is_matrix = |kind: &Type| kind.rows == Rows::Static && kind.shape.len() == 2;
        Ok(match &step.op {
            Op::Linear
            | Op::LinearAdd
            | Op::MatmulAdd { .. }
            | Op::MatmulGeluGrad { .. }
            | Op::Attention { .. }
            | Op::AttentionGrad { .. }
            | Op::Rows(RowsOp::Attention(_) | RowsOp::AttentionGrad(_) | RowsOp::PrefixGrad(_))
            | Op::LayerNormGrad { .. }
            | Op::LayerNormWeightGrad { .. }
            | Op::Dropout { .. }
            | Op::DropoutAdd { .. }
            | Op::DropoutMatmul { .. }
            | Op::DropoutMatmulWeight { .. }
            | Op::MatmulDropoutAdd { .. }
            | Op::UnaryGrad(Unary::Gelu | Unary::Tanh | Unary::Sigmoid | Unary::Relu | Unary::Silu)
            | Op::SoftmaxGrad { axis: -1 }
            | Op::Plan(
                PlanOp::LayerNorm { .. }
                | PlanOp::Fill { .. }
                | PlanOp::Unary(Unary::Gelu)
                | PlanOp::Softmax { axis: -1 }
                | PlanOp::Reshape(_)
                | PlanOp::StopGradient,
            ) => true,
            Op::Plan(PlanOp::Unary(op)) => activation::is_here(*op) && !kind(0).is_integer,
            Op::Plan(PlanOp::Matmul { .. }) => is_matrix(kind(1)) && !kind(0).shape.is_empty(),
            Op::MatmulWeight(of) => is_matrix(of),
            Op::Plan(PlanOp::Binary(Binary::Add)) => {
                // Two of the same type, or rows and a row that is added to each.
                let whole = usize::from(kind(0) != out);
                let other = kind(1 - whole);
                kind(whole) == out && (other == out || other.rows == Rows::Static && other.shape == out.shape)
            }
            Op::Plan(PlanOp::Binary(Binary::Mul)) => {
                let number = |at: usize| self.job.program.constant_of(step.inputs[at]).is_some();
                number(1) && kind(0) == out && !number(0) || number(0) && kind(1) == out && !number(1)
            }
            Op::SumTo(to) => {
                let from = kind(0);
                from.rows != Rows::Static && to.rows == Rows::Static && to.shape == from.shape && to.shape.len() == 1
            }
            Op::Plan(PlanOp::Gather) => kind(0).rows == Rows::Static && self.index(step.inputs[1])?.is_some(),
            _ => false,
        })
    }
}

impl<'c, T: Real> Call<'c, T> {
    /// An operand as a matrix of the rows of its last axis.
    fn matrix(&self, at: usize) -> Matrix<'c, T> {
        let kind = self.kinds[at].expect("it has such an operand");
        self.operands[at].matrix(kind).expect("a part of another's rows has one axis")
    }

    /// out = before + scale · the operation's product.
    fn multiply(&self, packs: &mut Packs, then: Then<'_, T>, out: &mut [T]) {
        let [a, b] = sides::operands(self.op).expect("the operation is a product");
        let matrix = |(at, transposed): (usize, bool)| self.turned(at, transposed);
        if thin::product(matrix(a), matrix(b), then, out, self.products) {
            return;
        }
        let side = |(at, transposed): (usize, bool), is_left: bool| Side { id: self.inputs[at], transposed, is_left };
        let sides = [side(a, true), side(b, false)];
        let is_last = |side: Side| self.last.0.get(&side).is_none_or(|&last| last <= self.last.1);
        // A side that is read once is packed by those who multiply it: the larger one, where both are.
        let is_once = sides.map(|side| is_last(side) && !self.fixed[side.id.0] && !packs.has(side));
        let numbers = |(at, _): (usize, bool)| self.operands[at].rows * self.operands[at].width;
        let own = match is_once {
            [true, true] => Some(numbers(a) >= numbers(b)),
            [true, false] => Some(true),
            [false, true] => Some(false),
            [false, false] => None,
        };
        let mut pack = |is_left: bool| {
            let (side, at) = if is_left { (sides[0], a.0) } else { (sides[1], b.0) };
            packs.get(side, (self.fixed[side.id.0], is_last(side)), self.matrix(at), self.products)
        };
        if let Some(is_left) = own
            && let Some(other) = pack(!is_left)
        {
            let own = (matrix(if is_left { a } else { b }), is_left);
            if T::times_own(&other, own, then, out) {
                return;
            }
            if let Some(own) = pack(is_left) {
                let [left, right] = if is_left { [own, other] } else { [other, own] };
                return T::times(&left, &right, then, out);
            }
        }
        if let Some((left, right)) = pack(true).and_then(|left| Some((left, pack(false)?))) {
            return T::times(&left, &right, then, out);
        }
        product(matrix(a), matrix(b), then, out, self.products);
    }

    /// Puts an operand where the result goes, if it does not stand there.
    fn begin(&self, at: usize, out: &mut [T]) {
        if self.over != Some(at) {
            self.operands[at].copy_to(out);
        }
    }

    /// A random key for each row of the operand.
    fn keys(&self, at: usize) -> &[u64] {
        let keys = &self.feed.keys;
        match self.kinds[at].expect("it has such an operand").rows {
            Rows::Static => std::slice::from_ref(&keys.fixed),
            Rows::Sequence => &keys.sequences,
            Rows::Token => &keys.tokens,
        }
    }

    /// Dropout of the rows of a value.
    fn through(&self, at: usize, p: f64, site: u32) -> Through<T> {
        Through::new(self.keys(at), site, p)
    }

    /// What goes with a narrow product.
    fn terms<'t>(&self, then: Then<'t, T>, through: &'t Through<T>) -> Terms<'t, T> {
        Terms { then, through: Some(through), how: self.products }
    }

    /// A matrix, or its transpose.
    fn turned(&self, at: usize, transposed: bool) -> Matrix<'c, T> {
        if transposed { self.matrix(at).transposed() } else { self.matrix(at) }
    }

    /// Attention over the sequences of a feed.
    fn attention<'f>(&self, heads: usize, dropout: f64, site: u32, feed: &'f Feed) -> Attention<'f> {
        Attention { heads, dropout, site, bounds: &feed.bounds, keys: &feed.keys.tokens, products: self.products }
    }

    /// Runs attention with a prefix.
    fn prefixed(&self, of: rows::Prefixed, run: impl FnOnce(&Prefixed<'_>)) {
        let wide = crate::backend::rows::widen(self.feed, of.n);
        let rows::Prefixed { heads, dropout, site, n } = of;
        run(&Prefixed { attention: self.attention(heads, dropout, site, &wide), n, bounds: &self.feed.bounds });
    }

    fn run(&self, packs: &mut Packs, out: &mut [T]) {
        let flat = |at: usize| self.operands[at].flat();
        let apart = |at: usize| (self.over != Some(at)).then(|| flat(at));
        let width = |at: usize| self.operands[at].width;
        let last = |at: usize| self.kinds[at].and_then(Type::last).unwrap_or(1);
        match *self.op {
            Op::Linear => self.multiply(packs, Then::plus(Some(&flat(2))), out),
            Op::LinearAdd => {
                self.begin(0, out);
                self.multiply(packs, Then::joined(&flat(3)), out);
            }
            Op::Plan(PlanOp::Matmul { .. }) => self.multiply(packs, Then::plus(None), out),
            Op::MatmulWeight(_) => self.multiply(packs, Then { squares: self.squares, ..Then::plus(None) }, out),
            Op::MatmulAdd { scale, .. } => {
                self.begin(0, out);
                self.multiply(packs, Then::added(scale), out);
            }
            Op::MatmulGeluGrad { .. } => self.multiply(packs, Then::sloped(&flat(0)), out),
            Op::Attention { heads, dropout, site } => {
                self.attention(heads, dropout, site, self.feed).forward(out, [&flat(0), &flat(1), &flat(2)], width(0));
            }
            Op::AttentionGrad { heads, dropout, site } => {
                let operands = [flat(0), flat(1), flat(2), flat(3)];
                self.attention(heads, dropout, site, self.feed).backward(
                    out,
                    operands.each_ref().map(|x| &x[..]),
                    width(0),
                );
            }
            Op::Rows(RowsOp::Attention(of)) => self.prefixed(of, |attention| {
                let operands = [flat(0), flat(1), flat(2), flat(3), flat(4)];
                attention.forward(out, operands.each_ref().map(|x| &x[..]), width(0));
            }),
            Op::Rows(ref op @ (RowsOp::AttentionGrad(of) | RowsOp::PrefixGrad(of))) => self.prefixed(of, |attention| {
                let operands = [flat(0), flat(1), flat(2), flat(3), flat(4), flat(5)];
                let operands = operands.each_ref().map(|x| &x[..]);
                match op {
                    RowsOp::PrefixGrad(_) => attention.backward_rows(out, operands, width(0)),
                    _ => attention.backward(out, operands, width(0)),
                }
            }),
            Op::Plan(PlanOp::LayerNorm { eps }) => {
                layer_norm::layer_norm(out, &flat(0), &flat(1), &flat(2), eps);
            }
            Op::LayerNormGrad { eps } => layer_norm::layer_norm_grad(out, &flat(0), &flat(1), &flat(2), eps),
            Op::LayerNormWeightGrad { eps } => layer_norm::layer_norm_weight_grad(out, &flat(0), &flat(1), eps),
            Op::Dropout { p, site } => dropout::dropout(out, apart(0).as_deref(), self.keys(0), site, p),
            Op::DropoutAdd { p, site } => {
                dropout::add_dropped(out, apart(0).as_deref(), &flat(1), self.keys(1), site, p);
            }
            Op::DropoutMatmul { transposed, p, site } => {
                let through = self.through(0, p, site);
                down(self.matrix(0), self.turned(1, transposed), self.terms(Then::plus(None), &through), out);
            }
            Op::DropoutMatmulWeight { side, p, site, .. } => {
                let through = self.through(side, p, site);
                let operands = [self.matrix(1 - side), self.matrix(side)];
                across(operands, side == 0, self.terms(Then::plus(None), &through), out);
            }
            Op::MatmulDropoutAdd { transposed, p, site } => {
                let through = self.through(1, p, site);
                self.begin(0, out);
                up(self.matrix(1), self.turned(2, transposed), self.terms(Then::added(1.0), &through), out);
            }
            Op::Plan(PlanOp::Unary(Unary::Gelu)) => gelu::gelu(out, &flat(0)),
            Op::UnaryGrad(Unary::Gelu) => {
                self.begin(1, out);
                gelu::gelu_grad(out, &flat(0));
            }
            Op::Plan(PlanOp::Unary(op)) => activation::value(op, out, &flat(0)),
            Op::UnaryGrad(op) => {
                self.begin(1, out);
                activation::slope(op, out, &flat(0));
            }
            Op::Plan(PlanOp::Fill { value, .. }) => out.fill(T::of(value)),
            Op::Plan(PlanOp::Softmax { .. }) => softmax::softmax(out, &flat(0), last(0)),
            Op::SoftmaxGrad { .. } => {
                self.begin(1, out);
                softmax::softmax_grad(out, &flat(0), last(0));
            }
            Op::Plan(PlanOp::Binary(Binary::Add)) => {
                let is_static = |at: usize| self.kinds[at].is_some_and(|kind| kind.rows == Rows::Static);
                let is_row = |at: usize| is_static(at) && !is_static(1 - at);
                let stands = usize::from(self.over == Some(1) || is_row(0));
                self.begin(stands, out);
                if is_row(1 - stands) {
                    add::add_row(out, &flat(1 - stands));
                } else {
                    add::add(out, &flat(1 - stands));
                }
            }
            Op::Plan(PlanOp::Binary(Binary::Mul)) => {
                let (at, number) = self.number.expect("one operand is a number");
                add::scaled(out, &flat(1 - at), number);
            }
            Op::SumTo(_) => {
                let Operand { data, rows, stride, .. } = self.operands[0];
                sums::column_sums(out, data, rows, stride);
            }
            Op::Plan(PlanOp::Gather) => {
                let width = self.kinds[0].map_or(1, |kind| kind.shape[1..].iter().product());
                table::gather(out, &flat(0), &self.index, width);
            }
            Op::Plan(PlanOp::Reshape(_) | PlanOp::StopGradient) => self.operands[0].copy_to(out),
            ref op => unreachable!("{op:?} has no kernel"),
        }
    }
}
