//! A side of a product in panels, as the innermost loop reads it.

use super::form::Form;
use super::{COLUMNS, LANES, Sizes};
use crate::kernel::pool::chunks;
use crate::kernel::product::Matrix;
use std::cell::Cell;
use std::mem::MaybeUninit;
use std::sync::{Mutex, PoisonError};

/// Whether a matrix has numbers that lie behind each other along an axis.
pub(in crate::kernel::product) const fn lies(matrix: Matrix<'_, f32>) -> bool {
    (matrix.row_stride == 1 || matrix.column_stride == 1) && matrix.rows > 0 && matrix.columns > 0
}

/// A vector of words, aligned as vectors like to be.
#[repr(C, align(64))]
#[derive(Clone, Copy)]
pub(super) struct Line([MaybeUninit<u32>; LANES]);

/// Which way the words of the left operand lie in a panel.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lie {
    /// A row's words behind each other: rows lie [`DEPTH`] apart, or as tiles do.
    Rows,
    /// The words of a place behind each other.
    Places,
}

/// One operand, copied into panels: for each pass over the inner axis, for each panel.
pub(in crate::kernel::product) struct Panels {
    lines: Vec<Line>,
    /// Panels of one pass.
    pub(super) count: usize,
    /// Lines of one panel.
    size: usize,
    /// Which way a left side lies.
    pub(super) lie: Lie,
}

/// Memory of panels that are gone: a step packs the same sizes again and again.
static SPARE: Mutex<Vec<Vec<Line>>> = Mutex::new(Vec::new());
/// Blocks of memory that wait in [`SPARE`] at most.
const SPARES: usize = 4;

impl Panels {
    /// Fills panels of `width` words a place in parallel; `fill` gets the pass, the panel and its first word.
    fn new<F: Form>(
        words: usize,
        count: usize,
        width: usize,
        lie: Lie,
        fill: impl Fn(usize, usize, *mut u32) + Sync,
    ) -> Self {
        let size = F::PIECES * width * F::depth(words) / LANES;
        let mut lines = spare(words.div_ceil(F::depth(words)) * count * size);
        chunks(&mut lines, size, |at, panel| fill(at / count, at % count, panel.as_mut_ptr().cast()));
        Self { lines, count, size, lie }
    }

    pub(in crate::kernel::product) fn panel(&self, pass: usize, at: usize) -> *const u32 {
        self.lines[(pass * self.count + at) * self.size..][..self.size].as_ptr().cast()
    }

    /// Where one of `parts` of the panel after this one begins, to be asked for: anywhere after the last one.
    pub(super) fn after(&self, pass: usize, at: usize, (part, parts): (usize, usize)) -> *const u32 {
        self.panel(pass, at).wrapping_add((self.size + part * self.size / parts) * LANES)
    }
}

impl Drop for Panels {
    fn drop(&mut self) {
        let mut spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.len() < SPARES {
            spare.push(std::mem::take(&mut self.lines));
        }
    }
}

/// So many lines of anything: the smallest spare block that holds them, or a new one.
fn spare(len: usize) -> Vec<Line> {
    let mut blocks = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
    let fits = |block: &&(usize, usize)| block.1 >= len;
    let sizes: Vec<(usize, usize)> = blocks.iter().enumerate().map(|(at, block)| (at, block.capacity())).collect();
    let best = sizes.iter().filter(fits).min_by_key(|(_, capacity)| *capacity);
    let mut lines = best.map(|&(at, _)| blocks.swap_remove(at)).unwrap_or_default();
    if best.is_none() && blocks.len() == SPARES {
        blocks.swap_remove(0); // too small: a larger one comes back in its place
    }
    drop(blocks);
    lines.clear();
    lines.reserve_exact(len);
    // SAFETY: a line is made of words that need not be initialized.
    unsafe { lines.set_len(len) };
    lines
}

/// The right side of a product, packed.
///
/// # Safety
/// The processor has the form, and b [`lies`].
pub(in crate::kernel::product) unsafe fn right<F: Form>(b: Matrix<'_, f32>) -> Panels {
    let words = b.rows.div_ceil(F::NUMBERS);
    Panels::new::<F>(words, b.columns.div_ceil(COLUMNS), COLUMNS, Lie::Places, |pass, at, out| {
        // SAFETY: the caller's promise; the panel is this task's own.
        unsafe { fill_right::<F>(b, pass, at, out) }
    })
}

/// One panel of it.
///
/// # Safety
/// As above; `out` has room for a panel, and `at` and `pass` are those of one.
pub(super) unsafe fn fill_right<F: Form>(b: Matrix<'_, f32>, pass: usize, at: usize, out: *mut u32) {
    let sizes = Sizes { n: b.columns, words: b.rows.div_ceil(F::NUMBERS), ..Sizes::default() };
    let (column, inner) = (at * COLUMNS, sizes.first::<F>(pass) * F::NUMBERS);
    let from = b.data.as_ptr().wrapping_add(column * b.column_stride + inner * b.row_stride);
    let (there, depth, k) = (COLUMNS.min(sizes.n - column), sizes.depth::<F>(pass), b.rows - inner);
    // SAFETY: `there` columns of `k` numbers are there; the panel is the caller's promise.
    unsafe {
        if b.column_stride == 1 {
            F::copy_places(from, b.row_stride, (COLUMNS, there), k, depth, out);
        } else {
            F::copy_turned(from, b.column_stride, there, k, depth, out);
        }
    }
}

/// The left side of a product, packed.
///
/// # Safety
/// The processor has the form, and a [`lies`].
pub(in crate::kernel::product) unsafe fn left<F: Form>(a: Matrix<'_, f32>) -> Panels {
    let (words, lie) = (a.columns.div_ceil(F::NUMBERS), lie::<F>(a));
    Panels::new::<F>(words, a.rows.div_ceil(F::ROWS), F::ROWS, lie, |pass, at, out| {
        // SAFETY: the caller's promise; the panel is this task's own.
        unsafe { fill_left::<F>(a, pass, at, out) }
    })
}

/// Which way the panels of a left side lie.
fn lie<F: Form>(a: Matrix<'_, f32>) -> Lie {
    if a.column_stride == 1 || F::TILED { Lie::Rows } else { Lie::Places }
}

/// One panel of it.
///
/// # Safety
/// As above; `out` has room for a panel, and `at` and `pass` are those of one.
pub(super) unsafe fn fill_left<F: Form>(a: Matrix<'_, f32>, pass: usize, at: usize, out: *mut u32) {
    let sizes = Sizes { m: a.rows, words: a.columns.div_ceil(F::NUMBERS), ..Sizes::default() };
    let (row, inner) = (at * F::ROWS, sizes.first::<F>(pass) * F::NUMBERS);
    let from = a.data.as_ptr().wrapping_add(row * a.row_stride + inner * a.column_stride);
    let (there, depth, k) = (F::ROWS.min(sizes.m - row), sizes.depth::<F>(pass), a.columns - inner);
    // SAFETY: `there` rows of `k` numbers are there; the panel is the caller's promise.
    unsafe {
        match lie::<F>(a) {
            Lie::Rows if a.column_stride == 1 => F::copy_rows(from, a.row_stride, there, k, depth, out),
            Lie::Rows => F::copy_tiles(from, a.column_stride, there, k, depth, out),
            Lie::Places => F::copy_places(from, a.column_stride, (F::ROWS, there), k, depth, out),
        }
    }
}

thread_local! {
    /// Panels of small products, for the next one to write over.
    static SMALL: Cell<Vec<Line>> = const { Cell::new(Vec::new()) };
}

/// Runs something with room for so many lines of anything that nobody else touches.
pub(super) fn lines(count: usize, run: impl FnOnce(&mut [Line])) {
    let mut lines = SMALL.take();
    lines.resize(lines.len().max(count), Line([MaybeUninit::uninit(); LANES]));
    run(&mut lines);
    SMALL.set(lines);
}

/// The same of words.
pub(in crate::kernel::product) fn room(words: usize, run: impl FnOnce(*mut u32)) {
    lines(words.div_ceil(LANES), |lines| run(lines.as_mut_ptr().cast()));
}
