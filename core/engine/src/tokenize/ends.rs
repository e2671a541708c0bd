//! Gold spans as targets of a head that gives ends: where the spans of each label begin and where they end.
//!
//! ```text
//! column 2l       the first tokens of the spans of label l        column 2l + 1       their last tokens
//! ```
//!
//! A window is asked for the spans that lie whole in it, each with the same share; where it has none of a label, its first
//! token, which is no text, stands for that. So a span that lies in several windows is asked of all of them, and what no
//! window holds whole is lost, as is what no unit begins or ends. The tokens of a lost span are no candidates for its label,
//! and a window that has nothing of the label beside them is not asked for it.
//! Source: Devlin et al. 2019 (section 4.3) for one span a window.

use super::align::{fit, report, touched};
use super::item::Targets;
use super::unit::Unit;
use super::window::Window;
use engraft_plugin::text::{ExampleBuf, SpanBuf};
use std::cmp::Reverse;
use std::ops::Range;

/// The share of a token that is no candidate.
pub(crate) const OUT: f32 = -1.0;

/// The gold of one text by the ends of its spans.
#[derive(Clone, Debug, Default)]
pub(super) struct Gold {
    /// Label and units of every span that is asked for.
    spans: Vec<(usize, Range<usize>)>,
    /// Label and units of those that are lost.
    holes: Vec<(usize, Range<usize>)>,
    /// Why they are.
    pub(super) lost: Vec<String>,
}

impl Gold {
    /// The spans of `example` that its windows can be asked for, and those that are lost: of spans of one label that
    /// overlap, the longest is kept.
    pub(super) fn of(
        example: &ExampleBuf,
        units: &[Unit],
        labels: &[String],
        windows: &[Window],
        longest: Option<usize>,
    ) -> Self {
        let mut gold = Self::default();
        let mut sorted: Vec<&SpanBuf> = example.spans.iter().collect();
        sorted.sort_by_key(|span| (Reverse(span.end - span.start), span.start));
        for span in sorted {
            let touched = touched(units, span);
            let known = labels.iter().position(|label| *label == span.label);
            let fits = fit(&example.text, units, span, &touched, labels);
            let why = fits.and_then(|label| gold.holds(label, units, &touched, windows, longest).map(|()| label));
            match (why, known) {
                (Ok(label), _) => gold.spans.push((label, touched)),
                (Err(why), known) => {
                    gold.lost.push(report(example, span, &why));
                    gold.holes.extend(known.map(|label| (label, touched)));
                }
            }
        }
        gold
    }

    fn holds(
        &self,
        label: usize,
        units: &[Unit],
        span: &Range<usize>,
        windows: &[Window],
        longest: Option<usize>,
    ) -> Result<(), String> {
        let overlaps = |(other, taken): &(usize, Range<usize>)| *other == label && meet(taken, span);
        let count = tokens(units, span).len();
        if self.spans.iter().any(overlaps) {
            Err("overlaps a span of its label that is as long or longer, and a `span` head keeps them apart".to_owned())
        } else if longest.is_some_and(|longest| count > longest) {
            Err(format!("has {count} tokens, more than `model.span_tokens`"))
        } else if windows.iter().any(|window| is_whole(units, span, window)) {
            Ok(())
        } else {
            let room = windows.first().map_or(0, |window| window.tokens.len());
            Err(if count > room {
                format!("has {count} tokens, and a window holds {room} (try [tokenize] max_length)")
            } else {
                format!("is whole in no window (try [tokenize] overlap = {})", count - 1)
            })
        }
    }

    /// What a window is asked for; `before` tokens stand before its text.
    pub(super) fn targets(&self, window: &Window, units: &[Unit], before: usize, labels: usize) -> Targets {
        let columns = 2 * labels as u32;
        let mut shares = Vec::new();
        for label in 0..labels {
            let own = |all: &[(usize, Range<usize>)]| -> Vec<Range<usize>> {
                all.iter().filter(|(of, _)| *of == label).map(|(_, span)| span.clone()).collect()
            };
            let is_seen = |span: &Range<usize>| meet(&tokens(units, span), &window.tokens);
            let row = |token: usize| (token - window.tokens.start + before) as u32;
            let column = 2 * label as u32;
            let holes: Vec<_> = own(&self.holes).into_iter().filter(is_seen).collect();
            for token in holes.iter().flat_map(|span| tokens(units, span)).filter(|at| window.tokens.contains(at)) {
                shares.extend([(row(token), column, OUT), (row(token), column + 1, OUT)]);
            }
            // Behind those of the holes: a span that is kept may lie in one.
            let whole: Vec<_> = own(&self.spans).into_iter().filter(|span| is_whole(units, span, window)).collect();
            let share = 1.0 / whole.len() as f32;
            for span in &whole {
                let tokens = tokens(units, span);
                shares.extend([(row(tokens.start), column, share), (row(tokens.end - 1), column + 1, share)]);
            }
            if whole.is_empty() && holes.is_empty() {
                shares.extend([(0, column, 1.0), (0, column + 1, 1.0)]);
            }
        }
        Targets::Ends { columns, shares }
    }
}

/// The tokens of some units.
fn tokens(units: &[Unit], span: &Range<usize>) -> Range<usize> {
    match &units[span.clone()] {
        [] => 0..0,
        [first, .., last] => first.token..last.past,
        [one] => one.token..one.past,
    }
}

/// Whether all tokens of a span lie in a window that owns a unit, as those do that stay.
fn is_whole(units: &[Unit], span: &Range<usize>, window: &Window) -> bool {
    let tokens = tokens(units, span);
    !window.owned.is_empty() && window.tokens.start <= tokens.start && tokens.end <= window.tokens.end
}

fn meet(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Units of one token, but for the third, which has two; windows of five tokens that share three.
    fn gold(spans: &[(usize, usize, &str)], longest: Option<usize>) -> (Gold, Vec<Unit>, Vec<Window>) {
        let at = [(0, 1), (1, 2), (2, 4), (4, 5), (5, 6), (6, 7)];
        let one = |(number, &(token, past)): (usize, &(usize, usize))| {
            let (start, end) = (2 * number, 2 * number + 1);
            Unit { token, past, start, end }
        };
        let units: Vec<Unit> = at.iter().enumerate().map(one).collect();
        let windows = vec![Window { tokens: 0..5, owned: 0..3 }, Window { tokens: 2..7, owned: 3..6 }];
        let mut example = ExampleBuf::new("r", "a b c d e f");
        example.spans = spans.iter().map(|&(a, b, label)| SpanBuf::new(a, b, label)).collect();
        (Gold::of(&example, &units, &["x".to_owned(), "y".to_owned()], &windows, longest), units, windows)
    }

    type Shares = Vec<(u32, u32, f32)>;

    fn asked(spans: &[(usize, usize, &str)], longest: Option<usize>) -> (Vec<Shares>, Vec<String>) {
        let (gold, units, windows) = gold(spans, longest);
        let of = |window| match gold.targets(window, &units, 1, 2) {
            Targets::Ends { columns: 4, mut shares } => {
                assert!(shares.iter().all(|(row, _, share)| *row > 0 || *share == 1.0));
                shares.retain(|(.., share)| *share > 0.0);
                shares.sort_by_key(|(row, column, _)| (*column, *row));
                shares
            }
            other => panic!("{other:?}"),
        };
        (windows.iter().map(of).collect(), gold.lost)
    }

    /// Nothing of label x, or of y.
    const NO_X: [(u32, u32, f32); 2] = [(0, 0, 1.0), (0, 1, 1.0)];
    const NO_Y: [(u32, u32, f32); 2] = [(0, 2, 1.0), (0, 3, 1.0)];

    #[test]
    fn a_span_is_asked_of_every_window_that_holds_it_whole_and_ends_at_its_last_token() {
        let (asked, lost) = asked(&[(4, 5, "x"), (0, 3, "y")], None);
        assert!(lost.is_empty());
        assert_eq!(asked[0], [(3, 0, 1.0), (4, 1, 1.0), (1, 2, 1.0), (2, 3, 1.0)]);
        assert_eq!(asked[1], [&[(1, 0, 1.0), (2, 1, 1.0)], &NO_Y[..]].concat());
    }

    #[test]
    fn spans_of_a_label_share_and_those_of_two_may_overlap() {
        let (asked, lost) = asked(&[(0, 1, "x"), (2, 3, "x"), (0, 3, "y")], None);
        assert!(lost.is_empty());
        assert_eq!(asked[0], [(1, 0, 0.5), (2, 0, 0.5), (1, 1, 0.5), (2, 1, 0.5), (1, 2, 1.0), (2, 3, 1.0)]);
        assert_eq!(asked[1], [NO_X, NO_Y].concat());
    }

    #[test]
    fn what_cannot_be_asked_is_lost_with_the_reason_and_its_label_is_not_asked_for_there() {
        for (spans, longest, why) in [
            (vec![(0, 11, "x")], None, "has 7 tokens, and a window holds 5"),
            (vec![(2, 9, "x")], None, "is whole in no window (try [tokenize] overlap = 4)"),
            (vec![(2, 7, "x")], Some(3), "has 4 tokens, more than `model.span_tokens`"),
            (vec![(3, 5, "x")], None, "begins with blanks"),
        ] {
            let (asked, lost) = asked(&spans, longest);
            assert_eq!(lost.len(), 1);
            assert!(lost[0].contains(why), "{}", lost[0]);
            assert_eq!(asked, [NO_Y, NO_Y], "{why}");
        }
        let (asked, lost) = asked(&[(0, 3, "x"), (2, 5, "x"), (8, 9, "x"), (0, 1, "z")], None);
        assert_eq!(lost.len(), 2, "{lost:?}");
        assert!(lost[0].contains("overlaps a span of its label") && lost[1].contains("a label that the task"));
        assert_eq!(asked[0], [&[(1, 0, 1.0), (2, 1, 1.0)], &NO_Y[..]].concat(), "beside the lost span there is one");
        assert_eq!(asked[1], [&[(4, 0, 1.0), (4, 1, 1.0)], &NO_Y[..]].concat());
    }

    #[test]
    fn tokens_of_a_lost_span_are_no_candidates_unless_they_are_the_ends_of_one_that_is_kept() {
        let (gold, units, windows) = gold(&[(0, 5, "x"), (2, 3, "x")], None);
        assert_eq!(gold.lost.len(), 1, "the shorter of the two");
        let Targets::Ends { shares, .. } = gold.targets(&windows[0], &units, 1, 1) else { panic!("ends") };
        assert_eq!(shares, [(2, 0, OUT), (2, 1, OUT), (1, 0, 1.0), (4, 1, 1.0)]);
    }
}
