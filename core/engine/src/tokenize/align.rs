//! Gold spans become a tag a unit, and what cannot is lost and counted.

use super::tags::Tag;
use super::unit::Unit;
use engraft_plugin::text::{ExampleBuf, SpanBuf};
use std::ops::Range;

/// The gold of one text in terms of its units.
#[derive(Clone, Debug, Default)]
pub(super) struct Aligned {
    /// A tag a unit; `None` where the gold cannot be told, because a lost span lies there.
    pub(super) tags: Vec<Option<Tag>>,
    /// The units of every span that the tags hold, ascending.
    pub(super) entities: Vec<Range<usize>>,
    /// The spans that the tags do not hold, each with the reason.
    pub(super) lost: Vec<String>,
}

/// Turns spans into tags. Where spans overlap, the longest is kept (then the first), as annotation tools
/// do; the units of lost spans are not scored, for neither their tag nor `O` would be true of them.
pub(super) fn align(example: &ExampleBuf, units: &[Unit], labels: &[String]) -> Aligned {
    let mut aligned = Aligned { tags: vec![Some(Tag::Outside); units.len()], ..Aligned::default() };
    let mut fitting: Vec<(&SpanBuf, Range<usize>, usize)> = Vec::new();
    let mut holes: Vec<Range<usize>> = Vec::new();
    for span in &example.spans {
        let touched = touched(units, span);
        match fit(&example.text, units, span, &touched, labels) {
            Ok(label) => fitting.push((span, touched, label)),
            Err(why) => {
                aligned.lost.push(report(example, span, &why));
                holes.push(touched);
            }
        }
    }
    fitting.sort_by_key(|(span, ..)| (std::cmp::Reverse(span.end - span.start), span.start));
    let mut is_taken = vec![false; units.len()];
    for (span, touched, label) in fitting {
        if is_taken[touched.clone()].contains(&true) {
            aligned.lost.push(report(example, span, "overlaps a span as long or longer, and a tag holds only one"));
            holes.push(touched);
            continue;
        }
        is_taken[touched.clone()].fill(true);
        aligned.tags[touched.clone()].fill(Some(Tag::Inside(label)));
        aligned.tags[touched.start] = Some(Tag::Begin(label));
        aligned.entities.push(touched);
    }
    for unit in holes.into_iter().flatten().filter(|&unit| !is_taken[unit]) {
        aligned.tags[unit] = None;
    }
    aligned.entities.sort_by_key(|entity| entity.start);
    aligned
}

/// The units that share a byte with a span.
pub(super) fn touched(units: &[Unit], span: &SpanBuf) -> Range<usize> {
    let first = units.partition_point(|unit| unit.end <= span.start as usize);
    let past = units.partition_point(|unit| unit.start < span.end as usize);
    first..past.max(first)
}

/// The label's number, if the span begins and ends where units do.
pub(super) fn fit(
    text: &str,
    units: &[Unit],
    span: &SpanBuf,
    touched: &Range<usize>,
    labels: &[String],
) -> Result<usize, String> {
    let Some(label) = labels.iter().position(|label| *label == span.label) else {
        return Err("has a label that the task does not have".to_owned());
    };
    let range = span.range();
    let (Some(first), Some(last)) = (units[touched.clone()].first(), units[touched.clone()].last()) else {
        return Err("covers nothing that the tokenizer sees".to_owned());
    };
    let word = |unit: &Unit| format!("`{}` (try [tokenize] unit = \"piece\")", &text[unit.start..unit.end]);
    if first.start < range.start {
        Err(format!("begins inside {}", word(first)))
    } else if last.end > range.end {
        Err(format!("ends inside {}", word(last)))
    } else if first.start > range.start {
        Err("begins with blanks or invisible characters".to_owned())
    } else if last.end < range.end {
        Err("ends with blanks or invisible characters".to_owned())
    } else {
        Ok(label)
    }
}

pub(super) fn report(example: &ExampleBuf, span: &SpanBuf, why: &str) -> String {
    let covered = example.text.get(span.range()).unwrap_or_default();
    let (start, end, label) = (span.start, span.end, &span.label);
    format!("`{}`: {label} {start}..{end} {covered:?} {why}", example.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Units of the words between single blanks.
    fn aligned(text: &str, spans: &[(usize, usize, &str)]) -> (Vec<Option<usize>>, Vec<String>) {
        let mut units = Vec::new();
        let mut start = 0;
        for word in text.split(' ') {
            units.push(Unit { token: units.len(), past: units.len() + 1, start, end: start + word.len() });
            start += word.len() + 1;
        }
        let mut example = ExampleBuf::new("r", text);
        example.spans = spans.iter().map(|&(a, b, label)| SpanBuf::new(a, b, label)).collect();
        let aligned = align(&example, &units, &["a".to_owned(), "b".to_owned()]);
        (aligned.tags.iter().map(|tag| tag.map(Tag::class)).collect(), aligned.lost)
    }

    #[test]
    fn spans_become_tags_and_neighbors_stay_two() {
        let (tags, lost) = aligned("x 发热 yy z", &[(2, 8, "b"), (9, 13, "b")]);
        assert_eq!(tags, [Some(0), Some(3), Some(3), Some(4)]);
        assert!(lost.is_empty());
    }

    #[test]
    fn a_span_that_cuts_a_unit_or_edges_in_blanks_is_lost_and_not_scored() {
        for (span, why) in [
            ((1, 5, "a"), "begins inside `xx`"),
            ((0, 4, "a"), "ends inside `yy`"),
            ((2, 5, "a"), "begins with blanks"),
            ((0, 3, "a"), "ends with blanks"),
            ((0, 2, "c"), "a label that the task"),
            ((2, 3, "a"), "covers nothing"),
        ] {
            let (tags, lost) = aligned("xx yy z", &[span]);
            assert_eq!(lost.len(), 1);
            assert!(lost[0].contains(why), "{}", lost[0]);
            assert_eq!(tags[2], Some(0));
            assert_eq!(tags.contains(&None), why != "covers nothing", "{span:?}");
        }
    }

    #[test]
    fn of_overlapping_spans_the_longest_is_kept() {
        let (tags, lost) = aligned("x y z", &[(0, 1, "a"), (0, 3, "b"), (0, 3, "a"), (2, 5, "a")]);
        assert_eq!(tags, [Some(3), Some(4), None]);
        assert_eq!(lost.len(), 3);
    }
}
