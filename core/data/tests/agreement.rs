//! Agreement, against scikit-learn and statsmodels (`fixtures/agreement.py`), and by hand.

use engraft_data::{Record, Span, agreement};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    answers: Vec<Vec<String>>,
    cohen: Vec<f64>,
    fleiss: f64,
}

fn record(id: usize, label: Option<&str>, spans: &[(usize, usize, &str)]) -> Record {
    let spans = spans.iter().map(|(start, end, label)| Span::new(*start, *end, *label)).collect();
    let labels = label.into_iter().map(str::to_owned).collect();
    Record { id: id.to_string(), text: format!("text number {id}"), spans, labels, ..Record::default() }
}

#[test]
fn kappas_are_those_of_scikit_learn_and_statsmodels() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("fixtures/agreement.json")).unwrap();
    for case in cases {
        let annotators: Vec<(String, Vec<Record>)> = (0..3)
            .map(|who| {
                let records = case.answers.iter().enumerate().map(|(id, answers)| record(id, Some(&answers[who]), &[]));
                (who.to_string(), records.collect())
            })
            .collect();
        let found = agreement(&annotators);
        assert!((found.fleiss.unwrap() - case.fleiss).abs() < 1e-12);
        for (pair, expected) in found.pairs.iter().zip(&case.cohen) {
            assert!((pair.cohen.unwrap() - expected).abs() < 1e-12, "{} and {}", pair.first, pair.second);
        }
        let disputed = case.answers.iter().filter(|answers| answers.iter().any(|answer| *answer != answers[0])).count();
        assert_eq!((found.texts, found.disputed.len()), (case.answers.len(), disputed));
    }
}

#[test]
fn span_f1_counts_spans_that_agree_in_offsets_and_label() {
    let a = vec![
        record(1, None, &[(0, 4, "A"), (5, 11, "B")]),
        record(2, None, &[(0, 4, "A")]),
        record(9, None, &[(0, 4, "A")]),
    ];
    let b = vec![record(1, None, &[(0, 4, "A"), (5, 11, "A")]), record(2, None, &[(0, 3, "A")])];
    let found = agreement(&[("a".to_owned(), a), ("b".to_owned(), b)]);
    let two = &found.pairs[0];
    // 3 spans each, 1 of them shared; of A 2 and 3, 1 shared; text 9 is annotated by one alone.
    assert_eq!((two.texts, two.span_f1, two.cohen), (2, Some(1.0 / 3.0), None));
    assert_eq!((two.span_f1_by_label["A"], two.span_f1_by_label["B"]), (2.0 / 5.0, 0.0));
    assert_eq!(found.disputed, ["1", "2"]);
}
