//! Dropout by counter: nothing is stored.

use super::{Kernel, Operand, Real, map_rows};
use crate::backend::random;
use candle_core::{Result, Shape};

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
            let mut draws = [0u32; 64];
            for (pair, draws) in draws.chunks_exact_mut(2).enumerate() {
                let both = random::pair(stream, block * 32 + pair);
                draws[0] = both as u32;
                draws[1] = (both >> 32) as u32;
            }
            for (x, &draw) in x.iter_mut().zip(&draws) {
                *x = if draw < self.below { T::zero() } else { *x * self.scale };
            }
        }
    }
}

/// Dropout by counter: a key a row.
pub(crate) struct Dropout {
    /// A key for each row of the tensor flattened to (keys, n).
    pub keys: std::sync::Arc<Vec<u64>>,
    /// The random site.
    pub site: u32,
    /// The share set to 0.
    pub p: f64,
}

impl Kernel<1> for Dropout {
    fn compute<T: Real>(&self, [x]: [Operand<'_, T>; 1]) -> Result<(Vec<T>, Shape)> {
        let drop = Drop::new(self.p);
        let flat = x.flat()?;
        let out = map_rows(
            flat,
            flat.len() / self.keys.len().max(1),
            #[inline(always)]
            |row, x, out| {
                out.copy_from_slice(x);
                drop.row(random::row(self.keys[row], self.site), out);
            },
        );
        Ok((out, x.shape()))
    }
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
