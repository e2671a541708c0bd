//! Labels equally often: by leaving records out, or by repeating them.

use crate::Record;
use crate::strata::{order, strata};
use std::collections::BTreeMap;

/// How labels are balanced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Balance {
    /// Records of frequent labels are left out, until none has more than the rarest, or than so many.
    Under(Option<usize>),
    /// Records of rare labels are repeated, until each has as many as the most frequent, or as so many.
    Over(Option<usize>),
}

/// The records to take, as indices; one that is repeated stands several times. A record of several labels counts for
/// its rarest.
pub fn balance(records: &[Record], how: Balance, seed: u64) -> Vec<usize> {
    let mut by_stratum: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, stratum) in strata(records).into_iter().enumerate() {
        by_stratum.entry(stratum).or_default().push(at);
    }
    let sizes = || by_stratum.values().map(Vec::len);
    let wanted = match how {
        Balance::Under(wanted) => wanted.or_else(|| sizes().min()),
        Balance::Over(wanted) => wanted.or_else(|| sizes().max()),
    };
    let wanted = wanted.unwrap_or(0);
    let mut taken = Vec::new();
    for mut stratum in by_stratum.into_values() {
        stratum.sort_by_cached_key(|at| order(seed, &records[*at]));
        let count = match how {
            Balance::Under(_) => wanted.min(stratum.len()),
            Balance::Over(_) => wanted.max(stratum.len()),
        };
        taken.extend(stratum.iter().cycle().take(count));
    }
    taken.sort_unstable();
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records() -> Vec<Record> {
        let record = |at: usize| Record {
            id: at.to_string(),
            labels: vec![if at < 2 { "rare" } else { "common" }.to_owned()],
            ..Record::default()
        };
        (0..10).map(record).collect()
    }

    fn counts(taken: &[usize]) -> (usize, usize) {
        (taken.iter().filter(|at| **at < 2).count(), taken.iter().filter(|at| **at >= 2).count())
    }

    #[test]
    fn frequent_labels_lose_records_and_rare_ones_repeat_theirs() {
        assert_eq!(counts(&balance(&records(), Balance::Under(None), 1)), (2, 2));
        assert_eq!(counts(&balance(&records(), Balance::Under(Some(5)), 1)), (2, 5));
        let over = balance(&records(), Balance::Over(None), 1);
        assert_eq!(counts(&over), (8, 8));
        assert_eq!(over.iter().filter(|at| **at == 0).count(), 4);
        assert_eq!(counts(&balance(&records(), Balance::Over(Some(5)), 1)), (5, 8));
    }
}
