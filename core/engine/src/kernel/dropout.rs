//! Dropout by counter: nothing is stored.

use super::small::LANES;
use super::{Real, rows};
use crate::backend::random;

/// Which numbers of a row are dropped, and what the others are multiplied by.
#[derive(Clone, Copy)]
pub(super) struct Drop<T> {
    below: u32,
    scale: T,
}

impl<T: Real> Drop<T> {
    /// Drops a share `p`.
    pub(super) fn new(p: f64) -> Self {
        Self { below: random::threshold(p), scale: T::of(1.0 / (1.0 - p)) }
    }

    /// What the sixteen columns of a block are multiplied by. Hashes first, so that both loops become vectors.
    #[inline(always)]
    fn factors(self, stream: u64, block: usize) -> [T; LANES] {
        let mut pairs = [0u64; LANES / 2];
        for (at, pair) in pairs.iter_mut().enumerate() {
            *pair = random::pair(stream, block * (LANES / 2) + at).to_le();
        }
        // SAFETY: both are 64 bytes, of which every pattern is a number; the low half of each pair comes first.
        let draws = unsafe { std::mem::transmute::<[u64; LANES / 2], [u32; LANES]>(pairs) };
        let mut factors = [T::zero(); LANES];
        for (factor, draw) in factors.iter_mut().zip(draws) {
            *factor = if u32::from_le(draw) < self.below { T::zero() } else { self.scale };
        }
        factors
    }

    /// Drops numbers of a row in place.
    #[inline(always)]
    pub(super) fn row(self, stream: u64, x: &mut [T]) {
        for (block, x) in x.chunks_mut(LANES).enumerate() {
            for (x, factor) in x.iter_mut().zip(self.factors(stream, block)) {
                *x *= factor;
            }
        }
    }

    /// Adds what is left of a row.
    #[inline(always)]
    fn add(self, stream: u64, x: &[T], out: &mut [T]) {
        for (block, (out, x)) in out.chunks_mut(LANES).zip(x.chunks(LANES)).enumerate() {
            for ((out, &x), factor) in out.iter_mut().zip(x).zip(self.factors(stream, block)) {
                *out += x * factor;
            }
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

/// Drops a share `p` of x, in place; a key for each row of x as (keys, n).
pub(crate) fn dropout<T: Real>(x: &mut [T], keys: &[u64], site: u32, p: f64) {
    let drop = Drop::new(p);
    rows(
        x,
        x.len() / keys.len().max(1),
        #[inline(always)]
        |row, x| drop.row(random::row(keys[row], site), x),
    );
}

/// out = out + what dropout leaves of x.
pub(crate) fn add_dropped<T: Real>(out: &mut [T], x: &[T], keys: &[u64], site: u32, p: f64) {
    let (drop, n) = (Drop::new(p), x.len() / keys.len().max(1));
    rows(
        out,
        n,
        #[inline(always)]
        |row, out| drop.add(random::row(keys[row], site), &x[row * n..][..n], out),
    );
}

#[cfg(test)]
mod tests {
    use super::{Drop, random};

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
