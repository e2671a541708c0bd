//! Texts that stand twice, or nearly: MinHash signatures, found by bands (LSH), checked by what they share.
//!
//! The likeness of two texts is the Jaccard index of their shingles. A shingle is the shortest run of characters that
//! is at least `width` wide; a Chinese, Japanese or Korean character is two wide, so that a width of 5 gives runs of 5
//! letters or of 3 Chinese characters. Case and the kind and number of blanks do not count.
//!
//! Source: Broder, On the resemblance and containment of documents, 1997; the number of bands is chosen as datasketch
//! chooses it, so that results can be compared.

mod bands;
mod shingle;
mod signature;

use bands::Bands;
use rayon::prelude::*;
use shingle::Shingles;
use signature::Permutations;
use std::collections::HashMap;

/// What counts as nearly the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Likeness {
    /// The least Jaccard index.
    pub threshold: f64,
    /// The length of a signature: more finds more, and costs more.
    pub permutations: usize,
    /// The width of a shingle.
    pub width: usize,
    /// The seed of the permutations.
    pub seed: u64,
}

impl Default for Likeness {
    fn default() -> Self {
        Self { threshold: 0.8, permutations: 128, width: 5, seed: 1 }
    }
}

/// Two texts that are nearly the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// The first text's index.
    pub first: usize,
    /// The second text's.
    pub second: usize,
    /// Their Jaccard index.
    pub likeness: f64,
}

/// What was found among texts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Duplicates {
    /// Pairs that are alike, in order; of texts that are the same only the first is paired with others.
    pub pairs: Vec<Pair>,
    /// Texts that are connected by pairs, two at least; in order.
    pub clusters: Vec<Vec<usize>>,
}

/// Runs longer than this are not compared all with all: each text with the run's first and with its neighbor.
const LONG_RUN: usize = 64;

/// Finds texts that are nearly the same. Memory: a signature's bands (8 bytes each) and some 40 bytes a text.
pub fn find<T: AsRef<str> + Sync>(texts: &[T], likeness: &Likeness) -> Duplicates {
    let shingles = Shingles { width: likeness.width.max(1) };
    let hashes: Vec<u128> = texts.par_iter().map(|text| shingles.whole(text.as_ref())).collect();
    // Texts that are the same need no signature.
    let mut first_of: HashMap<u128, u32> = HashMap::with_capacity(texts.len());
    let mut distinct: Vec<u32> = Vec::with_capacity(texts.len());
    let mut pairs = Vec::new();
    for (at, hash) in hashes.iter().enumerate() {
        match first_of.get(hash) {
            Some(first) => pairs.push(Pair { first: *first as usize, second: at, likeness: 1.0 }),
            None => {
                first_of.insert(*hash, at as u32);
                distinct.push(at as u32);
            }
        }
    }
    drop((hashes, first_of));
    let bands = Bands::of(likeness.threshold, likeness.permutations);
    let permutations = Permutations::new(likeness.permutations, likeness.seed);
    let keys = bands.keys(&distinct, |at, out: &mut Vec<u32>| {
        permutations.sign(&shingles.hashes(texts[at as usize].as_ref()), out);
    });
    let candidates = bands.candidates(keys, LONG_RUN);
    let checked: Vec<Pair> = candidates
        .par_chunks(256)
        .flat_map_iter(|chunk| {
            let mut sets: (Option<u32>, Vec<u32>) = (None, Vec::new());
            let mut found = Vec::new();
            for (first, second) in chunk {
                let (a, b) = (distinct[*first as usize], distinct[*second as usize]);
                // Candidates are in order of the first text, whose shingles serve for all of its pairs.
                if sets.0 != Some(a) {
                    sets = (Some(a), shingles.set(texts[a as usize].as_ref()));
                }
                let likeness_found = jaccard(&sets.1, &shingles.set(texts[b as usize].as_ref()));
                if likeness_found >= likeness.threshold {
                    found.push(Pair { first: a as usize, second: b as usize, likeness: likeness_found });
                }
            }
            found
        })
        .collect();
    pairs.extend(checked);
    pairs.sort_unstable_by_key(|pair| (pair.first, pair.second));
    let clusters = clusters(texts.len(), pairs.iter().map(|pair| (pair.first, pair.second)));
    Duplicates { pairs, clusters }
}

/// The Jaccard index of two sets, both in order.
fn jaccard(a: &[u32], b: &[u32]) -> f64 {
    let (mut at, mut shared) = (0, 0_usize);
    for item in a {
        while at < b.len() && b[at] < *item {
            at += 1;
        }
        shared += usize::from(b.get(at) == Some(item));
    }
    let all = a.len() + b.len() - shared;
    if all == 0 { 1.0 } else { shared as f64 / all as f64 }
}

/// What is connected, two at least; in order.
pub(crate) fn clusters(count: usize, pairs: impl Iterator<Item = (usize, usize)>) -> Vec<Vec<usize>> {
    let mut parents: Vec<u32> = (0..count as u32).collect();
    for (a, b) in pairs {
        let (a, b) = (root(&mut parents, a as u32), root(&mut parents, b as u32));
        // The smaller index stays, so that the first text stands for its cluster.
        parents[a.max(b) as usize] = a.min(b);
    }
    let mut found: HashMap<u32, Vec<usize>> = HashMap::new();
    for at in 0..count {
        let root = root(&mut parents, at as u32);
        if root as usize != at {
            found.entry(root).or_insert_with(|| vec![root as usize]).push(at);
        }
    }
    let mut found: Vec<Vec<usize>> = found.into_values().collect();
    found.sort_unstable();
    found
}

fn root(parents: &mut [u32], mut at: u32) -> u32 {
    while parents[at as usize] != at {
        parents[at as usize] = parents[parents[at as usize] as usize];
        at = parents[at as usize];
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(texts: &[&str], threshold: f64) -> Vec<Vec<usize>> {
        find(texts, &Likeness { threshold, ..Likeness::default() }).clusters
    }

    #[test]
    fn texts_that_differ_in_case_and_blanks_are_the_same() {
        assert_eq!(found(&["No  fever today.", "other", "no fever\ttoday. "], 0.9), [[0, 2]]);
    }

    #[test]
    fn near_duplicates_are_found_in_chinese_by_its_characters() {
        let texts = [
            "患者发热三天，伴咳嗽咳痰，无胸痛及呼吸困难。",
            "患者，男，既往体健，否认药物过敏史。",
            "患者发热三天，伴咳嗽咳痰，无胸痛和呼吸困难。",
        ];
        assert_eq!(found(&texts, 0.6), [[0, 2]]);
    }

    #[test]
    fn the_same_characters_in_another_order_are_not_the_same() {
        assert!(found(&["甲方应向乙方支付货款。", "乙方应向甲方支付货款。"], 0.9).is_empty());
    }

    #[test]
    fn pairs_carry_the_jaccard_index_of_their_shingles() {
        // 6 shingles of width 5 each, 5 of them shared.
        let pairs =
            find(&["abcdefghij", "abcdefghix"], &Likeness { threshold: 0.5, permutations: 256, ..Likeness::default() })
                .pairs;
        assert_eq!(pairs, [Pair { first: 0, second: 1, likeness: 5.0 / 7.0 }]);
    }

    #[test]
    fn empty_texts_are_the_same_and_like_no_other() {
        assert_eq!(found(&["", "a", " "], 0.8), [[0, 2]]);
    }
}
