//! Products of f32 by AMX, which multiplies bf16: every number is split into three pieces of eight bits of its
//! fraction, x = x₀ + x₁ + x₂, which leave nothing of the twenty-four. Of the nine products of pieces the six largest are
//! summed in f32:
//!
//! ```text
//! x·y = x₀y₀ + (x₀y₁ + x₁y₀) + (x₀y₂ + x₁y₁ + x₂y₀)      what is left out: at most 2⁻²⁴ of x·y
//! ```
//!
//! So a product is as exact as one of f32 (the tests hold both to the same tolerances), and takes six times the
//! tiles of one of bf16, which are ten times as fast as vectors. Intel's library computes f32 so when it is
//! told to (`FLOAT_TO_BF16X3`). What is smaller than 2⁻¹¹⁰ loses bits, for tiles know no numbers below 2⁻¹²⁶; what is
//! not finite makes its sums NaN.

use super::form::{Bf16, Form, behind, beside, compiled_with, finish};
use super::tiles::{Filled, Sums, Tiles};
use super::{End, LANES, Sides, Sizes, copy};
use std::arch::asm;
use std::arch::x86_64::*;

/// Words of two numbers, in three pieces, in tiles.
pub(in super::super) struct Triples;

impl Form for Triples {
    const NUMBERS: usize = 2;
    const PIECES: usize = 3;
    const ROWS: usize = Tiles::ROWS;
    const TILED: bool = true;

    fn is_here() -> bool {
        Tiles::is_here()
    }

    #[inline(always)]
    fn depth(words: usize) -> usize {
        Tiles::depth(words)
    }

    #[inline(always)]
    fn place(row: usize, word: usize) -> usize {
        Tiles::place(row, word)
    }

    #[inline(always)]
    unsafe fn begin() {
        // SAFETY: the caller's promise.
        unsafe { Tiles::begin() }
    }

    #[inline(always)]
    unsafe fn end() {
        // SAFETY: the caller's promise.
        unsafe { Tiles::end() }
    }

    #[inline(always)]
    unsafe fn along(from: *const f32, left: usize, each: impl FnMut(usize, __m512i)) {
        // SAFETY: the caller's promise.
        unsafe { Self::row_words(behind(from, left), each) }
    }

    #[inline(always)]
    unsafe fn across(
        from: *const f32,
        stride: usize,
        left: usize,
        lanes: __mmask16,
        mut each: impl FnMut(usize, __m512i),
    ) {
        // SAFETY: the caller's promise.
        unsafe {
            let [low, high] = both(beside(from, stride, left, lanes));
            for (piece, (low, high)) in low.into_iter().zip(high).enumerate() {
                let low = _mm512_srli_epi32::<16>(low);
                // low | (high & UPPER)
                each(piece, _mm512_ternarylogic_epi32::<0xF8>(low, high, _mm512_set1_epi32(UPPER)));
            }
        }
    }

    #[inline(always)]
    unsafe fn add(sum: __m512, left: __m512i, right: __m512i) -> __m512 {
        // SAFETY: the caller's promise.
        unsafe { Bf16::add(sum, left, right) }
    }

    compiled_with!("avx512f,avx512bw,avx512vl,avx512bf16", block);
}

impl Filled for Triples {
    #[inline(always)]
    unsafe fn row_words(numbers: [__m512; 2], mut each: impl FnMut(usize, __m512i)) {
        // SAFETY: the caller's promise.
        unsafe {
            let upper = _mm512_loadu_si512(UPPERS.as_ptr().cast());
            let [low, high] = both(numbers);
            for (piece, (low, high)) in low.into_iter().zip(high).enumerate() {
                each(piece, _mm512_permutex2var_epi16(low, upper, high));
            }
        }
    }

    #[inline(always)]
    unsafe fn multiply(sides: Sides, steps: usize) -> Sums {
        // SAFETY: the caller's promise.
        unsafe { multiply(sides, steps) }
    }
}

/// The upper half of a word.
const UPPER: i32 = !0xFFFF;

/// Where the upper halves of thirty-two words stand.
static UPPERS: [u16; 2 * LANES] = {
    let mut uppers = [0; 2 * LANES];
    let mut at = 0;
    while at < uppers.len() {
        uppers[at] = 2 * at as u16 + 1;
        at += 1;
    }
    uppers
};

/// The pieces of sixteen numbers, each in the upper halves of words. The first two are rounded, away from zero where two
/// are as near; of the third nothing is left but where bits are lost.
///
/// # Safety
/// The processor has the form.
#[inline(always)]
unsafe fn split(x: __m512) -> [__m512i; 3] {
    // SAFETY: the caller's promise.
    unsafe {
        let (half, upper) = (_mm512_set1_epi32(0x8000), _mm512_set1_epi32(UPPER));
        let rounded = |x: __m512| _mm512_and_si512(_mm512_add_epi32(_mm512_castps_si512(x), half), upper);
        let first = rounded(x);
        let rest = _mm512_sub_ps(x, _mm512_castsi512_ps(first));
        let second = rounded(rest);
        [first, second, _mm512_castps_si512(_mm512_sub_ps(rest, _mm512_castsi512_ps(second)))]
    }
}

/// The pieces of two vectors.
///
/// # Safety
/// As [`split`].
#[inline(always)]
unsafe fn both([low, high]: [__m512; 2]) -> [[__m512i; 3]; 2] {
    // SAFETY: the caller's promise.
    unsafe { [split(low), split(high)] }
}

/// Adds the products of the tiles that are loaded, and asks meanwhile for a sixth of what the next step reads, for the
/// pieces of a panel are more than the first cache holds, and of a fourth of a step of the panel that comes next.
macro_rules! add {
    () => {
        concat!(
            ahead!("0" "64" "128" "192" "256" "320" "384" "448" "512" "576" "640" "704" "768" "832" "896" "960"),
            "add {next_a}, 1024\n",
            "add {next_b}, 1024\n",
            "prefetcht1 [{next}]\n",
            "prefetcht1 [{next} + 64]\n",
            "prefetcht1 [{next} + 128]\n",
            "prefetcht1 [{next} + 192]\n",
            "add {next}, 256\n",
            "tdpbf16ps tmm0, tmm4, tmm6\n",
            "tdpbf16ps tmm1, tmm4, tmm7\n",
            "tdpbf16ps tmm2, tmm5, tmm6\n",
            "tdpbf16ps tmm3, tmm5, tmm7",
        )
    };
}

/// Asks for lines of both panels.
macro_rules! ahead {
    ($($line:literal)*) => {
        concat!($("prefetcht0 [{next_a} + ", $line, "]\n", "prefetcht0 [{next_b} + ", $line, "]\n",)*)
    };
}

/// One register block of the result.
///
/// # Safety
/// As [`super::form`]'s, between [`Form::begin`] and [`Form::end`].
#[inline(always)]
unsafe fn block<F: Form, const ROW: usize, const PLACE: usize>(
    sizes: Sizes,
    depth: usize,
    sides: Sides,
    out: *mut f32,
    there: [usize; 2],
    end: End,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let sums = multiply(sides, depth.div_ceil(LANES));
        finish(sizes.n, out, there, end, |row, half| sums.line(row, half));
    }
}

/// [`Filled::multiply`].
///
/// # Safety
/// As there.
#[inline(always)]
unsafe fn multiply(Sides { left: a, right: b, next }: Sides, steps: usize) -> Sums {
    assert!(steps > 0, "a block has something to add");
    let mut sums = Sums::new();
    // SAFETY: both panels hold whole steps of sixteen words in three pieces: 6144 bytes each. The sums are as large as
    // four tiles. What is asked for beyond the panels is not read.
    unsafe {
        asm!(
            "tilezero tmm0",
            "tilezero tmm1",
            "tilezero tmm2",
            "tilezero tmm3",
            "2:",
            "tileloadd tmm4, [{a} + {line}]", // x₀y₂
            "tileloadd tmm5, [{a} + {line} + 1024]",
            "tileloadd tmm6, [{b} + 2*{line} + 4096]",
            "tileloadd tmm7, [{b} + 2*{line} + 4160]",
            add!(),
            "tileloadd tmm6, [{b} + 2*{line} + 2048]", // x₀y₁
            "tileloadd tmm7, [{b} + 2*{line} + 2112]",
            add!(),
            "tileloadd tmm4, [{a} + {line} + 2048]", // x₁y₁
            "tileloadd tmm5, [{a} + {line} + 3072]",
            add!(),
            "tileloadd tmm6, [{b} + 2*{line}]", // x₁y₀
            "tileloadd tmm7, [{b} + 2*{line} + 64]",
            add!(),
            "tileloadd tmm4, [{a} + {line} + 4096]", // x₂y₀
            "tileloadd tmm5, [{a} + {line} + 5120]",
            add!(),
            "tileloadd tmm4, [{a} + {line}]", // x₀y₀
            "tileloadd tmm5, [{a} + {line} + 1024]",
            add!(),
            "add {a}, 6144",
            "add {b}, 6144",
            "dec {steps}",
            "jnz 2b",
            "tilestored [{sums} + {line}], tmm0",
            "tilestored [{sums} + {line} + 1024], tmm1",
            "tilestored [{sums} + {line} + 2048], tmm2",
            "tilestored [{sums} + {line} + 3072], tmm3",
            a = inout(reg) a => _,
            b = inout(reg) b => _,
            next = inout(reg) next => _,
            next_a = inout(reg) a.wrapping_byte_add(6144) => _,
            next_b = inout(reg) b.wrapping_byte_add(6144) => _,
            steps = inout(reg) steps => _,
            line = in(reg) 64_usize,
            sums = in(reg) &raw mut sums,
            out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
            out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
            options(nostack),
        );
    }
    sums
}
