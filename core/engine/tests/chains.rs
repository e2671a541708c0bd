//! The heads that choose the tags of a text together: gradients against finite differences in f64, the whole head
//! against PyTorch, and what a run saves of it.
//!
//! The fixture and the script that made it: `tests/fixtures/heads/make.py`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod support;

use candle_core::{DType, Device, Tensor};
use engraft_engine::backend::random::Keys;
use engraft_engine::backend::session::Session;
use engraft_engine::backend::{Feed, Machine};
use engraft_engine::model::weights::{self, Tensors};
use engraft_engine::model::{Config, Dropouts, Head, HeadKind, Network};
use engraft_engine::optimize::Learner;
use engraft_engine::program::differentiate::differentiate;
use engraft_engine::program::{Id, Input, Op, PlanOp, Program, Type};
use engraft_plugin::plan::{Plan, Train};
use engraft_plugin::{Random, Task, TaskKind};
use support::fixtures;

const CPU: Device = Device::Cpu;

fn feed(ids: &[u32], classes: &[i64], bounds: &[usize], scale: f64) -> Feed {
    let places = bounds.windows(2).flat_map(|pair| (0..pair[1] - pair[0]).map(|at| at as u32));
    Feed {
        ids: Tensor::new(ids, &CPU).unwrap(),
        positions: Tensor::from_iter(places, &CPU).unwrap(),
        classes: Some(Tensor::new(classes, &CPU).unwrap()),
        labels: None,
        tasks: None,
        scale,
        bounds: bounds.to_vec(),
        keys: Keys::new(7, 3, 0, bounds),
    }
}

/// Texts of four tokens, one and three; special tokens, a unit that is not known, a text of which nothing is known.
fn small() -> Feed {
    feed(&[0, 1, 2, 3, 4, 5, 6, 7], &[-100, 1, -1, 0, -1, 2, -100, 2], &[0, 4, 5, 8], 0.25)
}

/// A program over tables of random numbers; its loss.
#[derive(Default)]
struct Case {
    program: Program,
    values: Vec<Tensor>,
}

impl Case {
    fn parameter(&mut self, shape: &[usize]) -> Id {
        let mut random = Random::new(self.values.len() as u64 + 11);
        let values = (0..shape.iter().product()).map(|_| 2.0 * random.uniform() - 1.0);
        self.values.push(Tensor::from_iter(values, &CPU).unwrap().reshape(shape).unwrap());
        self.program.parameter(&format!("p{}", self.values.len()), shape)
    }

    fn token(&mut self, width: usize) -> Id {
        let table = self.parameter(&[8, width]);
        let ids = self.program.input(Input::Ids, Type::token([]).integer());
        self.program.push_plan(PlanOp::Gather, &[table, ids]).unwrap()
    }

    /// Every gradient of the loss agrees with central differences.
    fn check(self, name: &str, loss: Id) {
        let ids: Vec<Id> = self.program.parameters.iter().map(|p| p.id).collect();
        let mut program = self.program.clone();
        let gradients = differentiate(&mut program, loss, &ids).unwrap();
        let machine = Machine::cpu(DType::F64);
        let mut session = Session::new(machine, program, vec![loss], gradients);
        for (id, value) in ids.iter().zip(&self.values) {
            session.set(*id, value.clone());
        }
        session.begin().unwrap();
        session.batch(&small()).unwrap();
        let analytic = session.end().unwrap();
        for ((id, value), analytic) in ids.iter().zip(&self.values).zip(analytic) {
            let flat: Vec<f64> = value.flatten_all().unwrap().to_vec1().unwrap();
            let analytic: Vec<f64> = analytic.dense().unwrap().flatten_all().unwrap().to_vec1().unwrap();
            for (place, analytic) in analytic.iter().enumerate() {
                const H: f64 = 1e-5;
                let mut loss_at = |by: f64| {
                    let mut moved = flat.clone();
                    moved[place] += by;
                    session.set(*id, Tensor::from_vec(moved, value.dims(), &CPU).unwrap());
                    session.begin().unwrap();
                    session.batch(&small()).unwrap()[0].to_scalar::<f64>().unwrap()
                };
                let numeric = (loss_at(H) - loss_at(-H)) / (2.0 * H);
                let off = (numeric - analytic).abs() / numeric.abs().max(1.0);
                assert!(off < 1e-8, "{name}, {id:?}, place {place}: {analytic} against {numeric}");
            }
            session.set(*id, value.clone());
        }
    }
}

#[test]
fn the_gradient_of_an_lstm_agrees_with_finite_differences_both_ways() {
    for reverse in [false, true] {
        let mut case = Case::default();
        let (gates, w, weights) = (case.token(12), case.parameter(&[12, 3]), case.token(3));
        let y = case.program.push(Op::Lstm { reverse }, &[gates, w]).unwrap();
        let weighted =
            case.program.push_plan(PlanOp::Binary(engraft_engine::program::Binary::Mul), &[y, weights]).unwrap();
        let loss = case.program.push(Op::SumTo(Type::fixed([])), &[weighted]).unwrap();
        case.check(&format!("lstm, reverse: {reverse}"), loss);
    }
}

#[test]
fn the_gradient_of_a_random_field_agrees_with_finite_differences() {
    let mut case = Case::default();
    let (emissions, table) = (case.token(5), case.parameter(&[7, 5]));
    let classes = case.program.input(Input::Classes, Type::token([]).integer());
    let scale = case.program.input(Input::Scale, Type::fixed([]));
    let loss = case.program.push(Op::Crf, &[emissions, classes, table, scale]).unwrap();
    case.check("crf", loss);
}

fn task() -> Task {
    Task::new(TaskKind::Tokens, ["a", "b"])
}

/// The tiny BERT with a bilstm-crf head, the fixture's numbers in it.
fn network() -> (Network, Vec<Tensor>, Tensors) {
    let base = fixtures("models/bert-token");
    let mut config = Config::read(&base).unwrap();
    config.head = Head { lstm: 5, ..Head::of(HeadKind::BilstmCrf) };
    let plan = Plan::new("full").train(Train::select("*"));
    let network = Network::new(&config, &Dropouts::default(), &task(), Some(&plan)).unwrap();
    let expected = weights::read(&fixtures("heads/bilstm-crf.safetensors")).unwrap();
    let mut tensors = weights::read_folder(&base).unwrap();
    tensors.extend(expected.iter().map(|(name, tensor)| (name.clone(), tensor.clone())));
    let machine = Machine::cpu(DType::F32);
    let all = weights::gather(&network, &tensors, &base, &machine, 0, true).unwrap();
    (network, all, expected)
}

/// The largest |a − b| over the largest |b|.
fn off(a: &Tensor, b: &Tensor) -> f32 {
    let flat = |t: &Tensor| t.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    let (a, b) = (flat(a), flat(b));
    assert_eq!(a.len(), b.len());
    let scale = b.iter().fold(1e-3f32, |top, x| top.max(x.abs()));
    a.iter().zip(&b).fold(0f32, |worst, (a, b)| worst.max((a - b).abs())) / scale
}

#[test]
fn the_whole_head_agrees_with_pytorch() {
    let (network, all, expected) = network();
    let machine = Machine::cpu(DType::F32);
    let plan = Plan::new("full").train(Train::select("*"));
    let mut learner = Learner::new(&network, &plan, all, &machine).unwrap();
    let ids = expected["ids"].to_dtype(DType::U32).unwrap().to_vec1().unwrap();
    let targets: Vec<i64> = expected["targets"].to_vec1().unwrap();
    let bounds: Vec<usize> = expected["bounds"].to_vec1::<i64>().unwrap().iter().map(|&b| b as usize).collect();
    let scored = targets.iter().filter(|&&class| class >= 0).count();
    let feed = feed(&ids, &targets, &bounds, 1.0 / scored as f64);
    learner.inference().unwrap().begin().unwrap();
    let outputs = learner.inference().unwrap().batch(&feed).unwrap();
    assert!(off(&outputs[0], &expected["logits"]) < 1e-5);
    let (loss, gradients) = learner.gradients([Ok(feed)]).unwrap();
    let want = f64::from(expected["loss"].to_vec1::<f32>().unwrap()[0]);
    assert!((loss - want).abs() < 1e-5 * want, "loss {loss}, expected {want}");
    let mut compared = 0;
    for (name, gradient) in learner.names().zip(&gradients) {
        let Some(want) = expected.get(&format!("grad.{name}")) else { continue };
        let gradient = &gradient.dense().unwrap();
        assert!(off(gradient, want) < 1e-4, "the gradient of {name} is off by {:e}", off(gradient, want));
        compared += 1;
    }
    assert_eq!(compared, 14, "eight of the LSTM, five above it, one below");
}

#[test]
fn a_head_for_spans_is_refused_where_whole_texts_are_labeled() {
    let mut config = Config::read(&fixtures("models/bert-token")).unwrap();
    config.head.kind = HeadKind::Crf;
    let task = Task::new(TaskKind::Sequence, ["a", "b"]);
    let error = Network::new(&config, &Dropouts::default(), &task, None).unwrap_err();
    assert_eq!(error.code(), "config.setting");
    assert!(error.to_string().contains("model.head"), "{error}");
}
