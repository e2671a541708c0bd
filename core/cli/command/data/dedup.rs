//! `engraft data dedup`: texts that are alike, inside a set and between sets.

use super::{tell, told};
use crate::error::Result;
use crate::output::{FAINT, HEADING, Screen};
use engraft_data::duplicates::{Likeness, find};
use engraft_data::{Options, Record, WriteOptions, read_all, write_all};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// How many clusters are printed.
const SHOWN: usize = 10;

/// What is printed as JSON.
#[derive(Serialize)]
struct Report {
    threshold: f64,
    permutations: usize,
    shingle: usize,
    records: usize,
    /// Records of the set that are like one before them in it.
    repeated: usize,
    /// Records of the set that are like one of another set.
    leaked: usize,
    /// Clusters whose texts have different labels or spans.
    conflicting: usize,
    clusters: Vec<Cluster>,
}

#[derive(Serialize)]
struct Cluster {
    is_conflicting: bool,
    texts: Vec<Member>,
}

#[derive(Serialize)]
struct Member {
    file: PathBuf,
    id: String,
    labels: Vec<String>,
    text: String,
}

pub(super) fn run(
    input: &Path,
    against: &[PathBuf],
    out: Option<(PathBuf, WriteOptions)>,
    likeness: &Likeness,
    options: &Options,
    json: bool,
    screen: &Screen,
) -> Result<()> {
    // A record and the file that it is of: 0 is the set itself.
    let mut records: Vec<(usize, Record)> = Vec::new();
    let files: Vec<&Path> = std::iter::once(input).chain(against.iter().map(PathBuf::as_path)).collect();
    for (file, path) in files.iter().enumerate() {
        let (read, notes) = read_all(path, options)?;
        tell(&notes, screen);
        records.extend(read.into_iter().map(|record| (file, record)));
    }
    let texts: Vec<&str> = records.iter().map(|(_, record)| &*record.text).collect();
    let found = find(&texts, likeness);
    let mut goes = vec![false; records.len()];
    let (mut repeated, mut leaked) = (0, 0);
    let mut clusters = Vec::new();
    for cluster in &found.clusters {
        let is_elsewhere = cluster.iter().any(|at| records[*at].0 > 0);
        let own: Vec<usize> = cluster.iter().copied().filter(|at| records[*at].0 == 0).collect();
        if own.is_empty() {
            continue; // a cluster of the other sets alone
        }
        leaked += if is_elsewhere { own.len() } else { 0 };
        repeated += own.len() - 1;
        own.iter().skip(usize::from(!is_elsewhere)).for_each(|at| goes[*at] = true);
        let answers: BTreeSet<Answer<'_>> = cluster.iter().map(|at| answer(&records[*at].1)).collect();
        let member = |at: &usize| {
            let (file, record) = &records[*at];
            let (file, id, labels) = (files[*file].to_owned(), record.id.clone(), record.labels.clone());
            Member { file, id, labels, text: record.text.clone() }
        };
        clusters.push(Cluster { is_conflicting: answers.len() > 1, texts: cluster.iter().map(member).collect() });
    }
    let report = Report {
        threshold: likeness.threshold,
        permutations: likeness.permutations,
        shingle: likeness.width,
        records: records.iter().filter(|(file, _)| *file == 0).count(),
        repeated,
        leaked,
        conflicting: clusters.iter().filter(|cluster| cluster.is_conflicting).count(),
        clusters,
    };
    if json {
        screen.print_json(&report)?;
    } else {
        screen.print(&table(&report, screen))?;
    }
    let Some((path, options)) = out else { return Ok(()) };
    let stays =
        records.iter().zip(&goes).filter(|((file, _), goes)| *file == 0 && !**goes).map(|((_, record), _)| record);
    let written = write_all(&path, &options, stays)?;
    if json { Ok(()) } else { told(&path, written, screen) }
}

/// Labels, and spans as what they cover and their label.
type Answer<'a> = (Vec<&'a str>, Vec<(&'a str, &'a str)>);

/// What is said of a text: labels, and spans by what they cover, because near-duplicates differ in their offsets.
fn answer(record: &Record) -> Answer<'_> {
    let mut labels: Vec<&str> = record.labels.iter().map(String::as_str).collect();
    let mut spans: Vec<(&str, &str)> =
        record.spans.iter().map(|span| (&record.text[span.start..span.end], &*span.label)).collect();
    labels.sort_unstable();
    spans.sort_unstable();
    (labels, spans)
}

fn table(report: &Report, screen: &Screen) -> String {
    let mut text = String::new();
    // What contradicts itself first, then the largest.
    let mut clusters: Vec<&Cluster> = report.clusters.iter().collect();
    clusters.sort_by_key(|cluster| (!cluster.is_conflicting, std::cmp::Reverse(cluster.texts.len())));
    for cluster in clusters.iter().take(SHOWN) {
        let kind = if cluster.is_conflicting { "alike, with different labels" } else { "alike" };
        text += &format!("{}\n", screen.paint(HEADING, &format!("{} texts {kind}", cluster.texts.len())));
        for member in cluster.texts.iter().take(SHOWN) {
            let excerpt: String = member.text.chars().take(70).collect::<String>().replace(['\n', '\r', '\t'], " ");
            let place = screen.paint(FAINT, &format!("{} {}", member.file.display(), member.id));
            let labels =
                if member.labels.is_empty() { String::new() } else { format!(" [{}]", member.labels.join(", ")) };
            text += &format!("  {place}{labels} {excerpt}\n");
        }
    }
    if clusters.len() > SHOWN {
        text += &format!("and {} clusters more (--json prints all)\n", clusters.len() - SHOWN);
    }
    text + &format!(
        "{} records: {} like one before, {} like one of another set, {} clusters with different labels\n",
        report.records, report.repeated, report.leaked, report.conflicting
    )
}
