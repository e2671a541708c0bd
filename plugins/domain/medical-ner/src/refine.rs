//! Mends a model's spans by what a mention looks like.

use crate::edge::{complete, trim};
use crate::rules::is_stop;
use engraft_plugin::text::{ScoredSpanBuf, SpanBuf};

/// Completes cut words and brackets, joins parts of one label that only a hyphen parts, sheds blanks and
/// marks, drops stop words, single marks and the less sure of two spans that came to overlap.
pub fn refine(text: &str, spans: Vec<ScoredSpanBuf>) -> Vec<ScoredSpanBuf> {
    let mut spans: Vec<ScoredSpanBuf> = spans.into_iter().filter_map(|scored| mend(text, scored)).collect();
    spans.sort_by(|a, b| a.span.cmp(&b.span));
    let joined = join(text, spans);
    let kept = joined.into_iter().filter(|scored| is_mention(&text[scored.span.range()]));
    without_overlaps(kept.collect())
}

fn mend(text: &str, scored: ScoredSpanBuf) -> Option<ScoredSpanBuf> {
    let range = trim(text, complete(text, scored.span.range()))?;
    Some(ScoredSpanBuf { span: SpanBuf::new(range.start, range.end, scored.span.label), score: scored.score })
}

fn is_mention(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric) && !is_stop(text)
}

/// `ataxia` and `telangiectasia` in `ataxia-telangiectasia` are one.
fn join(text: &str, spans: Vec<ScoredSpanBuf>) -> Vec<ScoredSpanBuf> {
    let mut joined: Vec<ScoredSpanBuf> = Vec::with_capacity(spans.len());
    for scored in spans {
        let (start, end) = (scored.span.start, scored.span.end);
        match joined.last_mut() {
            Some(last)
                if last.span.label == scored.span.label
                    && last.span.end <= start
                    && is_hyphen(text, last.span.end, start) =>
            {
                last.span.end = end;
                last.score = last.score.min(scored.score);
            }
            _ => joined.push(scored),
        }
    }
    joined
}

fn is_hyphen(text: &str, from: u32, to: u32) -> bool {
    matches!(text[from as usize..to as usize].trim(), "-" | "‐" | "‑") && to - from <= 5
}

/// The surest spans of one label that do not overlap; spans of other labels may lie over them.
fn without_overlaps(spans: Vec<ScoredSpanBuf>) -> Vec<ScoredSpanBuf> {
    let mut kept: Vec<ScoredSpanBuf> = Vec::with_capacity(spans.len());
    for scored in spans {
        let overlapped = kept.iter().rposition(|other| {
            other.span.label == scored.span.label
                && other.span.start < scored.span.end
                && scored.span.start < other.span.end
        });
        match overlapped {
            Some(at) if kept[at].score < scored.score => kept[at] = scored,
            Some(_) => {}
            None => kept.push(scored),
        }
    }
    kept.sort_by(|a, b| a.span.cmp(&b.span));
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refined<'a>(text: &'a str, spans: &[(usize, usize, f32)]) -> Vec<&'a str> {
        let spans =
            spans.iter().map(|&(start, end, score)| ScoredSpanBuf { span: SpanBuf::new(start, end, "D"), score });
        refine(text, spans.collect()).into_iter().map(|scored| &text[scored.span.range()]).collect()
    }

    #[test]
    fn words_brackets_and_hyphens_are_completed() {
        assert_eq!(refined("polyposis coli (FAP) now", &[(0, 19, 0.9)]), ["polyposis coli (FAP)"]);
        assert_eq!(
            refined("X - linked and Tay-Sachs", &[(0, 1, 0.9), (4, 10, 0.9), (15, 24, 0.5)]),
            ["X - linked", "Tay-Sachs"]
        );
        assert_eq!(refined("retinoblastoma", &[(0, 6, 0.9), (6, 14, 0.8)]), ["retinoblastoma"]);
    }

    #[test]
    fn what_is_no_mention_is_dropped() {
        assert_eq!(refined("of the (gout).", &[(0, 2, 0.9), (3, 6, 0.9), (7, 8, 0.9), (7, 14, 0.9)]), ["gout"]);
    }
}
