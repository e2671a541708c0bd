//! Suspects against cleanlab (`fixtures/suspects.py`), the label model against crowd-kit (`fixtures/label_model.py`).

use engraft_data::label::{Belief, Votes, generative, majority};
use engraft_data::suspects;
use serde::Deserialize;

#[derive(Deserialize)]
struct Noisy {
    given: Vec<usize>,
    probabilities: Vec<Vec<f64>>,
    flagged: Vec<usize>,
    scores: Vec<f64>,
}

#[test]
fn suspects_and_their_order_are_those_of_cleanlab() {
    let cases: Vec<Noisy> = serde_json::from_str(include_str!("fixtures/suspects.json")).unwrap();
    assert_eq!(cases.len(), 4);
    for case in cases {
        let judged = suspects(&case.given, &case.probabilities);
        let flagged: Vec<usize> = (0..judged.len()).filter(|at| judged[*at].suggested.is_some()).collect();
        assert_eq!(flagged, case.flagged);
        assert!(!flagged.is_empty());
        for (one, score) in judged.iter().zip(&case.scores) {
            assert!((one.score - score).abs() < 1e-12);
        }
    }
}

#[derive(Deserialize)]
struct Voted {
    labels: usize,
    rows: Vec<Vec<Option<usize>>>,
    accuracies: Vec<f64>,
    balance: Vec<f64>,
    texts: Vec<Option<Vec<f64>>>,
    shares: Vec<Option<Vec<f64>>>,
}

#[test]
fn accuracies_and_labels_are_those_of_crowd_kit() {
    let cases: Vec<Voted> = serde_json::from_str(include_str!("fixtures/label_model.json")).unwrap();
    assert_eq!(cases.len(), 2);
    for case in cases {
        let votes = Votes { labels: case.labels, rows: case.rows };
        let learned = generative(&votes, Belief { accuracy: 0.5, votes: 0.0 }, None);
        let near = |found: &[f64], expected: &[f64]| {
            found.iter().zip(expected).for_each(|(a, b)| assert!((a - b).abs() < 1e-6, "{found:?} {expected:?}"));
        };
        near(&learned.accuracies, &case.accuracies);
        near(&learned.balance, &case.balance);
        for (found, expected) in learned.texts.iter().zip(&case.texts) {
            assert_eq!(found.is_some(), expected.is_some());
            near(found.as_deref().unwrap_or_default(), expected.as_deref().unwrap_or_default());
        }
        for (found, shares) in majority(&votes).into_iter().zip(&case.shares) {
            if let (Some((label, share)), Some(shares)) = (found, shares) {
                assert!((share - shares[label]).abs() < 1e-12);
                assert!(shares.iter().enumerate().all(|(at, other)| at == label || *other < share));
            }
        }
    }
}
