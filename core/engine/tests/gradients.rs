//! Every operation's gradient agrees with central finite differences in f64.
//!
//! A case writes a small program over tables whose rows are gathered by token, so that parameters reach
//! values of every kind of row. The loss is a sum weighted by fixed random numbers. Three sequences of
//! 3, 1 and 2 tokens.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use candle_core::{DType, Device, Tensor};
use engraft_engine::backend::random::Keys;
use engraft_engine::backend::session::Session;
use engraft_engine::backend::{Feed, Machine, Products};
use engraft_engine::program::differentiate::differentiate;
use engraft_engine::program::{Binary, Id, Input, Op, PlanOp, Pool, Program, Reduce, Rows, Type, Unary};
use engraft_plugin::Random;

const CPU: Device = Device::Cpu;
const BOUNDS: [usize; 4] = [0, 3, 4, 6];
const IDS: [u32; 6] = [0, 3, 1, 3, 2, 4];

/// A program in the making, its parameters' values beside it.
struct Case {
    program: Program,
    values: Vec<Tensor>,
    random: Random,
    positive: bool,
}

impl Case {
    fn new(seed: u64) -> Self {
        Self { program: Program::default(), values: Vec::new(), random: Random::new(seed), positive: false }
    }

    /// A parameter of random values.
    fn parameter(&mut self, shape: &[usize]) -> Id {
        let positive = self.positive;
        let count: usize = shape.iter().product();
        let values: Vec<f64> =
            (0..count).map(|_| self.random.uniform()).map(|u| if positive { 0.5 + u } else { 2.0 * u - 1.0 }).collect();
        self.values.push(Tensor::from_vec(values, shape, &CPU).unwrap());
        self.program.parameter(&format!("p{}", self.values.len()), shape)
    }

    /// token×shape, fed by a table.
    fn token(&mut self, shape: &[usize]) -> Id {
        let table = self.parameter(&[&[5], shape].concat());
        let ids = self.program.input(Input::Ids, Type::token([]).integer());
        self.program.push_plan(PlanOp::Gather, &[table, ids]).unwrap()
    }

    /// sequence×shape.
    fn sequence(&mut self, shape: &[usize]) -> Id {
        let token = self.token(shape);
        self.plan(PlanOp::Pool(Pool::Sum), &[token])
    }

    fn of(&mut self, rows: Rows, shape: &[usize]) -> Id {
        match rows {
            Rows::Static => self.parameter(shape),
            Rows::Token => self.token(shape),
            Rows::Sequence => self.sequence(shape),
        }
    }

    fn plan(&mut self, op: PlanOp, inputs: &[Id]) -> Id {
        self.program.push_plan(op, inputs).unwrap()
    }

    fn op(&mut self, op: Op, inputs: &[Id]) -> Id {
        self.program.push(op, inputs).unwrap()
    }

    /// Checks the gradient of Σ y ⊙ fixed weights for every parameter.
    fn check(mut self, name: &str, y: Id) {
        let parameters: Vec<Id> = self.program.parameters.iter().map(|p| p.id).collect();
        self.positive = true;
        let shape = self.program.kind(y).shape.clone();
        let weights = self.parameter(&shape);
        let weighted = self.plan(PlanOp::Binary(Binary::Mul), &[y, weights]);
        let loss = self.op(Op::SumTo(Type::fixed([])), &[weighted]);
        self.check_loss(name, loss, &parameters);
    }

    fn check_loss(self, name: &str, loss: Id, parameters: &[Id]) {
        let machine = Machine { device: CPU, dtype: DType::F64, products: Products::Full };
        let mut program = self.program.clone();
        let gradients = differentiate(&mut program, loss, parameters).unwrap_or_else(|e| panic!("{name}: {e}"));
        let mut session = Session::new(machine, program, vec![loss], gradients);
        for (parameter, value) in self.program.parameters.iter().zip(&self.values) {
            session.set(parameter.id, value.clone());
        }
        session.begin().unwrap();
        session.batch(&feed()).unwrap_or_else(|e| panic!("{name}: {e}"));
        let analytic = session.end().unwrap_or_else(|e| panic!("{name}: {e}"));
        for (at, (id, analytic)) in parameters.iter().zip(&analytic).enumerate() {
            let analytic: Vec<f64> = analytic.flatten_all().unwrap().to_vec1().unwrap();
            let value: Vec<f64> = self.values[at].flatten_all().unwrap().to_vec1().unwrap();
            let shape = self.values[at].shape().clone();
            assert_eq!(analytic.len(), value.len(), "{name}: the gradient of parameter {at} has its shape");
            let mut loss_at = |place: usize, delta: f64| {
                let mut moved = value.clone();
                moved[place] += delta;
                session.set(*id, Tensor::from_vec(moved, &shape, &CPU).unwrap());
                session.begin().unwrap();
                let loss = session.batch(&feed()).unwrap()[0].to_scalar::<f64>().unwrap();
                session.set(*id, Tensor::from_vec(value.clone(), &shape, &CPU).unwrap());
                loss
            };
            for (place, analytic) in analytic.iter().enumerate() {
                const H: f64 = 1e-5;
                let numeric = (loss_at(place, H) - loss_at(place, -H)) / (2.0 * H);
                let off = (numeric - analytic).abs() / numeric.abs().max(1.0);
                assert!(off < 1e-6, "{name}: parameter {at}, place {place}: {analytic} against {numeric}");
            }
        }
    }
}

fn feed() -> Feed {
    Feed {
        ids: Tensor::new(&IDS, &CPU).unwrap(),
        positions: Tensor::new(&IDS, &CPU).unwrap(),
        classes: Some(Tensor::new(&[1i64, -100, 0, 2, 1, 0], &CPU).unwrap()),
        labels: Some(Tensor::new(&[[0f64, 1., 1.], [1., 0., 0.], [0., 0., 1.]], &CPU).unwrap()),
        tasks: None,
        scale: 0.25,
        bounds: BOUNDS.to_vec(),
        keys: Keys::new(7, 3, 0, &BOUNDS),
    }
}

const ROWS: [Rows; 3] = [Rows::Static, Rows::Token, Rows::Sequence];

#[test]
fn elementwise_operations_of_one_value() {
    use Unary::*;
    for op in [Neg, Exp, Sin, Cos, Tanh, Sigmoid, Relu, Silu, Gelu, GeluTanh] {
        for rows in ROWS {
            let mut case = Case::new(1);
            let x = case.of(rows, &[2, 3]);
            let y = case.plan(PlanOp::Unary(op), &[x]);
            case.check(&format!("{op:?} {rows:?}"), y);
        }
    }
    for op in [Log, Sqrt] {
        let mut case = Case::new(2);
        case.positive = true;
        let x = case.token(&[3]);
        let y = case.plan(PlanOp::Unary(op), &[x]);
        case.check(&format!("{op:?}"), y);
    }
}

#[test]
fn elementwise_operations_of_two_values_broadcast() {
    use Binary::*;
    let shapes: [(&[usize], &[usize]); 5] =
        [(&[2, 3], &[2, 3]), (&[2, 3], &[3]), (&[3], &[2, 3]), (&[2, 1], &[1, 3]), (&[3], &[])];
    for op in [Add, Sub, Mul, Div, Maximum, Minimum] {
        for (a_rows, b_rows) in [
            (Rows::Static, Rows::Token),
            (Rows::Token, Rows::Static),
            (Rows::Token, Rows::Token),
            (Rows::Sequence, Rows::Static),
            (Rows::Static, Rows::Static),
        ] {
            for (a_shape, b_shape) in shapes {
                let mut case = Case::new(3);
                let a = case.of(a_rows, a_shape);
                case.positive = op == Div;
                let b = case.of(b_rows, b_shape);
                let y = case.plan(PlanOp::Binary(op), &[a, b]);
                case.check(&format!("{op:?} {a_rows:?}{a_shape:?} {b_rows:?}{b_shape:?}"), y);
            }
        }
    }
}

#[test]
fn numbers_stand_for_operands_on_either_side() {
    use Binary::*;
    for op in [Add, Sub, Mul, Div, Maximum] {
        for number_is_left in [false, true] {
            let mut case = Case::new(4);
            case.positive = true;
            let x = case.token(&[3]);
            let number = case.program.constant(0.7);
            let inputs = if number_is_left { [number, x] } else { [x, number] };
            let y = case.plan(PlanOp::Binary(op), &inputs);
            case.check(&format!("{op:?} number left: {number_is_left}"), y);
        }
    }
}

#[test]
fn products_of_every_form() {
    type Form = (Rows, &'static [usize], Rows, &'static [usize], bool);
    let forms: [Form; 9] = [
        (Rows::Token, &[3], Rows::Static, &[3, 2], false),
        (Rows::Token, &[3], Rows::Static, &[2, 3], true),
        (Rows::Token, &[2, 3], Rows::Static, &[3, 4], false),
        (Rows::Token, &[2, 4, 3], Rows::Static, &[2, 3, 2], false),
        (Rows::Token, &[2, 4, 3], Rows::Static, &[2, 2, 3], true),
        (Rows::Sequence, &[2, 3], Rows::Sequence, &[3, 2], false),
        (Rows::Token, &[2, 3], Rows::Token, &[4, 3], true),
        (Rows::Static, &[2, 3], Rows::Static, &[3, 4], false),
        (Rows::Static, &[2, 4, 3], Rows::Static, &[2, 3, 2], false),
    ];
    for (a_rows, a_shape, b_rows, b_shape, transposed) in forms {
        let mut case = Case::new(5);
        let a = case.of(a_rows, a_shape);
        let b = case.of(b_rows, b_shape);
        let y = case.plan(PlanOp::Matmul { transposed }, &[a, b]);
        case.check(&format!("matmul {a_rows:?}{a_shape:?} {b_rows:?}{b_shape:?} transposed: {transposed}"), y);
    }
    let mut case = Case::new(6);
    let (a, b) = (case.token(&[2, 3]), case.parameter(&[2, 3, 4]));
    let y = case.plan(PlanOp::MatmulBlocks, &[a, b]);
    case.check("matmul_blocks", y);
    let mut case = Case::new(7);
    let (x, w, b) = (case.token(&[3]), case.parameter(&[4, 3]), case.parameter(&[4]));
    let y = case.op(Op::Linear, &[x, w, b]);
    case.check("linear", y);
}

#[test]
fn shapes_and_choices() {
    for rows in ROWS {
        let ops = [
            PlanOp::Reshape(vec![3, 4]),
            PlanOp::Transpose(-1, -2),
            PlanOp::Transpose(-1, -3),
            PlanOp::Narrow { axis: -2, from: 1, len: 1 },
            PlanOp::Index { axis: -2, at: 1 },
            PlanOp::Index { axis: -1, at: 0 },
            PlanOp::StopGradient,
        ];
        for op in ops.into_iter().filter(|op| *op != PlanOp::StopGradient) {
            let mut case = Case::new(8);
            let x = case.of(rows, &[2, 2, 3]);
            let y = case.plan(op.clone(), &[x]);
            case.check(&format!("{op:?} {rows:?}"), y);
        }
        let mut case = Case::new(9);
        let (a, b, c) = (case.of(rows, &[2, 3]), case.parameter(&[1, 3]), case.of(rows, &[2, 3]));
        let y = case.plan(PlanOp::Concat { axis: -2 }, &[a, b, c]);
        case.check(&format!("concat {rows:?}"), y);
        let mut case = Case::new(10);
        let (m, a, b) = (case.of(rows, &[3]), case.parameter(&[2, 3]), case.of(rows, &[2, 1]));
        let zero = case.program.constant(0.0);
        let is_negative = case.plan(PlanOp::Binary(Binary::Less), &[m, zero]);
        let y = case.plan(PlanOp::Where, &[is_negative, a, b]);
        // The mask has no gradient of its own: give its table another way to the loss.
        let y = case.plan(PlanOp::Binary(Binary::Add), &[y, m]);
        case.check(&format!("where {rows:?}"), y);
    }
}

#[test]
fn reductions_softmax_and_norms() {
    for rows in ROWS {
        for axis in [-1, -2] {
            for how in [Reduce::Sum, Reduce::Mean, Reduce::Norm] {
                let mut case = Case::new(11);
                let x = case.of(rows, &[2, 3]);
                let y = case.plan(PlanOp::Reduce { how, axis }, &[x]);
                case.check(&format!("{how:?} {rows:?} {axis}"), y);
            }
            let mut case = Case::new(12);
            let x = case.of(rows, &[2, 3]);
            let y = case.plan(PlanOp::Softmax { axis }, &[x]);
            case.check(&format!("softmax {rows:?} {axis}"), y);
            let mut case = Case::new(13);
            let x = case.of(rows, &[3, 3]);
            let kept = case.plan(PlanOp::KeepTop { axis, k: 2 }, &[x]);
            let y = case.plan(PlanOp::Softmax { axis }, &[kept]);
            case.check(&format!("keep_top {rows:?} {axis}"), y);
        }
        let mut case = Case::new(14);
        let (x, w, b) = (case.of(rows, &[2, 4]), case.parameter(&[4]), case.parameter(&[4]));
        let y = case.plan(PlanOp::LayerNorm { eps: 1e-5 }, &[x, w, b]);
        case.check(&format!("layer_norm {rows:?}"), y);
        let mut case = Case::new(15);
        let (x, w) = (case.of(rows, &[2, 4]), case.parameter(&[4]));
        let y = case.plan(PlanOp::RmsNorm { eps: 1e-5 }, &[x, w]);
        case.check(&format!("rms_norm {rows:?}"), y);
    }
}

#[test]
fn the_norm_of_zero_has_gradient_zero() {
    let mut case = Case::new(16);
    let x = case.parameter(&[3]);
    case.values[0] = Tensor::zeros(3, DType::F64, &CPU).unwrap();
    let norm = case.plan(PlanOp::Reduce { how: Reduce::Norm, axis: -1 }, &[x]);
    let token = case.token(&[1]);
    let y = case.plan(PlanOp::Binary(Binary::Mul), &[norm, token]);
    let loss = case.op(Op::SumTo(Type::fixed([])), &[y]);
    let mut program = case.program.clone();
    let gradients = differentiate(&mut program, loss, &[x]).unwrap();
    let mut session = Session::new(
        Machine { device: CPU, dtype: DType::F64, products: Products::Full },
        program,
        vec![loss],
        gradients,
    );
    for (parameter, value) in case.program.parameters.iter().zip(&case.values) {
        session.set(parameter.id, value.clone());
    }
    session.begin().unwrap();
    session.batch(&feed()).unwrap();
    assert_eq!(session.end().unwrap()[0].to_vec1::<f64>().unwrap(), [0.0; 3]);
}

#[test]
fn rows_pool_and_spread() {
    for how in [Pool::Mean, Pool::Max, Pool::Sum, Pool::First, Pool::Last] {
        let mut case = Case::new(17);
        let x = case.token(&[2, 3]);
        let pooled = case.plan(PlanOp::Pool(how), &[x]);
        case.check(&format!("pool {how:?}"), pooled);
        let mut case = Case::new(18);
        let x = case.token(&[3]);
        let pooled = case.plan(PlanOp::Pool(how), &[x]);
        let spread = case.plan(PlanOp::Spread, &[pooled]);
        let y = case.plan(PlanOp::Binary(Binary::Mul), &[spread, x]);
        case.check(&format!("spread {how:?}"), y);
    }
}

#[test]
fn dropout_draws_the_same_mask_in_both_directions() {
    for rows in [Rows::Token, Rows::Sequence] {
        let mut case = Case::new(19);
        let x = case.of(rows, &[2, 8]);
        let y = case.plan(PlanOp::Dropout { p: 0.4 }, &[x]);
        case.check(&format!("dropout {rows:?}"), y);
    }
}

#[test]
fn attention_with_and_without_dropout() {
    for dropout in [0.0, 0.3] {
        let mut case = Case::new(20);
        let (q, k, v) = (case.token(&[4]), case.token(&[4]), case.token(&[4]));
        let site = case.program.random_site();
        let y = case.op(Op::Attention { heads: 2, dropout, site }, &[q, k, v]);
        case.check(&format!("attention, dropout {dropout}"), y);
    }
}

#[test]
fn losses() {
    let mut case = Case::new(21);
    let logits = case.token(&[3]);
    let classes = case.program.input(Input::Classes, Type::token([]).integer());
    let scale = case.program.input(Input::Scale, Type::fixed([]));
    let loss = case.op(Op::CrossEntropy, &[logits, classes, scale]);
    let parameters: Vec<Id> = case.program.parameters.iter().map(|p| p.id).collect();
    case.check_loss("cross-entropy", loss, &parameters);

    let mut case = Case::new(22);
    let logits = case.sequence(&[3]);
    let labels = case.program.input(Input::Labels, Type::sequence([3]));
    let scale = case.program.input(Input::Scale, Type::fixed([]));
    let loss = case.op(Op::BinaryCrossEntropy, &[logits, labels, scale]);
    let parameters: Vec<Id> = case.program.parameters.iter().map(|p| p.id).collect();
    case.check_loss("binary cross-entropy", loss, &parameters);
}

#[test]
fn a_parameter_that_the_loss_does_not_reach_fails_the_audit() {
    let mut case = Case::new(23);
    let x = case.token(&[3]);
    let idle = case.parameter(&[3]);
    let loss = case.op(Op::SumTo(Type::fixed([])), &[x]);
    let error = differentiate(&mut case.program, loss, &[idle]).unwrap_err();
    assert_eq!(error.code(), "train.audit");
    assert!(error.to_string().contains("`p2`"), "{error}");
}
