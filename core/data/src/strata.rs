//! Which label a record counts for, and its place in an order that a seed decides.

use crate::Record;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The stratum of each record: its rarest label, of the text or of its spans.
pub(crate) fn strata(records: &[Record]) -> Vec<usize> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for record in records {
        labels(record).into_iter().for_each(|label| *counts.entry(label).or_default() += 1);
    }
    let numbers: BTreeMap<&str, usize> = counts.keys().zip(1..).map(|(label, number)| (*label, number)).collect();
    let rarest = |record| labels(record).into_iter().min_by_key(|label| (counts[label], *label));
    records.iter().map(|record| rarest(record).map_or(0, |label| numbers[label])).collect()
}

/// The labels of a record, those of its text, else those of its spans; each once.
fn labels(record: &Record) -> Vec<&str> {
    let mut found: Vec<&str> = record.labels.iter().map(String::as_str).collect();
    if found.is_empty() {
        found.extend(record.spans.iter().map(|span| &*span.label));
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The place of a record in the order of a seed.
pub(crate) fn order(seed: u64, record: &Record) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    hash.update(record.id.as_bytes());
    hash.update([0]);
    hash.update(record.text.as_bytes());
    hash.finalize().into()
}
