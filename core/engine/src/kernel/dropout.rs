//! Dropout by counter: nothing is stored.

use super::{Real, dispatch, map_rows, view};
use crate::backend::random;
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, bail};

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

fn dropout<T: Real>(x: &[T], n: usize, keys: &[u64], site: u32, p: f64) -> Vec<T> {
    let drop = Drop::new(p);
    map_rows(
        x,
        n,
        #[inline(always)]
        |row, x, out| {
            out.copy_from_slice(x);
            drop.row(random::row(keys[row], site), out);
        },
    )
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

impl CustomOp1 for Dropout {
    fn name(&self) -> &'static str {
        "dropout"
    }
    fn cpu_fwd(&self, s: &CpuStorage, l: &Layout) -> Result<(CpuStorage, Shape)> {
        let n = l.shape().elem_count() / self.keys.len().max(1);
        Ok((dispatch!(dropout, [(s, l)], n, &self.keys, self.site, self.p), l.shape().clone()))
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
