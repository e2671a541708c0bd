//! Rows are a type: every value is static, per token or per sequence, times a trailing shape.
//!
//! Axes are negative and address the trailing shape only. The row axis cannot be named, reshaped or
//! reduced, except by `pool` and `spread`; so shapes are checked before a run, and no sequence can see
//! its neighbours in the batch.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Numbers that a value has at most: in all, or in one row. So many can be counted and laid out without an overflow.
pub const MOST_NUMBERS: usize = 1 << 30;

/// How many numbers a shape has; nothing where that is more than [`MOST_NUMBERS`], or an extent is.
pub fn count(shape: &[usize]) -> Option<usize> {
    let fits = |n: &usize| *n <= MOST_NUMBERS;
    // Each by itself too: beside an extent of 0, any other would pass.
    if !shape.iter().all(fits) {
        return None;
    }
    shape.iter().try_fold(1usize, |all, n| all.checked_mul(*n).filter(fits))
}

/// What a value has one of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rows {
    /// One for the whole batch.
    Static,
    /// One a sequence.
    Sequence,
    /// One a token.
    Token,
}

/// The type of a value: rows times a trailing shape.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Type {
    /// What there is one of.
    pub rows: Rows,
    /// The trailing shape.
    pub shape: Vec<usize>,
    /// Whole numbers (ids) rather than real ones.
    pub is_integer: bool,
}

impl Type {
    /// Real numbers, this many rows times this shape.
    pub fn new(rows: Rows, shape: impl Into<Vec<usize>>) -> Self {
        Self { rows, shape: shape.into(), is_integer: false }
    }
    /// One set for the whole batch.
    pub fn fixed(shape: impl Into<Vec<usize>>) -> Self {
        Self::new(Rows::Static, shape)
    }
    /// One set a token.
    pub fn token(shape: impl Into<Vec<usize>>) -> Self {
        Self::new(Rows::Token, shape)
    }
    /// One set a sequence.
    pub fn sequence(shape: impl Into<Vec<usize>>) -> Self {
        Self::new(Rows::Sequence, shape)
    }
    /// The same, of whole numbers.
    #[must_use]
    pub fn integer(mut self) -> Self {
        self.is_integer = true;
        self
    }
    /// Numbers in one row.
    pub fn width(&self) -> usize {
        self.shape.iter().product()
    }
    /// The last extent.
    pub fn last(&self) -> Option<usize> {
        self.shape.last().copied()
    }
    /// Where a negative axis lies in the trailing shape.
    ///
    /// # Errors
    /// Says which axes there are.
    pub fn axis(&self, axis: i64) -> Result<usize, String> {
        let rank = self.shape.len() as i64;
        if (-rank..0).contains(&axis) {
            return Ok((rank + axis) as usize);
        }
        Err(format!("axis {axis} of {self}: axes are negative, -{rank} to -1, and never name the rows"))
    }
    /// The rows of two values that meet: static gives way, token and sequence do not mix.
    ///
    /// # Errors
    /// Says what to do when they do not mix.
    pub fn join_rows(&self, other: &Self) -> Result<Rows, String> {
        match (self.rows, other.rows) {
            (a, b) if a == b => Ok(a),
            (Rows::Static, rows) | (rows, Rows::Static) => Ok(rows),
            _ => Err(format!("{self} meets {other}: spread or pool first")),
        }
    }
    /// The type of an elementwise operation of two values: trailing shapes broadcast, aligned at the end.
    ///
    /// # Errors
    /// Names the shapes that do not fit.
    pub fn broadcast(&self, other: &Self) -> Result<Self, String> {
        let rows = self.join_rows(other)?;
        let rank = self.shape.len().max(other.shape.len());
        let extent = |shape: &[usize], at: usize| (at + shape.len()).checked_sub(rank).map_or(1, |i| shape[i]);
        let mut shape = Vec::with_capacity(rank);
        for at in 0..rank {
            shape.push(match (extent(&self.shape, at), extent(&other.shape, at)) {
                (a, b) if a == b => a,
                (1, n) | (n, 1) => n,
                _ => return Err(format!("{self} and {other} do not broadcast")),
            });
        }
        Ok(Self::new(rows, shape))
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = match self.rows {
            Rows::Static => "",
            Rows::Token => "token×",
            Rows::Sequence => "sequence×",
        };
        write!(f, "{rows}{:?}", self.shape)
    }
}
