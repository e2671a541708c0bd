//! Values whose rows have axes of their own: what broadcasting repeats, a transpose turns, a concatenation joins and a sum
//! folds.
//!
//! A value is met row by row along the axes of the result; those that lie behind each other everywhere are taken as one, so
//! that two values of one type meet in a single line a row.

use super::float::sum;
use super::pool::chunks;
use super::{Real, sum_rows};

/// Numbers that a task writes, about.
const PART: usize = 1 << 13;

/// Rows that a kernel reads.
#[derive(Clone, Copy)]
pub(crate) struct Rowed<'a, T> {
    /// From the first number of the first row.
    pub data: &'a [T],
    /// From one row's first number to the next one's: 0 of a value that has no rows.
    pub stride: usize,
}

impl<'a, T> Rowed<'a, T> {
    /// What begins with a row.
    fn from(self, row: usize) -> &'a [T] {
        &self.data[row * self.stride..]
    }
}

/// The axes of a row, and how far apart neighbors along each of them lie in N values.
pub(crate) struct Axes<const N: usize>(Vec<(usize, [usize; N])>);

impl<const N: usize> Axes<N> {
    /// Axes of these extents, with the strides of each value: 0 where it is repeated.
    pub(crate) fn new(extents: &[usize], strides: [&[usize]; N]) -> Self {
        let mut axes: Vec<(usize, [usize; N])> = Vec::new();
        for (at, &extent) in extents.iter().enumerate().filter(|(_, extent)| **extent != 1) {
            let inner = strides.map(|strides| strides[at]);
            match axes.last_mut() {
                Some((count, outer)) if outer.iter().zip(inner).all(|(&outer, inner)| outer == extent * inner) => {
                    (*count, *outer) = (*count * extent, inner);
                }
                _ => axes.push((extent, inner)),
            }
        }
        Self(axes)
    }

    /// Gets for each line of the last axis where it begins in each value, its length, and how far apart its numbers lie.
    #[inline(always)]
    fn lines(&self, mut line: impl FnMut([usize; N], usize, [usize; N])) {
        let Some((&(count, steps), outer)) = self.0.split_last() else { return line([0; N], 1, [0; N]) };
        for at in 0..outer.iter().map(|(extent, _)| extent).product() {
            let (mut rest, mut begins) = (at, [0; N]);
            for (extent, steps) in outer.iter().rev() {
                begins.iter_mut().zip(steps).for_each(|(begin, step)| *begin += rest % extent * step);
                rest /= extent;
            }
            line(begins, count, steps);
        }
    }
}

/// Runs over the rows of a result, some in a task.
fn by_row<T: Real>(out: &mut [T], width: usize, row: impl Fn(usize, &mut [T]) + Sync) {
    let width = width.max(1);
    let rows = (PART / width).max(1);
    chunks(out, rows * width, |part, out| {
        out.chunks_exact_mut(width).enumerate().for_each(|(at, out)| row(part * rows + at, out));
    });
}

/// out = f(a, b), number by number, along the axes of a row of the result: rows of `width` numbers.
pub(crate) fn meet<T: Real>(
    out: &mut [T],
    width: usize,
    axes: &Axes<2>,
    sides: [Rowed<'_, T>; 2],
    f: impl Fn(T, T) -> T + Sync,
) {
    by_row(out, width, |row, out| {
        let ([a, b], mut done) = (sides.map(|side| side.from(row)), 0);
        axes.lines(|[first, second], count, steps| {
            let (a, b, out) = (&a[first..], &b[second..], &mut out[done..done + count]);
            done += count;
            match steps {
                [1, 1] => out.iter_mut().zip(a).zip(b).for_each(|((out, &a), &b)| *out = f(a, b)),
                [1, 0] => out.iter_mut().zip(a).for_each(|(out, &a)| *out = f(a, b[0])),
                [0, 1] => out.iter_mut().zip(b).for_each(|(out, &b)| *out = f(a[0], b)),
                [i, j] => out.iter_mut().enumerate().for_each(|(at, out)| *out = f(a[at * i], b[at * j])),
            }
        });
    });
}

/// A value that becomes a part of the rows of a result.
pub(crate) struct Piece<'a, T> {
    /// The value.
    pub from: Rowed<'a, T>,
    /// Its axes, in the result and in the value.
    pub axes: Axes<2>,
    /// Where it begins in a row of the result.
    pub first: usize,
}

/// Copies values to where they stand in the rows of the result.
pub(crate) fn place<T: Real>(out: &mut [T], width: usize, pieces: &[Piece<'_, T>]) {
    by_row(out, width, |row, out| {
        for Piece { from, axes, first } in pieces {
            let x = from.from(row);
            axes.lines(|[to, from], count, steps| {
                let (out, x) = (&mut out[first + to..], &x[from..]);
                match steps {
                    [1, 1] => out[..count].copy_from_slice(&x[..count]),
                    [i, j] => (0..count).for_each(|at| out[at * i] = x[at * j]),
                }
            });
        }
    });
}

/// out = the sums of each row of x over its axes along which the result, of rows of `width` numbers, has one place.
pub(crate) fn sums<T: Real>(out: &mut [T], width: usize, axes: &Axes<2>, x: Rowed<'_, T>) {
    by_row(out, width, |row, out| {
        out.fill(T::zero());
        fold(out, axes, x.from(row));
    });
}

/// out = the same, summed over `count` rows.
pub(crate) fn sums_of_rows<T: Real>(out: &mut [T], axes: &Axes<2>, x: Rowed<'_, T>, count: usize) {
    sum_rows(
        count,
        out,
        #[inline(always)]
        |row, out| fold(out, axes, x.from(row)),
    );
}

/// Adds a row into what the result has of it.
#[inline(always)]
fn fold<T: Real>(out: &mut [T], axes: &Axes<2>, x: &[T]) {
    axes.lines(
        #[inline(always)]
        |[to, from], count, steps| {
            let (out, x) = (&mut out[to..], &x[from..]);
            match steps {
                [1, 1] => out.iter_mut().zip(&x[..count]).for_each(|(out, &x)| *out += x),
                [0, 1] => out[0] += sum(count, |at| x[at]),
                [i, j] => (0..count).for_each(|at| out[at * i] += x[at * j]),
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_that_lie_behind_each_other_everywhere_are_one() {
        assert_eq!(Axes::new(&[2, 3, 4], [&[12, 4, 1], &[12, 4, 1]]).0, [(24, [1, 1])]);
        assert_eq!(Axes::new(&[2, 3, 4], [&[12, 4, 1], &[0, 0, 1]]).0, [(6, [4, 0]), (4, [1, 1])]);
        assert_eq!(Axes::new(&[2, 1, 4], [&[4, 9, 1], &[0, 9, 0]]).0, [(8, [1, 0])]);
        assert_eq!(Axes::new(&[1, 1], [&[7, 7], &[0, 0]]).0, []);
    }

    #[test]
    fn lines_go_over_every_place_once() {
        let mut seen = Vec::new();
        Axes::new(&[2, 3, 2], [&[1, 4, 2]]).lines(|[begin], count, [step]| {
            seen.extend((0..count).map(|at| begin + at * step));
        });
        assert_eq!(seen, [0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11]);
    }
}
