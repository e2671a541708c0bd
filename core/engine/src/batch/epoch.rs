//! The windows of an epoch: those of the originals, and what the augmenters make of them.

use super::sample::{Marker, Marks, Pace};
use super::{Limits, Order, Windowing, Windows};
use crate::augment::{Filler, Tally, augment};
use crate::data::Split;
use crate::run::Run;
use crate::tokenize::{self, Asked, Item, Tokenizer};
use crate::{Error, Result};
use engraft_plugin::{Random, Task, seed};
use std::ops::{ControlFlow, Range};
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
    ///
    /// # Errors
    /// [`Error::Cache`].
    pub fn told(&self) -> Result<Vec<String>> {
        let mut told = Vec::new();
        let epoch = Epoch {
            number: 0,
            originals: &self.windows,
            varied: None,
            kept: None,
            pace: None,
            tally: Tally::default(),
        };
        self.keep(&epoch, &Marks::default(), &mut told)?;
        told.extend(self.run.settings.batch.curriculum.as_ref().map(super::Curriculum::told));
        Ok(told)
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
        whole.kept = self.keep(&whole, &marks, &mut Vec::new())?;
        whole.pace = self.pace(&whole, &marks);
        Ok(Some(whole))
    }

    /// The windows that an epoch has; nothing where it has each once. `varied` is what is known of its variants.
    fn keep(&self, epoch: &Epoch<'_>, varied: &Marks, told: &mut Vec<String>) -> Result<Option<Vec<u32>>> {
        let thinned = self.thin(epoch)?;
        let Some((marker, own)) = &self.marked else { return Ok(thinned) };
        let super::Settings { balance, mix, .. } = &self.run.settings.batch;
        if balance.is_none() && mix.is_none() {
            return Ok(thinned);
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
        Ok(Some(windows))
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
    fn thin(&self, epoch: &Epoch<'_>) -> Result<Option<Vec<u32>>> {
        let share = self.run.settings.batch.unlabeled;
        if share >= 1.0 {
            return Ok(None);
        }
        let mut random = Random::new(seed(self.run.seed, &["unlabeled", &epoch.number.to_string()]));
        let mut kept = Vec::new();
        for number in 0..epoch.len() as u32 {
            let (windows, at) = epoch.place(number as usize);
            if random.chance(share) || !windows.is_unlabeled(at)? {
                kept.push(number);
            }
        }
        Ok(Some(kept))
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
    ///
    /// # Errors
    /// [`Error::Cache`].
    pub fn length(&self, at: usize) -> Result<usize> {
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

    /// The order of its windows.
    pub fn order(&self, run_seed: u64) -> Order {
        let paced = self.pace.as_ref().and_then(|pace| pace.order(run_seed));
        paced.map_or_else(|| Order::new(run_seed, self.number, self.len()), Order::Listed)
    }

    /// Its batches in an order, from the place `from` on: the places of each, and the tokens that they have.
    pub fn batches<'b>(&'b self, order: &'b Order, limits: Limits, from: usize) -> Batches<'b> {
        Batches { epoch: self, order, limits, next: from, length: None }
    }
}

/// The batches of an epoch, cut one by one.
#[derive(Debug)]
pub struct Batches<'a> {
    epoch: &'a Epoch<'a>,
    order: &'a Order,
    limits: Limits,
    /// The first place of the next batch.
    next: usize,
    /// Tokens of the window there, where they are known.
    length: Option<usize>,
}

impl Iterator for Batches<'_> {
    type Item = Result<(Range<usize>, usize)>;

    fn next(&mut self) -> Option<Self::Item> {
        (self.next < self.order.len()).then(|| self.cut())
    }
}

impl Batches<'_> {
    fn cut(&mut self) -> Result<(Range<usize>, usize)> {
        let from = self.next;
        let mut tokens = 0;
        while self.next < self.order.len() {
            let length = match self.length.take() {
                Some(length) => length,
                None => self.epoch.length(self.order.at(self.next))?,
            };
            if !self.limits.takes(self.next - from, tokens, length) {
                self.length = Some(length);
                break;
            }
            tokens += length;
            self.next += 1;
        }
        Ok((from..self.next, tokens))
    }
}
