//! Copies f32 matrices into panels of words, two neighbors of the inner axis rounded to bf16 in each.

use super::{COLUMNS, DEPTH, LANES, NUMBERS, ROWS, first};
use std::arch::x86_64::*;

/// The first words of a row: `left` numbers behind each other, zeros behind them.
///
/// # Safety
/// `left` numbers can be read.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
unsafe fn along(from: *const f32, left: usize) -> __m512i {
    // SAFETY: what is behind the `left` numbers is masked, and not read.
    unsafe {
        let low = _mm512_maskz_loadu_ps(first(left), from);
        let high = _mm512_maskz_loadu_ps(first(left.saturating_sub(LANES)), from.wrapping_add(LANES));
        std::mem::transmute(_mm512_cvtne2ps_pbh(high, low))
    }
}

/// A word of each of `lanes` columns, whose numbers lie `stride` apart: `left` numbers, zeros behind them.
///
/// # Safety
/// As above, of `lanes` numbers at each of the places.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
unsafe fn across(from: *const f32, stride: usize, left: usize, lanes: __mmask16) -> __m512i {
    // SAFETY: the lanes are the caller's promise; a partner that is not there is masked.
    unsafe {
        let low = _mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(lanes, from));
        let partner = if left > 1 { lanes } else { 0 };
        let high = _mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(partner, from.wrapping_add(stride)));
        let wide = |half: __m256bh| _mm512_cvtepu16_epi32(std::mem::transmute::<__m256bh, __m256i>(half));
        _mm512_or_si512(wide(low), _mm512_slli_epi32::<16>(wide(high)))
    }
}

/// Copies the rows of a panel whose numbers lie behind each other along the inner axis.
///
/// # Safety
/// As [`along`]; `out` has room for a panel of `ROWS` rows.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
pub(super) unsafe fn copy_rows(from: *const f32, stride: usize, rows: usize, k: usize, depth: usize, out: *mut u32) {
    for row in 0..ROWS {
        for word in (0..depth).step_by(LANES) {
            let left = k.saturating_sub(word * NUMBERS);
            // SAFETY: the caller's promise.
            unsafe {
                let words = if row < rows {
                    along(from.wrapping_add(row * stride + word * NUMBERS), left)
                } else {
                    _mm512_setzero_si512()
                };
                _mm512_storeu_si512(out.add(row * DEPTH + word).cast(), words);
            }
        }
    }
}

/// Copies a panel whose numbers lie behind each other across the inner axis: `width` words a place, of which
/// `there` are there.
///
/// # Safety
/// As [`across`]; `out` has room for a panel of that width.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
pub(super) unsafe fn copy_places(
    from: *const f32,
    stride: usize,
    (width, there): (usize, usize),
    k: usize,
    depth: usize,
    out: *mut u32,
) {
    for word in 0..depth {
        let place = word * NUMBERS;
        for lane in (0..width).step_by(LANES) {
            // SAFETY: the caller's promise; what is not there is not read, and stands as zeros.
            unsafe {
                let lanes = first(there.saturating_sub(lane));
                let words = across(from.wrapping_add(place * stride + lane), stride, k - place, lanes);
                _mm512_mask_storeu_epi32(out.add(word * width + lane).cast(), first(width - lane), words);
            }
        }
    }
}

/// Copies a panel of columns whose numbers lie behind each other along the inner axis: sixteen words of sixteen
/// columns are turned at a time.
///
/// # Safety
/// As [`along`]; `out` has room for a panel of `COLUMNS` columns.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
pub(super) unsafe fn copy_turned(from: *const f32, stride: usize, there: usize, k: usize, depth: usize, out: *mut u32) {
    for word in (0..depth).step_by(LANES) {
        let left = k.saturating_sub(word * NUMBERS);
        for half in (0..COLUMNS).step_by(LANES) {
            // SAFETY: the caller's promise.
            unsafe {
                let mut rows = [_mm512_setzero_si512(); LANES];
                for (at, row) in rows.iter_mut().enumerate() {
                    if half + at < there {
                        *row = along(from.wrapping_add((half + at) * stride + word * NUMBERS), left);
                    }
                }
                turn(&mut rows);
                for (at, &row) in rows.iter().enumerate().take(depth - word) {
                    _mm512_storeu_si512(out.add((word + at) * COLUMNS + half).cast(), row);
                }
            }
        }
    }
}

/// Turns sixteen rows of sixteen words.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
fn turn(rows: &mut [__m512i; LANES]) {
    let mut pairs = *rows;
    for at in (0..LANES).step_by(2) {
        pairs[at] = _mm512_unpacklo_epi32(rows[at], rows[at + 1]);
        pairs[at + 1] = _mm512_unpackhi_epi32(rows[at], rows[at + 1]);
    }
    let mut fours = pairs;
    for at in (0..LANES).step_by(4) {
        fours[at] = _mm512_unpacklo_epi64(pairs[at], pairs[at + 2]);
        fours[at + 1] = _mm512_unpackhi_epi64(pairs[at], pairs[at + 2]);
        fours[at + 2] = _mm512_unpacklo_epi64(pairs[at + 1], pairs[at + 3]);
        fours[at + 3] = _mm512_unpackhi_epi64(pairs[at + 1], pairs[at + 3]);
    }
    // Now each row holds a column of four, in each of its quarters: the quarters are turned.
    for at in 0..4 {
        let [a, b, c, d] = [fours[at], fours[at + 4], fours[at + 8], fours[at + 12]];
        let low = [_mm512_shuffle_i32x4::<0x88>(a, b), _mm512_shuffle_i32x4::<0x88>(c, d)];
        let high = [_mm512_shuffle_i32x4::<0xdd>(a, b), _mm512_shuffle_i32x4::<0xdd>(c, d)];
        rows[at] = _mm512_shuffle_i32x4::<0x88>(low[0], low[1]);
        rows[at + 8] = _mm512_shuffle_i32x4::<0xdd>(low[0], low[1]);
        rows[at + 4] = _mm512_shuffle_i32x4::<0x88>(high[0], high[1]);
        rows[at + 12] = _mm512_shuffle_i32x4::<0xdd>(high[0], high[1]);
    }
}
