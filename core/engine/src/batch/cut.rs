//! An order is cut into batches, by count and by tokens.

use super::Settings;
use crate::{Error, Result};

/// Windows in a batch where neither count nor tokens are given.
const SIZE: usize = 16;

/// What a batch may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Windows.
    pub size: usize,
    /// Tokens; a window that is longer is a batch of its own.
    pub tokens: usize,
}

impl Limits {
    /// The limits that `[batch]` sets.
    ///
    /// # Errors
    /// [`Error::Setting`] for a batch that holds nothing.
    pub fn of(settings: &Settings) -> Result<Self> {
        let refuse = |key: &str| {
            let (expected, got) = ("at least 1".to_owned(), "0".to_owned());
            Err(Error::Setting { key: format!("batch.{key}"), expected, got })
        };
        match (settings.size, settings.tokens) {
            (Some(0), _) => refuse("size"),
            (_, Some(0)) => refuse("tokens"),
            (None, None) => Ok(Self { size: SIZE, tokens: usize::MAX }),
            (size, tokens) => Ok(Self { size: size.unwrap_or(usize::MAX), tokens: tokens.unwrap_or(usize::MAX) }),
        }
    }

    /// Whether a batch of so many windows and tokens takes a further window.
    pub const fn takes(self, windows: usize, tokens: usize, more: usize) -> bool {
        windows == 0 || windows < self.size && tokens.saturating_add(more) <= self.tokens
    }

    /// How many windows of each batch: each takes the next windows until one more would be too much.
    pub fn cut(self, lengths: impl IntoIterator<Item = usize>) -> impl Iterator<Item = usize> {
        let mut lengths = lengths.into_iter().peekable();
        std::iter::from_fn(move || {
            let mut tokens = lengths.next()?;
            let mut windows = 1;
            while let Some(more) = lengths.next_if(|&more| self.takes(windows, tokens, more)) {
                tokens += more;
                windows += 1;
            }
            Some(windows)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(size: usize, tokens: usize, lengths: &[usize]) -> Vec<usize> {
        Limits { size, tokens }.cut(lengths.iter().copied()).collect()
    }

    #[test]
    fn a_batch_ends_at_the_limit_that_is_reached_first() {
        let lengths = [3, 3, 3, 1, 1, 1, 1, 1];
        assert_eq!(cut(3, usize::MAX, &lengths), [3, 3, 2]);
        assert_eq!(cut(usize::MAX, 6, &lengths), [2, 4, 2]);
        assert_eq!(cut(3, 6, &lengths), [2, 3, 3]);
        assert_eq!(cut(3, 6, &[]), [0; 0]);
    }

    #[test]
    fn a_window_longer_than_the_budget_is_a_batch_of_its_own() {
        assert_eq!(cut(4, 5, &[9, 2, 9, 9, 2, 3, 1]), [1, 1, 1, 1, 2, 1]);
    }

    #[test]
    fn what_is_left_of_an_epoch_is_cut_as_it_was_before() {
        let lengths: Vec<usize> = (0..200).map(|at| 1 + at * 7 % 31).collect();
        let batches = cut(9, 64, &lengths);
        let mut done = 0;
        for at in 0..batches.len() {
            assert_eq!(cut(9, 64, &lengths[done..]), batches[at..]);
            done += batches[at];
        }
        assert_eq!(done, lengths.len());
    }

    #[test]
    fn without_a_limit_a_batch_has_sixteen_windows_and_with_tokens_alone_as_many_as_fit() {
        let limits = |size, tokens| Limits::of(&Settings { size, tokens, ..Settings::default() });
        assert_eq!(limits(None, None).unwrap(), Limits { size: 16, tokens: usize::MAX });
        assert_eq!(limits(None, Some(64)).unwrap(), Limits { size: usize::MAX, tokens: 64 });
        assert_eq!(limits(Some(2), Some(64)).unwrap(), Limits { size: 2, tokens: 64 });
        for (size, tokens, key) in [(Some(0), None, "batch.size"), (None, Some(0), "batch.tokens")] {
            let error = limits(size, tokens).unwrap_err();
            assert!(matches!(&error, Error::Setting { key: found, .. } if found == key), "{error}");
        }
    }
}
