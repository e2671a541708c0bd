//! Votes become labels: by count, or by a model of how accurate each function is.
//!
//! ```text
//! P(vote of f is l | the text is y) = a[f]                        where l = y
//!                                   = (1 − a[f]) / (labels − 1)   elsewhere; whether f votes says nothing of y
//! E   q[y] ∝ π[y] · ∏ over the votes of P(vote | y)               for each text with a vote
//! M   π = mean of q;   a[f] = (b·n + Σ q[vote of f]) / (n + votes of f)
//! ```
//!
//! Begun at the shares of the votes. b and n are the [`Belief`] in functions before any is known. A function that has only one
//! label to vote for needs one number, which is why a full table of errors is not learned (`docs/decisions/0052-label-model.md`).
//! Source: Dawid and Skene 1979 with one number a function, as in Zhang et al. 2016 (arXiv:1406.3824).

use super::Votes;

/// Rounds at most, and the change of accuracies below which they end.
const ROUNDS: usize = 1000;
const STILL: f64 = 1e-10;
/// The least probability.
const LEAST: f64 = 1e-10;

/// What is believed of a function before any vote is seen: this accuracy, as if so many votes had shown it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Belief {
    /// The accuracy.
    pub accuracy: f64,
    /// The votes.
    pub votes: f64,
}

impl Default for Belief {
    fn default() -> Self {
        Self { accuracy: 0.75, votes: 10.0 }
    }
}

/// What the votes have taught.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Learned {
    /// How often each function is right where it votes.
    pub accuracies: Vec<f64>,
    /// The share of each label.
    pub balance: Vec<f64>,
    /// The probability of each label for each text; nothing for a text without a vote.
    pub texts: Vec<Option<Vec<f64>>>,
}

/// The label with the most votes of each text and its share of them; nothing without a vote, or where two are equal.
pub fn majority(votes: &Votes) -> Vec<Option<(usize, f64)>> {
    let one = |row: &Vec<Option<usize>>| {
        let shares = shares(row, votes.labels)?;
        let best = (1..shares.len()).fold(0, |best, at| if shares[at] > shares[best] { at } else { best });
        let is_alone = shares.iter().filter(|share| **share >= shares[best] - 1e-12).count() == 1;
        is_alone.then_some((best, shares[best]))
    };
    votes.rows.iter().map(one).collect()
}

/// The share of each label among the votes on a text.
fn shares(row: &[Option<usize>], labels: usize) -> Option<Vec<f64>> {
    let count = row.iter().flatten().count();
    let mut shares = vec![0.0; labels];
    row.iter().flatten().for_each(|&label| shares[label] += 1.0 / count as f64);
    (count > 0).then_some(shares)
}

/// Learns how accurate each function is, and with it the label of each text. `balance` is the share of each label where it is
/// known; else it is learned too.
pub fn generative(votes: &Votes, belief: Belief, balance: Option<&[f64]>) -> Learned {
    let mut texts: Vec<Option<Vec<f64>>> = votes.rows.iter().map(|row| shares(row, votes.labels)).collect();
    let mut learned = maximize(votes, &texts, belief, balance);
    for _ in 0..ROUNDS {
        for (row, text) in votes.rows.iter().zip(&mut texts) {
            if let Some(text) = text {
                *text = expect(row, &learned);
            }
        }
        let next = maximize(votes, &texts, belief, balance);
        let moved = next.accuracies.iter().zip(&learned.accuracies).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        learned = next;
        if moved < STILL {
            break;
        }
    }
    Learned { texts, ..learned }
}

/// The probability of each label, given the votes.
fn expect(row: &[Option<usize>], learned: &Learned) -> Vec<f64> {
    let labels = learned.balance.len();
    let mut logs: Vec<f64> = learned.balance.iter().map(|share| share.max(LEAST).ln()).collect();
    for (vote, accuracy) in row.iter().zip(&learned.accuracies) {
        let Some(vote) = vote else { continue };
        for (label, log) in logs.iter_mut().enumerate() {
            let wrong = (1.0 - accuracy) / (labels - 1) as f64;
            *log += (if label == *vote { *accuracy } else { wrong }).clamp(LEAST, 1.0 - LEAST).ln();
        }
    }
    let highest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    logs.iter_mut().for_each(|log| *log = (*log - highest).exp());
    let sum: f64 = logs.iter().sum();
    logs.into_iter().map(|power| power / sum).collect()
}

/// Accuracies and shares, given the probabilities of the texts.
fn maximize(votes: &Votes, texts: &[Option<Vec<f64>>], belief: Belief, balance: Option<&[f64]>) -> Learned {
    let mut right = vec![(belief.accuracy * belief.votes, belief.votes); votes.functions()];
    let mut shares = vec![0.0; votes.labels];
    let mut known = 0usize;
    for (row, text) in votes.rows.iter().zip(texts) {
        let Some(text) = text else { continue };
        known += 1;
        shares.iter_mut().zip(text).for_each(|(share, p)| *share += p);
        for (vote, (right, of)) in row.iter().zip(&mut right) {
            if let Some(vote) = vote {
                *right += text[*vote];
                *of += 1.0;
            }
        }
    }
    let accuracy = |(right, of): (f64, f64)| if of > 0.0 { right / of } else { belief.accuracy };
    let learned = shares.iter().map(|share| share / known.max(1) as f64);
    Learned {
        accuracies: right.into_iter().map(accuracy).collect(),
        balance: balance.map_or_else(|| learned.collect(), <[f64]>::to_vec),
        texts: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engraft_plugin::Random;

    /// Votes of functions of known accuracy and coverage on texts of known labels.
    fn simulated(accuracies: &[f64], coverage: f64, texts: usize) -> (Votes, Vec<usize>) {
        let mut random = Random::new(5);
        let truth: Vec<usize> = (0..texts).map(|_| usize::from(random.chance(0.7))).collect();
        let vote = |random: &mut Random, truth: usize, accuracy: f64| {
            random.chance(coverage).then(|| if random.chance(accuracy) { truth } else { 1 - truth })
        };
        let row = |truth: &usize| accuracies.iter().map(|&accuracy| vote(&mut random, *truth, accuracy)).collect();
        let rows = truth.iter().map(row).collect();
        (Votes { labels: 2, rows }, truth)
    }

    fn right(labels: impl Iterator<Item = Option<usize>>, truth: &[usize]) -> usize {
        labels.zip(truth).filter(|(label, truth)| *label == Some(**truth)).count()
    }

    #[test]
    fn accuracies_are_found_without_any_gold_label_and_labels_are_better_than_a_count() {
        let accuracies = [0.95, 0.9, 0.6, 0.55, 0.6];
        let (votes, truth) = simulated(&accuracies, 0.8, 5000);
        let learned = generative(&votes, Belief::default(), None);
        for (found, known) in learned.accuracies.iter().zip(accuracies) {
            assert!((found - known).abs() < 0.03, "{:?}", learned.accuracies);
        }
        assert!((learned.balance[1] - 0.7).abs() < 0.03);
        let likeliest = |text: &Option<Vec<f64>>| text.as_ref().map(|text| usize::from(text[1] > text[0]));
        let by_model = right(learned.texts.iter().map(likeliest), &truth);
        let by_count = right(majority(&votes).into_iter().map(|found| found.map(|(label, _)| label)), &truth);
        assert!(by_model > by_count + 300, "{by_model} {by_count}");
    }

    #[test]
    fn a_text_without_votes_or_with_a_tie_has_no_majority() {
        let rows = vec![vec![None, None, None], vec![Some(0), Some(1), None], vec![Some(1), Some(1), Some(0)]];
        let votes = Votes { labels: 2, rows };
        assert_eq!(majority(&votes), [None, None, Some((1, 2.0 / 3.0))]);
        assert_eq!(generative(&votes, Belief::default(), None).texts[0], None);
    }

    #[test]
    fn a_known_balance_is_kept() {
        let (votes, _) = simulated(&[0.8, 0.8], 1.0, 100);
        assert_eq!(generative(&votes, Belief::default(), Some(&[0.5, 0.5])).balance, [0.5, 0.5]);
    }
}
