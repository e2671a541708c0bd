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

use super::form::{Bf16, Form, compiled_with, finish, paired};
use super::tiles::{Filled, Sums, Tiles};
use super::{End, LANES, Sizes, copy, first};
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
    unsafe fn along(from: *const f32, left: usize, piece: usize) -> __m512i {
        // SAFETY: what is behind the `left` numbers is masked, and not read.
        unsafe {
            let low = _mm512_maskz_loadu_ps(first(left), from);
            let high = _mm512_maskz_loadu_ps(first(left.saturating_sub(LANES)), from.wrapping_add(LANES));
            Self::row_words(low, high, piece)
        }
    }

    #[inline(always)]
    unsafe fn across(from: *const f32, stride: usize, left: usize, lanes: __mmask16, piece: usize) -> __m512i {
        // SAFETY: the lanes are the caller's promise; a partner that is not there is masked.
        unsafe {
            let low = _mm512_maskz_loadu_ps(if left > 0 { lanes } else { 0 }, from);
            let high = _mm512_maskz_loadu_ps(if left > 1 { lanes } else { 0 }, from.wrapping_add(stride));
            paired(rest(low, piece), rest(high, piece))
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
    unsafe fn row_words(low: __m512, high: __m512, piece: usize) -> __m512i {
        // SAFETY: the caller's promise.
        unsafe { Tiles::row_words(rest(low, piece), rest(high, piece), 0) }
    }

    #[inline(always)]
    unsafe fn multiply(panels: [*const u32; 2], steps: usize) -> Sums {
        // SAFETY: the caller's promise.
        unsafe { multiply(panels, steps) }
    }
}

/// Rounded to bf16, in the lower halves of words.
///
/// # Safety
/// The processor has the form.
#[inline(always)]
unsafe fn widened(x: __m512) -> __m512i {
    // SAFETY: the caller's promise; both types are 32 bytes of which every value is one.
    unsafe { _mm512_cvtepu16_epi32(std::mem::transmute::<__m256bh, __m256i>(_mm512_cvtneps_pbh(x))) }
}

/// What the pieces before `piece` leave.
///
/// # Safety
/// The processor has the form.
#[inline(always)]
unsafe fn rest(mut x: __m512, piece: usize) -> __m512 {
    for _ in 0..piece {
        // SAFETY: the caller's promise.
        unsafe {
            let rounded = _mm512_castsi512_ps(_mm512_slli_epi32::<16>(widened(x)));
            x = _mm512_sub_ps(x, rounded);
        }
    }
    x
}

/// Adds the products of the tiles that are loaded, and asks meanwhile for a sixth of what the next step reads: the
/// pieces of a panel are more than the first cache holds.
macro_rules! add {
    () => {
        concat!(
            ahead!("0" "64" "128" "192" "256" "320" "384" "448" "512" "576" "640" "704" "768" "832" "896" "960"),
            "add {next_a}, 1024\n",
            "add {next_b}, 1024\n",
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
    panels: [*const u32; 2],
    out: *mut f32,
    there: [usize; 2],
    end: End,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let sums = multiply(panels, depth.div_ceil(LANES));
        finish(sizes.n, out, there, end, |row, half| sums.line(row, half));
    }
}

/// [`Filled::multiply`].
///
/// # Safety
/// As there.
#[inline(always)]
unsafe fn multiply([a, b]: [*const u32; 2], steps: usize) -> Sums {
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
