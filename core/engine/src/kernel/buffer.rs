//! New buffers, filled by chunks in parallel.

use super::Real;
use rayon::prelude::*;
use std::mem::MaybeUninit;

/// A buffer of `len` numbers; `fill` gets each chunk, zeroed, with its place in the row of chunks.
///
/// A chunk is cleared by the task that fills it, while it lies in that task's cache: clearing the whole
/// buffer first would be a pass over memory of its own.
pub(super) fn filled<T: Real>(len: usize, chunk: usize, fill: impl Fn(usize, &mut [T]) + Sync) -> Vec<T> {
    let mut buffer: Vec<T> = Vec::with_capacity(len);
    let spare = &mut buffer.spare_capacity_mut()[..len];
    spare.par_chunks_mut(chunk.max(1)).enumerate().for_each(|(at, chunk)| {
        chunk.fill(MaybeUninit::new(T::zero()));
        let (start, len) = (chunk.as_mut_ptr().cast::<T>(), chunk.len());
        // SAFETY: the line above initialized all `len` numbers, and the borrow of `chunk` is passed on.
        fill(at, unsafe { std::slice::from_raw_parts_mut(start, len) });
    });
    // SAFETY: the chunks cover the first `len` places, and each was initialized.
    unsafe { buffer.set_len(len) };
    buffer
}

/// A buffer of `len` numbers that one writer fills.
///
/// # Safety
/// `write` initializes all `len` numbers behind the pointer.
pub(super) unsafe fn written<T: Real>(len: usize, write: impl FnOnce(*mut T)) -> Vec<T> {
    let mut buffer: Vec<T> = Vec::with_capacity(len);
    write(buffer.as_mut_ptr());
    // SAFETY: `write` initialized them, as its caller promised.
    unsafe { buffer.set_len(len) };
    buffer
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_number_is_there_whatever_the_chunks() {
        for (len, chunk) in [(0, 4), (1, 4), (10, 3), (12, 4), (5, 0)] {
            let buffer = super::filled::<f32>(len, chunk, |at, out| {
                let step = chunk.max(1);
                out.iter_mut().enumerate().for_each(|(i, o)| *o += (at * step + i) as f32);
            });
            assert_eq!(buffer, (0..len).map(|i| i as f32).collect::<Vec<_>>());
        }
    }
}
