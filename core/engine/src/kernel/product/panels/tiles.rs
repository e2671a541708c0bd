//! Products of bf16 by AMX: a unit of the processor that multiplies tiles of sixteen rows of thirty-two numbers.
//!
//! The instructions are written by hand, for stable Rust has none. A register block is two tiles of rows by two of
//! columns; its sums leave the tiles through a buffer on the stack. On two cores of an Intel Xeon they give 1.7 to 2.4
//! million million operations a second at MiniLM's sizes, and 3.0 to 3.7 with all operands in the second cache: there the
//! unit itself is slower with numbers that are not zeros, elsewhere operands and results on their way take the time.

use super::form::{Bf16, Form, compiled_with, finish};
use super::{End, LANES, Sides, Sizes, copy};
use crate::kernel::Width;
use std::arch::asm;
use std::arch::x86_64::*;
use std::mem::MaybeUninit;

/// Words of two numbers, rounded, in tiles.
pub(in super::super) struct Tiles;

impl Form for Tiles {
    const NUMBERS: usize = 2;
    const ROWS: usize = 32;
    const TILED: bool = true;

    fn is_here() -> bool {
        Width::here() >= Width::Amx && Bf16::is_here()
    }

    /// All: sums stay in the tiles until they are whole.
    #[inline(always)]
    fn depth(words: usize) -> usize {
        words.max(1).next_multiple_of(LANES)
    }

    #[inline(always)]
    fn place(row: usize, word: usize) -> usize {
        word * Self::ROWS + row * LANES
    }

    #[inline(always)]
    unsafe fn begin() {
        // SAFETY: the processor has tiles, and the system lets this program use them.
        unsafe { asm!("ldtilecfg [{}]", in(reg) &raw const ALL_WHOLE, options(nostack, readonly, preserves_flags)) }
    }

    #[inline(always)]
    unsafe fn end() {
        // SAFETY: as above. What the tiles held was stored.
        unsafe { asm!("tilerelease", options(nostack, nomem, preserves_flags)) }
    }

    #[inline(always)]
    unsafe fn along(from: *const f32, left: usize, each: impl FnMut(usize, __m512i)) {
        // SAFETY: the caller's promise.
        unsafe { Bf16::along(from, left, each) }
    }

    #[inline(always)]
    unsafe fn across(from: *const f32, stride: usize, left: usize, lanes: __mmask16, each: impl FnMut(usize, __m512i)) {
        // SAFETY: the caller's promise.
        unsafe { Bf16::across(from, stride, left, lanes, each) }
    }

    #[inline(always)]
    unsafe fn add(sum: __m512, left: __m512i, right: __m512i) -> __m512 {
        // SAFETY: the caller's promise.
        unsafe { Bf16::add(sum, left, right) }
    }

    compiled_with!("avx512f,avx512bw,avx512vl,avx512bf16", block);
}

/// A form of tiles, for those who fill panels themselves.
pub(in super::super) trait Filled: Form {
    /// Sixteen words of a row, thirty-two numbers behind each other: `each` gets their pieces.
    ///
    /// # Safety
    /// The processor has the form, as in all of these.
    unsafe fn row_words(numbers: [__m512; 2], each: impl FnMut(usize, __m512i));

    /// The product of two panels, over so many steps of sixteen words.
    ///
    /// # Safety
    /// As above, between [`Form::begin`] and [`Form::end`]; the panels have the steps.
    unsafe fn multiply(sides: Sides, steps: usize) -> Sums;
}

impl Filled for Tiles {
    #[inline(always)]
    unsafe fn row_words([low, high]: [__m512; 2], mut each: impl FnMut(usize, __m512i)) {
        // SAFETY: the caller's promise; both types are 64 bytes of which every value is one.
        each(0, unsafe { std::mem::transmute::<__m512bh, __m512i>(_mm512_cvtne2ps_pbh(high, low)) });
    }

    #[inline(always)]
    unsafe fn multiply(sides: Sides, steps: usize) -> Sums {
        // SAFETY: the caller's promise.
        unsafe { multiply(sides, steps) }
    }
}

/// What `ldtilecfg` reads: the sizes of all tiles.
#[repr(C, align(64))]
struct Sizing {
    palette: u8,
    start: u8,
    reserved: [u8; 14],
    /// Bytes of a tile's row.
    bytes: [u16; 16],
    rows: [u8; 16],
}

/// Eight tiles of sixteen rows of 64 bytes.
static ALL_WHOLE: Sizing = Sizing {
    palette: 1,
    start: 0,
    reserved: [0; 14],
    bytes: [64, 64, 64, 64, 64, 64, 64, 64, 0, 0, 0, 0, 0, 0, 0, 0],
    rows: [16, 16, 16, 16, 16, 16, 16, 16, 0, 0, 0, 0, 0, 0, 0, 0],
};

/// The sums of a block: four tiles, row by row of each.
#[repr(C, align(64))]
pub(in super::super) struct Sums([MaybeUninit<f32>; 4 * LANES * LANES]);

impl Sums {
    /// Of anything.
    #[inline(always)]
    pub(super) const fn new() -> Self {
        Self([const { MaybeUninit::uninit() }; 4 * LANES * LANES])
    }

    /// Half a row of the block.
    ///
    /// # Safety
    /// The tiles were stored, and the processor has AVX-512.
    #[inline(always)]
    pub(in super::super) unsafe fn line(&self, row: usize, half: usize) -> __m512 {
        let line = self.0[(row / LANES * 2 + half) * LANES * LANES + row % LANES * LANES..][..LANES].as_ptr();
        // SAFETY: a line of the buffer, which was filled.
        unsafe { _mm512_load_ps(line.cast()) }
    }
}

/// One register block of the result: what one pass adds to it.
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
    // SAFETY: both panels hold whole steps of sixteen words: 2048 bytes each. The sums are as large as four tiles.
    unsafe {
        asm!(
            "tilezero tmm0",
            "tilezero tmm1",
            "tilezero tmm2",
            "tilezero tmm3",
            "2:",
            "tileloadd tmm4, [{a} + {line}]",
            "tileloadd tmm6, [{b} + 2*{line}]",
            "tileloadd tmm7, [{b} + 2*{line} + 64]",
            "tileloadd tmm5, [{a} + {line} + 1024]",
            "prefetcht1 [{next}]", // a fourth of a step of the panel that comes next
            "prefetcht1 [{next} + 64]",
            "prefetcht1 [{next} + 128]",
            "prefetcht1 [{next} + 192]",
            "tdpbf16ps tmm0, tmm4, tmm6",
            "prefetcht1 [{next} + 256]",
            "prefetcht1 [{next} + 320]",
            "prefetcht1 [{next} + 384]",
            "prefetcht1 [{next} + 448]",
            "tdpbf16ps tmm1, tmm4, tmm7",
            "tdpbf16ps tmm2, tmm5, tmm6",
            "tdpbf16ps tmm3, tmm5, tmm7",
            "add {a}, 2048",
            "add {b}, 2048",
            "add {next}, 512",
            "dec {steps}",
            "jnz 2b",
            "tilestored [{sums} + {line}], tmm0",
            "tilestored [{sums} + {line} + 1024], tmm1",
            "tilestored [{sums} + {line} + 2048], tmm2",
            "tilestored [{sums} + {line} + 3072], tmm3",
            a = inout(reg) a => _,
            b = inout(reg) b => _,
            next = inout(reg) next => _,
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
