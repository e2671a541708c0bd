//! A text that is too long is cut into windows that overlap, and every unit is owned by one of them.

use super::unit::Unit;
use std::ops::Range;

/// One window over the tokens of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Window {
    /// Its tokens.
    pub(super) tokens: Range<usize>,
    /// The units it owns.
    pub(super) owned: Range<usize>,
}

/// Windows of at most `capacity` tokens, neighbors sharing about `overlap` (more, where that keeps a
/// window from beginning inside a unit). A unit is owned by the window in which it is farthest from an
/// edge; no entity is divided between owners, where the overlap allows that.
///
/// One empty window for a text without tokens.
pub(super) fn cut(
    tokens: usize,
    units: &[Unit],
    capacity: usize,
    overlap: usize,
    entities: &[Range<usize>],
) -> Vec<Window> {
    let ranges = ranges(tokens, units, capacity, overlap);
    let mut windows = Vec::with_capacity(ranges.len());
    let mut done = 0;
    for (at, range) in ranges.iter().enumerate() {
        let past = match ranges.get(at + 1) {
            Some(next) => boundary(units, range, next, done, entities),
            None => units.len(),
        };
        windows.push(Window { tokens: range.clone(), owned: done..past });
        done = past;
    }
    windows
}

fn ranges(tokens: usize, units: &[Unit], capacity: usize, overlap: usize) -> Vec<Range<usize>> {
    let mut ranges = Vec::from([Range { start: 0, end: tokens.min(capacity) }]);
    while let Some(last) = ranges.last().filter(|last| last.end < tokens) {
        let nominal = last.start + (capacity - overlap);
        let unit = units.partition_point(|unit| unit.token <= nominal);
        let aligned = unit.checked_sub(1).map(|unit| &units[unit]).filter(|unit| unit.past > nominal);
        // A unit longer than the step would hold the window back for ever.
        let start = aligned.map(|unit| unit.token).filter(|&start| start > last.start).unwrap_or(nominal);
        ranges.push(start..tokens.min(start + capacity));
    }
    ranges
}

/// The first unit that the next window owns.
fn boundary(
    units: &[Unit],
    window: &Range<usize>,
    next: &Range<usize>,
    done: usize,
    entities: &[Range<usize>],
) -> usize {
    // The scored token of every unit must stand in the window that owns it.
    let lowest = units.partition_point(|unit| unit.token < next.start).max(done);
    let highest = units.partition_point(|unit| unit.token < window.end).max(lowest);
    // As far from the end of this window as from the beginning of the next.
    let best = units.partition_point(|unit| unit.token + unit.past <= next.start + window.end).clamp(lowest, highest);
    let entity = entities.partition_point(|entity| entity.end <= best);
    match entities.get(entity).filter(|entity| entity.start < best) {
        Some(entity) => [entity.start, entity.end]
            .into_iter()
            .filter(|edge| (lowest..=highest).contains(edge))
            .min_by_key(|edge| edge.abs_diff(best))
            .unwrap_or(best),
        None => best,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::slice::from_ref;

    /// Units of so many tokens each.
    fn units(lengths: &[usize]) -> (usize, Vec<Unit>) {
        let mut token = 0;
        let unit = |&length: &usize| {
            let unit = Unit { token, past: token + length, start: token, end: token + length };
            token += length;
            unit
        };
        let units = lengths.iter().map(unit).collect();
        (token, units)
    }

    fn owned(windows: &[Window]) -> Vec<Range<usize>> {
        windows.iter().map(|w| w.owned.clone()).collect()
    }

    #[test]
    fn a_text_that_fits_is_one_window_even_when_empty() {
        let (tokens, units) = units(&[1; 5]);
        assert_eq!(cut(tokens, &units, 5, 2, &[]), [Window { tokens: 0..5, owned: 0..5 }]);
        assert_eq!(cut(0, &[], 5, 2, &[]), [Window { tokens: 0..0, owned: 0..0 }]);
    }

    #[test]
    fn a_unit_is_owned_where_it_is_farthest_from_an_edge() {
        let (tokens, units) = units(&[1; 16]);
        let windows = cut(tokens, &units, 8, 4, &[]);
        assert_eq!(windows.iter().map(|w| w.tokens.clone()).collect::<Vec<_>>(), [0..8, 4..12, 8..16]);
        assert_eq!(owned(&windows), [0..6, 6..10, 10..16]);
    }

    #[test]
    fn an_entity_is_not_divided_between_owners_where_the_overlap_allows() {
        let (tokens, units) = units(&[1; 12]);
        assert_eq!(owned(&cut(tokens, &units, 8, 4, from_ref(&(5..7)))), [0..5, 5..12]);
        assert_eq!(owned(&cut(tokens, &units, 8, 4, from_ref(&(4..7)))), [0..7, 7..12]);
        let wide = 3..9; // wider than what the windows share
        assert_eq!(owned(&cut(tokens, &units, 8, 4, from_ref(&wide))), [0..6, 6..12]);
    }

    #[test]
    fn a_window_begins_with_a_whole_unit_unless_the_unit_is_longer_than_the_step() {
        let (tokens, short) = units(&[3, 3, 3, 3]);
        assert_eq!(cut(tokens, &short, 8, 4, &[])[1].tokens.start, 3);
        let (tokens, long) = units(&[20]);
        let windows = cut(tokens, &long, 8, 4, &[]);
        assert_eq!(windows.iter().map(|w| w.tokens.start).collect::<Vec<_>>(), [0, 4, 8, 12]);
        assert_eq!(owned(&windows), [0..1, 1..1, 1..1, 1..1]);
    }
}
