//! `engraft data label`: labels by functions that each know a little.

use super::{tell, told};
use crate::args::LabelModel;
use crate::error::{Failure, Result};
use crate::output::{HEADING, Screen};
use engraft_data::label::{Analysis, Belief, Functions, Votes, analyze, generative, majority};
use engraft_data::{Options, Record, WriteOptions, read_all, write_all};
use serde_json::json;
use std::path::{Path, PathBuf};

/// How votes become labels.
pub(super) struct How {
    pub(super) model: LabelModel,
    pub(super) balance: Vec<(String, f64)>,
    pub(super) least: f64,
    pub(super) keep: bool,
}

/// A label by its number and how sure it is.
type Chosen = Vec<Option<(usize, f64)>>;

pub(super) fn run(
    input: &Path,
    output: Option<(PathBuf, WriteOptions)>,
    functions: &Path,
    how: &How,
    options: &Options,
    json: bool,
    screen: &Screen,
) -> Result<()> {
    let functions = Functions::open(functions)?;
    let balance = balance(&functions, &how.balance)?;
    let (mut records, notes) = read_all(input, options)?;
    tell(&notes, screen);
    let votes = functions.vote(&records);
    let gold = |record: &Record| match record.labels.as_slice() {
        [label] => functions.labels.iter().position(|known| known == label),
        _ => None,
    };
    let gold: Vec<Option<usize>> = records.iter().map(gold).collect();
    let names: Vec<String> = functions.all.iter().map(|function| function.name.clone()).collect();
    let mut analysis = analyze(&votes, &names, &gold);
    let chosen = choose(&votes, how, balance.as_deref(), &mut analysis);
    let labeled = chosen.iter().flatten().count();
    let right = judge(&chosen, &gold);
    if json {
        let accuracy = right.map(|(right, of)| right as f64 / of as f64);
        screen.print_json(
            &json!({ "labels": functions.labels, "labeled": labeled, "accuracy": accuracy, "functions": analysis }),
        )?;
    } else {
        screen.print(&table(&analysis, labeled, right, screen))?;
    }
    let Some((path, options)) = output else { return Ok(()) };
    for (record, chosen) in records.iter_mut().zip(&chosen) {
        record.labels.clear();
        if let Some((label, sure)) = chosen {
            record.labels.push(functions.labels[*label].clone());
            record.fields.insert("label_probability".to_owned(), json!(sure));
        }
    }
    let written = records.iter().filter(|record| how.keep || !record.labels.is_empty());
    let written = write_all(&path, &options, written)?;
    if json { Ok(()) } else { told(&path, written, screen) }
}

/// The label of each text that is sure enough.
fn choose(votes: &Votes, how: &How, balance: Option<&[f64]>, analysis: &mut Analysis) -> Chosen {
    let chosen = match how.model {
        LabelModel::Majority => majority(votes),
        LabelModel::Generative => {
            let learned = generative(votes, Belief::default(), balance);
            for (function, accuracy) in analysis.functions.iter_mut().zip(&learned.accuracies) {
                function.believed = Some(*accuracy);
            }
            let likeliest =
                |text: Option<Vec<f64>>| text?.into_iter().enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b));
            learned.texts.into_iter().map(likeliest).collect()
        }
    };
    chosen.into_iter().map(|chosen| chosen.filter(|(_, sure)| *sure >= how.least)).collect()
}

/// How many labels are right, of those that can be told.
fn judge(chosen: &Chosen, gold: &[Option<usize>]) -> Option<(usize, usize)> {
    let told: Vec<bool> = chosen.iter().zip(gold).filter_map(|(chosen, gold)| Some((*chosen)?.0 == (*gold)?)).collect();
    (!told.is_empty()).then(|| (told.iter().filter(|right| **right).count(), told.len()))
}

/// The share of each label, as it was given.
fn balance(functions: &Functions, given: &[(String, f64)]) -> Result<Option<Vec<f64>>> {
    if given.is_empty() {
        return Ok(None);
    }
    let refuse = |found: String| {
        let expected = format!("a share above 0 of each of {}", functions.labels.join(", "));
        Err(Failure::usage("data.request", format!("--balance: expected {expected}, found {found}")))
    };
    if let Some((other, _)) = given.iter().find(|(name, _)| !functions.labels.contains(name)) {
        return refuse(format!("`{other}`"));
    }
    let mut shares = Vec::new();
    for label in &functions.labels {
        match given.iter().find(|(name, _)| name == label) {
            Some((_, share)) if *share > 0.0 && share.is_finite() => shares.push(*share),
            Some((_, share)) => return refuse(share.to_string()),
            None => return refuse(format!("none of `{label}`")),
        }
    }
    let sum: f64 = shares.iter().sum();
    Ok(Some(shares.into_iter().map(|share| share / sum).collect()))
}

fn table(analysis: &Analysis, labeled: usize, right: Option<(usize, usize)>, screen: &Screen) -> String {
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let cell = |share: Option<f64>| share.map_or_else(|| "–".to_owned(), percent);
    let head =
        format!("{:>9} {:>9} {:>9} {:>9} {:>9}  function\n", "coverage", "overlaps", "conflicts", "believed", "right");
    let mut text = screen.paint(HEADING, &head);
    for one in &analysis.functions {
        let shares = [one.coverage, one.overlaps, one.conflicts].map(percent);
        let [coverage, overlaps, conflicts] = shares;
        let (believed, right) = (cell(one.believed), cell(one.right));
        text += &format!("{coverage:>9} {overlaps:>9} {conflicts:>9} {believed:>9} {right:>9}  {}\n", one.name);
    }
    let Analysis { texts, coverage, overlaps, conflicts, .. } = analysis;
    let all = [*coverage, *overlaps, *conflicts].map(percent);
    text += &format!("{texts} texts: {} with a vote, {} with several, {} with a conflict; ", all[0], all[1], all[2]);
    text += &format!("{labeled} labeled");
    text += &right.map_or_else(String::new, |(right, of)| format!(", {right} of {of} as in the file"));
    text + "\n"
}
