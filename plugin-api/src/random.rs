//! Random numbers that the host seeds.
//!
//! The generator is SplitMix64 (Steele, Lea, Flood 2014): ten lines in any language, so that plugins in
//! C, Python and JavaScript draw the same numbers from the same seed. It is part of the contract and
//! does not change.

/// A stream of random numbers, seeded by the host for one item.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    /// The stream of a seed.
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// 64 random bits.
    pub const fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.state)
    }

    /// A number in `[0, 1)`, of 53 random bits.
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A whole number below `bound` (0 when `bound` is 0): the high half of a 128-bit product, whose
    /// bias is below 2⁻⁶⁴ · bound.
    pub const fn below(&mut self, bound: usize) -> usize {
        ((self.bits() as u128 * bound as u128) >> 64) as usize
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.uniform() < p
    }

    /// One of the items, or `None` of an empty list.
    pub fn choose<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len()))
    }

    /// Puts the items in random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// The finalizer of SplitMix64: every input bit moves every output bit.
pub const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A seed made of named parts (run seed, plugin id, document id, epoch): FNV-1a over the parts, each
/// closed by its length, then [`mix`].
pub fn seed(run: u64, parts: &[&str]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325u64 ^ run;
    let mut eat = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    for part in parts {
        part.bytes().for_each(&mut eat);
        (part.len() as u64).to_le_bytes().into_iter().for_each(&mut eat);
    }
    mix(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the reference implementation of Vigna (splitmix64.c), seed 1234567.
    #[test]
    fn draws_the_numbers_of_the_reference_implementation() {
        let mut random = Random::new(1_234_567);
        let drawn: Vec<u64> = (0..5).map(|_| random.bits()).collect();
        assert_eq!(
            drawn,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423,
                4_593_380_528_125_082_431,
                16_408_922_859_458_223_821
            ]
        );
    }

    #[test]
    fn parts_that_join_alike_make_different_seeds() {
        assert_ne!(seed(1, &["ab", "c"]), seed(1, &["a", "bc"]));
        assert_ne!(seed(1, &["a"]), seed(2, &["a"]));
    }
}
