//! Dropout by counter: nothing is stored.

use super::draw::draws;
use super::small::LANES;
use super::{Real, ahead, rows};
use crate::backend::random;

/// Which numbers of a row are dropped, and what the others are multiplied by.
#[derive(Clone, Copy)]
pub(crate) struct Drop<T> {
    below: u32,
    scale: T,
}

impl<T: Real> Drop<T> {
    /// Drops a share `p`.
    pub(super) fn new(p: f64) -> Self {
        Self { below: random::threshold(p), scale: T::of(1.0 / (1.0 - p)) }
    }

    /// Draws below this mean "drop".
    #[inline(always)]
    pub(super) const fn below(self) -> u32 {
        self.below
    }

    /// What the numbers that stay are multiplied by.
    #[inline(always)]
    pub(super) const fn scale(self) -> T {
        self.scale
    }

    /// What the sixteen columns of a block are multiplied by.
    #[inline(always)]
    pub(super) fn factors(self, stream: u64, block: usize) -> [T; LANES] {
        let mut factors = [T::zero(); LANES];
        for (factor, draw) in factors.iter_mut().zip(draws(stream, block)) {
            *factor = if draw < self.below { T::zero() } else { self.scale };
        }
        factors
    }

    /// Drops numbers of a row in place.
    #[inline(always)]
    pub(super) fn row(self, stream: u64, x: &mut [T]) {
        self.part(stream, 0, x);
    }

    /// Drops numbers of a row in place, those from a block on.
    #[inline(always)]
    pub(super) fn part(self, stream: u64, first: usize, x: &mut [T]) {
        if T::has_vectors() {
            return T::vector_drop(x, self, stream, first);
        }
        let (blocks, rest) = x.as_chunks_mut::<LANES>();
        let whole = first + blocks.len();
        for (block, x) in blocks.iter_mut().enumerate() {
            for (x, factor) in x.iter_mut().zip(self.factors(stream, first + block)) {
                *x = kept(*x, factor);
            }
        }
        for (x, factor) in rest.iter_mut().zip(self.factors(stream, whole)) {
            *x = kept(*x, factor);
        }
    }

    /// Adds what is left of a row.
    #[inline(always)]
    fn add(self, stream: u64, x: &[T], out: &mut [T]) {
        if T::has_vectors() {
            return T::vector_add_dropped(out, x, self, stream);
        }
        let ((blocks, rest), (x, x_rest)) = (out.as_chunks_mut::<LANES>(), x.as_chunks::<LANES>());
        for (block, (out, x)) in blocks.iter_mut().zip(x).enumerate() {
            for ((out, &x), factor) in out.iter_mut().zip(x).zip(self.factors(stream, block)) {
                *out += kept(x, factor);
            }
        }
        for ((out, &x), factor) in rest.iter_mut().zip(x_rest).zip(self.factors(stream, x.len())) {
            *out += kept(x, factor);
        }
    }

    /// What the columns of a row are multiplied by; the row is a multiple of sixteen.
    #[inline(always)]
    pub(super) fn mask(self, stream: u64, out: &mut [T]) {
        for (block, out) in out.chunks_exact_mut(LANES).enumerate() {
            out.copy_from_slice(&self.factors(stream, block));
        }
    }
}

/// What a factor leaves of a number: of one that is dropped nothing, even where it is not finite.
#[inline(always)]
fn kept<T: Real>(x: T, factor: T) -> T {
    if factor == T::zero() { factor } else { x * factor }
}

/// Drops a share `p` of x, or of what stands in `out`; a key for each row of x as (keys, n).
pub(crate) fn dropout<T: Real>(out: &mut [T], x: Option<&[T]>, keys: &[u64], site: u32, p: f64) {
    let (drop, n) = (Drop::new(p), out.len() / keys.len().max(1));
    rows(
        out,
        n,
        #[inline(always)]
        |row, out| {
            begin(out, x, row);
            drop.row(random::row(keys[row], site), out);
        },
    );
}

/// out = r + what dropout leaves of x; r stands in `out` where it is not given.
pub(crate) fn add_dropped<T: Real>(out: &mut [T], r: Option<&[T]>, x: &[T], keys: &[u64], site: u32, p: f64) {
    let (drop, n) = (Drop::new(p), x.len() / keys.len().max(1));
    rows(
        out,
        n,
        #[inline(always)]
        |row, out| {
            begin(out, r, row);
            ahead(x, (row + 1) * n, n);
            drop.add(random::row(keys[row], site), &x[row * n..][..n], out);
        },
    );
}

/// Puts a row where it is to be changed: it then is in the first cache.
#[inline(always)]
fn begin<T: Real>(out: &mut [T], x: Option<&[T]>, row: usize) {
    if let Some(x) = x {
        ahead(x, (row + 1) * out.len(), out.len());
        out.copy_from_slice(&x[row * out.len()..][..out.len()]);
    }
}

#[cfg(test)]
mod tests {
    use super::{Drop, random};

    #[test]
    fn what_is_dropped_is_nothing_even_where_it_is_not_finite() {
        let mut row = vec![f32::INFINITY; 150];
        Drop::new(0.3).row(7, &mut row);
        let mut wide = vec![f64::NAN; 150];
        Drop::new(0.3).row(7, &mut wide);
        for (column, (&x, wide)) in row.iter().zip(wide).enumerate() {
            let dropped = random::bits(7, column) < random::threshold(0.3);
            assert!(
                if dropped { x == 0.0 && wide == 0.0 } else { x.is_infinite() && wide.is_nan() },
                "{column}: {x}, {wide}"
            );
        }
    }

    #[test]
    fn a_row_drops_what_its_counter_draws() {
        let mut row = vec![1f32; 150];
        Drop::new(0.3).row(7, &mut row);
        for (column, &x) in row.iter().enumerate() {
            let dropped = random::bits(7, column) < random::threshold(0.3);
            assert_eq!(x, if dropped { 0.0 } else { 1.0 / 0.7 });
        }
    }
}
