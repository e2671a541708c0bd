//! `engraft data agreement`: how far annotators agree.

use super::{reading, tell};
use crate::args::ReadArgs;
use crate::error::{Failure, Result};
use crate::output::{HEADING, Screen};
use engraft_data::{Annotators, Options, Record, agreement, read_all};
use serde_json::Value;
use std::path::PathBuf;

pub(super) fn run(files: &[PathBuf], args: &ReadArgs, json: bool, screen: &Screen) -> Result<()> {
    let options = reading(args);
    let mut annotators: Vec<(String, Vec<Record>)> = Vec::new();
    if let [file] = files {
        let (records, notes) = read_all(file, &Options { annotators: Annotators::All, ..options })?;
        tell(&notes, screen);
        for record in records {
            let name = record.fields.get("annotator").map_or_else(String::new, |name| match name {
                Value::String(name) => name.clone(),
                other => other.to_string(),
            });
            match annotators.iter_mut().find(|(known, _)| *known == name) {
                Some((_, records)) => records.push(record),
                None => annotators.push((name, vec![record])),
            }
        }
    } else {
        for file in files {
            let (records, notes) = read_all(file, &options)?;
            tell(&notes, screen);
            annotators.push((file.display().to_string(), records));
        }
    }
    if annotators.len() < 2 {
        let message = format!("annotators: expected two at least, found {}", annotators.len());
        return Err(Failure::usage("data.request", message)
            .help("give a file for each, or one whose records have a field `annotator`"));
    }
    let found = agreement(&annotators);
    if json {
        return screen.print_json(&found);
    }
    let cell = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.4}"));
    let mut text = format!(
        "{} texts of all {} annotators, {} disputed; Fleiss' kappa {}\n",
        found.texts,
        annotators.len(),
        found.disputed.len(),
        cell(found.fleiss)
    );
    text += &screen
        .paint(HEADING, &format!("  {:>9} {:>9} {:>9} {:>9}  between\n", "texts", "observed", "Cohen", "span F1"));
    for two in &found.pairs {
        let (observed, cohen, f1) = (cell(two.observed), cell(two.cohen), cell(two.span_f1));
        text += &format!("  {:>9} {observed:>9} {cohen:>9} {f1:>9}  {} and {}\n", two.texts, two.first, two.second);
    }
    screen.print(&text)
}
