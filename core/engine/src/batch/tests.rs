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
        let fields = vec![("ward".to_owned(), ward(at).to_owned())];
        ExampleBuf { spans, fields, ..ExampleBuf::new(at.to_string(), *text) }
    };
    let examples: Vec<ExampleBuf> = texts.iter().enumerate().map(example).collect();
    let mut spooling = Spooling::new(&std::env::temp_dir()).unwrap();
    examples.iter().for_each(|example| spooling.push(example).unwrap());
    let (name, path) = ("train".to_owned(), std::path::PathBuf::new());
    Split { name, path, examples: spooling.finish().unwrap(), census: Census::of(&examples) }
}

/// A third of the texts is of ward `a`.
const fn ward(at: usize) -> &'static str {
    if at.is_multiple_of(3) { "a" } else { "b" }
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

#[test]
fn groups_and_domains_have_their_shares_of_originals_and_variants_and_a_run_goes_on_with_the_same() {
    let balance = Balance { by: "ward".to_owned(), ..Balance::default() };
    let shares = [("a", 3.0), ("b", 1.0)].map(|(name, share)| (name.to_owned(), share));
    let mix = Mix { by: "ward".to_owned(), shares: shares.into(), ..Mix::default() };
    let batch = Settings { balance: Some(balance), ..by_tokens(12) };
    for (batch, of_a) in [(batch.clone(), 12), (Settings { mix: Some(mix), ..batch }, 18)] {
        for curriculum in [None, Some(Curriculum::default())] {
            let batch = Settings { curriculum, ..batch.clone() };
            let (run, split, tokenizer) = (run(batch, true), split(&TEXTS), word_pieces());
            let whole = told(&run, &split, &tokenizer, &Progress::default()).unwrap();
            let last = whole.iter().rposition(|step| step.2).unwrap();
            let before = whole[..last].iter().rposition(|step| step.2).unwrap();
            // Of the last epoch: 9 originals and 9 variants, 6 of 18 of ward a.
            let epoch = &whole[before + 1..];
            assert_eq!(epoch.iter().map(|step| step.1.len()).sum::<usize>(), 24);
            let originals = epoch.iter().flat_map(|step| step.1.iter().flatten());
            assert!(originals.filter(|at| ward(**at) == "a").count() >= of_a / 2 - 3);
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
    }
}

#[test]
fn what_is_sampled_is_told_and_what_the_data_has_not_is_refused() {
    let (split, tokenizer, task, here) = (split(&TEXTS), word_pieces(), task(), std::env::temp_dir());
    let told = |batch: Settings| {
        let run = run(batch, false);
        Examples::new(&here, &run, &task, (&tokenizer, 32), &split).and_then(|examples| examples.told())
    };
    let balance =
        |by: &str| Settings { balance: Some(Balance { by: by.to_owned(), ..Balance::default() }), ..by_tokens(9) };
    let said = "over-sampling by ward, windows an epoch: a 3 → 6 (50.0 %), b 6 → 6 (50.0 %)";
    assert_eq!(told(balance("ward")).unwrap(), [said]);
    assert_eq!(told(balance("label")).unwrap(), ["over-sampling by label, windows an epoch: x 4 → 4 (100.0 %)"]);
    assert!(told(balance("floor")).unwrap_err().to_string().contains("`floor`, which no record has"));
    let curriculum = |by: &str| Settings {
        curriculum: Some(Curriculum { by: by.to_owned(), ..Curriculum::default() }),
        ..by_tokens(9)
    };
    assert!(told(curriculum("rarity")).unwrap()[0].starts_with("curriculum by rarity: begins with the easiest 20 %"));
    assert!(told(curriculum("ward")).unwrap_err().to_string().contains("`ward`, which is `a` in record `0`"));
    let mix = Settings { mix: Some(Mix::default()), ..by_tokens(9) };
    assert!(told(mix).unwrap_err().to_string().contains("`domain`, which record `0` has not"));
}
