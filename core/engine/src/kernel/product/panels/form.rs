//! What words of panels are: numbers, or pairs of neighbors rounded to bf16, or split into pieces of it ([`super::triples`]).
//!
//! The loops are written once, and compiled for each form with its processor's features. On two cores of an AMD EPYC
//! they give four fifths of what its instructions could: 360 GFLOP/s in bf16, 175 in f32.

use super::{Before, COLUMNS, DEPTH, End, LANES, Sides, Sizes, copy, first};
use crate::kernel::Width;
use crate::kernel::vector::gelu_slope;
use std::arch::x86_64::*;

/// Rows of a register block of vectors.
pub(super) const ROWS: usize = 12;

/// A form of words.
pub(in super::super) trait Form: Sized {
    /// Numbers in a word.
    const NUMBERS: usize;
    /// Words that a number is split into.
    const PIECES: usize = 1;
    /// Rows of a register block.
    const ROWS: usize = ROWS;
    /// Whether panels are made of tiles: sixteen words of each row behind each other.
    const TILED: bool = false;

    /// Whether this processor has the form, and nobody said to do without.
    fn is_here() -> bool;

    /// Words of the inner axis in one pass, of so many.
    #[inline(always)]
    fn depth(_words: usize) -> usize {
        DEPTH
    }

    /// Where a row's word lies in a left panel.
    #[inline(always)]
    fn place(row: usize, word: usize) -> usize {
        row * DEPTH + word
    }

    /// Where a piece of a word stands among the words of a panel: sixteen words' first pieces, then their second ones.
    #[inline(always)]
    fn at(word: usize, piece: usize) -> usize {
        (word / LANES * Self::PIECES + piece) * LANES + word % LANES
    }

    /// Makes a thread ready for blocks.
    ///
    /// # Safety
    /// The processor has the form, as in all of these.
    #[inline(always)]
    unsafe fn begin() {}

    /// After the last block.
    ///
    /// # Safety
    /// As above, after [`begin`](Self::begin).
    #[inline(always)]
    unsafe fn end() {}

    /// A vector of words of numbers that lie behind each other, `left` of them and zeros behind: `each` gets its pieces.
    ///
    /// # Safety
    /// As above; `left` numbers can be read.
    unsafe fn along(from: *const f32, left: usize, each: impl FnMut(usize, __m512i));

    /// A word of each of `lanes` columns, whose numbers lie `stride` apart, `left` of them and zeros behind: `each` gets
    /// its pieces.
    ///
    /// # Safety
    /// As above, of `lanes` numbers at each of the places.
    unsafe fn across(from: *const f32, stride: usize, left: usize, lanes: __mmask16, each: impl FnMut(usize, __m512i));

    /// sum + left · right, word by word.
    ///
    /// # Safety
    /// As above.
    unsafe fn add(sum: __m512, left: __m512i, right: __m512i) -> __m512;

    /// [`block`] with the features of the form.
    ///
    /// # Safety
    /// As there.
    unsafe fn block<const ROW: usize, const PLACE: usize>(
        sizes: Sizes,
        depth: usize,
        sides: Sides,
        out: *mut f32,
        there: [usize; 2],
        end: End,
    );

    /// [`copy::rows`] with the features of the form.
    ///
    /// # Safety
    /// As there.
    unsafe fn copy_rows(from: *const f32, stride: usize, rows: usize, k: usize, depth: usize, out: *mut u32);

    /// [`copy::places`] with the features of the form.
    ///
    /// # Safety
    /// As there.
    unsafe fn copy_places(
        from: *const f32,
        stride: usize,
        width: (usize, usize),
        k: usize,
        depth: usize,
        out: *mut u32,
    );

    /// [`copy::turned`] with the features of the form.
    ///
    /// # Safety
    /// As there.
    unsafe fn copy_turned(from: *const f32, stride: usize, there: usize, k: usize, depth: usize, out: *mut u32);

    /// [`copy::tiles`] with the features of the form.
    ///
    /// # Safety
    /// As there.
    unsafe fn copy_tiles(from: *const f32, stride: usize, there: usize, k: usize, depth: usize, out: *mut u32);
}

/// The loops, compiled with the features of a form.
macro_rules! compiled_with {
    ($features:literal, $block:ident) => {
        #[target_feature(enable = $features)]
        unsafe fn block<const ROW: usize, const PLACE: usize>(
            sizes: Sizes,
            depth: usize,
            sides: Sides,
            out: *mut f32,
            there: [usize; 2],
            end: End,
        ) {
            // SAFETY: the caller's promise.
            unsafe { $block::<Self, ROW, PLACE>(sizes, depth, sides, out, there, end) }
        }

        #[target_feature(enable = $features)]
        unsafe fn copy_rows(from: *const f32, stride: usize, rows: usize, k: usize, depth: usize, out: *mut u32) {
            // SAFETY: the caller's promise.
            unsafe { copy::rows::<Self>(from, stride, rows, k, depth, out) }
        }

        #[target_feature(enable = $features)]
        unsafe fn copy_places(
            from: *const f32,
            stride: usize,
            width: (usize, usize),
            k: usize,
            depth: usize,
            out: *mut u32,
        ) {
            // SAFETY: the caller's promise.
            unsafe { copy::places::<Self>(from, stride, width, k, depth, out) }
        }

        #[target_feature(enable = $features)]
        unsafe fn copy_turned(from: *const f32, stride: usize, there: usize, k: usize, depth: usize, out: *mut u32) {
            // SAFETY: the caller's promise.
            unsafe { copy::turned::<Self>(from, stride, there, k, depth, out) }
        }

        #[target_feature(enable = $features)]
        unsafe fn copy_tiles(from: *const f32, stride: usize, there: usize, k: usize, depth: usize, out: *mut u32) {
            // SAFETY: the caller's promise.
            unsafe { copy::tiles::<Self>(from, stride, there, k, depth, out) }
        }
    };
}
pub(super) use compiled_with;

/// Words of one number.
pub(in super::super) struct F32;

impl Form for F32 {
    const NUMBERS: usize = 1;

    fn is_here() -> bool {
        Width::here() >= Width::Avx512
    }

    #[inline(always)]
    unsafe fn along(from: *const f32, left: usize, mut each: impl FnMut(usize, __m512i)) {
        // SAFETY: what is behind the `left` numbers is masked, and not read.
        each(0, unsafe { _mm512_castps_si512(_mm512_maskz_loadu_ps(first(left), from)) });
    }

    #[inline(always)]
    unsafe fn across(
        from: *const f32,
        _stride: usize,
        left: usize,
        lanes: __mmask16,
        mut each: impl FnMut(usize, __m512i),
    ) {
        let lanes = if left > 0 { lanes } else { 0 };
        // SAFETY: the caller's promise.
        each(0, unsafe { _mm512_castps_si512(_mm512_maskz_loadu_ps(lanes, from)) });
    }

    #[inline(always)]
    unsafe fn add(sum: __m512, left: __m512i, right: __m512i) -> __m512 {
        // SAFETY: the processor has AVX-512.
        unsafe { _mm512_fmadd_ps(_mm512_castsi512_ps(left), _mm512_castsi512_ps(right), sum) }
    }

    compiled_with!("avx512f", block);
}

/// Words of two numbers, rounded.
pub(in super::super) struct Bf16;

impl Form for Bf16 {
    const NUMBERS: usize = 2;

    fn is_here() -> bool {
        Width::here() >= Width::Avx512Bf16
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
    }

    #[inline(always)]
    unsafe fn along(from: *const f32, left: usize, mut each: impl FnMut(usize, __m512i)) {
        // SAFETY: the caller's promise; both types are 64 bytes of which every value is one.
        unsafe {
            let [low, high] = behind(from, left);
            each(0, std::mem::transmute::<__m512bh, __m512i>(_mm512_cvtne2ps_pbh(high, low)));
        }
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
            let [low, high] = beside(from, stride, left, lanes);
            each(0, paired(low, high));
        }
    }

    #[inline(always)]
    unsafe fn add(sum: __m512, left: __m512i, right: __m512i) -> __m512 {
        // SAFETY: all are 64 bytes of which every value is one; the processor has AVX-512-BF16.
        unsafe {
            let left = std::mem::transmute::<__m512i, __m512bh>(left);
            _mm512_dpbf16_ps(sum, left, std::mem::transmute::<__m512i, __m512bh>(right))
        }
    }

    compiled_with!("avx512f,avx512bw,avx512vl,avx512bf16", block);
}

/// Thirty-two numbers that lie behind each other: `left` of them, zeros behind.
///
/// # Safety
/// The processor has AVX-512; `left` numbers can be read.
#[inline(always)]
pub(super) unsafe fn behind(from: *const f32, left: usize) -> [__m512; 2] {
    // SAFETY: what is behind the `left` numbers is masked, and not read.
    unsafe {
        let high = first(left.saturating_sub(LANES));
        [_mm512_maskz_loadu_ps(first(left), from), _mm512_maskz_loadu_ps(high, from.wrapping_add(LANES))]
    }
}

/// Two numbers of each of `lanes` columns, which lie `stride` apart: `left` of them, zeros behind.
///
/// # Safety
/// The processor has AVX-512; `lanes` numbers can be read at each of the places.
#[inline(always)]
pub(super) unsafe fn beside(from: *const f32, stride: usize, left: usize, lanes: __mmask16) -> [__m512; 2] {
    let there = |at: usize| if left > at { lanes } else { 0 };
    // SAFETY: the lanes are the caller's promise; a partner that is not there is masked.
    unsafe { [_mm512_maskz_loadu_ps(there(0), from), _mm512_maskz_loadu_ps(there(1), from.wrapping_add(stride))] }
}

/// Where the halves of sixteen words of two numbers each stand among thirty-two numbers.
static PAIRS: [u16; 2 * LANES] = {
    let mut pairs = [0; 2 * LANES];
    let mut at = 0;
    while at < pairs.len() {
        pairs[at] = (at % 2 * LANES + at / 2) as u16;
        at += 1;
    }
    pairs
};

/// Sixteen words of two numbers each, rounded.
///
/// # Safety
/// The processor has AVX-512-BF16.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
pub(in super::super) fn paired(low: __m512, high: __m512) -> __m512i {
    // SAFETY: both types are 64 bytes of which every value is one, and there are as many places.
    unsafe {
        let numbers = std::mem::transmute::<__m512bh, __m512i>(_mm512_cvtne2ps_pbh(high, low));
        _mm512_permutexvar_epi16(_mm512_loadu_si512(PAIRS.as_ptr().cast()), numbers)
    }
}

/// One register block of the result: what one pass adds to it.
///
/// # Safety
/// `a` and `b` are filled panels of the pass; `out` has room for `rows` rows of `columns` numbers, a row of the result
/// apart; `bias` is null or has `columns` numbers.
#[inline(always)]
unsafe fn block<F: Form, const ROW: usize, const PLACE: usize>(
    sizes: Sizes,
    depth: usize,
    Sides { left: a, right: b, .. }: Sides,
    out: *mut f32,
    [rows, columns]: [usize; 2],
    end: End,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut sums = [[_mm512_setzero_ps(); 2]; ROWS];
        for word in 0..depth {
            let b = b.add(word * COLUMNS);
            let right = [_mm512_loadu_si512(b.cast()), _mm512_loadu_si512(b.add(LANES).cast())];
            for (row, sums) in sums.iter_mut().enumerate() {
                let left = _mm512_set1_epi32(*a.add(row * ROW + word * PLACE) as i32);
                sums[0] = F::add(sums[0], left, right[0]);
                sums[1] = F::add(sums[1], left, right[1]);
            }
        }
        finish(sizes.n, out, [rows, columns], end, |row, half| sums[row][half]);
    }
}

/// Ends a block: its sums, by row and half, go where they belong, in rows `stride` apart.
///
/// # Safety
/// As [`block`].
#[inline(always)]
pub(in super::super) unsafe fn finish(
    stride: usize,
    out: *mut f32,
    [rows, columns]: [usize; 2],
    end: End,
    sum: impl Fn(usize, usize) -> __m512,
) {
    let masks = [first(columns), first(columns.saturating_sub(LANES))];
    // SAFETY: the caller's promise; loads and stores are masked to the columns that are there.
    unsafe {
        let scale = _mm512_set1_ps(end.scale);
        let is_far = end.is_far && matches!(end.before, Before::Nothing | Before::Bias(_));
        let load = |mask: __mmask16, from: *const f32| _mm512_maskz_loadu_ps(mask, from);
        let mut squares = _mm512_setzero_ps();
        for row in 0..rows {
            for (half, mask) in masks.into_iter().enumerate() {
                let place = out.wrapping_add(row * stride + half * LANES);
                let before = match end.before {
                    Before::Nothing => _mm512_setzero_ps(),
                    Before::Bias(bias) => load(mask, bias.wrapping_add(half * LANES)),
                    Before::Both(bias) => _mm512_add_ps(load(mask, place), load(mask, bias.wrapping_add(half * LANES))),
                    Before::Result => load(mask, place),
                };
                let mut sum = _mm512_fmadd_ps(sum(row, half), scale, before);
                if let Some(x) = end.slope_of {
                    sum = _mm512_mul_ps(sum, gelu_slope(load(mask, x.wrapping_add(row * stride + half * LANES))));
                }
                if end.squares.is_some() {
                    squares = _mm512_mask3_fmadd_ps(sum, sum, squares, mask);
                }
                if is_far {
                    _mm512_stream_ps(place, sum);
                } else {
                    _mm512_mask_storeu_ps(place, mask, sum);
                }
            }
        }
        if let Some(all) = end.squares {
            *all += f64::from(_mm512_reduce_add_ps(squares));
        }
    }
}
