//! What kind of error each wrong or missing span is.
//!
//! Right spans are set aside first. Of the rest, each gold span is paired with at most one predicted
//! span and the other way round, in this order:
//!
//! - **type**: the same bounds, another label;
//! - **boundary**: the same label, overlapping, other bounds; the larger overlap first;
//! - **missing**: a gold span left without a partner;
//! - **spurious**: a predicted span left without one.

/// The kinds in the order of [`Errors::counts`].
pub const NAMES: [&str; 4] = ["boundary", "type", "missing", "spurious"];

/// A span with its label's place in the task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mention {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// The label's place in the task.
    pub label: usize,
}

impl Mention {
    /// Bytes that both cover.
    fn overlap(&self, other: &Self) -> usize {
        self.end.min(other.end).saturating_sub(self.start.max(other.start))
    }
    fn has_bounds_of(&self, other: &Self) -> bool {
        (self.start, self.end) == (other.start, other.end)
    }
}

/// How many errors of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Errors {
    boundary: usize,
    kind: usize,
    missing: usize,
    spurious: usize,
}

impl Errors {
    /// The errors between two sorted lists without repetition.
    pub fn between(gold: &[Mention], predicted: &[Mention]) -> Self {
        let mut missed: Vec<_> = gold.iter().filter(|mention| predicted.binary_search(mention).is_err()).collect();
        let mut wrong: Vec<_> = predicted.iter().filter(|mention| gold.binary_search(mention).is_err()).collect();
        let kind = pair(&mut missed, &mut wrong, |g, p| usize::from(g.has_bounds_of(p)));
        let boundary = pair(&mut missed, &mut wrong, |g, p| if g.label == p.label { g.overlap(p) } else { 0 });
        Self { boundary, kind, missing: missed.len(), spurious: wrong.len() }
    }

    /// The four numbers in the order of [`NAMES`].
    pub fn counts(&self) -> [f64; 4] {
        [self.boundary, self.kind, self.missing, self.spurious].map(|count| count as f64)
    }
}

/// Takes pairs out of both lists, the greatest affinity first, until none is above 0; says how many.
fn pair(
    gold: &mut Vec<&Mention>,
    predicted: &mut Vec<&Mention>,
    affinity: impl Fn(&Mention, &Mention) -> usize,
) -> usize {
    let mut candidates = Vec::new();
    for (g, gold) in gold.iter().enumerate() {
        for (p, predicted) in predicted.iter().enumerate() {
            let affinity = affinity(gold, predicted);
            if affinity > 0 {
                candidates.push((std::cmp::Reverse(affinity), g, p));
            }
        }
    }
    candidates.sort_unstable();
    let (mut gold_taken, mut predicted_taken) = (vec![false; gold.len()], vec![false; predicted.len()]);
    for (_, g, p) in candidates {
        if !gold_taken[g] && !predicted_taken[p] {
            (gold_taken[g], predicted_taken[p]) = (true, true);
        }
    }
    drop_taken(gold, &gold_taken);
    drop_taken(predicted, &predicted_taken)
}

fn drop_taken(mentions: &mut Vec<&Mention>, taken: &[bool]) -> usize {
    let before = mentions.len();
    let mut taken = taken.iter();
    mentions.retain(|_| !taken.next().expect("one flag a mention"));
    before - mentions.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mentions(list: &[(usize, usize, usize)]) -> Vec<Mention> {
        list.iter().map(|&(start, end, label)| Mention { start, end, label }).collect()
    }

    fn between(gold: &[(usize, usize, usize)], predicted: &[(usize, usize, usize)]) -> [f64; 4] {
        Errors::between(&mentions(gold), &mentions(predicted)).counts()
    }

    #[test]
    fn a_span_cut_in_two_is_one_boundary_error_and_one_spurious_span() {
        assert_eq!(between(&[(0, 10, 0)], &[(0, 3, 0), (3, 10, 0)]), [1.0, 0.0, 0.0, 1.0]);
    }

    #[test]
    fn an_overlapping_span_of_another_label_is_missing_and_spurious() {
        assert_eq!(between(&[(0, 10, 0)], &[(2, 10, 1)]), [0.0, 0.0, 1.0, 1.0]);
    }

    #[test]
    fn spans_that_only_touch_are_no_pair() {
        assert_eq!(between(&[(0, 5, 0)], &[(5, 9, 0)]), [0.0, 0.0, 1.0, 1.0]);
    }

    #[test]
    fn the_larger_overlap_is_paired_first() {
        assert_eq!(between(&[(0, 4, 0), (4, 20, 0)], &[(3, 19, 0)]), [1.0, 0.0, 1.0, 0.0]);
    }
}
