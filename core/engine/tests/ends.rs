//! The head that gives spans by their ends: scores, loss and gradients against transformers and PyTorch, in both types, by
//! kernels and by candle's ops; what a prompt leaves of it, and what a model without a token before its texts says.
//!
//! The fixture and the script that made it: `tests/fixtures/heads/make_span.py`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod support;

use candle_core::{DType, Tensor};
use engraft_engine::backend::{Backend, Machine};
use engraft_engine::batch::feed::Feeder;
use engraft_engine::batch::{Packed, PackedTargets};
use engraft_engine::model::weights::{self, Tensors};
use engraft_engine::model::{Added, Config, Dropouts, Head, HeadKind, Network};
use engraft_engine::optimize::Learner;
use engraft_plugin::plan::{Plan, Train};
use engraft_plugin::{Task, TaskKind};
use support::fixtures;

fn config() -> Config {
    let mut config = Config::read(&fixtures("models/bert-token")).unwrap();
    config.head = Head::of(HeadKind::Span);
    config
}

fn numbers(tensor: &Tensor) -> Vec<f64> {
    tensor.to_dtype(DType::F64).unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

/// The largest |a − b| over the largest |b|.
fn off(a: &Tensor, b: &Tensor) -> f64 {
    assert_eq!(a.dims(), b.dims());
    let (a, b) = (numbers(a), numbers(b));
    let scale = b.iter().fold(1e-3f64, |top, x| top.max(x.abs()));
    a.iter().zip(&b).fold(0f64, |worst, (a, b)| worst.max((a - b).abs())) / scale
}

/// The fixture's case of this name, and its windows as a batch.
fn case(name: &str) -> (Tensors, Packed) {
    let all = weights::read(&fixtures("heads/span.safetensors")).unwrap();
    let whole = |name: &str| all[name].to_vec1::<i64>().unwrap();
    let bounds: Vec<u32> = whole("bounds").into_iter().map(|bound| bound as u32).collect();
    let own = |(key, tensor): (&String, &Tensor)| {
        Some((key.strip_prefix(name)?.strip_prefix('/')?.to_owned(), tensor.clone()))
    };
    let own: Tensors = all.iter().filter_map(own).collect();
    let shares = numbers(&own["shares"]).into_iter().map(|share| share as f32).collect();
    let packed = Packed {
        ids: whole("ids").into_iter().map(|id| id as u32).collect(),
        positions: bounds.windows(2).flat_map(|pair| 0..pair[1] - pair[0]).collect(),
        bounds,
        targets: PackedTargets::Ends { columns: own["shares"].dims()[1], shares },
        items: vec![0, 1, 2],
    };
    (own, packed)
}

fn compare(name: &str, labels: &[&str]) {
    let (expected, packed) = case(name);
    let (config, task) = (config(), Task::new(TaskKind::Tokens, labels.iter().copied()));
    let plan = Plan::new("full").train(Train::select("*"));
    let network = Network::new(&config, &Dropouts::default(), &task, Some(&plan)).unwrap();
    let mut tensors = weights::read_folder(&fixtures("models/bert-token")).unwrap();
    tensors.extend(expected.clone());
    for (dtype, tolerance) in [(DType::F64, 1e-9), (DType::F32, 1e-5)] {
        for backend in [Machine::cpu(dtype).backend, Backend::Composed] {
            let machine = Machine { backend, ..Machine::cpu(dtype) };
            let all = weights::gather(&network, &tensors, &fixtures("heads"), &machine, 0, true).unwrap();
            let mut learner = Learner::new(&network, &plan, all, &machine).unwrap();
            let feed = || Feeder::new(&machine, &config, &task).feed(&packed, 1.0 / 3.0, 0, 0, 0).unwrap();
            learner.inference().unwrap().begin().unwrap();
            let outputs = learner.inference().unwrap().batch(&feed()).unwrap();
            let what = format!("{name} in {dtype:?} by {backend:?}");
            assert!(off(&outputs[0], &expected["logits"]) < tolerance, "{what}: logits");
            assert!(off(&outputs[1].reshape(1).unwrap(), &expected["loss"]) < tolerance, "{what}: loss");
            let (_, gradients) = learner.gradients([Ok(feed())]).unwrap();
            let mut compared = 0;
            for (name, gradient) in learner.names().zip(&gradients) {
                let Some(want) = expected.get(&format!("grad.{name}")) else { continue };
                let off = off(&gradient.dense().unwrap(), want);
                assert!(off < 10.0 * tolerance, "{what}: the gradient of {name} is off by {off:e}");
                compared += 1;
            }
            assert_eq!(compared, 4, "two of the head, two below it");
        }
    }
}

#[test]
fn one_label_and_one_span_a_window_is_the_head_and_the_loss_of_transformers() {
    compare("one", &["answer"]);
}

#[test]
fn several_labels_and_spans_share_and_what_is_not_told_adds_nothing() {
    compare("several", &["a", "b"]);
}

#[test]
fn rows_of_a_prompt_are_no_candidates() {
    let (_, packed) = case("one");
    let task = Task::new(TaskKind::Tokens, ["answer"]);
    let machine = Machine::cpu(DType::F32);
    let added = Added { rows: 2, have_positions: true, shift: 0 };
    let feed = Feeder::new(&machine, &config(), &task).with(added).feed(&packed, 1.0, 0, 0, 0).unwrap();
    let shares: Vec<Vec<f32>> = feed.labels.unwrap().to_vec2().unwrap();
    for (window, &begin) in feed.bounds[..3].iter().enumerate() {
        assert_eq!(shares[begin..begin + 2], [[-1.0, -1.0], [-1.0, -1.0]], "window {window}");
        assert!(shares[begin + 2..feed.bounds[window + 1]].iter().flatten().all(|share| *share >= 0.0));
    }
    let network = Network::new(&config(), &Dropouts::default(), &task, None).unwrap();
    let mut tensors = weights::read_folder(&fixtures("models/bert-token")).unwrap();
    tensors.extend(case("one").0);
    let plan = Plan::new("full").train(Train::select("*"));
    let loss_of = |packed: &Packed| {
        let all = weights::gather(&network, &tensors, &fixtures("heads"), &machine, 0, true).unwrap();
        let mut learner = Learner::new(&network, &plan, all, &machine).unwrap();
        learner.inference().unwrap().begin().unwrap();
        let feed = Feeder::new(&machine, &config(), &task).feed(packed, 1.0, 0, 0, 0).unwrap();
        numbers(&learner.inference().unwrap().batch(&feed).unwrap()[1])[0]
    };
    // A row that is out of the question takes no probability from the others.
    let mut without = packed.clone();
    let PackedTargets::Ends { shares, .. } = &mut without.targets else { panic!("ends") };
    shares[2 * 3..2 * 4].fill(-1.0);
    assert!(loss_of(&without) < loss_of(&packed) - 1e-3);
}

#[test]
fn the_head_is_refused_where_whole_texts_are_labeled_and_with_limits_that_are_none() {
    let refused = |task: TaskKind, head: Head| {
        let config = Config { head, ..config() };
        let error = Network::new(&config, &Dropouts::default(), &Task::new(task, ["a"]), None).unwrap_err();
        assert_eq!(error.code(), "config.setting");
        error.to_string()
    };
    let span = Head::of(HeadKind::Span);
    assert!(refused(TaskKind::Sequence, span).contains("model.head"));
    assert!(refused(TaskKind::Tokens, Head { span_tokens: Some(0), ..span }).contains("model.span_tokens"));
    assert!(refused(TaskKind::Tokens, Head { span_threshold: f64::NAN, ..span }).contains("model.span_threshold"));
}
