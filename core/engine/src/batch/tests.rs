//! Batches that are made ahead, from examples on disk to packed tokens.

use super::*;
use crate::checkpoint::Progress;
use crate::data::testing::{opened, plugins};
use crate::data::{Census, Split, Spooling};
use crate::run::{Device, Run, Settings as RunSettings};
use crate::tokenize::Tokenizer;
use crate::tokenize::testing::word_pieces;
use crate::{Error, Result};
use engraft_plugin::kind::augmenter::{AugmentBatch, Augmenter, Variation};
use engraft_plugin::text::{Example, ExampleBuf, SpanBuf};
use engraft_plugin::{Edits, Random, Task, TaskKind};
use std::sync::Arc;

/// Repeats a text's first letter a few times, and refuses to go on at the text `fail`.
struct Repeats;

impl Augmenter for Repeats {
    fn augment(&self, example: &Example<'_>, random: &mut Random) -> engraft_plugin::Result<Vec<Variation>> {
        assert_ne!(example.text(), "fail");
        let mut edits = Edits::none();
        edits.replace(0..0, "a ".repeat(1 + random.below(4)));
        Ok(vec![Variation::edits(edits)])
    }
}

fn task() -> Task {
    Task::new(TaskKind::Tokens, ["x"])
}

fn run(batch: Settings, augmented: bool) -> Run {
    let mut plugins = plugins(&task(), Vec::new());
    if augmented {
        let plugin: Arc<dyn AugmentBatch> = Arc::new(Repeats);
        plugins.augment = vec![opened("repeats", plugin)];
    }
    let mut settings = RunSettings { batch, ..RunSettings::default() };
    settings.tokenize.overlap = Some(2);
    settings.optimize.accumulate = 2;
    let here = std::env::temp_dir();
    let (name, out, model) = ("run".to_owned(), here.clone(), here);
    Run { name, seed: 7, device: Device::Cpu, out, resume: false, model, settings, plugins }
}

fn split(texts: &[&str]) -> Split {
    let example = |(at, text): (usize, &&str)| {
        let spans = text.find("fever").map(|start| SpanBuf::new(start, start + 5, "x")).into_iter().collect();
        ExampleBuf { spans, ..ExampleBuf::new(at.to_string(), *text) }
    };
    let examples: Vec<ExampleBuf> = texts.iter().enumerate().map(example).collect();
    let mut spooling = Spooling::new(&std::env::temp_dir()).unwrap();
    examples.iter().for_each(|example| spooling.push(example).unwrap());
    let (name, path) = ("train".to_owned(), std::path::PathBuf::new());
    Split { name, path, examples: spooling.finish().unwrap(), census: Census::of(&examples) }
}

const TEXTS: [&str; 9] =
    ["fever", "a b c", "a fever b c", "c c c c c c c", "b", "abc fever", "fever fever", "a a a a", "c b a"];

/// Tokens of each batch of each step, and the numbers of windows that come again.
type Told = Vec<(Vec<Vec<u32>>, Vec<Option<usize>>, bool)>;

fn told(run: &Run, split: &Split, tokenizer: &Tokenizer, progress: &Progress) -> Result<Told> {
    let (task, here) = (task(), std::env::temp_dir());
    let examples = Examples::new(&here, run, &task, (tokenizer, 32), split)?;
    let (planned, first) = plan(run, &examples, progress.epoch)?;
    let mut all = Vec::new();
    ahead(run, &examples, progress, first, |steps| {
        for _ in progress.step..planned.steps {
            let step = steps.take()?;
            let ids = step.batches.iter().map(|batch| batch.packed.ids.clone()).collect();
            let numbers = step.batches.iter().flat_map(|batch| batch.numbers.clone()).collect();
            all.push((ids, numbers, step.ends_epoch));
        }
        Ok(())
    })?;
    Ok(all)
}

fn by_tokens(tokens: usize) -> Settings {
    Settings { tokens: Some(tokens), ..Settings::default() }
}

#[test]
fn every_epoch_has_every_window_and_no_batch_is_over_its_budget() {
    let (run, split, tokenizer) = (run(by_tokens(12), true), split(&TEXTS), word_pieces());
    let steps = told(&run, &split, &tokenizer, &Progress::default()).unwrap();
    assert_eq!(steps.iter().filter(|step| step.2).count(), run.settings.optimize.epochs);
    let mut originals: Vec<usize> = steps.iter().flat_map(|step| step.1.iter().flatten().copied()).collect();
    originals.sort_unstable();
    assert_eq!(originals, (0..TEXTS.len()).flat_map(|at| [at; 3]).collect::<Vec<_>>());
    assert_eq!(steps.iter().map(|step| step.1.len()).sum::<usize>(), 2 * 3 * TEXTS.len());
    assert!(steps.iter().flat_map(|step| &step.0).all(|batch| batch.len() <= 12));
    assert!(steps.iter().all(|step| step.0.len() <= 2));
}

#[test]
fn a_run_that_goes_on_from_any_step_gets_the_steps_that_were_left() {
    let (run, split, tokenizer) = (run(by_tokens(12), true), split(&TEXTS), word_pieces());
    let whole = told(&run, &split, &tokenizer, &Progress::default()).unwrap();
    let mut progress = Progress::default();
    for (at, (_, windows, ends)) in whole.iter().enumerate() {
        assert_eq!(told(&run, &split, &tokenizer, &progress).unwrap(), whole[at..]);
        progress.step += 1;
        progress.position += windows.len();
        if *ends {
            (progress.epoch, progress.position) = (progress.epoch + 1, 0);
        }
    }
}

#[test]
fn an_error_of_an_augmenter_in_a_later_epoch_reaches_the_caller_and_nobody_waits_for_ever() {
    let (run, tokenizer) = (run(by_tokens(12), true), word_pieces());
    let (task, here) = (task(), std::env::temp_dir());
    let (good, bad) = (split(&TEXTS), split(&["fail"]));
    let examples = Examples::new(&here, &run, &task, (&tokenizer, 32), &good).unwrap();
    let first = examples.epoch(0, &std::sync::atomic::AtomicBool::new(true)).unwrap();
    let mut broken = Examples::new(&here, &run, &task, (&tokenizer, 32), &good).unwrap();
    broken.split = &bad;
    let mut taken = 0;
    let all = ahead(&run, &broken, &Progress::default(), first, |steps| {
        loop {
            steps.take()?;
            taken += 1;
        }
        #[allow(unreachable_code, reason = "it says what the closure answers")]
        Ok(())
    });
    let error = all.unwrap_err();
    assert!(matches!(&error, Error::PluginFailure { plugin, .. } if plugin == "repeats"), "{error}");
    assert!(taken > 1, "the first epoch was good");
}

#[test]
fn a_caller_that_stops_early_is_not_kept_waiting() {
    let (run, split, tokenizer) = (run(by_tokens(4), true), split(&TEXTS), word_pieces());
    let (task, here) = (task(), std::env::temp_dir());
    let examples = Examples::new(&here, &run, &task, (&tokenizer, 32), &split).unwrap();
    let stopped: Result<((), Overlap)> = ahead(&run, &examples, &Progress::default(), None, |steps| {
        steps.take()?;
        Err(Error::Audit("enough".to_owned()))
    });
    assert_eq!(stopped.unwrap_err().to_string(), "gradient audit: enough");
}

#[test]
fn a_place_beyond_the_epoch_is_a_damaged_checkpoint() {
    let (run, split, tokenizer) = (run(by_tokens(12), false), split(&TEXTS), word_pieces());
    let beyond = Progress { step: 1, position: 99, ..Progress::default() };
    assert_eq!(told(&run, &split, &tokenizer, &beyond).unwrap_err().code(), "checkpoint.unusable");
}

#[test]
fn windows_without_a_label_are_left_out_by_their_share_and_the_others_stay() {
    let none = Settings { size: Some(4), unlabeled: 0.0, ..Settings::default() };
    let (run, split, tokenizer) = (run(none, false), split(&TEXTS), word_pieces());
    let steps = told(&run, &split, &tokenizer, &Progress::default()).unwrap();
    assert_eq!(steps.len(), 3); // 4 of 9 texts have a label: one batch an epoch
    let mut numbers: Vec<usize> = steps[0].1.iter().flatten().copied().collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [0, 2, 5, 6]);
}
