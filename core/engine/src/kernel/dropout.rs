//! Dropout by counter: nothing is stored.

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

    /// Drops numbers of a row in place. Hashes first, for 64 columns at once, so that both loops become
    /// vectors.
    #[inline(always)]
    pub(super) fn row(self, stream: u64, x: &mut [T]) {
        for (block, x) in x.chunks_mut(64).enumerate() {
            for (x, &draw) in x.iter_mut().zip(&draws(stream, block)) {
                *x = if draw < self.below { T::zero() } else { *x * self.scale };
            }
        }
    }

    /// Adds what is left of a row.
    #[inline(always)]
    fn add(self, stream: u64, x: &[T], out: &mut [T]) {
        for (block, (out, x)) in out.chunks_mut(64).zip(x.chunks(64)).enumerate() {
            for ((out, &x), &draw) in out.iter_mut().zip(x).zip(&draws(stream, block)) {
                *out += if draw < self.below { T::zero() } else { x * self.scale };
            }
        }
    }
}

/// The draws of 64 columns.
#[inline(always)]
fn draws(stream: u64, block: usize) -> [u32; 64] {
    let mut draws = [0u32; 64];
    for (pair, draws) in draws.chunks_exact_mut(2).enumerate() {
        let both = random::pair(stream, block * 32 + pair);
        draws[0] = both as u32;
        draws[1] = (both >> 32) as u32;
    }
    draws
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
