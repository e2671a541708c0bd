//! Dropout by counter: nothing is stored.

use super::{Real, dispatch, map_rows, view};
use crate::backend::random;
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, bail};

fn dropout<T: Real>(x: &[T], n: usize, keys: &[u64], site: u32, p: f64) -> Vec<T> {
    let (drop, scale) = (random::threshold(p), T::of(1.0 / (1.0 - p)));
    map_rows(x, n, |row, x, out| {
        let stream = random::row(keys[row], site);
        for (column, (o, &x)) in out.iter_mut().zip(x).enumerate() {
            *o = if random::bits(stream, column) < drop { T::zero() } else { x * scale };
        }
    })
}

/// Dropout by counter: a key a row.
pub(in crate::backend) struct Dropout {
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
