//! Labels that are likely wrong, by what models say that have not seen them: confident learning.
//!
//! ```text
//! t[j]     = mean p[j] over answers whose given label is j      how sure the model is of j where it is given
//! guess    = the label with p[j] ≥ t[j]; of several, the most probable
//! suspect  = guess ≠ given, and p[given] is not the highest
//! score    = p[given]: the lower, the likelier wrong
//! ```
//!
//! The threshold of each label makes up for a model that is surer of one label than of another. Source: Northcutt, Jiang and
//! Chuang 2021 (arXiv:1911.00068); `cleanlab`'s `find_label_issues(filter_by="confident_learning")`.

/// How close to a threshold, or to the highest probability, counts as there.
const NEAR: f64 = 1e-6;

/// What is to be said of one answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    /// The probability of the given label.
    pub score: f64,
    /// The label that it likely is, where the given one is a suspect.
    pub suggested: Option<usize>,
}

/// Judges answers: the given label of each, and what a model that has not seen it says. (answers × classes)
///
/// # Panics
/// When there are not as many rows as answers, or a label is beyond the classes.
pub fn suspects(given: &[usize], probabilities: &[Vec<f64>]) -> Vec<Judged> {
    assert_eq!(given.len(), probabilities.len(), "there is a row for each answer");
    let thresholds = thresholds(given, probabilities);
    given.iter().zip(probabilities).map(|(&given, row)| judge(given, row, &thresholds)).collect()
}

/// How sure the model is of each label where it is given; beyond reach for a label that nobody has.
fn thresholds(given: &[usize], probabilities: &[Vec<f64>]) -> Vec<f64> {
    let classes = probabilities.first().map_or(0, Vec::len);
    let mut sums = vec![(0.0, 0usize); classes];
    for (&given, row) in given.iter().zip(probabilities) {
        sums[given].0 += row[given];
        sums[given].1 += 1;
    }
    let mean =
        |(sum, count): (f64, usize)| if count == 0 { f64::INFINITY } else { (sum / count as f64).max(2.0 * NEAR) };
    sums.into_iter().map(mean).collect()
}

fn judge(given: usize, row: &[f64], thresholds: &[f64]) -> Judged {
    let higher = |best: usize, at: usize| if row[at] > row[best] { at } else { best };
    let likeliest = (1..row.len()).fold(0, higher);
    let mut sure = (0..row.len()).filter(|&at| row[at] >= thresholds[at] - NEAR);
    let guess = match (sure.next(), sure.next()) {
        (None, _) => None,
        (Some(only), None) => Some(only),
        (Some(_), Some(_)) => Some(likeliest),
    };
    let is_below = row[given] < row[likeliest] - NEAR;
    Judged { score: row[given], suggested: guess.filter(|&guess| guess != given && is_below) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_that_the_model_is_less_sure_of_has_a_lower_threshold() {
        // Label 1 is given 0.4 where it is given: 0.45 for it is sure already.
        let rows = [[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.6, 0.4], [0.55, 0.45]].map(|row| row.to_vec());
        let judged = suspects(&[0, 0, 1, 1, 0], &rows);
        assert!(judged[..2].iter().all(|one| one.suggested.is_none()));
        assert_eq!(judged[4], Judged { score: 0.55, suggested: None }, "0 is still the likeliest");
        let rows = [[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.6, 0.4], [0.45, 0.55]].map(|row| row.to_vec());
        assert_eq!(suspects(&[0, 0, 1, 1, 0], &rows)[4], Judged { score: 0.45, suggested: Some(1) });
    }

    #[test]
    fn a_label_that_nobody_has_is_never_suggested_and_no_answers_are_none() {
        assert_eq!(suspects(&[0], &[vec![0.2, 0.8]])[0].suggested, None);
        assert!(suspects(&[], &[]).is_empty());
    }
}
