//! One block of memory in which the values of a batch lie.
//!
//! It grows to the largest batch and is never given back during a run: no page is asked for twice. Values begin at
//! multiples of 64 bytes, so that no vector lies across two lines of the cache. Which values share a place is the
//! layout's decision ([`crate::program::layout`]); that no result overlaps what it is made of is checked here.

use super::Real;
use std::ops::Range;

/// A line of the cache.
#[repr(C, align(64))]
#[derive(Clone, Copy)]
struct Line([u8; LINE]);
const LINE: usize = 64;

/// Memory for numbers of one type.
pub(crate) struct Arena<T> {
    lines: Vec<Line>,
    numbers: std::marker::PhantomData<T>,
}

impl<T: Real> Arena<T> {
    /// Numbers of a line: places are multiples of it.
    pub(crate) const STEP: usize = LINE / size_of::<T>();

    /// An empty one.
    pub(crate) const fn new() -> Self {
        Self { lines: Vec::new(), numbers: std::marker::PhantomData }
    }

    /// Numbers that there is room for.
    pub(crate) const fn numbers(&self) -> usize {
        self.lines.len() * Self::STEP
    }

    /// Makes room for so many numbers. What was there may be gone.
    pub(crate) fn grow(&mut self, numbers: usize) {
        let lines = numbers.div_ceil(Self::STEP);
        if lines > self.lines.len() {
            self.lines = Vec::new(); // given back first, so that both are never held
            self.lines = vec![Line([0; LINE]); lines];
        }
    }

    /// Fills it with bytes that are no number, so that a result that is not written is seen.
    pub(crate) fn poison(&mut self) {
        self.lines.fill(Line([0xff; LINE]));
    }

    /// Numbers to be written, and others to be read beside them.
    ///
    /// # Panics
    /// When a range is beyond the arena, or one that is read meets the one that is written.
    pub(crate) fn lend<const N: usize>(
        &mut self,
        write: Range<usize>,
        read: [Range<usize>; N],
    ) -> (&mut [T], [&[T]; N]) {
        let len = self.numbers();
        let is_inside = |range: &Range<usize>| range.start <= range.end && range.end <= len;
        assert!(is_inside(&write) && read.iter().all(is_inside), "values lie within the arena");
        let is_apart = |range: &Range<usize>| range.is_empty() || range.end <= write.start || write.end <= range.start;
        assert!(write.is_empty() || read.iter().all(is_apart), "a result lies apart from what it is made of");
        let start: *mut T = self.lines.as_mut_ptr().cast();
        // SAFETY: all ranges lie inside, every pattern of bits is a float, and the one that may be written meets no other.
        unsafe {
            let out = std::slice::from_raw_parts_mut(start.add(write.start), write.len());
            (out, read.map(|range| std::slice::from_raw_parts(start.add(range.start), range.len())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Arena;

    #[test]
    fn a_result_is_written_beside_what_it_is_made_of() {
        let mut arena = Arena::<f32>::new();
        arena.grow(48);
        arena.lend(0..16, []).0.fill(1.0);
        arena.lend(16..32, []).0.fill(2.0);
        let (out, [a, b]) = arena.lend(32..48, [0..16, 16..32]);
        out.iter_mut().zip(a).zip(b).for_each(|((out, a), b)| *out = a + b);
        let (_, [sum, _]) = arena.lend(0..0, [32..48, 0..0]);
        assert_eq!(sum, [3.0; 16]);
    }

    #[test]
    #[should_panic(expected = "a result lies apart")]
    fn a_result_never_overlaps_an_operand() {
        let mut arena = Arena::<f64>::new();
        arena.grow(48);
        arena.lend(0..16, [8..24, 0..0]);
    }

    #[test]
    #[should_panic(expected = "within the arena")]
    fn nothing_lies_beyond_the_arena() {
        let mut arena = Arena::<f64>::new();
        arena.grow(8);
        arena.lend(0..16, []);
    }
}
