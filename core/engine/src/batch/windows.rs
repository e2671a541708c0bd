//! The windows of a split, waiting on disk, their lengths apart from them.

use crate::Result;
use crate::data::{Numbers, Spool, Spooling};
use crate::tokenize::{Item, Lost};
use std::path::Path;

/// The bit of a length that says that the window has no label.
const UNLABELED: u32 = 1 << 31;

/// Windows on disk.
#[derive(Debug)]
pub struct Windows {
    items: Spool<Item>,
    /// Tokens of each window, and whether it has a label.
    lengths: Numbers,
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
    lengths: Numbers,
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
        Ok(Self { items, lengths: Numbers::new(folder), lost: Lost::default(), tokens: 0, count: 0 })
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
            self.lengths.push(item.ids.len() as u32 | mark)?;
            self.items.push(&item)?;
        }
        Ok(())
    }

    /// Ends the writing.
    ///
    /// # Errors
    /// [`crate::Error::Unwritable`].
    pub fn finish(self) -> Result<Windows> {
        let Self { items, lengths, lost, tokens, count } = self;
        Ok(Windows { items: items.finish()?, lengths: lengths.finish()?, lost, tokens, count })
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
    /// # Errors
    /// [`crate::Error::Cache`].
    ///
    /// # Panics
    /// When there is no such window.
    pub fn length(&self, at: usize) -> Result<usize> {
        Ok((self.lengths.get(at)? & !UNLABELED) as usize)
    }

    /// Whether a window has no label.
    ///
    /// # Errors
    /// [`crate::Error::Cache`].
    ///
    /// # Panics
    /// When there is no such window.
    pub fn is_unlabeled(&self, at: usize) -> Result<bool> {
        Ok(self.lengths.get(at)? & UNLABELED != 0)
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
