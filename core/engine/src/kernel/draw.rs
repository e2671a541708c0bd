//! Random numbers of dropout, sixteen at a time.
//!
//! The same as [`random::bits`] draws one by one. Compilers make of its 64-bit products what they would of a call, so
//! AVX-512 has a form of its own: it takes 0.12 ns a number where the plain loop takes 0.7.

#[cfg(target_arch = "x86_64")]
use super::Width;
use super::small::LANES;
use crate::backend::random;

/// What the columns `16·block..` of a row draw.
#[inline(always)]
pub(super) fn draws(stream: u64, block: usize) -> [u32; LANES] {
    #[cfg(target_arch = "x86_64")]
    if Width::here() >= Width::Avx512 {
        // SAFETY: the processor has the vectors of that width.
        let draws = unsafe { avx512::draws(stream, block) };
        // SAFETY: both are 64 bytes of which every pattern is a number; the low half of each pair comes first.
        return unsafe { std::mem::transmute::<std::arch::x86_64::__m512i, [u32; LANES]>(draws) };
    }
    let mut draws = [0; LANES];
    for (at, two) in draws.as_chunks_mut::<2>().0.iter_mut().enumerate() {
        let pair = random::pair(stream, block * (LANES / 2) + at);
        *two = [pair as u32, (pair >> 32) as u32];
    }
    draws
}

#[cfg(target_arch = "x86_64")]
pub(super) mod avx512 {
    use super::LANES;
    use crate::backend::random::STRIDE;
    use std::arch::x86_64::*;

    /// The factors of [`engraft_plugin::mix`].
    const MIX: [u64; 2] = [0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb];

    /// The same by AVX-512 with products of 64 bits (DQ).
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    pub(in crate::kernel) fn draws(stream: u64, block: usize) -> __m512i {
        let all = |number: u64| _mm512_set1_epi64(number as i64);
        let first = stream.wrapping_add((block as u64 * (LANES as u64 / 2)).wrapping_mul(STRIDE));
        let places = _mm512_mullo_epi64(_mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0), all(STRIDE));
        let z = _mm512_add_epi64(all(first), places);
        let z = _mm512_mullo_epi64(_mm512_xor_si512(z, _mm512_srli_epi64::<30>(z)), all(MIX[0]));
        let z = _mm512_mullo_epi64(_mm512_xor_si512(z, _mm512_srli_epi64::<27>(z)), all(MIX[1]));
        _mm512_xor_si512(z, _mm512_srli_epi64::<31>(z))
    }
}

#[cfg(test)]
mod tests {
    use super::{LANES, draws, random};

    #[test]
    fn sixteen_draws_are_those_of_sixteen_columns() {
        for stream in [0, 7, u64::MAX, 0x1234_5678_9abc_def0] {
            for block in [0, 1, 2, 1000] {
                let expected = std::array::from_fn::<u32, LANES, _>(|at| random::bits(stream, block * LANES + at));
                assert_eq!(draws(stream, block), expected);
            }
        }
    }
}
