//! What frozen layers make of a window is the same in every epoch: training that keeps it ends in the same bits.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod support;

use candle_core::DType;
use engraft_engine::backend::{Machine, Products};
use engraft_engine::batch::feed::Feeder;
use engraft_engine::batch::{Batch, Packed, PackedTargets, Step};
use engraft_engine::model::{Config, Dropouts, Network, weights};
use engraft_engine::optimize::Learner;
use engraft_engine::run::OptimizeSettings;
use engraft_plugin::plan::{Plan, Train};
use engraft_plugin::{Task, TaskKind};

const WINDOWS: usize = 12;

/// The tokens of a window: of lengths 3 to 11.
fn ids(window: usize) -> Vec<u32> {
    (0..3 + window * 5 % 9).map(|at| (5 + window * 7 + at * 3) as u32 % 40).collect()
}

/// A batch of these windows; every token is scored.
fn batch(windows: &[usize], first: usize) -> Batch {
    let mut packed = Packed { bounds: vec![0], items: windows.to_vec(), ..Packed::default() };
    for &window in windows {
        packed.ids.extend(ids(window));
        packed.positions.extend(0..ids(window).len() as u32);
        packed.bounds.push(packed.ids.len() as u32);
    }
    packed.targets = PackedTargets::Tokens(packed.ids.iter().map(|id| i64::from(id % 3)).collect());
    // The last window is an augmenter's: it never comes again.
    let numbers = windows.iter().map(|&window| (window + 1 < WINDOWS).then_some(window)).collect();
    Batch { packed, numbers, first }
}

fn step(batches: &[&[usize]]) -> Step {
    let mut step = Step::default();
    for windows in batches {
        let batch = batch(windows, step.windows);
        step.tokens += batch.packed.ids.len();
        step.windows += windows.len();
        step.batches.push(batch);
    }
    step.count = step.tokens;
    step
}

/// The bits of all trained weights after three epochs, and the bytes that are kept.
fn train(products: Products, dropouts: &Dropouts, trains: &str, cache: Option<usize>) -> (Vec<u32>, Option<usize>) {
    let folder = support::fixtures("tiny");
    let machine = Machine { products, ..Machine::cpu(DType::F32) };
    let task = Task::new(TaskKind::Tokens, ["x"]);
    let config = Config::read(&folder).unwrap();
    let mut plan = Plan::new("last");
    if !trains.is_empty() {
        plan = plan.train(Train::select(trains));
    }
    let network = Network::new(&config, dropouts, &task, Some(&plan)).unwrap();
    let tensors = weights::read_folder(&folder).unwrap();
    let all = weights::gather(&network, &tensors, &folder, &machine, 1, false).unwrap();
    let mut learner = Learner::with_cache(&network, &plan, all, (&machine, &machine), cache).unwrap();
    let feeder = Feeder::new(&machine, &config, &task);
    let settings = OptimizeSettings::default();
    let epochs: [[&[&[usize]]; 2]; 3] = [
        [&[&[0, 1, 2, 0, 3], &[4, 5]], &[&[6, 7, 8], &[9, 10, 11]]],
        [&[&[11, 3, 7], &[0, 10, 5]], &[&[1, 2], &[9, 8, 6, 4]]],
        [&[&[5, 4, 3, 2, 1, 0]], &[&[11], &[10], &[9, 8, 7, 6]]],
    ];
    for (number, step) in epochs.iter().flatten().map(|batches| self::step(batches)).enumerate() {
        let (loss, gradients) = learner.gradients_of(&step, &feeder, 7, number).unwrap();
        assert!(loss.is_finite());
        learner.step(gradients, &settings, 1e-3, 0.0).unwrap();
    }
    let bits = |tensor: candle_core::Tensor| tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    let weights = learner.weights().unwrap().into_values().flat_map(bits).map(f32::to_bits).collect();
    (weights, learner.kept())
}

/// Only above the frozen layers is anything dropped.
const STILL: Dropouts = Dropouts { hidden: 0.0, attention: 0.0, classifier: 0.3 };

#[test]
fn training_the_last_layer_with_kept_activations_gives_the_same_bits() {
    for products in [Products::Full, Products::Bf16] {
        let (without, none) = train(products, &STILL, "*layer.1.*", None);
        assert_eq!(none, None);
        let (with, kept) = train(products, &STILL, "*layer.1.*", Some(1 << 20));
        assert!(with == without, "{products:?}");
        let tokens: usize = (0..WINDOWS - 1).map(|window| ids(window).len()).sum();
        assert_eq!(kept, Some(tokens * 32 * 4), "{products:?}: the output of layer 0, f32, of what comes again");
    }
}

#[test]
fn a_budget_that_holds_some_windows_gives_the_same_bits() {
    let (without, _) = train(Products::Full, &STILL, "*layer.1.*", None);
    let (with, kept) = train(Products::Full, &STILL, "*layer.1.*", Some(2000));
    assert!(with == without);
    assert!(kept.is_some_and(|bytes| bytes > 0 && bytes <= 2000), "{kept:?}");
}

#[test]
fn a_head_alone_keeps_what_the_whole_encoder_makes() {
    let (without, _) = train(Products::Full, &STILL, "", None);
    let (with, kept) = train(Products::Full, &STILL, "", Some(1 << 20));
    assert!(with == without);
    assert!(kept.is_some_and(|bytes| bytes > 0));
}

#[test]
fn nothing_is_kept_where_the_first_layer_trains_or_the_embeddings_drop_out() {
    let dropped = Dropouts { hidden: 0.1, attention: 0.0, classifier: 0.0 };
    assert_eq!(train(Products::Full, &STILL, "*", Some(1 << 20)).1, None);
    let (without, _) = train(Products::Full, &dropped, "*layer.1.*", None);
    let (with, kept) = train(Products::Full, &dropped, "*layer.1.*", Some(1 << 20));
    assert!(with == without);
    assert!(kept.is_some(), "the embeddings, before their dropout");
}
