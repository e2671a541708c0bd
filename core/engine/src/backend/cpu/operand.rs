//! What kernels read: numbers in rows.

use crate::kernel::pool::chunks;
use crate::kernel::product::Matrix;
use crate::program::Type;
use std::borrow::Cow;

/// Numbers that a task copies.
const PART: usize = 1 << 14;

/// Rows of numbers, some of whose columns are read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operand<'a, T> {
    /// From the first number of the first row.
    pub data: &'a [T],
    /// Rows; 1 of a static value.
    pub rows: usize,
    /// Numbers of a row.
    pub width: usize,
    /// From one row's first number to the next one's.
    pub stride: usize,
}

impl<'a, T: Copy> Operand<'a, T> {
    /// All numbers, row by row; copied where rows do not follow each other.
    pub(super) fn flat(&self) -> Cow<'a, [T]> {
        match self.behind_each_other() {
            Some(all) => Cow::Borrowed(all),
            None => Cow::Owned((0..self.rows).flat_map(|row| self.row(row)).copied().collect()),
        }
    }

    /// All numbers, where rows follow each other.
    fn behind_each_other(&self) -> Option<&'a [T]> {
        (self.rows <= 1 || self.stride == self.width).then(|| &self.data[..self.rows * self.width])
    }

    fn row(&self, row: usize) -> &'a [T] {
        &self.data[row * self.stride..][..self.width]
    }

    /// Copies all numbers, row by row.
    pub(super) fn copy_to(&self, out: &mut [T])
    where
        T: Send + Sync,
    {
        match self.behind_each_other() {
            Some(all) => chunks(out, PART, |at, out| out.copy_from_slice(&all[at * PART..][..out.len()])),
            None => out
                .chunks_exact_mut(self.width.max(1))
                .enumerate()
                .for_each(|(at, out)| out.copy_from_slice(self.row(at))),
        }
    }

    /// All rows of the last axis as a matrix, whatever is in front of it; `None` for what has no axis, or whose
    /// rows have parts that do not follow each other.
    pub(super) fn matrix(&self, kind: &Type) -> Option<Matrix<'a, T>> {
        let columns = kind.last()?;
        if self.width == columns {
            return Some(Matrix::new(self.data, self.rows, columns, self.stride));
        }
        let all = self.behind_each_other()?;
        Some(Matrix::new(all, all.len().checked_div(columns)?, columns, columns))
    }
}
