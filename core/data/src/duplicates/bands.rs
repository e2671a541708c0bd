//! Locality-sensitive hashing: signatures are cut into bands, and texts that agree in a whole band are candidates.
//!
//! With b bands of r rows two texts of Jaccard index s meet with probability 1 − (1 − sʳ)ᵇ. Bands and rows are those
//! that make the area of false positives below the threshold and of false negatives above it the least together.

use rayon::prelude::*;

/// How a signature is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bands {
    pub(super) count: usize,
    pub(super) rows: usize,
}

impl Bands {
    /// The best bands for a threshold, within so many permutations.
    pub(super) fn of(threshold: f64, permutations: usize) -> Self {
        let mut best = (f64::INFINITY, Self { count: 1, rows: 1 });
        for count in 1..=permutations {
            for rows in 1..=permutations / count {
                let meet = |s: f64| 1.0 - (1.0 - s.powi(rows as i32)).powi(count as i32);
                let error = area(0.0, threshold, meet) + area(threshold, 1.0, |s| 1.0 - meet(s));
                if error < best.0 {
                    best = (error, Self { count, rows });
                }
            }
        }
        best.1
    }

    /// The key of each band of each text: `keys[band][text]`.
    pub(super) fn keys(self, texts: &[u32], sign: impl Fn(u32, &mut Vec<u32>) + Sync) -> Vec<Vec<u64>> {
        let mut keys: Vec<Vec<u64>> = (0..self.count).map(|_| vec![0; texts.len()]).collect();
        // Blocks of texts, so that a thread writes neighboring keys of each band.
        const BLOCK: usize = 1024;
        let mut rests: Vec<_> = keys.iter_mut().map(|band| band.chunks_mut(BLOCK)).collect();
        let blocks: Vec<(&[u32], Vec<&mut [u64]>)> = texts
            .chunks(BLOCK)
            .map(|block| {
                (block, rests.iter_mut().map(|rest| rest.next().expect("bands are as long as texts")).collect())
            })
            .collect();
        blocks.into_par_iter().for_each(|(block, mut slots)| {
            let mut signature = Vec::new();
            for (at, text) in block.iter().enumerate() {
                sign(*text, &mut signature);
                for (band, rows) in signature.chunks_exact(self.rows).take(self.count).enumerate() {
                    slots[band][at] = key(rows);
                }
            }
        });
        keys
    }

    /// Pairs of texts that agree in a band, each once, in order.
    pub(super) fn candidates(self, keys: Vec<Vec<u64>>, long_run: usize) -> Vec<(u32, u32)> {
        let mut pairs: Vec<(u32, u32)> = keys.into_par_iter().flat_map_iter(|band| pairs_of(&band, long_run)).collect();
        pairs.par_sort_unstable();
        pairs.dedup();
        pairs
    }
}

/// Pairs of one band.
fn pairs_of(band: &[u64], long_run: usize) -> Vec<(u32, u32)> {
    let mut order: Vec<(u64, u32)> = band.iter().zip(0..).map(|(key, text)| (*key, text)).collect();
    order.sort_unstable();
    let mut pairs = Vec::new();
    for run in order.chunk_by(|a, b| a.0 == b.0).filter(|run| run.len() > 1) {
        if run.len() > long_run {
            pairs.extend(run[1..].iter().map(|(_, text)| (run[0].1, *text)));
            pairs.extend(run[1..].windows(2).map(|two| (two[0].1, two[1].1)));
        } else {
            for (at, (_, first)) in run.iter().enumerate() {
                pairs.extend(run[at + 1..].iter().map(|(_, second)| (*first, *second)));
            }
        }
    }
    pairs
}

fn key(rows: &[u32]) -> u64 {
    let mix = |state: u64, row: &u32| (state ^ u64::from(*row)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31);
    rows.iter().fold(0x2545_f491_4f6c_dd1d, mix)
}

/// The integral of a function, by the midpoint of each thousandth.
fn area(from: f64, to: f64, function: impl Fn(f64) -> f64) -> f64 {
    const STEP: f64 = 0.001;
    let (mut sum, mut at) = (0.0, from);
    while at < to {
        sum += function(at + STEP / 2.0) * STEP;
        at += STEP;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_are_those_of_datasketch() {
        // from datasketch.lsh import _optimal_param; _optimal_param(t, k, 0.5, 0.5)
        for (threshold, permutations, count, rows) in BANDS {
            assert_eq!(Bands::of(threshold, permutations), Bands { count, rows }, "{threshold} {permutations}");
        }
    }

    const BANDS: [(f64, usize, usize, usize); 4] =
        [(0.8, 128, 9, 13), (0.5, 128, 25, 5), (0.9, 128, 5, 25), (0.7, 256, 25, 10)];
}
