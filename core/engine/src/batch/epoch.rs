//! The windows of an epoch: those of the originals, and what the augmenters make of them.

use super::sample::{Marker, Marks, Pace};
use super::{Limits, Windowing, Windows, order};
use crate::augment::{Filler, Tally, augment};
use crate::data::Split;
use crate::run::Run;
use crate::tokenize::{self, Asked, Item, Tokenizer};
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
    asked: Asked<'_>,
    (tokenizer, max_tokens): (&Tokenizer, usize),
    split: &Split,
    blind: bool,
) -> Result<Windows> {
    let cut = if blind { tokenize::windows_blind } else { tokenize::windows };
    let mut windowing = Windowing::new(folder)?;
    for (at, chunk) in split.examples.chunks(CHUNK).enumerate() {
        windowing.add(at * CHUNK, cut(tokenizer, &run.settings.tokenize, max_tokens, asked, &chunk?)?)?;
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
    /// What sampling knows of them, where the run asks for it.
    marked: Option<(Marker, Marks)>,
    /// Fills the holes of augmenters.
    pub filler: Filler,
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
        let asked = run.settings.model.head().asked(task);
        let windows = windows(folder, run, asked, (tokenizer, max_tokens), split, false)?;
        let marked = Marker::new(&run.settings.batch, task, split, &windows)?;
        let filler = Filler::new(run);
        Ok(Self { run, task, tokenizer, max_tokens, folder, split, windows, marked, filler })
    }

    /// What sampling makes of the windows of the originals, in words.
    pub fn told(&self) -> Vec<String> {
        let mut told = Vec::new();
        let epoch = Epoch {
            number: 0,
            originals: &self.windows,
            varied: None,
            kept: None,
            pace: None,
            tally: Tally::default(),
        };
        self.keep(&epoch, &Marks::default(), &mut told);
        told.extend(self.run.settings.batch.curriculum.as_ref().map(super::Curriculum::told));
        told
    }

    /// The windows of an epoch, without those that `batch.unlabeled` leaves out; nothing, when they are no longer
    /// wanted.
    ///
    /// # Errors
    /// [`Error::PluginFailure`] of an augmenter; a full disk.
    pub fn epoch(&self, epoch: usize, is_wanted: &AtomicBool) -> Result<Option<Epoch<'_>>> {
        let augmenters = &self.run.plugins.augment;
        let (mut tally, mut varied, mut marks) = (Tally::default(), None, Marks::default());
        if !augmenters.is_empty() {
            let mut windowing = Windowing::new(self.folder)?;
            let mut sink = |examples: Vec<_>| {
                if !is_wanted.load(Ordering::Relaxed) {
                    return Ok(ControlFlow::Break(()));
                }
                let asked = self.run.settings.model.head().asked(self.task);
                let settings = &self.run.settings.tokenize;
                let windows = tokenize::windows(self.tokenizer, settings, self.max_tokens, asked, &examples)?;
                if let Some((marker, _)) = &self.marked {
                    windows.0.iter().try_for_each(|item| marker.mark(&examples[item.example], item, &mut marks))?;
                }
                windowing.add(0, windows)?;
                Ok(ControlFlow::Continue(()))
            };
            let Split { examples, census, .. } = self.split;
            let (filler, seed) = (&self.filler, self.run.seed);
            if augment(examples, census, augmenters, filler, seed, epoch, &mut tally, &mut sink)?.is_break() {
                return Ok(None);
            }
            varied = Some(windowing.finish()?);
        }
        let mut whole = Epoch { number: epoch, originals: &self.windows, varied, kept: None, pace: None, tally };
        whole.kept = self.keep(&whole, &marks, &mut Vec::new());
        whole.pace = self.pace(&whole, &marks);
        Ok(Some(whole))
    }

    /// The windows that an epoch has; nothing where it has each once. `varied` is what is known of its variants.
    fn keep(&self, epoch: &Epoch<'_>, varied: &Marks, told: &mut Vec<String>) -> Option<Vec<u32>> {
        let thinned = self.thin(epoch);
        let Some((marker, own)) = &self.marked else { return thinned };
        let super::Settings { balance, mix, .. } = &self.run.settings.batch;
        if balance.is_none() && mix.is_none() {
            return thinned;
        }
        let of = |own: &[u32], varied: &[u32], at: u32| match (at as usize).checked_sub(own.len()) {
            None => own[at as usize],
            Some(at) => varied[at],
        };
        let mut windows = thinned.unwrap_or_else(|| (0..epoch.len() as u32).collect());
        if let Some(balance) = balance {
            let group = |at| of(&own.groups, &varied.groups, at);
            told.push(balance.told(&windows, group, |number| marker.group(number)));
            windows = balance.apply(windows, group, self.run.seed, epoch.number);
        }
        if let Some(mix) = mix {
            let domain = |at| of(&own.domains, &varied.domains, at);
            told.push(mix.told(&windows, domain, |number| marker.domain(number)));
            windows = mix.apply(windows, domain, |number| marker.domain(number), self.run.seed, epoch.number);
        }
        Some(windows)
    }

    /// The order of an epoch, where a curriculum decides it.
    fn pace(&self, epoch: &Epoch<'_>, varied: &Marks) -> Option<Pace> {
        let (_, own) = self.marked.as_ref()?;
        let curriculum = self.run.settings.batch.curriculum.as_ref()?;
        let difficulties: Vec<f32> = (0..epoch.len())
            .map(|at| epoch.number_of(at))
            .map(|number| {
                *own.difficulties.get(number).unwrap_or_else(|| &varied.difficulties[number - own.difficulties.len()])
            })
            .collect();
        Some(Pace::new(curriculum, &difficulties, (epoch.number, self.run.settings.optimize.epochs)))
    }

    /// All windows with a label, and the share of the others that the run keeps.
    fn thin(&self, epoch: &Epoch<'_>) -> Option<Vec<u32>> {
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
    /// The order of a curriculum, where there is one.
    pace: Option<Pace>,
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
        let paced = self.pace.as_ref().and_then(|pace| pace.order(run_seed));
        let order = paced.unwrap_or_else(|| order(run_seed, self.number, self.len()));
        let rest = order.get(from..).unwrap_or_default();
        let batches = limits.cut(rest.iter().map(|&at| self.length(at))).collect();
        (order, batches)
    }
}
