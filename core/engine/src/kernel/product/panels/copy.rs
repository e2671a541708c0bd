//! Copies f32 matrices into panels of words.

use super::form::Form;
use super::{COLUMNS, LANES, first};
use crate::kernel::ahead::{AHEAD, ask};
use crate::kernel::vector::turn;
use std::arch::x86_64::*;

/// Rows that are asked for before they are copied: they lie too far apart for the processor to guess.
const ROWS_AHEAD: usize = 24;

/// Sixteen vectors of words, each of their pieces by itself.
type Words = [[__m512i; LANES]; 3];

/// Copies the rows of a panel whose numbers lie behind each other along the inner axis.
///
/// # Safety
/// As [`Form::along`]; `out` has room for a left panel.
#[inline(always)]
pub(super) unsafe fn rows<F: Form>(
    from: *const f32,
    stride: usize,
    rows: usize,
    k: usize,
    depth: usize,
    out: *mut u32,
) {
    for row in 0..F::ROWS {
        for word in (0..depth).step_by(LANES) {
            let (place, left) = (word * F::NUMBERS, k.saturating_sub(word * F::NUMBERS));
            for line in 0..F::NUMBERS {
                ask(from.wrapping_add(row * stride + place + AHEAD + line * LANES));
            }
            // SAFETY: the caller's promise; of a row that is not there nothing is read.
            unsafe {
                F::along(from.wrapping_add(row * stride + place), if row < rows { left } else { 0 }, |piece, words| {
                    _mm512_storeu_si512(out.add(F::place(row, F::at(word, piece))).cast(), words);
                });
            }
        }
    }
}

/// Copies a panel whose numbers lie behind each other across the inner axis: `width` words a place, of which
/// `there` are there.
///
/// # Safety
/// As [`Form::across`]; `out` has room for a panel of that width.
#[inline(always)]
pub(super) unsafe fn places<F: Form>(
    from: *const f32,
    stride: usize,
    (width, there): (usize, usize),
    k: usize,
    depth: usize,
    out: *mut u32,
) {
    for word in 0..depth {
        let place = word * F::NUMBERS;
        for later in place + ROWS_AHEAD..place + ROWS_AHEAD + F::NUMBERS {
            let row = from.wrapping_add(later * stride);
            ask(row);
            ask(row.wrapping_add(there - 1));
        }
        for lane in (0..width).step_by(LANES) {
            let (from, left) = (from.wrapping_add(place * stride + lane), k.saturating_sub(place));
            let lanes = first(there.saturating_sub(lane));
            // SAFETY: the caller's promise; what is not there is not read, and stands as zeros.
            unsafe {
                F::across(from, stride, left, lanes, |piece, words| {
                    let out = out.add(F::at(word, piece) * width + lane);
                    _mm512_mask_storeu_epi32(out.cast(), first(width - lane), words);
                });
            }
        }
    }
}

/// Copies a panel of columns whose numbers lie behind each other along the inner axis: sixteen words of sixteen
/// columns are turned at a time.
///
/// # Safety
/// As [`Form::along`]; `out` has room for a panel of `COLUMNS` columns.
#[inline(always)]
pub(super) unsafe fn turned<F: Form>(
    from: *const f32,
    stride: usize,
    there: usize,
    k: usize,
    depth: usize,
    out: *mut u32,
) {
    for word in (0..depth).step_by(LANES) {
        let left = k.saturating_sub(word * F::NUMBERS);
        for half in (0..COLUMNS).step_by(LANES) {
            // SAFETY: the caller's promise.
            unsafe {
                let mut rows: Words = [[_mm512_setzero_si512(); LANES]; 3];
                #[expect(clippy::needless_range_loop, reason = "a row of every piece")]
                for at in 0..LANES.min(there.saturating_sub(half)) {
                    let from = from.wrapping_add((half + at) * stride + word * F::NUMBERS);
                    for line in 0..F::NUMBERS {
                        ask(from.wrapping_add((F::NUMBERS + line) * LANES));
                    }
                    F::along(from, left, |piece, words| rows[piece][at] = words);
                }
                for (piece, rows) in rows.iter_mut().enumerate().take(F::PIECES) {
                    turn(rows);
                    for (at, &row) in rows.iter().enumerate().take(depth - word) {
                        _mm512_storeu_si512(out.add(F::at(word + at, piece) * COLUMNS + half).cast(), row);
                    }
                }
            }
        }
    }
}

/// Copies a left panel of tiles whose numbers lie behind each other across the inner axis: sixteen places of sixteen rows
/// are turned at a time.
///
/// # Safety
/// As [`Form::across`]; `out` has room for a left panel.
#[inline(always)]
pub(super) unsafe fn tiles<F: Form>(
    from: *const f32,
    stride: usize,
    there: usize,
    k: usize,
    depth: usize,
    out: *mut u32,
) {
    for word in (0..depth).step_by(LANES) {
        for row in (0..F::ROWS).step_by(LANES) {
            let lanes = first(there.saturating_sub(row));
            // SAFETY: the caller's promise; what is not there is not read, and stands as zeros.
            unsafe {
                let mut words: Words = [[_mm512_setzero_si512(); LANES]; 3];
                #[expect(clippy::needless_range_loop, reason = "a place of every piece")]
                for at in 0..LANES {
                    let place = (word + at) * F::NUMBERS;
                    let from = from.wrapping_add(place * stride + row);
                    for line in 0..F::NUMBERS {
                        ask(from.wrapping_add((LANES * F::NUMBERS + line) * stride));
                    }
                    F::across(from, stride, k.saturating_sub(place), lanes, |piece, column| words[piece][at] = column);
                }
                for (piece, words) in words.iter_mut().enumerate().take(F::PIECES) {
                    turn(words);
                    for (at, &words) in words.iter().enumerate() {
                        _mm512_storeu_si512(out.add(F::place(row + at, F::at(word, piece))).cast(), words);
                    }
                }
            }
        }
    }
}
