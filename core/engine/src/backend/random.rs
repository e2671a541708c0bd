//! Random numbers by counter: nothing is stored, and the same place draws the same number.
//!
//! A number is a hash of (sequence key, place in the sequence, random site, column). The key of a
//! sequence is made of run seed, optimizer step and place in the whole accumulated batch; so dropout
//! does not depend on how a batch is cut up, and a resumed run draws what the unbroken one would.

use engraft_plugin::{mix, seed};
use std::sync::Arc;

/// The keys of one batch.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// For static values: one key a step.
    pub fixed: u64,
    /// For sequence rows.
    pub sequences: Arc<Vec<u64>>,
    /// For token rows.
    pub tokens: Arc<Vec<u64>>,
}

impl Keys {
    /// The keys of a batch that holds the sequences `first..` of optimizer step `step`.
    pub fn new(run: u64, step: usize, first: usize, bounds: &[usize]) -> Self {
        let fixed = seed(run, &["dropout", &step.to_string()]);
        let sequences: Vec<u64> =
            (0..bounds.len().saturating_sub(1)).map(|s| mix(fixed ^ mix((first + s + 1) as u64))).collect();
        let tokens = bounds
            .windows(2)
            .zip(&sequences)
            .flat_map(|(pair, key)| (0..pair[1] - pair[0]).map(move |at| mix(key.wrapping_add(at as u64 + 1))))
            .collect();
        Self { fixed, sequences: Arc::new(sequences), tokens: Arc::new(tokens) }
    }
}

/// The stream of one row at one random site.
pub const fn row(key: u64, site: u32) -> u64 {
    mix(key ^ ((site as u64) << 32 | 0x5bd1))
}

/// Between the hashes of neighboring pairs of columns.
pub(crate) const STRIDE: u64 = 0x9e37_79b9_7f4a_7c15;

/// 64 random bits for the columns `2·at` (the low half) and `2·at + 1`.
#[inline(always)]
pub const fn pair(row: u64, at: usize) -> u64 {
    mix(row.wrapping_add((at as u64).wrapping_mul(STRIDE)))
}

/// 32 random bits for a column: two columns share one 64-bit hash.
pub const fn bits(row: u64, column: usize) -> u32 {
    (pair(row, column >> 1) >> (32 * (column & 1))) as u32
}

/// Below this, a draw means "drop".
pub fn threshold(p: f64) -> u32 {
    (p * f64::from(u32::MAX)) as u32
}

/// What dropout multiplies rows of `width` numbers by: 0, or one over the share that stays.
pub fn mask(keys: &[u64], site: u32, p: f64, width: usize) -> Vec<f64> {
    let below = threshold(p);
    let draw = |row: u64, column: usize| if bits(row, column) < below { 0.0 } else { 1.0 / (1.0 - p) };
    let one = |&key: &u64| {
        let row = row(key, site);
        (0..width).map(move |column| draw(row, column))
    };
    keys.iter().flat_map(one).collect()
}

/// A number in (0, 1).
pub fn uniform(row: u64, column: usize) -> f64 {
    (f64::from(bits(row, column)) + 0.5) / 4_294_967_296.0
}

/// A standard normal number (Box and Muller).
pub fn normal(row: u64, column: usize) -> f64 {
    let radius = (-2.0 * libm::log(uniform(row, 2 * column))).sqrt();
    radius * libm::cos(std::f64::consts::TAU * uniform(row, 2 * column + 1))
}
