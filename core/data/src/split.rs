//! Parts of a set: by chance or by time, each label in each part as often as in the whole, what belongs together in
//! one part.
//!
//! What belongs together (a group, texts that are nearly the same) is a unit. Units go one after the other, in an order
//! that the seed gives or that time gives, to the part that lacks most of the unit's stratum. The stratum of a record
//! is the rarest of its labels, so that rare labels are divided first. The order depends on ids and seed only: the same
//! records give the same parts in any order of the file.

use crate::duplicates::{Likeness, clusters, find};
use crate::strata::{order, strata};
use crate::{Error, Record, Result};
use serde::Serialize;
use std::collections::HashMap;

/// How a set is divided.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Split {
    /// Names and shares, which need not add up to 1.
    pub parts: Vec<(String, f64)>,
    /// The seed of the order.
    pub seed: u64,
    /// Whether each part has each label as often as the whole has it.
    pub stratify: bool,
    /// The field whose equal values stay together: patient, contract, customer.
    pub group: Option<String>,
    /// The field that orders the records: the earliest go to the first part.
    pub time: Option<String>,
    /// Texts at least so alike stay together.
    pub near: Option<f64>,
}

/// Where each record goes, and what was kept together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assignment {
    /// The part of each record, as an index into the parts.
    pub parts: Vec<usize>,
    /// How many units there are.
    pub units: usize,
    /// How many clusters of near-duplicates stayed together.
    pub clusters: usize,
}

/// Divides a set.
///
/// # Errors
/// [`Error::Request`] for shares that are no shares, and a field that a record does not have.
pub fn split(records: &[Record], how: &Split) -> Result<Assignment> {
    let total: f64 = how.parts.iter().map(|(_, share)| share).sum();
    if how.parts.is_empty() || how.parts.iter().any(|(_, share)| !share.is_finite() || *share <= 0.0) {
        let got = format!("{:?}", how.parts);
        return Err(Error::Request { what: "parts".to_owned(), expected: "shares above 0".to_owned(), got });
    }
    let shares: Vec<f64> = how.parts.iter().map(|(_, share)| share / total).collect();
    let (mut units, clusters) = units(records, how)?;
    let strata = if how.stratify { strata(records) } else { vec![0; records.len()] };
    if let Some(field) = &how.time {
        let times = values(records, field)?;
        let latest = |unit: &Vec<usize>| unit.iter().map(|at| &times[*at]).max_by(|a, b| moment(a, b)).cloned();
        let mut timed: Vec<_> = units.into_iter().map(|unit| (latest(&unit).unwrap_or_default(), unit)).collect();
        timed.sort_by(|a, b| moment(&a.0, &b.0).then_with(|| records[a.1[0]].id.cmp(&records[b.1[0]].id)));
        units = timed.into_iter().map(|(_, unit)| unit).collect();
        return Ok(Assignment { parts: in_order(records.len(), &units, &shares), units: units.len(), clusters });
    }
    let place = |unit: &Vec<usize>| unit.iter().map(|at| order(how.seed, &records[*at])).min();
    units.sort_by_cached_key(place);
    Ok(Assignment { parts: by_lack(&strata, &units, &shares), units: units.len(), clusters })
}

/// What belongs together, as indices of records.
fn units(records: &[Record], how: &Split) -> Result<(Vec<Vec<usize>>, usize)> {
    let mut pairs = Vec::new();
    if let Some(field) = &how.group {
        let mut first: HashMap<String, usize> = HashMap::new();
        for (at, value) in values(records, field)?.into_iter().enumerate() {
            pairs.push((*first.entry(value).or_insert(at), at));
        }
    }
    let mut near = 0;
    if let Some(threshold) = how.near {
        let texts: Vec<&str> = records.iter().map(|record| &*record.text).collect();
        let found = find(&texts, &Likeness { threshold, ..Likeness::default() });
        near = found.clusters.len();
        pairs.extend(found.pairs.iter().map(|pair| (pair.first, pair.second)));
    }
    let mut units = clusters(records.len(), pairs.into_iter().filter(|(a, b)| a != b));
    let mut is_alone = vec![true; records.len()];
    units.iter().flatten().for_each(|at| is_alone[*at] = false);
    units.extend((0..records.len()).filter(|at| is_alone[*at]).map(|at| vec![at]));
    Ok((units, near))
}

/// A field of every record.
fn values(records: &[Record], field: &str) -> Result<Vec<String>> {
    let value = |record: &Record| {
        record.field(field).ok_or_else(|| Error::Request {
            what: format!("field `{field}`"),
            expected: "a value in every record".to_owned(),
            got: format!("none in `{}`", record.id),
        })
    };
    records.iter().map(value).collect()
}

/// Times in order: as numbers where both are, else as texts (ISO 8601 sorts so).
fn moment(a: &String, b: &String) -> std::cmp::Ordering {
    match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) => a.total_cmp(&b),
        _ => a.cmp(b),
    }
}

/// Fills one part after the other.
fn in_order(count: usize, units: &[Vec<usize>], shares: &[f64]) -> Vec<usize> {
    let mut parts = vec![0; count];
    let (mut part, mut given, mut until) = (0, 0, shares[0] * count as f64);
    for unit in units {
        // A unit goes where its middle lies.
        while part + 1 < shares.len() && given as f64 + unit.len() as f64 / 2.0 > until {
            part += 1;
            until += shares[part] * count as f64;
        }
        given += unit.len();
        unit.iter().for_each(|at| parts[*at] = part);
    }
    parts
}

/// Gives each unit to the part that lacks most of its stratum, then most of all.
fn by_lack(strata: &[usize], units: &[Vec<usize>], shares: &[f64]) -> Vec<usize> {
    let mut parts = vec![0; strata.len()];
    let kinds = strata.iter().max().map_or(1, |most| most + 1);
    let mut counts = vec![0_usize; kinds];
    strata.iter().for_each(|stratum| counts[*stratum] += 1);
    let mut lack: Vec<Vec<f64>> =
        counts.iter().map(|count| shares.iter().map(|share| share * *count as f64).collect()).collect();
    let mut lack_of_all: Vec<f64> = shares.iter().map(|share| share * strata.len() as f64).collect();
    // Rare strata first, large units first: what is hard to place finds room. The order of the seed decides the rest.
    let stratum_of = |unit: &[usize]| {
        unit.iter().map(|at| strata[*at]).min_by_key(|stratum| (counts[*stratum], *stratum)).unwrap_or(0)
    };
    let mut order: Vec<(usize, &Vec<usize>)> = units.iter().map(|unit| (stratum_of(unit), unit)).collect();
    order.sort_by_key(|(stratum, unit)| (counts[*stratum], *stratum, std::cmp::Reverse(unit.len())));
    for (stratum, unit) in order {
        let better = |a: &usize, b: &usize| {
            lack[stratum][*a].total_cmp(&lack[stratum][*b]).then(lack_of_all[*a].total_cmp(&lack_of_all[*b]))
        };
        // `rev`, because of equals the first part is to be taken.
        let part = (0..shares.len()).rev().max_by(better).expect("there is a part");
        for at in unit {
            parts[*at] = part;
            lack[strata[*at]][part] -= 1.0;
            lack_of_all[part] -= 1.0;
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::collections::BTreeMap;

    fn records(count: usize) -> Vec<Record> {
        let record = |at: usize| {
            let label = if at.is_multiple_of(10) { "rare" } else { "common" };
            let mut record = Record { id: format!("r{at}"), text: format!("text number {at}"), ..Record::default() };
            record.labels = vec![label.to_owned()];
            record.fields.insert("patient".to_owned(), json!(format!("p{}", at / 4)));
            record.fields.insert("day".to_owned(), json!((at * 7) % count));
            record
        };
        (0..count).map(record).collect()
    }

    fn how() -> Split {
        let parts = [("train", 0.8), ("dev", 0.1), ("test", 0.1)].map(|(name, share)| (name.to_owned(), share));
        Split { parts: parts.to_vec(), seed: 3, ..Split::default() }
    }

    fn counts(assignment: &Assignment, of: impl Fn(usize) -> bool) -> [usize; 3] {
        let mut counts = [0; 3];
        assignment.parts.iter().enumerate().filter(|(at, _)| of(*at)).for_each(|(_, part)| counts[*part] += 1);
        counts
    }

    #[test]
    fn parts_have_their_shares_and_each_label_its_own() {
        let found = split(&records(1000), &Split { stratify: true, ..how() }).unwrap();
        assert_eq!(counts(&found, |_| true), [800, 100, 100]);
        assert_eq!(counts(&found, |at| at.is_multiple_of(10)), [80, 10, 10]);
    }

    #[test]
    fn the_same_seed_gives_the_same_parts_in_any_order_and_another_seed_others() {
        let mut all = records(100);
        let part = |all: &[Record], seed| -> BTreeMap<String, usize> {
            let found = split(all, &Split { seed, ..how() }).unwrap();
            all.iter().map(|record| record.id.clone()).zip(found.parts).collect()
        };
        let before = part(&all, 3);
        all.reverse();
        assert_eq!(part(&all, 3), before);
        assert_ne!(part(&all, 4), before);
    }

    #[test]
    fn records_of_one_group_stay_together() {
        let all = records(400);
        let found = split(&all, &Split { group: Some("patient".to_owned()), stratify: true, ..how() }).unwrap();
        for (at, part) in found.parts.iter().enumerate() {
            assert_eq!(*part, found.parts[at / 4 * 4]);
        }
        assert_eq!(found.units, 100);
        assert!(counts(&found, |_| true)[1] >= 32);
    }

    #[test]
    fn near_duplicates_stay_together() {
        let mut all = records(200);
        for at in 0..100 {
            all[at].text = format!("the patient of bed {at} has had fever for three days and coughs");
            all[at + 100].text = format!("The patient of bed {at} has had fever for three days and coughs.");
        }
        let found = split(&all, &Split { near: Some(0.9), ..how() }).unwrap();
        assert!((0..100).all(|at| found.parts[at] == found.parts[at + 100]));
    }

    #[test]
    fn by_time_the_latest_are_in_the_last_part() {
        let all = records(100);
        let found = split(&all, &Split { time: Some("day".to_owned()), ..how() }).unwrap();
        let days = |part| {
            all.iter()
                .zip(&found.parts)
                .filter(move |(_, p)| **p == part)
                .map(|(r, _)| r.fields["day"].as_u64().unwrap())
        };
        assert!(days(0).max() < days(1).min() && days(1).max() < days(2).min());
        assert_eq!(counts(&found, |_| true), [80, 10, 10]);
    }

    #[test]
    fn a_field_that_a_record_does_not_have_is_named() {
        let error = split(&records(3), &Split { group: Some("ward".to_owned()), ..how() }).unwrap_err();
        assert!(
            error.to_string().contains("field `ward`: expected a value in every record, found none in `r0`"),
            "{error}"
        );
    }
}
