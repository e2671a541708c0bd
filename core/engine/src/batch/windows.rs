//! The windows of a split, waiting on disk; in memory their lengths alone.

use super::Limits;
use crate::Result;
use crate::data::{Spool, Spooling};
use crate::tokenize::{Item, Lost};
use std::path::Path;

/// The bit of a length that says that the window has no label.
const UNLABELED: u32 = 1 << 31;

/// Windows on disk.
#[derive(Debug)]
pub struct Windows {
    items: Spool<Item>,
    /// Tokens of each window, and whether it has a label.
    lengths: Vec<u32>,
    /// Spans that no tag sequence can hold.
    pub lost: Lost,
    /// Tokens of all.
    pub tokens: usize,
    /// What all add to the divisor of the loss.
    pub count: usize,
}

/// Windows that are being written.
#[derive(Debug)]
pub struct Windowing {
    items: Spooling<Item>,
    lengths: Vec<u32>,
    lost: Lost,
    tokens: usize,
    count: usize,
}

impl Windowing {
    /// None yet, on the disk of `folder`.
    ///
    /// # Errors
    /// [`crate::Error::Unwritable`].
    pub fn new(folder: &Path) -> Result<Self> {
        let items = Spooling::new(folder)?;
        Ok(Self { items, lengths: Vec::new(), lost: Lost::default(), tokens: 0, count: 0 })
    }

    /// Adds the windows of further examples, the first of which has the number `first`.
    ///
    /// # Errors
    /// [`crate::Error::Unwritable`].
    pub fn add(&mut self, first: usize, (items, lost): (Vec<Item>, Lost)) -> Result<()> {
        self.lost.add(lost);
        for mut item in items {
            item.example += first;
            self.tokens += item.ids.len();
            self.count += item.targets.count();
            let mark = if item.targets.is_unlabeled() { UNLABELED } else { 0 };
            self.lengths.push(item.ids.len() as u32 | mark);
            self.items.push(&item)?;
        }
        Ok(())
    }

    /// Ends the writing.
    ///
    /// # Errors
    /// [`crate::Error::Unwritable`].
    pub fn finish(self) -> Result<Windows> {
        let Self { items, mut lengths, lost, tokens, count } = self;
        lengths.shrink_to_fit();
        Ok(Windows { items: items.finish()?, lengths, lost, tokens, count })
    }
}

impl Windows {
    /// Windows.
    pub const fn len(&self) -> usize {
        self.lengths.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }

    /// Tokens of a window.
    ///
    /// # Panics
    /// When there is no such window.
    pub fn length(&self, at: usize) -> usize {
        (self.lengths[at] & !UNLABELED) as usize
    }

    /// Whether a window has no label.
    ///
    /// # Panics
    /// When there is no such window.
    pub fn is_unlabeled(&self, at: usize) -> bool {
        self.lengths[at] & UNLABELED != 0
    }

    /// Tokens and windows of the largest batch of all windows in their order, the most of each.
    pub fn largest(&self, limits: Limits) -> (usize, usize) {
        let (mut at, mut most) = (0, (0, 0));
        for windows in limits.cut((0..self.len()).map(|at| self.length(at))) {
            let tokens = (at..at + windows).map(|at| self.length(at)).sum();
            at += windows;
            most = (most.0.max(tokens), most.1.max(windows));
        }
        most
    }

    /// A window.
    ///
    /// # Errors
    /// [`crate::Error::Cache`].
    ///
    /// # Panics
    /// When there is no such window.
    pub fn get(&self, at: usize) -> Result<Item> {
        self.items.get(at)
    }

    /// All windows in their order.
    pub fn iter(&self) -> impl Iterator<Item = Result<Item>> + '_ {
        let flat = |chunk: Result<Vec<Item>>| match chunk {
            Ok(items) => items.into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        };
        self.items.chunks(256).flat_map(flat)
    }
}
