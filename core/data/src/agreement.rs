//! How far annotators agree: Cohen's and Fleiss' kappa for labels, strict F1 for spans.
//!
//! κ = (pₒ − pₑ) / (1 − pₑ): observed agreement against what chance would give. Cohen (1960) takes chance from each
//! annotator's own frequencies, Fleiss (1971) from all together. F1 between two annotators is symmetric: the one is gold
//! for the other.

use crate::Record;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// How far two annotators agree.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Two {
    /// The first.
    pub first: String,
    /// The second.
    pub second: String,
    /// Texts that both annotated.
    pub texts: usize,
    /// The share of texts whose labels agree; nothing where no text has labels.
    pub observed: Option<f64>,
    /// Cohen's kappa of the labels; nothing where there are none, or only one.
    pub cohen: Option<f64>,
    /// Strict F1 of the spans; nothing where there are none.
    pub span_f1: Option<f64>,
    /// The same, label by label.
    pub span_f1_by_label: BTreeMap<String, f64>,
}

/// How far all annotators agree.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Agreement {
    /// The annotators.
    pub annotators: Vec<String>,
    /// Texts that all of them annotated.
    pub texts: usize,
    /// Fleiss' kappa of the labels over these texts.
    pub fleiss: Option<f64>,
    /// Each two of them.
    pub pairs: Vec<Two>,
    /// Ids of texts on which not all agree, in order.
    pub disputed: Vec<String>,
}

/// Compares annotators, each with the records that they annotated. Texts are the same that have the same id and text.
pub fn agreement(annotators: &[(String, Vec<Record>)]) -> Agreement {
    let tables: Vec<BTreeMap<(&str, &str), &Record>> = annotators
        .iter()
        .map(|(_, records)| records.iter().map(|record| ((&*record.id, &*record.text), record)).collect())
        .collect();
    let mut pairs = Vec::new();
    for (first, a) in tables.iter().enumerate() {
        for (second, b) in tables.iter().enumerate().skip(first + 1) {
            let shared: Vec<(&Record, &Record)> =
                a.iter().filter_map(|(key, record)| Some((*record, *b.get(key)?))).collect();
            pairs.push(two(&annotators[first].0, &annotators[second].0, &shared));
        }
    }
    let keys = tables.first().into_iter().flat_map(BTreeMap::keys);
    let of_all: Vec<Vec<&Record>> =
        keys.filter_map(|key| tables.iter().map(|table| table.get(key).copied()).collect()).collect();
    let differs = |records: &&Vec<&Record>| {
        records.iter().any(|record| name(record) != name(records[0]) || spans(record) != spans(records[0]))
    };
    let disputed = of_all.iter().filter(differs).map(|records| records[0].id.clone()).collect();
    let names = of_all.iter().map(|records| records.iter().map(|record| name(record)).collect::<Vec<_>>());
    Agreement {
        annotators: annotators.iter().map(|(name, _)| name.clone()).collect(),
        texts: of_all.len(),
        fleiss: fleiss(&names.collect::<Vec<_>>()),
        pairs,
        disputed,
    }
}

/// The labels of a text as one name: several are one answer.
fn name(record: &Record) -> String {
    let mut labels = record.labels.clone();
    labels.sort_unstable();
    labels.join("|")
}

fn spans(record: &Record) -> BTreeSet<(usize, usize, &str)> {
    record.spans.iter().map(|span| (span.start, span.end, &*span.label)).collect()
}

fn two(first: &str, second: &str, shared: &[(&Record, &Record)]) -> Two {
    let answers: Vec<(String, String)> = shared.iter().map(|(a, b)| (name(a), name(b))).collect();
    let has_labels = answers.iter().any(|(a, b)| !a.is_empty() || !b.is_empty());
    let equal = answers.iter().filter(|(a, b)| a == b).count();
    // By label: those of both, those of the first, those of the second.
    let mut counts: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    for (a, b) in shared {
        let (a, b) = (spans(a), spans(b));
        a.iter().for_each(|span| counts.entry(span.2).or_default()[1] += 1);
        b.iter().for_each(|span| counts.entry(span.2).or_default()[2] += 1);
        a.intersection(&b).for_each(|span| counts.entry(span.2).or_default()[0] += 1);
    }
    let f1 = |[both, a, b]: [usize; 3]| 2.0 * both as f64 / (a + b) as f64;
    let all = counts.values().fold([0; 3], |sum, [x, y, z]| [sum[0] + x, sum[1] + y, sum[2] + z]);
    Two {
        first: first.to_owned(),
        second: second.to_owned(),
        texts: shared.len(),
        observed: has_labels.then(|| equal as f64 / shared.len() as f64),
        cohen: if has_labels { cohen(&answers) } else { None },
        span_f1: (!counts.is_empty()).then(|| f1(all)),
        span_f1_by_label: counts.iter().map(|(label, counts)| ((*label).to_owned(), f1(*counts))).collect(),
    }
}

/// Cohen's kappa of pairs of answers; nothing where chance alone would agree always.
pub fn cohen(answers: &[(String, String)]) -> Option<f64> {
    let count = answers.len() as f64;
    let mut shares: BTreeMap<&str, [f64; 2]> = BTreeMap::new();
    for (a, b) in answers {
        shares.entry(a).or_default()[0] += 1.0 / count;
        shares.entry(b).or_default()[1] += 1.0 / count;
    }
    let expected: f64 = shares.values().map(|[a, b]| a * b).sum();
    kappa(answers.iter().filter(|(a, b)| a == b).count() as f64 / count, expected)
}

/// Fleiss' kappa: the answers of each text, as many for one as for another.
pub fn fleiss(answers: &[Vec<String>]) -> Option<f64> {
    let raters = answers.first()?.len();
    if raters < 2 || answers.iter().all(|of_text| of_text.iter().all(String::is_empty)) {
        return None;
    }
    let (texts, raters) = (answers.len() as f64, raters as f64);
    let mut shares: BTreeMap<&str, f64> = BTreeMap::new();
    let mut observed = 0.0;
    for of_text in answers {
        let mut counts: BTreeMap<&str, f64> = BTreeMap::new();
        of_text.iter().for_each(|answer| *counts.entry(answer).or_default() += 1.0);
        let agreeing: f64 = counts.values().map(|count| count * (count - 1.0)).sum();
        observed += agreeing / (raters * (raters - 1.0)) / texts;
        counts.iter().for_each(|(answer, count)| *shares.entry(answer).or_default() += count / (texts * raters));
    }
    kappa(observed, shares.values().map(|share| share * share).sum())
}

fn kappa(observed: f64, expected: f64) -> Option<f64> {
    let room = 1.0 - expected;
    (room > 1e-12).then(|| (observed - expected) / room)
}
