//! The windows of an epoch: those of the originals, and what the augmenters make of them.

use super::{Limits, Windowing, Windows, order};
use crate::augment::{Tally, augment};
use crate::data::Split;
use crate::run::Run;
use crate::tokenize::{self, Item, Tokenizer};
use crate::{Error, Result};
use engraft_plugin::{Random, Task, seed};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Examples that become windows at once.
const CHUNK: usize = 512;

/// The windows of all examples of a split, on the disk of `folder`; `blind`ly where the gold must have no say in where
/// they are cut.
///
/// # Errors
/// What the tokenizer, its settings or the disk refuse.
pub fn windows(
    folder: &Path,
    run: &Run,
    task: &Task,
    (tokenizer, max_tokens): (&Tokenizer, usize),
    split: &Split,
    blind: bool,
) -> Result<Windows> {
    let cut = if blind { tokenize::windows_blind } else { tokenize::windows };
    let mut windowing = Windowing::new(folder)?;
    for (at, chunk) in split.examples.chunks(CHUNK).enumerate() {
        windowing.add(at * CHUNK, cut(tokenizer, &run.settings.tokenize, max_tokens, task, &chunk?)?)?;
    }
    windowing.finish()
}

/// The training examples: windows, epoch by epoch.
pub struct Examples<'a> {
    run: &'a Run,
    task: &'a Task,
    tokenizer: &'a Tokenizer,
    max_tokens: usize,
    folder: &'a Path,
    /// The texts before augmentation.
    pub split: &'a Split,
    /// Their windows.
    pub windows: Windows,
}

impl<'a> Examples<'a> {
    /// The windows of the training split.
    ///
    /// # Errors
    /// Those of [`windows`]; [`Error::Setting`] for a share that is none.
    pub fn new(
        folder: &'a Path,
        run: &'a Run,
        task: &'a Task,
        (tokenizer, max_tokens): (&'a Tokenizer, usize),
        split: &'a Split,
    ) -> Result<Self> {
        let share = run.settings.batch.unlabeled;
        if !(0.0..=1.0).contains(&share) {
            let (expected, got) = ("0 to 1".to_owned(), share.to_string());
            return Err(Error::Setting { key: "batch.unlabeled".to_owned(), expected, got });
        }
        let windows = windows(folder, run, task, (tokenizer, max_tokens), split, false)?;
        Ok(Self { run, task, tokenizer, max_tokens, folder, split, windows })
    }

    /// The windows of an epoch, without those that `batch.unlabeled` leaves out; nothing, when they are no longer
    /// wanted.
    ///
    /// # Errors
    /// [`Error::PluginFailure`] of an augmenter; a full disk.
    pub fn epoch(&self, epoch: usize, is_wanted: &AtomicBool) -> Result<Option<Epoch<'_>>> {
        let augmenters = &self.run.plugins.augment;
        let (mut tally, mut varied) = (Tally::default(), None);
        if !augmenters.is_empty() {
            let mut windowing = Windowing::new(self.folder)?;
            let mut sink = |examples: Vec<_>| {
                if !is_wanted.load(Ordering::Relaxed) {
                    return Ok(ControlFlow::Break(()));
                }
                let settings = &self.run.settings.tokenize;
                let windows = tokenize::windows(self.tokenizer, settings, self.max_tokens, self.task, &examples)?;
                windowing.add(0, windows)?;
                Ok(ControlFlow::Continue(()))
            };
            let Split { examples, census, .. } = self.split;
            if augment(examples, census, augmenters, self.run.seed, epoch, &mut tally, &mut sink)?.is_break() {
                return Ok(None);
            }
            varied = Some(windowing.finish()?);
        }
        let mut whole = Epoch { number: epoch, originals: &self.windows, varied, kept: None, tally };
        whole.kept = self.keep(&whole);
        Ok(Some(whole))
    }

    /// All windows with a label, and the share of the others that the run keeps.
    fn keep(&self, epoch: &Epoch<'_>) -> Option<Vec<u32>> {
        let share = self.run.settings.batch.unlabeled;
        if share >= 1.0 {
            return None;
        }
        let mut random = Random::new(seed(self.run.seed, &["unlabeled", &epoch.number.to_string()]));
        let is_kept = |at: &u32| {
            let (windows, at) = epoch.place(*at as usize);
            random.chance(share) || !windows.is_unlabeled(at)
        };
        Some((0..epoch.len() as u32).filter(is_kept).collect())
    }
}

/// The windows of one epoch.
#[derive(Debug)]
pub struct Epoch<'a> {
    /// Its number, from 0.
    pub number: usize,
    originals: &'a Windows,
    varied: Option<Windows>,
    /// Which of them the epoch has; all, where there is no list.
    kept: Option<Vec<u32>>,
    /// What the augmenters did.
    pub tally: Tally,
}

impl Epoch<'_> {
    /// Windows.
    pub fn len(&self) -> usize {
        self.kept.as_ref().map_or_else(|| self.originals.len() + self.varied.as_ref().map_or(0, Windows::len), Vec::len)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of a window among all that the epoch could have: originals come first, with the same numbers in
    /// every epoch.
    fn number_of(&self, at: usize) -> usize {
        self.kept.as_ref().map_or(at, |kept| kept[at] as usize)
    }

    fn place(&self, number: usize) -> (&Windows, usize) {
        match (&self.varied, number.checked_sub(self.originals.len())) {
            (Some(varied), Some(at)) => (varied, at),
            _ => (self.originals, number),
        }
    }

    /// Tokens of a window.
    pub fn length(&self, at: usize) -> usize {
        let (windows, at) = self.place(self.number_of(at));
        windows.length(at)
    }

    /// A window, and its number where it is an original's: the same one in every epoch.
    ///
    /// # Errors
    /// [`Error::Cache`].
    pub fn get(&self, at: usize) -> Result<(Item, Option<usize>)> {
        let number = self.number_of(at);
        let (windows, at) = self.place(number);
        Ok((windows.get(at)?, (number < self.originals.len()).then_some(number)))
    }

    /// The order of its windows, and how many of them each batch holds, from the window `from` on.
    pub fn batches(&self, run_seed: u64, limits: Limits, from: usize) -> (Vec<usize>, Vec<usize>) {
        let order = order(run_seed, self.number, self.len());
        let rest = order.get(from..).unwrap_or_default();
        let batches = limits.cut(rest.iter().map(|&at| self.length(at))).collect();
        (order, batches)
    }
}
