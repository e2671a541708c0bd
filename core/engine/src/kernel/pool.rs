//! The threads of kernels.
//!
//! A step of training is hundreds of short parallel loops behind each other. So the threads look for the next loop for a
//! moment before they sleep: a loop costs a microsecond, not a wake-up. Each thread begins with its own part of the tasks,
//! the same part of every loop: what it wrote in one loop it mostly reads in the next, and its cache still holds it. Whoever
//! is done helps the others, from the ends of their parts.
//! One loop runs at a time; a loop inside a task, or one that comes from another thread meanwhile, runs on its own
//! thread alone. What a task computes never depends on which thread runs it, so neither do results.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, OnceLock, PoisonError};

/// How often a thread looks for work before it sleeps: about 100 µs.
const LOOKS: usize = 4000;
/// Set in [`Pool::gate`] while no loop runs; the other bits count the threads inside.
const CLOSED: usize = 1 << (usize::BITS - 1);

type Task<'a> = dyn Fn(usize) + Sync + 'a;

struct Pool {
    /// Threads beside the one that calls.
    workers: usize,
    /// Held by the thread whose loop runs.
    turn: Mutex<()>,
    /// The loop: written while the gate is closed and nobody is inside.
    job: Job,
    gate: AtomicUsize,
    /// Grows with every loop.
    loops: AtomicUsize,
    sleepers: AtomicUsize,
    bed: Mutex<()>,
    bell: Condvar,
    panicked: AtomicBool,
}

/// A loop over tasks.
struct Job {
    task: Cell<Option<*const Task<'static>>>,
    /// What is left for each thread, the calling one first.
    parts: Box<[Part]>,
}

/// Tasks that nobody has taken: the first, and the one behind the last, 32 bits each. It has a line of the cache for itself.
#[repr(align(64))]
#[derive(Default)]
struct Part(AtomicU64);

impl Part {
    fn set(&self, from: usize, to: usize) {
        self.0.store(Self::packed(from as u64, to as u64), Ordering::Relaxed);
    }

    const fn packed(from: u64, to: u64) -> u64 {
        from << 32 | to
    }

    /// Takes the first task, or the last.
    fn take(&self, is_first: bool) -> Option<usize> {
        let ends = |left: u64| (left >> 32, left & u64::from(u32::MAX));
        let rest = |left: u64| {
            let (from, to) = ends(left);
            (from < to).then(|| if is_first { Self::packed(from + 1, to) } else { Self::packed(from, to - 1) })
        };
        let (from, to) = ends(self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, rest).ok()?);
        Some(if is_first { from } else { to - 1 } as usize)
    }
}

// SAFETY: `task` is written by the thread that holds `turn`, while the gate is closed and empty, and read by
// threads that entered through the open gate; opening it (Release) and entering it (Acquire) order the two.
unsafe impl Sync for Pool {}
// SAFETY: a pool is never moved to another thread with a loop in it.
unsafe impl Send for Pool {}

thread_local! {
    /// Whether this thread is inside a loop, or was told to run loops alone.
    static ALONE: Cell<bool> = const { Cell::new(false) };
}

fn pool() -> &'static Pool {
    static POOL: OnceLock<&'static Pool> = OnceLock::new();
    POOL.get_or_init(|| {
        let workers = threads().saturating_sub(1);
        let pool: &'static Pool = Box::leak(Box::new(Pool {
            workers,
            turn: Mutex::new(()),
            job: Job { task: Cell::new(None), parts: (0..=workers).map(|_| Part::default()).collect() },
            gate: AtomicUsize::new(CLOSED),
            loops: AtomicUsize::new(0),
            sleepers: AtomicUsize::new(0),
            bed: Mutex::new(()),
            bell: Condvar::new(),
            panicked: AtomicBool::new(false),
        }));
        for at in 0..workers {
            let name = format!("kernel-{at}");
            // A thread that cannot be started is one less: whoever calls does its part.
            drop(std::thread::Builder::new().name(name).spawn(move || pool.work(at + 1)));
        }
        pool
    })
}

/// Threads that kernels use: `ENGRAFT_THREADS`, or as many as there are processors.
pub fn threads() -> usize {
    static THREADS: OnceLock<usize> = OnceLock::new();
    *THREADS.get_or_init(|| {
        let said = std::env::var("ENGRAFT_THREADS").ok().and_then(|text| text.parse().ok()).filter(|&n| n > 0);
        said.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get))
    })
}

/// Runs `run` with every loop on this thread alone.
pub fn alone<R>(run: impl FnOnce() -> R) -> R {
    let before = ALONE.replace(true);
    let result = run();
    ALONE.set(before);
    result
}

/// Runs the tasks `0..count`, in parallel.
///
/// # Panics
/// When a task does.
pub(crate) fn parallel(count: usize, task: &Task<'_>) {
    let pool = pool();
    if count <= 1 || pool.workers == 0 || ALONE.get() || u32::try_from(count).is_err() {
        return (0..count).for_each(task);
    }
    let Ok(turn) = pool.turn.try_lock() else { return (0..count).for_each(task) };
    // SAFETY: nobody runs the task after this function: the gate is closed and empty before it returns.
    let forever: *const Task<'static> = unsafe { std::mem::transmute::<*const Task<'_>, *const Task<'static>>(task) };
    pool.job.task.set(Some(forever));
    let parts = pool.job.parts.len();
    for (at, part) in pool.job.parts.iter().enumerate() {
        part.set(at * count / parts, (at + 1) * count / parts);
    }
    pool.gate.fetch_and(!CLOSED, Ordering::AcqRel);
    pool.loops.fetch_add(1, Ordering::SeqCst);
    if pool.sleepers.load(Ordering::SeqCst) > 0 {
        drop(pool.bed.lock().unwrap_or_else(PoisonError::into_inner));
        pool.bell.notify_all();
    }
    let own = catch_unwind(AssertUnwindSafe(|| pool.job.run(0)));
    pool.gate.fetch_or(CLOSED, Ordering::AcqRel);
    let mut looks = 0usize;
    while pool.gate.load(Ordering::Acquire) != CLOSED {
        looks += 1;
        if looks < LOOKS { std::hint::spin_loop() } else { std::thread::yield_now() }
    }
    pool.job.task.set(None);
    let others_panicked = pool.panicked.swap(false, Ordering::Relaxed);
    drop(turn);
    if let Err(panic) = own {
        resume_unwind(panic);
    }
    assert!(!others_panicked, "a task of a kernel panicked");
}

impl Job {
    /// Takes tasks until none is left, as the thread of the part `own`.
    fn run(&self, own: usize) {
        let Some(task) = self.task.get() else { return };
        ALONE.set(true);
        let mark = unmark();
        let (before, from_own) = self.parts.split_at(own);
        for (at, part) in from_own.iter().chain(before).enumerate() {
            while let Some(task_at) = part.take(at == 0) {
                // SAFETY: whoever is inside the gate keeps `parallel` from returning, so the task is alive.
                unsafe { (*task)(task_at) }
            }
        }
        drop(mark);
    }
}

/// Takes the mark off this thread when it is dropped, by a panic too.
fn unmark() -> impl Drop {
    struct Back;
    impl Drop for Back {
        fn drop(&mut self) {
            ALONE.set(false);
        }
    }
    Back
}

impl Pool {
    /// What the thread of the part `own` does.
    fn work(&self, own: usize) {
        let mut seen = 0;
        loop {
            self.wait(seen);
            seen = self.loops.load(Ordering::Acquire);
            if self.gate.fetch_add(1, Ordering::AcqRel) & CLOSED == 0
                && catch_unwind(AssertUnwindSafe(|| self.job.run(own))).is_err()
            {
                self.panicked.store(true, Ordering::Relaxed);
            }
            self.gate.fetch_sub(1, Ordering::AcqRel);
        }
    }

    /// Until there is a loop that this thread has not seen.
    fn wait(&self, seen: usize) {
        for _ in 0..LOOKS {
            if self.loops.load(Ordering::Acquire) != seen {
                return;
            }
            std::hint::spin_loop();
        }
        self.sleepers.fetch_add(1, Ordering::SeqCst);
        let mut bed = self.bed.lock().unwrap_or_else(PoisonError::into_inner);
        while self.loops.load(Ordering::SeqCst) == seen {
            bed = self.bell.wait(bed).unwrap_or_else(PoisonError::into_inner);
        }
        drop(bed);
        self.sleepers.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Runs `fill` on the chunks of a slice, in parallel: the chunk's number, and the chunk.
pub(crate) fn chunks<T: Send>(out: &mut [T], size: usize, fill: impl Fn(usize, &mut [T]) + Sync) {
    let (size, len) = (size.max(1), out.len());
    let start = Start(out.as_mut_ptr());
    parallel(len.div_ceil(size), &|at| {
        let from = at * size;
        // SAFETY: chunks of different numbers do not meet, each number is one task's, and `out` is borrowed till the end.
        fill(at, unsafe { std::slice::from_raw_parts_mut(start.at(from), size.min(len - from)) });
    });
}

/// Where a slice begins: for tasks that each touch a part of their own.
pub(super) struct Start<T>(pub(super) *mut T);

impl<T> Clone for Start<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Start<T> {}

// SAFETY: it is only turned into slices that do not meet, of numbers that may go to other threads.
unsafe impl<T: Send> Sync for Start<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Send for Start<T> {}

impl<T> Start<T> {
    /// The place `at` numbers on.
    pub(super) fn at(self, at: usize) -> *mut T {
        self.0.wrapping_add(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_runs_once_however_many_loops_there_are() {
        for count in [0, 1, 2, 3, 100, 1000] {
            for _ in 0..200 {
                let mut out = vec![0u32; count];
                chunks(&mut out, 1, |at, chunk| chunk[0] += at as u32 + 1);
                assert!(out.iter().enumerate().all(|(at, &x)| x == at as u32 + 1), "{count}");
            }
        }
    }

    #[test]
    fn loops_inside_tasks_and_of_several_threads_all_end() {
        let sum = |n: usize| {
            let total = AtomicUsize::new(0);
            parallel(n, &|_| {
                parallel(n, &|at| {
                    total.fetch_add(at, Ordering::Relaxed);
                });
            });
            total.into_inner()
        };
        let threads: Vec<_> =
            (0..4).map(|_| std::thread::spawn(move || (0..100).map(|_| sum(20)).sum::<usize>())).collect();
        for thread in threads {
            assert_eq!(thread.join().expect("it does not panic"), 100 * 20 * 190);
        }
    }

    #[test]
    fn a_panic_in_a_task_reaches_the_caller_and_the_pool_goes_on() {
        for bad in [0, 37, 99] {
            let run = || parallel(100, &|at| assert_ne!(at, bad, "on purpose"));
            assert!(catch_unwind(run).is_err());
            let mut out = vec![0; 100];
            chunks(&mut out, 1, |_, chunk| chunk[0] = 1);
            assert_eq!(out.iter().sum::<i32>(), 100);
        }
    }
}
