//! From scores of first and last tokens to spans, label by label.
//!
//! ```text
//! score(i, j) = start[i] + end[j]         a span of the units i to j        none = start[0] + end[0]
//! margin(i, j) = score(i, j) − none       has to be above the threshold
//! probability = 1 / (1 + exp(−margin))    this span, rather than none
//! ```
//!
//! The pair with the highest score is a span if its margin is above the threshold, as in SQuAD 2. Further spans have to be
//! as likely as spans that share a window are: a softmax gives k of them about 1/k each, so the k-th surest first token is
//! one if it has at least half of that, 1/(2k), of what is not "none"; last tokens alike. Of all pairs of such tokens those
//! are the spans that do not overlap and have the largest sum of margins: two spans, rather than one from the first token of
//! the one to the last of the other.

use super::asked::{Asked, Ends};
use super::decode::Scored;
use super::item::Item;
use engraft_plugin::text::{ScoredSpanBuf, SpanBuf};
use std::ops::RangeInclusive;

/// A span of a window.
#[derive(Clone, Debug)]
struct Pair {
    units: RangeInclusive<usize>,
    /// Above the threshold.
    margin: f64,
}

/// A span of a text.
struct Found {
    label: usize,
    start: u32,
    end: u32,
    margin: f64,
}

/// The spans of a text. A window speaks for those of which it owns a unit; where windows say spans of a label that overlap,
/// the surer counts.
pub(super) fn spans(asked: &Asked<'_>, ends: &Ends, windows: &[Scored<'_>]) -> Vec<ScoredSpanBuf> {
    let (labels, columns) = (&asked.task.labels, asked.outputs());
    let mut all = Vec::new();
    for (item, logits) in windows {
        assert_eq!(logits.len(), item.ids.len() * columns, "an item's logits are (tokens, ends)");
        for label in 0..labels.len() {
            let column = |at: usize| logits.iter().skip(at).step_by(columns).map(|&x| f64::from(x)).collect();
            let scores = Scores { item, start: column(2 * label), end: column(2 * label + 1), ends };
            let own = scores.chosen().into_iter().filter(|pair| item.units[pair.units.clone()].iter().any(|u| u.owned));
            all.extend(own.map(|Pair { units, margin }| {
                let (start, end) = (item.units[*units.start()].start, item.units[*units.end()].end);
                Found { label, start, end, margin }
            }));
        }
    }
    all.sort_by(|a, b| b.margin.total_cmp(&a.margin).then(a.start.cmp(&b.start)));
    let mut kept: Vec<Found> = Vec::new();
    for found in all {
        let meets = |other: &Found| other.label == found.label && other.start < found.end && found.start < other.end;
        if !kept.iter().any(meets) {
            kept.push(found);
        }
    }
    kept.sort_by_key(|found| (found.start, found.end, found.label));
    let scored = |found: Found| {
        let score = 1.0 / (1.0 + libm::exp(-found.margin)) as f32;
        let span = SpanBuf { start: found.start, end: found.end, label: labels[found.label].clone() };
        ScoredSpanBuf { span, score }
    };
    kept.into_iter().map(scored).collect()
}

/// A label's scores in a window, token by token.
struct Scores<'a> {
    item: &'a Item,
    start: Vec<f64>,
    end: Vec<f64>,
    ends: &'a Ends,
}

impl Scores<'_> {
    /// The window's spans.
    fn chosen(&self) -> Vec<Pair> {
        let units = self.item.units.iter().enumerate();
        let firsts: Vec<(usize, usize)> = units.clone().map(|(at, unit)| (at, unit.token as usize)).collect();
        let lasts: Vec<(usize, usize)> = units.filter_map(|(at, unit)| Some((at, unit.last? as usize))).collect();
        let mut pairs = self.pairs(&likely(&self.start, &firsts), &likely(&self.end, &lasts));
        let surer = |a: &Pair, b: &Pair| a.margin.total_cmp(&b.margin).then(b.units.start().cmp(a.units.start()));
        let surest = self.pairs(&self.hopeful(&firsts), &lasts).into_iter().max_by(surer);
        if let Some(surest) = surest.filter(|surest| pairs.iter().all(|pair| pair.units != surest.units)) {
            pairs.push(surest);
        }
        apart(pairs, self.ends.threshold)
    }

    fn none(&self) -> f64 {
        self.start[0] + self.end[0]
    }

    /// The first tokens that could be above the threshold, with the best of all last tokens.
    fn hopeful(&self, firsts: &[(usize, usize)]) -> Vec<(usize, usize)> {
        let best = self.end.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let is_hopeful = |row: usize| self.start[row] + best - self.none() > self.ends.threshold;
        firsts.iter().copied().filter(|(_, row)| is_hopeful(*row)).collect()
    }

    /// The pairs of these that are spans: not too long, and above the threshold.
    fn pairs(&self, firsts: &[(usize, usize)], lasts: &[(usize, usize)]) -> Vec<Pair> {
        let longest = self.ends.longest.unwrap_or(usize::MAX);
        let mut pairs = Vec::new();
        for &(first, row) in firsts {
            for &(last, end) in lasts.iter().filter(|(last, end)| first <= *last && end - row < longest) {
                let margin = self.start[row] + self.end[end] - self.none();
                if margin > self.ends.threshold {
                    pairs.push(Pair { units: first..=last, margin });
                }
            }
        }
        pairs
    }
}

/// Of candidates (unit and row) those that are as likely as they have to be, the likeliest first.
fn likely(scores: &[f64], candidates: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let texts = &scores[1..];
    let top = texts.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let all: f64 = texts.iter().map(|score| libm::exp(score - top)).sum();
    let mut sorted = candidates.to_vec();
    sorted.sort_by(|a, b| scores[b.1].total_cmp(&scores[a.1]));
    let share = |row: usize| libm::exp(scores[row] - top) / all;
    let enough = sorted.iter().enumerate().take_while(|(k, (_, row))| *k == 0 || share(*row) >= 0.5 / (k + 1) as f64);
    let count = enough.count();
    sorted.truncate(count);
    sorted
}

/// Pairs that do not overlap, with the largest sum of what they are above the threshold.
fn apart(mut pairs: Vec<Pair>, threshold: f64) -> Vec<Pair> {
    pairs.sort_by_key(|pair| (*pair.units.end(), *pair.units.start()));
    // The best sum of the first pairs, and whether the last of them is in it.
    let mut best = vec![(0.0, false)];
    let before = |at: usize| pairs[..at].partition_point(|other| other.units.end() < pairs[at].units.start());
    for (at, pair) in pairs.iter().enumerate() {
        let with = best[before(at)].0 + pair.margin - threshold;
        best.push(if with > best[at].0 { (with, true) } else { (best[at].0, false) });
    }
    let (mut chosen, mut at) = (Vec::new(), pairs.len());
    while at > 0 {
        let is_in = best[at].1;
        at -= 1;
        if is_in {
            chosen.push(pairs[at].clone());
            at = before(at);
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::super::item::{Targets, UnitAt};
    use super::*;
    use engraft_plugin::{Task, TaskKind};

    /// A window of units of one token behind `[CLS]`, of which it owns some.
    fn item(from: u32, count: u32, owned: RangeInclusive<u32>) -> Item {
        let unit = |at: u32| {
            let number = from + at;
            let (start, end) = (2 * number, 2 * number + 1);
            UnitAt { token: at + 1, last: Some(at + 1), start, end, owned: owned.contains(&number) }
        };
        Item {
            example: 0,
            ids: vec![0; count as usize + 2],
            units: (0..count).map(unit).collect(),
            targets: Targets::None,
        }
    }

    /// Logits of one label: 0, but for those said (row, first, last).
    fn logits(rows: usize, said: &[(usize, f32, f32)]) -> Vec<f32> {
        let mut logits = vec![0.0; 2 * rows];
        said.iter().for_each(|&(row, first, last)| (logits[2 * row], logits[2 * row + 1]) = (first, last));
        logits
    }

    fn found(ends: Ends, windows: &[(Item, Vec<f32>)]) -> Vec<(u32, u32, f32)> {
        let task = Task::new(TaskKind::Tokens, ["x"]);
        let asked = Asked { task: &task, ends: Some(ends) };
        let windows: Vec<Scored<'_>> = windows.iter().map(|(item, logits)| (item, logits.as_slice())).collect();
        spans(&asked, &ends, &windows).iter().map(|one| (one.span.start, one.span.end, one.score)).collect()
    }

    fn ranges(ends: Ends, rows: usize, said: &[(usize, f32, f32)]) -> Vec<(u32, u32)> {
        let count = rows as u32 - 2;
        let found = found(ends, &[(item(0, count, 0..=count), logits(rows, said))]);
        found.into_iter().map(|(start, end, _)| (start, end)).collect()
    }

    #[test]
    fn the_surest_pair_is_a_span_if_it_is_above_none_by_the_threshold() {
        let said = [(0, 3.0, 3.0), (2, 5.0, 0.0), (4, 0.0, 4.0)];
        assert_eq!(ranges(Ends::default(), 8, &said), [(2, 7)]);
        assert_eq!(ranges(Ends { threshold: 2.9, longest: None }, 8, &said), [(2, 7)]);
        assert_eq!(ranges(Ends { threshold: 3.1, longest: None }, 8, &said), []);
        let item = item(0, 6, 0..=6);
        let score = found(Ends::default(), &[(item, logits(8, &said))])[0].2;
        assert!((score - 0.952_574).abs() < 1e-6, "1 / (1 + exp(-3)), found {score}");
    }

    #[test]
    fn a_pair_is_in_order_and_no_longer_than_it_may_be() {
        // The surest first token stands behind the surest last one: the best pair in order counts.
        let said = [(2, 0.0, 9.0), (4, 9.0, 0.0), (5, 0.0, 4.0)];
        assert_eq!(ranges(Ends::default(), 8, &said), [(6, 9)]);
        let said = [(1, 9.0, 0.0), (3, 0.0, 5.0), (6, 0.0, 9.0)];
        assert_eq!(ranges(Ends::default(), 8, &said), [(0, 11)]);
        assert_eq!(ranges(Ends { longest: Some(5), threshold: 0.0 }, 8, &said), [(0, 5)]);
    }

    #[test]
    fn several_spans_share_a_window_and_stay_apart() {
        let said = [(1, 9.0, 0.0), (2, 0.0, 9.1), (4, 8.9, 9.0), (6, 9.0, 9.0)];
        assert_eq!(ranges(Ends::default(), 8, &said), [(0, 3), (6, 7), (10, 11)]);
        // What is above none, and far below the surest, is no second span.
        let said = [(0, -9.0, -9.0), (1, 9.0, 9.0), (4, 5.0, 5.0)];
        assert_eq!(ranges(Ends::default(), 8, &said), [(0, 1)]);
    }

    #[test]
    fn a_window_speaks_for_what_it_owns_a_unit_of_and_the_surer_counts() {
        // Units 0 to 5 and 3 to 8: the second window sees unit 3, which it does not own, as a span of its own.
        let left = (item(0, 6, 0..=4), logits(8, &[(4, 6.0, 0.0), (5, 0.0, 6.0)])); // units 3 and 4
        let right = (item(3, 6, 5..=8), logits(8, &[(1, 9.0, 9.0)]));
        let alone = found(Ends::default(), &[left.clone(), right]);
        assert_eq!(alone.iter().map(|one| (one.0, one.1)).collect::<Vec<_>>(), [(6, 9)]);
        let right = (item(3, 6, 5..=8), logits(8, &[(1, 9.0, 0.0), (3, 0.0, 9.0)])); // units 3 to 5
        let both = found(Ends::default(), &[left, right]);
        assert_eq!(both.iter().map(|one| (one.0, one.1)).collect::<Vec<_>>(), [(6, 11)]);
    }

    #[test]
    fn a_span_does_not_end_in_a_unit_that_the_window_cuts() {
        let mut cut = item(0, 3, 0..=3);
        cut.units[2].last = None;
        let said = logits(5, &[(1, 9.0, 0.0), (3, 0.0, 9.0), (2, 0.0, 5.0)]);
        assert_eq!(found(Ends::default(), &[(cut, said)])[0].1, 3);
    }
}
