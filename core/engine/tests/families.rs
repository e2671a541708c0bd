//! Forward, loss and every gradient of each model family and head agree with PyTorch.
//!
//! The fixtures and the script that made them: `tests/fixtures/models/make.py`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod support;

use candle_core::{DType, Device, Tensor};
use engraft_engine::backend::random::Keys;
use engraft_engine::backend::{Backend, Feed, Machine, Products};
use engraft_engine::method::graft;
use engraft_engine::model::weights::{self, Tensors};
use engraft_engine::model::{Config, Dropouts, Network};
use engraft_engine::optimize::Learner;
use engraft_plugin::plan::{Plan, Train};
use engraft_plugin::{Task, TaskKind};
use std::path::PathBuf;
use support::fixtures;

const CPU: Device = Device::Cpu;

fn machine() -> Machine {
    Machine::cpu(DType::F32)
}

fn task(head: &str) -> Task {
    match head {
        "token" => Task::new(TaskKind::Tokens, ["a", "b"]), // O B-a I-a B-b I-b
        "sequence" => Task::new(TaskKind::Sequence, ["a", "b", "c"]),
        _ => Task::new(TaskKind::MultiLabel, ["a", "b", "c", "d"]),
    }
}

/// A folder's input as a batch; the loss is the mean over what is scored.
fn feed(expected: &Tensors, config: &Config, task: &Task) -> Feed {
    let bounds: Vec<usize> = expected["bounds"].to_vec1::<i64>().unwrap().iter().map(|&b| b as usize).collect();
    let places =
        bounds.windows(2).flat_map(|pair| (0..pair[1] - pair[0]).map(|at| (at + config.position_offset) as u32));
    let targets = &expected["targets"];
    let (classes, labels, count) = match task.kind {
        TaskKind::MultiLabel => (None, Some(targets.clone()), targets.elem_count()),
        _ => {
            let scored = targets.to_vec1::<i64>().unwrap().iter().filter(|&&class| class >= 0).count();
            (Some(targets.clone()), None, scored)
        }
    };
    Feed {
        ids: expected["ids"].to_dtype(DType::U32).unwrap(),
        positions: Tensor::from_iter(places, &CPU).unwrap(),
        classes,
        labels,
        tasks: None,
        scale: 1.0 / count as f64,
        keys: Keys::new(0, 0, 0, &bounds),
        bounds,
    }
}

/// The largest |a − b| over the largest |b|, and at least 1e-6 so that zero meets zero.
fn difference(a: &Tensor, b: &Tensor) -> f32 {
    let flat = |t: &Tensor| t.to_dtype(DType::F32).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
    let (a, b) = (flat(a), flat(b));
    assert_eq!(a.len(), b.len());
    let scale = b.iter().fold(1e-3f32, |top, x| top.max(x.abs()));
    a.iter().zip(&b).fold(0f32, |worst, (a, b)| worst.max((a - b).abs())) / scale
}

fn compare(folder: &str, head: &str, adapter: bool) {
    for (name, gradient, want) in gradients(Products::Full, 0.0, folder, head, adapter) {
        let off = difference(&gradient, &want);
        assert!(off < 1e-4, "{folder}: gradient of {name} is off by {off:e}");
    }
}

/// In bf16 a gradient that is a difference of large numbers keeps few digits, so the whole of them is compared: by its
/// length.
fn compare_in_bf16(folder: &str, head: &str) {
    let (mut off, mut whole) = (0.0, 0.0);
    for (_, gradient, want) in gradients(Products::Bf16, 1e-2, folder, head, false) {
        let squares = |t: Tensor| f64::from(t.sqr().unwrap().sum_all().unwrap().to_scalar::<f32>().unwrap());
        off += squares((gradient - &want).unwrap());
        whole += squares(want);
    }
    let off = (off / whole).sqrt();
    assert!(off < 2e-2, "{folder}: the gradients are off by {off:e}");
}

/// Checks logits and loss of inference to 1e-4, the loss of training to `tolerance` of that; answers each gradient of
/// training with these products, and PyTorch's.
fn gradients(
    products: Products,
    tolerance: f32,
    folder: &str,
    head: &str,
    adapter: bool,
) -> Vec<(String, Tensor, Tensor)> {
    let root: PathBuf = fixtures("models");
    let base = if adapter { root.join("bert-token") } else { root.join(folder) };
    let expected = weights::read(&root.join(folder).join("expected.safetensors")).unwrap();
    let config = Config::read(&base).unwrap();
    let task = task(head);
    let bare = Network::new(&config, &Dropouts::default(), &task, None).unwrap();
    let mut tensors = weights::read_folder(&base).unwrap();
    let plan = if adapter {
        let (plan, own) = graft::read(&root.join(folder).join("adapter"), &bare).unwrap();
        tensors.extend(own);
        plan
    } else {
        Plan::new("full").train(Train::select("*"))
    };
    let network = Network::new(&config, &Dropouts::default(), &task, Some(&plan)).unwrap();
    let all = weights::gather(&network, &tensors, &base, &machine(), 0, true).unwrap();
    let mut learner = Learner::new(&network, &plan, all, &Machine { products, ..machine() }).unwrap();
    let feed = feed(&expected, &config, &task);

    learner.inference().unwrap().begin().unwrap();
    let outputs = learner.inference().unwrap().batch(&feed).unwrap();
    let (logits, loss) = (&outputs[0], outputs[1].to_scalar::<f32>().unwrap());
    assert!(difference(logits, &expected["logits"]) < 1e-4, "{folder}: logits");
    let want = expected["loss"].to_vec1::<f32>().unwrap()[0];
    assert!((loss - want).abs() < 1e-4 * want.abs(), "{folder}: loss {loss}, expected {want}");

    let (trained_loss, gradients) = learner.gradients([Ok(feed)]).unwrap();
    let off = (trained_loss as f32 - loss).abs() / loss;
    assert!(off <= tolerance, "{folder}: without dropout both programs compute the same, off by {off:e}");
    let names: Vec<String> = learner.names().map(str::to_owned).collect();
    let with_gradient = expected.keys().filter(|name| name.starts_with("grad.")).count();
    assert_eq!(names.len(), with_gradient, "{folder}: {names:?}");
    let with_expected = |(name, gradient): (String, Tensor)| {
        let prefixed = format!("grad.base_model.model.{name}");
        let want = expected.get(&format!("grad.{name}")).or_else(|| expected.get(&prefixed));
        let want = want.unwrap_or_else(|| panic!("{folder}: no gradient of {name} in the fixture"));
        (name, gradient, want.clone())
    };
    names.into_iter().zip(gradients.iter().map(|gradient| gradient.dense().unwrap())).map(with_expected).collect()
}

#[test]
fn bert_agrees_with_pytorch_for_every_head() {
    compare("bert-token", "token", false);
    compare("bert-sequence", "sequence", false);
    compare("bert-multilabel", "multilabel", false);
}

#[test]
fn training_in_bf16_agrees_with_pytorch_in_f32_as_far_as_eight_bits_go() {
    compare_in_bf16("bert-token", "token");
    compare_in_bf16("roberta-sequence", "sequence");
    compare_in_bf16("distilbert-token", "token"); // its other heads have a ReLU, which rounding may turn over
}

#[test]
fn roberta_agrees_with_pytorch_for_every_head() {
    compare("roberta-token", "token", false);
    compare("roberta-sequence", "sequence", false);
    compare("roberta-multilabel", "multilabel", false);
}

#[test]
fn distilbert_agrees_with_pytorch_for_every_head() {
    compare("distilbert-token", "token", false);
    compare("distilbert-sequence", "sequence", false);
    compare("distilbert-multilabel", "multilabel", false);
}

#[test]
fn a_lora_that_peft_wrote_agrees_with_peft() {
    compare("bert-token-lora", "token", true);
}

/// The batches of one optimizer step: the fixture's three sequences, cut as said.
fn cut(expected: &Tensors, config: &Config, parts: &[&[usize]]) -> Vec<engraft_engine::Result<Feed>> {
    let whole = feed(expected, config, &task("token"));
    let pick = |tensor: &Tensor, chosen: &[usize]| {
        let parts: Vec<Tensor> = chosen
            .iter()
            .map(|&s| tensor.narrow(0, whole.bounds[s], whole.bounds[s + 1] - whole.bounds[s]).unwrap())
            .collect();
        Tensor::cat(&parts, 0).unwrap()
    };
    let batch = |chosen: &&[usize]| {
        let lengths = chosen.iter().map(|&s| whole.bounds[s + 1] - whole.bounds[s]);
        let bounds: Vec<usize> = std::iter::once(0)
            .chain(lengths.scan(0, |end, n| {
                *end += n;
                Some(*end)
            }))
            .collect();
        Ok(Feed {
            ids: pick(&whole.ids, chosen),
            positions: pick(&whole.positions, chosen),
            classes: whole.classes.as_ref().map(|classes| pick(classes, chosen)),
            labels: None,
            tasks: None,
            scale: whole.scale,
            keys: Keys::new(9, 4, chosen[0], &bounds),
            bounds,
        })
    };
    parts.iter().map(batch).collect()
}

#[test]
fn accumulated_batches_are_one_batch_even_with_dropout() {
    let root = fixtures("models").join("bert-token");
    let expected = weights::read(&root.join("expected.safetensors")).unwrap();
    let config = Config::read(&root).unwrap();
    let dropouts = Dropouts { hidden: 0.1, attention: 0.1, classifier: 0.1 };
    let plan = Plan::new("full").train(Train::select("*"));
    let network = Network::new(&config, &dropouts, &task("token"), Some(&plan)).unwrap();
    let machine = Machine::cpu(DType::F64);
    let all = weights::gather(&network, &weights::read_folder(&root).unwrap(), &root, &machine, 0, true).unwrap();
    let mut learner = Learner::new(&network, &plan, all, &machine).unwrap();
    let (loss, at_once) = learner.gradients(cut(&expected, &config, &[&[0, 1, 2]])).unwrap();
    let (loss_of_parts, in_parts) = learner.gradients(cut(&expected, &config, &[&[0], &[1], &[2]])).unwrap();
    assert!((loss - loss_of_parts).abs() < 1e-6);
    for (a, b) in at_once.iter().zip(&in_parts) {
        assert!(difference(&a.dense().unwrap(), &b.dense().unwrap()) < 1e-6);
    }
    let (dry, _) = learner.gradients(cut(&expected, &config, &[&[0, 2], &[1]])).unwrap();
    assert!((loss - dry).abs() > 1e-6, "another place in the batch draws other numbers");
}

/// The gradients of BERT with dropout on, as tensors.
fn with_dropout(machine: &Machine) -> (f64, Vec<Tensor>) {
    let root = fixtures("models").join("bert-token");
    let expected = weights::read(&root.join("expected.safetensors")).unwrap();
    let config = Config::read(&root).unwrap();
    let dropouts = Dropouts { hidden: 0.1, attention: 0.1, classifier: 0.1 };
    let plan = Plan::new("full").train(Train::select("*"));
    let network = Network::new(&config, &dropouts, &task("token"), Some(&plan)).unwrap();
    let all = weights::gather(&network, &weights::read_folder(&root).unwrap(), &root, machine, 0, true).unwrap();
    let mut learner = Learner::new(&network, &plan, all, machine).unwrap();
    let (loss, gradients) = learner.gradients(cut(&expected, &config, &[&[0, 1, 2]])).unwrap();
    (loss, gradients.iter().map(|gradient| gradient.dense().unwrap()).collect())
}

#[test]
fn one_thread_several_or_computing_again_give_the_same_bits() {
    for products in [Products::Full, Products::Bf16] {
        let machine = Machine { products, ..machine() };
        let again = Machine { recompute: true, ..machine.clone() };
        let bits = |(loss, gradients): (f64, Vec<Tensor>)| {
            let numbers = |t: &Tensor| t.flatten_all().unwrap().to_vec1::<f32>().unwrap();
            let all = gradients.iter().flat_map(numbers).map(f32::to_bits).collect::<Vec<_>>();
            (loss.to_bits(), all)
        };
        let expected = bits(with_dropout(&machine));
        assert!(expected == bits(with_dropout(&machine)), "{products:?}, twice");
        assert!(expected == bits(engraft_engine::kernel::alone(|| with_dropout(&machine))), "{products:?}, one thread");
        assert!(expected == bits(with_dropout(&again)), "{products:?}, computed again");
    }
}

#[test]
fn computing_again_needs_less_than_six_tenths_of_the_memory() {
    let root = fixtures("models").join("bert-token");
    let config = Config { layers: 6, ..Config::read(&root).unwrap() };
    let dropouts = Dropouts { hidden: 0.1, attention: 0.1, classifier: 0.1 };
    let plan = Plan::new("full").train(Train::select("*"));
    let network = Network::new(&config, &dropouts, &task("token"), Some(&plan)).unwrap();
    let peak = |recompute: bool| {
        let weights = network.parameters.iter().map(|p| Tensor::zeros(&p.shape[..], DType::F32, &CPU).unwrap());
        let machine = Machine { recompute, ..machine() };
        Learner::new(&network, &plan, weights.collect(), &machine).unwrap().peak(1000, 30)
    };
    assert!(peak(true) * 10 < peak(false) * 6, "{} of {}", peak(true), peak(false));
}

#[test]
fn kernels_agree_with_candles_ops_dropout_included() {
    for (dtype, tolerance) in [(DType::F64, 1e-11), (DType::F32, 2e-5)] {
        let kernels = Machine::cpu(dtype);
        let composed = Machine { backend: Backend::Composed, ..kernels.clone() };
        let ((loss, by_kernels), (other, by_candle)) = (with_dropout(&kernels), with_dropout(&composed));
        assert!((loss - other).abs() < tolerance * loss, "{dtype:?}: loss {loss} and {other}");
        for (a, b) in by_kernels.iter().zip(&by_candle) {
            let flat = |t: &Tensor| t.to_dtype(DType::F64).unwrap().flatten_all().unwrap().to_vec1::<f64>().unwrap();
            let (a, b) = (flat(a), flat(b));
            let scale = b.iter().fold(1e-2f64, |top, x| top.max(x.abs()));
            let off = a.iter().zip(&b).fold(0f64, |worst, (a, b)| worst.max((a - b).abs())) / scale;
            assert!(off < tolerance, "{dtype:?}: {off:e}");
        }
    }
}
