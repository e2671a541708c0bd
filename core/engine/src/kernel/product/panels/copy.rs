//! Copies f32 matrices into panels of words.

use super::form::Form;
use super::{COLUMNS, LANES, first};
use crate::kernel::vector::turn;
use std::arch::x86_64::*;

/// Rows that are asked for before they are copied.
const AHEAD: usize = 24;

/// Sixteen of `width` rows or columns, and a piece of their words: all there are.
#[inline(always)]
fn halves<F: Form>(width: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..width).step_by(LANES).flat_map(|half| (0..F::PIECES).map(move |piece| (half, piece)))
}

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
            let left = k.saturating_sub(word * F::NUMBERS);
            for piece in 0..F::PIECES {
                // SAFETY: the caller's promise.
                unsafe {
                    let words = if row < rows {
                        F::along(from.wrapping_add(row * stride + word * F::NUMBERS), left, piece)
                    } else {
                        _mm512_setzero_si512()
                    };
                    _mm512_storeu_si512(out.add(F::place(row, F::at(word, piece))).cast(), words);
                }
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
        for ahead in place + AHEAD..place + AHEAD + F::NUMBERS {
            // The rows lie too far apart for the processor to guess. A hint: what is not there is not read.
            let row = from.wrapping_add(ahead * stride);
            // SAFETY: prefetching reads nothing.
            unsafe {
                _mm_prefetch::<_MM_HINT_T0>(row.cast());
                _mm_prefetch::<_MM_HINT_T0>(row.wrapping_add(there - 1).cast());
            }
        }
        for lane in (0..width).step_by(LANES) {
            let (from, left) = (from.wrapping_add(place * stride + lane), k.saturating_sub(place));
            let lanes = first(there.saturating_sub(lane));
            for piece in 0..F::PIECES {
                // SAFETY: the caller's promise; what is not there is not read, and stands as zeros.
                unsafe {
                    let words = F::across(from, stride, left, lanes, piece);
                    let out = out.add(F::at(word, piece) * width + lane);
                    _mm512_mask_storeu_epi32(out.cast(), first(width - lane), words);
                }
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
        for (half, piece) in halves::<F>(COLUMNS) {
            // SAFETY: the caller's promise.
            unsafe {
                let mut rows = [_mm512_setzero_si512(); LANES];
                for (at, row) in rows.iter_mut().enumerate() {
                    if half + at < there {
                        *row = F::along(from.wrapping_add((half + at) * stride + word * F::NUMBERS), left, piece);
                    }
                }
                turn(&mut rows);
                for (at, &row) in rows.iter().enumerate().take(depth - word) {
                    _mm512_storeu_si512(out.add(F::at(word + at, piece) * COLUMNS + half).cast(), row);
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
        for (row, piece) in halves::<F>(F::ROWS) {
            let lanes = first(there.saturating_sub(row));
            // SAFETY: the caller's promise; what is not there is not read, and stands as zeros.
            unsafe {
                let mut words = [_mm512_setzero_si512(); LANES];
                for (at, words) in words.iter_mut().enumerate() {
                    let place = (word + at) * F::NUMBERS;
                    let from = from.wrapping_add(place * stride + row);
                    *words = F::across(from, stride, k.saturating_sub(place), lanes, piece);
                }
                turn(&mut words);
                for (at, &words) in words.iter().enumerate() {
                    _mm512_storeu_si512(out.add(F::place(row + at, F::at(word, piece))).cast(), words);
                }
            }
        }
    }
}
