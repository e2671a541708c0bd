//! Tests of [`super::cases`].

use super::*;
use engraft_plugin::text::{ScoredSpanBuf, check_span};

fn span(start: usize, end: usize, label: &str) -> SpanBuf {
    SpanBuf::new(start, end, label)
}

fn tokens(text: &str, gold: &[SpanBuf], said: &[SpanBuf], limit: usize) -> Cases {
    let example = ExampleBuf { spans: gold.to_vec(), ..ExampleBuf::new("1", text) };
    let spans = said.iter().map(|span| ScoredSpanBuf { span: span.clone(), score: 0.5 }).collect();
    cases(TaskKind::Tokens, &[example], &[PredictionBuf { spans, ..Default::default() }], limit)
}

#[test]
fn every_span_gets_its_finding() {
    let gold = [span(0, 4, "A"), span(5, 9, "A"), span(10, 14, "A"), span(15, 19, "A")];
    let said = [span(0, 4, "A"), span(5, 9, "B"), span(10, 13, "A"), span(20, 24, "A")];
    let cases = tokens("aaaa bbbb cccc dddd eeee", &gold, &said, 9);
    let findings = |spans: &[CaseSpan]| spans.iter().map(|span| span.finding).collect::<Vec<_>>();
    use Finding::{Boundary, Label, Missed, Right, Spurious};
    assert_eq!(findings(&cases.shown[0].gold), [Right, Label, Boundary, Missed]);
    assert_eq!(findings(&cases.shown[0].predicted), [Right, Label, Boundary, Spurious]);
    assert_eq!(cases.findings, Findings { right: 1, label: 1, boundary: 1, missed: 1, spurious: 1 });
}

#[test]
fn right_texts_are_counted_and_not_shown() {
    let cases = tokens("aaaa", &[span(0, 4, "A")], &[span(0, 4, "A")], 9);
    assert_eq!((cases.wrong, cases.of, cases.shown.len()), (0, 1, 0));
}

#[test]
fn the_limit_holds_back_cases_and_not_counts() {
    let cases = tokens("aaaa", &[span(0, 4, "A")], &[], 0);
    assert_eq!((cases.wrong, cases.findings.missed, cases.shown.len()), (1, 1, 0));
}

#[test]
fn a_long_text_is_shown_around_its_first_mistake() {
    let text = "发热 and fever ".repeat(600); // 17 bytes each
    let gold = [span(0, 6, "A"), span(17 * 300, 17 * 300 + 6, "A"), span(17 * 599, 17 * 599 + 6, "A")];
    let cases = tokens(&text, &gold, &[span(0, 6, "A")], 1);
    let case = &cases.shown[0];
    assert!(case.text.len() < WHOLE && case.of == text.len());
    assert_eq!(&text[case.offset..case.offset + case.text.len()], case.text);
    assert_eq!((case.gold.len(), case.hidden), (1, 1));
    assert_eq!(&case.text[case.gold[0].span.range()], "发热");
}

#[test]
fn a_mistake_longer_than_the_excerpt_is_cut_on_a_character() {
    let text = "热".repeat(2000);
    let case = &tokens(&text, &[span(30, 5400, "A")], &[], 1).shown[0];
    check_span(&case.text, &case.gold[0].span).unwrap();
    assert_eq!(case.gold[0].span.range().end, case.text.len());
}

#[test]
fn one_label_counts_by_the_surest_and_many_as_a_set() {
    let example = ExampleBuf { labels: vec!["a".into(), "b".into()], ..ExampleBuf::new("1", "text") };
    let label = |label: &str| ScoredLabelBuf { label: label.into(), score: 0.5 };
    let wrong = |task, labels: &[&str]| {
        let labels = labels.iter().map(|name| label(name)).collect();
        cases(task, std::slice::from_ref(&example), &[PredictionBuf { labels, ..Default::default() }], 1).wrong
    };
    assert_eq!(wrong(TaskKind::Sequence, &["a", "c"]), 0);
    assert_eq!(wrong(TaskKind::Sequence, &["b"]), 1);
    assert_eq!(wrong(TaskKind::Sequence, &[]), 1);
    assert_eq!(wrong(TaskKind::MultiLabel, &["b", "a"]), 0);
    assert_eq!(wrong(TaskKind::MultiLabel, &["a"]), 1);
}
