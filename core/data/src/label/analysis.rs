//! What each labeling function is worth: where it speaks, where others speak too, where they disagree.

use super::Votes;
use serde::Serialize;

/// What a function does.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Measured {
    /// Its name.
    pub name: String,
    /// The share of texts on which it votes.
    pub coverage: f64,
    /// The share of texts on which it and another vote.
    pub overlaps: f64,
    /// The share of texts on which another votes otherwise.
    pub conflicts: f64,
    /// The share of its votes that are right, where texts have a label already.
    pub right: Option<f64>,
    /// The share of its votes that the label model believes to be right; nothing for a majority.
    pub believed: Option<f64>,
}

/// What all functions do.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Analysis {
    /// Texts.
    pub texts: usize,
    /// The share of texts with a vote.
    pub coverage: f64,
    /// The share of texts with two votes or more.
    pub overlaps: f64,
    /// The share of texts with votes for different labels.
    pub conflicts: f64,
    /// Function by function.
    pub functions: Vec<Measured>,
}

/// Measures functions by their votes; `gold` is the label of each text where it is known.
pub fn analyze(votes: &Votes, names: &[String], gold: &[Option<usize>]) -> Analysis {
    let texts = votes.rows.len();
    let share = |is: &dyn Fn(&[Option<usize>]) -> bool| {
        votes.rows.iter().filter(|row| is(row)).count() as f64 / texts.max(1) as f64
    };
    let measure = |(at, name): (usize, &String)| {
        let judged: Vec<bool> =
            votes.rows.iter().zip(gold).filter_map(|(row, gold)| Some(row[at]? == (*gold)?)).collect();
        let right = judged.iter().filter(|right| **right).count() as f64 / judged.len().max(1) as f64;
        Measured {
            name: name.clone(),
            coverage: share(&|row| row[at].is_some()),
            overlaps: share(&|row| row[at].is_some() && row.iter().flatten().count() > 1),
            conflicts: share(&|row| row[at].is_some_and(|own| row.iter().flatten().any(|vote| *vote != own))),
            right: (!judged.is_empty()).then_some(right),
            believed: None,
        }
    };
    Analysis {
        texts,
        coverage: share(&|row| row.iter().any(Option::is_some)),
        overlaps: share(&|row| row.iter().flatten().count() > 1),
        conflicts: share(&|row| {
            let mut votes = row.iter().flatten();
            let first = votes.next();
            votes.any(|vote| Some(vote) != first)
        }),
        functions: names.iter().enumerate().map(measure).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coverage_overlaps_and_conflicts_are_shares_of_all_texts() {
        let rows = vec![
            vec![Some(0), Some(0), None],
            vec![Some(0), Some(1), None],
            vec![None, None, None],
            vec![Some(0), None, None],
        ];
        let names = ["a", "b", "c"].map(str::to_owned);
        let found = analyze(&Votes { labels: 2, rows }, &names, &[Some(0), Some(1), None, None]);
        assert_eq!((found.coverage, found.overlaps, found.conflicts), (0.75, 0.5, 0.25));
        let of = |at: usize| {
            let one = &found.functions[at];
            (one.coverage, one.overlaps, one.conflicts, one.right)
        };
        assert_eq!(of(0), (0.75, 0.5, 0.25, Some(0.5)));
        assert_eq!(of(1), (0.5, 0.5, 0.25, Some(1.0)));
        assert_eq!(of(2), (0.0, 0.0, 0.0, None));
    }
}
