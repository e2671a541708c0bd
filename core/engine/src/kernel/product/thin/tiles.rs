//! Narrow products by tiles: in bf16 all of them, in f32 ([`triples`](crate::kernel::product::panels::triples)) those of
//! which only the narrow side has to be split.
//!
//! The narrow side fills half of the tiles, and they still wait for what feeds them: the rows of the wide side, which
//! are read once, go through dropout on their way into a panel of a few rows or columns, and are multiplied while the
//! panel is in the cache.

use super::avx512::dropped;
use super::{MOST, Matrix, Terms, Then, Through};
use crate::backend::Products;
use crate::kernel::ahead::{AHEAD, ask};
use crate::kernel::pool::{Start, parallel};
use crate::kernel::product::panels::form::{Form, finish, paired};
use crate::kernel::product::panels::tiles::{Filled, Tiles};
use crate::kernel::product::panels::triples::Triples;
use crate::kernel::product::panels::{self, Before, COLUMNS, End, LANES, Panels, Sides, first};
use std::arch::x86_64::*;
use std::ops::Range;

/// Numbers of the narrow side up to which nothing is won.
const FEW: usize = 4;
/// Rows that are asked for before they are copied.
const ROWS_AHEAD: usize = 24;

/// Whether tiles do a product of these sides, of which the first is the narrow one.
fn fit<F: Filled>(narrow: Matrix<'_, f32>, wide: Matrix<'_, f32>) -> bool {
    let count = narrow.rows.min(narrow.columns);
    F::is_here()
        && (FEW + 1..=MOST).contains(&count)
        && wide.column_stride == 1
        && panels::lies(narrow)
        && panels::lies(wide)
}

/// Words of so many numbers, in whole steps of the tiles.
const fn words<F: Filled>(numbers: usize) -> usize {
    numbers.div_ceil(F::NUMBERS).next_multiple_of(LANES)
}

/// [`super::down`]; `false`, and nothing done, where tiles do not fit.
pub(in crate::kernel) fn down(x: Matrix<'_, f32>, w: Matrix<'_, f32>, terms: Terms<'_, f32>, out: &mut [f32]) -> bool {
    if terms.how == Products::Full || !fit::<Tiles>(w, x) || out.len() != x.rows * w.columns {
        return false;
    }
    // SAFETY: the processor has tiles, and w lies as panels are copied: one panel, for it is narrow.
    let right = unsafe { panels::right::<Tiles>(w) };
    each_rows::<Tiles>(x, w.columns, out, |rows, panel, out| {
        // SAFETY: as above; the panel and the rows of the result are this task's own.
        unsafe { down_rows(x, rows, (right.panel(0, 0), w.columns), terms, panel, out) }
    });
    true
}

/// [`super::up`], in the same way.
pub(in crate::kernel) fn up(h: Matrix<'_, f32>, w: Matrix<'_, f32>, terms: Terms<'_, f32>, out: &mut [f32]) -> bool {
    match terms.how {
        Products::Bf16 => up_in::<Tiles>(h, w, terms, out),
        Products::Full => up_in::<Triples>(h, w, terms, out),
    }
}

fn up_in<F: Filled>(h: Matrix<'_, f32>, w: Matrix<'_, f32>, terms: Terms<'_, f32>, out: &mut [f32]) -> bool {
    if !fit::<F>(w, h) || out.len() != h.rows * w.columns {
        return false;
    }
    // SAFETY: as above, but for the number of panels.
    let right = unsafe { panels::right::<F>(w) };
    each_rows::<F>(h, w.columns, out, |rows, panel, out| {
        // SAFETY: as above.
        unsafe { up_rows::<F>(h, rows, (&right, w.columns), terms, panel, out) }
    });
    true
}

/// [`super::across`]; `false`, and nothing done, where tiles do not fit.
pub(in crate::kernel) fn across(
    [h, x]: [Matrix<'_, f32>; 2],
    turned: bool,
    terms: Terms<'_, f32>,
    out: &mut [f32],
) -> bool {
    let fits = terms.how == Products::Bf16 && fit::<Tiles>(h, x) && h.columns <= MOST;
    if !fits || h.rows != x.rows || out.len() != h.columns * x.columns {
        return false;
    }
    // SAFETY: as above; one panel of rows.
    let left = unsafe { panels::left::<Tiles>(h.transposed()) };
    let start = Start(out.as_mut_ptr());
    parallel(x.columns.div_ceil(COLUMNS), &|task| {
        let first = task * COLUMNS;
        let columns = first..x.columns.min(first + COLUMNS);
        panels::room(COLUMNS * words::<Tiles>(x.rows), |panel| {
            // SAFETY: as above, of columns of the result.
            unsafe {
                across_columns((left.panel(0, 0), h.columns), x, columns, (turned, terms), panel, start.at(0));
            }
        });
    });
    true
}

/// Runs some rows at a time in parallel, with a left panel for them and where their rows of n results begin.
fn each_rows<F: Filled>(
    x: Matrix<'_, f32>,
    n: usize,
    out: &mut [f32],
    run: impl Fn(Range<usize>, *mut u32, *mut f32) + Sync,
) {
    let start = Start(out.as_mut_ptr());
    parallel(x.rows.div_ceil(F::ROWS), &|task| {
        let first = task * F::ROWS;
        let rows = first..x.rows.min(first + F::ROWS);
        panels::room(F::PIECES * F::ROWS * words::<F>(x.columns), |panel| run(rows, panel, start.at(first * n)));
    });
}

/// Some rows of [`down`].
///
/// # Safety
/// The processor has tiles; the rows are there, with room for as many results, and the panels are those of all of them.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")]
unsafe fn down_rows(
    x: Matrix<'_, f32>,
    rows: Range<usize>,
    (right, n): (*const u32, usize),
    terms: Terms<'_, f32>,
    panel: *mut u32,
    out: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        rows_through::<Tiles>(x, rows.clone(), terms.through, panel);
        Tiles::begin();
        let sums = Tiles::multiply(Sides::alone(panel, right), words::<Tiles>(x.columns) / LANES);
        Tiles::end();
        finish(n, out, [rows.len(), n], end(terms.then, 0), |row, half| sums.line(row, half));
    }
}

/// Some rows of [`up`].
///
/// # Safety
/// As above.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")]
unsafe fn up_rows<F: Filled>(
    h: Matrix<'_, f32>,
    rows: Range<usize>,
    (right, n): (&Panels, usize),
    terms: Terms<'_, f32>,
    panel: *mut u32,
    out: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        rows_through::<F>(h, rows.clone(), None, panel);
        F::begin();
        for column in (0..n).step_by(COLUMNS) {
            for at in 0..rows.len() {
                let line = out.wrapping_add(at * n + column + COLUMNS);
                ask(line.cast_const());
                ask(line.wrapping_add(LANES).cast_const());
            }
            let sums =
                F::multiply(Sides::alone(panel, right.panel(0, column / COLUMNS)), words::<F>(h.columns) / LANES);
            let there = [rows.len(), COLUMNS.min(n - column)];
            finish(n, out.wrapping_add(column), there, end(terms.then, column), |at, half| {
                let drop = terms.through.map(|through| through.of(rows.start + at));
                dropped(sums.line(at, half), drop, column / LANES + half)
            });
        }
        F::end();
    }
}

/// Some columns of [`across`].
///
/// # Safety
/// As above, of columns.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")]
unsafe fn across_columns(
    (left, r): (*const u32, usize),
    x: Matrix<'_, f32>,
    columns: Range<usize>,
    (turned, terms): (bool, Terms<'_, f32>),
    panel: *mut u32,
    out: *mut f32,
) {
    let (then, n, first, there) = (terms.then, x.columns, columns.start, [r, columns.len()]);
    // SAFETY: the caller's promise; the block on the stack is as large as its rows of whole width.
    unsafe {
        columns_through(x, columns.clone(), terms.through, panel);
        Tiles::begin();
        let sums = Tiles::multiply(Sides::alone(left, panel), words::<Tiles>(x.rows) / LANES);
        Tiles::end();
        if !turned {
            return finish(n, out.wrapping_add(first), there, end(then, first), |row, half| sums.line(row, half));
        }
        let mut block = [0.0; MOST * COLUMNS];
        let bare = End { before: Before::Nothing, scale: then.scale, slope_of: None, squares: None, is_far: false };
        finish(COLUMNS, block.as_mut_ptr(), there, bare, |row, half| sums.line(row, half));
        for (at, column) in columns.enumerate() {
            for narrow in 0..r {
                let place = out.add(column * r + narrow);
                let before = if then.adds { *place } else { then.bias.map_or(0.0, |bias| bias[narrow]) };
                *place = before + block[narrow * COLUMNS + at];
            }
        }
    }
}

/// How a block ends whose first column this is.
fn end(then: Then<'_, f32>, column: usize) -> End {
    let before = match then.bias {
        _ if then.adds => Before::Result,
        Some(bias) => Before::Bias(bias[column..].as_ptr()),
        None => Before::Nothing,
    };
    End { before, scale: then.scale, slope_of: None, squares: None, is_far: false }
}

/// Fills a left panel with rows of x, as they come through dropout.
///
/// # Safety
/// The processor has tiles; the rows are there, and the panel has room for the words of each of them.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")]
unsafe fn rows_through<F: Filled>(
    x: Matrix<'_, f32>,
    rows: Range<usize>,
    through: Option<&Through<f32>>,
    out: *mut u32,
) {
    let depth = words::<F>(x.columns);
    for (at, row) in (rows.start..rows.start + F::ROWS).enumerate() {
        let is_there = row < rows.end;
        let drop = through.filter(|_| is_there).map(|through| through.of(row));
        for word in (0..depth).step_by(LANES) {
            let half = |half: usize| {
                let column = word * F::NUMBERS + half * LANES;
                let there = if is_there { x.columns.saturating_sub(column) } else { 0 };
                let from = x.data.as_ptr().wrapping_add(row * x.row_stride + column);
                ask(from.wrapping_add(AHEAD));
                // SAFETY: what is behind the row, or behind the rows, is masked.
                dropped(unsafe { _mm512_maskz_loadu_ps(first(there), from) }, drop, column / LANES)
            };
            // SAFETY: the panel is the caller's promise.
            unsafe {
                F::row_words([half(0), half(1)], |piece, words| {
                    _mm512_storeu_si512(out.add(F::place(at, F::at(word, piece))).cast(), words);
                });
            }
        }
    }
}

/// Fills a right panel with columns of x, which begin with a block, as their rows come through dropout.
///
/// # Safety
/// As above, of columns.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")]
unsafe fn columns_through(x: Matrix<'_, f32>, columns: Range<usize>, through: Option<&Through<f32>>, out: *mut u32) {
    for word in 0..words::<Tiles>(x.rows) {
        for ahead in 0..Tiles::NUMBERS {
            let row = (word * Tiles::NUMBERS + ROWS_AHEAD + ahead) * x.row_stride;
            let from = x.data.as_ptr().wrapping_add(row + columns.start);
            ask(from);
            ask(from.wrapping_add(columns.len() - 1));
        }
        for lane in (0..COLUMNS).step_by(LANES) {
            let column = columns.start + lane;
            let one = |row: usize| {
                let is_there = row < x.rows;
                let there = if is_there { columns.end.saturating_sub(column) } else { 0 };
                let drop = through.filter(|_| is_there).map(|through| through.of(row));
                let from = x.data.as_ptr().wrapping_add(row * x.row_stride + column);
                // SAFETY: what is behind the columns, or behind the rows, is masked.
                dropped(unsafe { _mm512_maskz_loadu_ps(first(there), from) }, drop, column / LANES)
            };
            let rows = [one(word * Tiles::NUMBERS), one(word * Tiles::NUMBERS + 1)];
            // SAFETY: the panel is the caller's promise.
            unsafe { _mm512_storeu_si512(out.add(word * COLUMNS + lane).cast(), paired(rows[0], rows[1])) };
        }
    }
}
