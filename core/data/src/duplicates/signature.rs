//! MinHash signatures: the least value of each of k permutations over the shingles of a text.
//!
//! Permutation i of a hash x is aᵢ·x + bᵢ modulo 2³², aᵢ odd. The loop runs over blocks of permutations that stay in
//! registers while all shingles pass, on the widest vectors that the processor has.

/// Permutations that are computed together: they fill the registers of AVX2 and of AVX-512.
const LANES: usize = 32;

/// The permutations of a signature.
pub(super) struct Permutations {
    factors: Vec<[u32; LANES]>,
    offsets: Vec<[u32; LANES]>,
    count: usize,
    arch: pulp::Arch,
}

impl Permutations {
    pub(super) fn new(count: usize, seed: u64) -> Self {
        let mut state = seed;
        let mut block = |mask: u32| -> Vec<[u32; LANES]> {
            (0..count.div_ceil(LANES))
                .map(|_| std::array::from_fn(|_| (random(&mut state) >> 32) as u32 | mask))
                .collect()
        };
        Self { factors: block(1), offsets: block(0), count, arch: pulp::Arch::new() }
    }

    /// Writes the signature of a set of hashes.
    pub(super) fn sign(&self, hashes: &[u32], out: &mut Vec<u32>) {
        out.clear();
        for (factors, offsets) in self.factors.iter().zip(&self.offsets) {
            out.extend_from_slice(&self.arch.dispatch(|| least(hashes, factors, offsets)));
        }
        out.truncate(self.count);
    }
}

#[inline(always)]
fn least(hashes: &[u32], factors: &[u32; LANES], offsets: &[u32; LANES]) -> [u32; LANES] {
    let mut least = [u32::MAX; LANES];
    for hash in hashes {
        for lane in 0..LANES {
            least[lane] = least[lane].min(hash.wrapping_mul(factors[lane]).wrapping_add(offsets[lane]));
        }
    }
    least
}

/// The next number of a sequence (SplitMix64).
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_places_of_two_signatures_estimate_the_jaccard_index() {
        let permutations = Permutations::new(4096, 7);
        let mut state = 3;
        let hashes: Vec<u32> = (0..300).map(|_| (random(&mut state) >> 32) as u32).collect();
        let (mut a, mut b) = (Vec::new(), Vec::new());
        permutations.sign(&hashes[..200], &mut a);
        permutations.sign(&hashes[100..], &mut b);
        let equal = a.iter().zip(&b).filter(|(a, b)| a == b).count() as f64 / 4096.0;
        // 100 of 300 are shared; three standard deviations of 4096 trials are 0.022.
        assert!((equal - 1.0 / 3.0).abs() < 0.022, "{equal}");
    }
}
