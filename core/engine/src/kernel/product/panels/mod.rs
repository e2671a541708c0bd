//! The product of two matrices of f32 on AVX-512 or AMX, multiplied in bf16 or in f32 ([`form`]), summed in f32.
//!
//! Both operands are first copied into the form that the innermost loop reads, in words of 32 bits along the inner
//! axis: a word is a number, or two neighbors rounded to bf16. Then each task computes some rows of the result, in register
//! blocks of 12 or 32 rows and 32 columns, over so many words at a time that what is read again stays in the caches
//! ([`Form::depth`]). The words of a sum are added in one order, whatever the tasks: the same bits for every number of threads.

mod copy;
pub(super) mod form;
mod panel;
pub(super) mod tiles;
pub(super) mod triples;

use super::{Matrix, Then};
use crate::kernel::ahead::ask;
use crate::kernel::pool::{Start, parallel};
use form::Form;
use panel::{Lie, Line, fill_left, fill_right, lines};
pub(super) use panel::{Panels, left, lies, right, room};
use std::arch::x86_64::__mmask16;

/// Columns of a register block.
pub(super) const COLUMNS: usize = 32;
/// Words of a vector.
pub(super) const LANES: usize = 16;
/// Words of the inner axis in one pass of vectors: a panel of each operand then lies in the first cache.
const DEPTH: usize = 192;
/// Register blocks of rows in one task.
const PANELS: usize = 4;
/// Register blocks of columns in one task.
const WIDE: usize = 16;
/// Panels that a task packs for itself.
const OWN: usize = 3;
/// Numbers of a result from which on it is written past the caches: they would not hold it until it is read.
const FAR: usize = 1 << 19;

/// The first `n` lanes.
#[inline(always)]
pub(super) const fn first(n: usize) -> __mmask16 {
    if n >= LANES { !0 } else { (1 << n) - 1 }
}

/// The panels of a block, and what is read after them: it is asked for meanwhile, into the second cache.
#[derive(Clone, Copy)]
pub(in super::super) struct Sides {
    pub(super) left: *const u32,
    pub(super) right: *const u32,
    /// A fourth of the panel that comes next; nothing is read there, so it may lie behind the last.
    pub(super) next: *const u32,
}

impl Sides {
    /// Panels that nothing follows.
    pub(super) const fn alone(left: *const u32, right: *const u32) -> Self {
        Self { left, right, next: right }
    }
}

/// What a product is made of, beside its numbers.
#[derive(Clone, Copy, Default)]
pub(in super::super) struct Sizes {
    m: usize,
    n: usize,
    /// Words of the inner axis.
    words: usize,
}

impl Sizes {
    fn passes<F: Form>(self) -> usize {
        self.words.div_ceil(F::depth(self.words))
    }
    /// The first word of a pass.
    fn first<F: Form>(self, pass: usize) -> usize {
        pass * F::depth(self.words)
    }
    /// Words of a pass that are filled, the last with zeros: tiles are read whole.
    fn depth<F: Form>(self, pass: usize) -> usize {
        let depth = F::depth(self.words).min(self.words - self.first::<F>(pass));
        if F::TILED { depth.next_multiple_of(LANES) } else { depth }
    }
}

/// What a block's sums are added to.
#[derive(Clone, Copy)]
pub(in super::super) enum Before {
    Nothing,
    Bias(*const f32),
    /// What stands there, and a bias.
    Both(*const f32),
    /// What stands there: of the pass before, or what the product is to be added to.
    Result,
}

/// How a block ends.
#[derive(Clone, Copy)]
pub(in super::super) struct End {
    pub(super) before: Before,
    pub(super) scale: f32,
    /// What came into a GELU, beside the first number of the block: its slope there multiplies the sums.
    pub(super) slope_of: Option<*const f32>,
    /// Where the squares of what is written are added.
    pub(super) squares: Option<*mut f64>,
    /// Whether whole lines go to memory past the caches.
    pub(super) is_far: bool,
}

/// A product that runs.
struct Job<'a> {
    sizes: Sizes,
    then: Then<'a, f32>,
    out: Start<f32>,
    /// The squares of what each task writes, where they are asked for.
    squares: Option<Start<f64>>,
    is_far: bool,
}

impl<'a> Job<'a> {
    fn new<F: Form>([m, n, k]: [usize; 3], then: Then<'a, f32>, out: &mut [f32]) -> Self {
        let sizes = Sizes { m, n, words: k.div_ceil(F::NUMBERS) };
        // Lines that go past the caches have to be whole.
        let is_far = out.len() >= FAR
            && sizes.passes::<F>() == 1
            && n.is_multiple_of(COLUMNS)
            && out.as_ptr().cast::<Line>().is_aligned();
        Self { sizes, then, out: Start(out.as_mut_ptr()), squares: None, is_far }
    }

    /// Runs tasks on all threads; each gets its number.
    fn tasks(mut self, count: usize, task: impl Fn(&Self, usize) + Sync) {
        let mut squares = vec![0.0; if self.then.squares.is_some() { count } else { 0 }];
        self.squares = self.then.squares.map(|_| Start(squares.as_mut_ptr()));
        parallel(count, &|at| task(&self, at));
        if let Some(told) = self.then.squares {
            let _ = told.set(squares.iter().sum()); // the first product that is asked tells it
        }
    }

    /// Runs blocks on this thread.
    ///
    /// # Safety
    /// The processor has the form; the blocks lie in a part of the result that is this task's own.
    unsafe fn run<F: Form>(&self, blocks: impl FnOnce()) {
        // SAFETY: the caller's promise; whoever reads what went past the caches comes after.
        unsafe {
            F::begin();
            blocks();
            F::end();
            if self.is_far {
                std::arch::x86_64::_mm_sfence();
            }
        }
    }

    /// What a task's pass adds to the block of the left and the right panel that are so many.
    ///
    /// # Safety
    /// Inside of [`run`](Self::run); the panels are filled.
    unsafe fn block<F: Form>(&self, (task, pass): (usize, usize), lie: Lie, [left, right]: [usize; 2], sides: Sides) {
        let Self { sizes, then, .. } = self;
        let (row, column) = (left * F::ROWS, right * COLUMNS);
        let before = match (pass, then.bias) {
            (0, Some(bias)) if then.adds => Before::Both(bias[column..].as_ptr()),
            (0, Some(bias)) => Before::Bias(bias[column..].as_ptr()),
            (0, None) if !then.adds => Before::Nothing,
            _ => Before::Result,
        };
        let there = [F::ROWS.min(sizes.m - row), COLUMNS.min(sizes.n - column)];
        let is_last = pass + 1 == sizes.passes::<F>();
        let slope_of = then.slope_of.filter(|_| is_last).map(|x| x[row * sizes.n + column..].as_ptr());
        let squares = self.squares.filter(|_| is_last).map(|all| all.at(task));
        let added = matches!(before, Before::Both(_) | Before::Result)
            .then(|| self.out.at(row * sizes.n + column).cast_const());
        // What the sums meet comes while they are made.
        for begin in [added, slope_of].into_iter().flatten() {
            for line in (0..there[0]).map(|at| begin.wrapping_add(at * sizes.n)) {
                [0, LANES, there[1] - 1].into_iter().for_each(|number| ask(line.wrapping_add(number)));
            }
        }
        let end = End { before, scale: then.scale, slope_of, squares, is_far: self.is_far };
        let (depth, out) = (sizes.depth::<F>(pass), self.out.at(row * sizes.n + column));
        // SAFETY: the caller's promise.
        unsafe {
            match lie {
                Lie::Rows => F::block::<DEPTH, 1>(*sizes, depth, sides, out, there, end),
                Lie::Places => F::block::<1, { form::ROWS }>(*sizes, depth, sides, out, there, end),
            }
        }
    }
}

/// out = before + scale · left · right, row by row: (m, n) of an inner axis of k numbers.
///
/// # Safety
/// The sides were packed of these sizes in this form; `out` has m·n numbers, and the bias n.
pub(super) unsafe fn product<F: Form>(
    left: &Panels,
    right: &Panels,
    sizes: [usize; 3],
    then: Then<'_, f32>,
    out: &mut [f32],
) {
    let job = Job::new::<F>(sizes, then, out);
    // A task is some rows and some columns of the result: all passes of them.
    let (down, across) = (left.count.div_ceil(PANELS), right.count.div_ceil(WIDE));
    job.tasks(down * across, |job, task| {
        let (rows, columns) = (task / across * PANELS, task % across * WIDE);
        // SAFETY: the sides were packed in this form, so the processor has it.
        unsafe {
            job.run::<F>(|| {
                for pass in 0..job.sizes.passes::<F>() {
                    for at in columns..right.count.min(columns + WIDE) {
                        for panel in rows..left.count.min(rows + PANELS) {
                            let next = right.after(pass, at, (panel - rows, PANELS));
                            let sides = Sides { left: left.panel(pass, panel), right: right.panel(pass, at), next };
                            job.block::<F>((task, pass), left.lie, [panel, at], sides);
                        }
                    }
                }
            });
        }
    });
}

/// The same where nothing else reads one of the sides, `own`: each task packs some panels of it for itself, and multiplies
/// them while its cache holds them. A form of one pass.
///
/// # Safety
/// The other side was packed in this form, `own` [`lies`] and goes with it; `out` and the bias as above.
pub(super) unsafe fn product_of_own<F: Form>(
    (own, is_left): (Matrix<'_, f32>, bool),
    other: &Panels,
    sizes: [usize; 3],
    then: Then<'_, f32>,
    out: &mut [f32],
) {
    let job = Job::new::<F>(sizes, then, out);
    let width = if is_left { F::ROWS } else { COLUMNS };
    let count = sizes[usize::from(!is_left)].div_ceil(width);
    let size = F::PIECES * width * F::depth(job.sizes.words);
    job.tasks(count.div_ceil(OWN), |job, task| {
        let panels = task * OWN..count.min((task + 1) * OWN);
        room(panels.len() * size, |words| {
            let place = |panel: usize| words.wrapping_add((panel - panels.start) * size);
            // SAFETY: the processor has the form; the panels lie in the room, and the result's rows or columns of them are
            // this task's own.
            unsafe {
                for panel in panels.clone() {
                    match is_left {
                        true => fill_left::<F>(own, 0, panel, place(panel)),
                        false => fill_right::<F>(own, 0, panel, place(panel)),
                    }
                }
                job.run::<F>(|| {
                    for at in 0..other.count {
                        for panel in panels.clone() {
                            let next = other.after(0, at, (panel - panels.start, OWN));
                            let (own, other) = (place(panel).cast_const(), other.panel(0, at));
                            let (which, left, right) =
                                if is_left { ([panel, at], own, other) } else { ([at, panel], other, own) };
                            job.block::<F>((task, 0), Lie::Rows, which, Sides { left, right, next });
                        }
                    }
                });
            }
        });
    });
}

/// out = a · b by this thread alone, of sides so small that all their panels stay in its caches; a form of one pass. The
/// rows of the result lie `stride` apart.
///
/// # Safety
/// The processor has the form, a and b [`lie`](lies) and fit, and `out` has room for the rows.
pub(super) unsafe fn small<F: Form>(a: Matrix<'_, f32>, b: Matrix<'_, f32>, out: *mut f32, stride: usize) {
    let sizes = Sizes { m: a.rows, n: stride, words: a.columns.div_ceil(F::NUMBERS) };
    let (down, across, depth) = (a.rows.div_ceil(F::ROWS), b.columns.div_ceil(COLUMNS), sizes.depth::<F>(0));
    let [left, right] = [F::ROWS, COLUMNS].map(|width| F::PIECES * width * F::depth(sizes.words) / LANES);
    let end = End { before: Before::Nothing, scale: 1.0, slope_of: None, squares: None, is_far: false };
    lines(down * left + across * right, |lines| {
        let (lefts, rights) = lines.split_at_mut(down * left);
        // SAFETY: the caller's promise; each panel has as many lines as the form says, and is filled before it is read.
        unsafe {
            for (at, panel) in lefts.chunks_exact_mut(left).enumerate() {
                fill_left::<F>(a, 0, at, panel.as_mut_ptr().cast());
            }
            F::begin();
            for (at, right) in rights.chunks_exact_mut(right).enumerate().take(across) {
                fill_right::<F>(b, 0, at, right.as_mut_ptr().cast());
                for (panel, left) in lefts.chunks_exact(left).enumerate() {
                    let there = [F::ROWS.min(a.rows - panel * F::ROWS), COLUMNS.min(b.columns - at * COLUMNS)];
                    let out = out.wrapping_add(panel * F::ROWS * stride + at * COLUMNS);
                    let sides = Sides::alone(left.as_ptr().cast(), right.as_ptr().cast());
                    F::block::<DEPTH, 1>(sizes, depth, sides, out, there, end);
                }
            }
            F::end();
        }
    });
}
