//! Suspects: labels that are likely wrong, by models that have not seen them.
//!
//! ```text
//! documents, shuffled, dealt out to k folds
//! for each fold: train on the others as the run says, without dev split and its choice → opinions on the fold
//! all opinions → engraft_data::suspects → by text, the likeliest wrong first
//! ```
//!
//! Every answer is judged by a model that was trained without its document.

use crate::data::{self, Corpus, Split};
use crate::event::{Event, Observer, Silent};
use crate::pipeline;
use crate::run::Run;
use crate::tokenize::Opinion;
use crate::{Error, Result};
use engraft_data::Judged;
use engraft_plugin::text::{ExampleBuf, field};
use engraft_plugin::{Random, Task, TaskKind, seed};
use std::collections::HashMap;
use std::path::Path;

/// The split that is held out.
pub(crate) const HELD: &str = "held";

/// A text, and what is likely wrong with its labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Suspect {
    /// The text as the model saw it, with its gold.
    pub example: ExampleBuf,
    /// The probability of the least likely of its answers: the lower, the likelier is something wrong.
    pub score: f64,
    /// The answers that are suspects, the least likely first; none where nothing speaks against the text's labels.
    pub doubts: Vec<Doubt>,
}

/// An answer that is likely wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Doubt {
    /// First byte and end of what is answered: a unit, or the whole text.
    pub range: (usize, usize),
    /// The given answer; nothing for what no span covers, or for a label that a text has not.
    pub given: Option<String>,
    /// What it likely is.
    pub suggested: Option<String>,
    /// The probability of the given answer.
    pub score: f64,
}

/// All texts of a run's training set, those with suspects first, the likeliest wrong before the others.
///
/// # Errors
/// [`Error::Setting`] for fewer than two folds, or more than documents; those of a run.
pub fn suspects(run: &Run, folds: usize, observer: &mut dyn Observer) -> Result<Vec<Suspect>> {
    let folder = tempfile::tempdir().map_err(|error| Error::writing(std::env::temp_dir(), error))?;
    let task = pipeline::task(&run.plugins)?;
    let settings = data::Settings { dev: None, test: None, ..run.settings.data.clone() };
    let corpus = data::load(folder.path(), &settings, &task, &run.plugins, observer)?;
    let train = corpus.split("train").expect("a corpus has a training split");
    let fold = deal(train, folds, run.seed)?;
    let mut opinions = Vec::new();
    for held in 0..folds {
        let message =
            format!("fold {} of {folds}: {} texts held out", held + 1, fold.iter().filter(|of| **of == held).count());
        observer.hear(&Event::Note { stage: "suspects".to_owned(), message })?;
        opinions.extend(of_fold(run, train, &fold, held, folder.path())?);
    }
    judge(&task, train, &opinions)
}

/// The fold of each example: a document stays in one.
fn deal(train: &Split, folds: usize, run_seed: u64) -> Result<Vec<usize>> {
    let mut numbers: HashMap<String, usize> = HashMap::new();
    let mut documents = Vec::with_capacity(train.examples.len());
    for chunk in train.examples.chunks(data::BATCH) {
        for example in chunk? {
            let name = example.field(field::DOCUMENT).map_or_else(|| format!("\n{}", documents.len()), str::to_owned);
            let next = numbers.len();
            documents.push(*numbers.entry(name).or_insert(next));
        }
    }
    if folds < 2 || folds > numbers.len() {
        let expected = format!("2 to {}, the number of documents", numbers.len());
        return Err(Error::Setting { key: "folds".to_owned(), expected, got: folds.to_string() });
    }
    let mut place: Vec<usize> = (0..numbers.len()).collect();
    Random::new(seed(run_seed, &["folds"])).shuffle(&mut place);
    Ok(documents.into_iter().map(|document| place[document] % folds).collect())
}

/// Trains without a fold; what the model believes of it, by the examples' numbers in the whole.
fn of_fold(run: &Run, train: &Split, fold: &[usize], held: usize, folder: &Path) -> Result<Vec<Opinion>> {
    let out = folder.join(format!("fold-{held}"));
    std::fs::create_dir_all(&out).map_err(|error| Error::writing(&out, error))?;
    let mut settings = run.settings.clone();
    (settings.data.dev, settings.data.test, settings.report.tensorboard) = (None, None, false);
    (settings.checkpoint.every, settings.checkpoint.keep) = (0, 1);
    let run = Run { out: out.clone(), resume: false, settings, ..run.clone() };
    let part = |name: &str, is_in: &dyn Fn(usize) -> bool| train.part(&out, name, is_in);
    let splits = vec![part("train", &|at| fold[at] != held)?, part(HELD, &|at| fold[at] == held)?];
    let mut opinions = pipeline::opinions(&run, Corpus { splits }, &mut Silent)?;
    let numbers: Vec<usize> = (0..fold.len()).filter(|at| fold[*at] == held).collect();
    opinions.iter_mut().for_each(|opinion| opinion.example = numbers[opinion.example]);
    // What a fold has written is large.
    std::fs::remove_dir_all(&out).map_err(|error| Error::writing(&out, error))?;
    Ok(opinions)
}

/// Judges the answers of each question together, and gathers them by text.
fn judge(task: &Task, train: &Split, opinions: &[Opinion]) -> Result<Vec<Suspect>> {
    let questions = if task.kind == TaskKind::MultiLabel { task.labels.len() } else { 1 };
    let mut by_example: Vec<Vec<(&Opinion, Judged)>> = vec![Vec::new(); train.examples.len()];
    for question in 0..questions {
        let asked: Vec<&Opinion> = opinions.iter().filter(|one| one.label.unwrap_or(0) == question).collect();
        let given: Vec<usize> = asked.iter().map(|one| one.given).collect();
        let rows: Vec<Vec<f64>> = asked.iter().map(|one| one.probabilities.clone()).collect();
        for (one, judged) in asked.into_iter().zip(engraft_data::suspects(&given, &rows)) {
            by_example[one.example].push((one, judged));
        }
    }
    let mut all = Vec::with_capacity(by_example.len());
    for (at, judged) in by_example.into_iter().enumerate().filter(|(_, judged)| !judged.is_empty()) {
        let doubt = |(one, judged): &(&Opinion, Judged)| {
            let (range, score) = (one.range, judged.score);
            let name = |answer: usize| name(task, one.label, answer);
            judged.suggested.map(|other| Doubt { range, given: name(one.given), suggested: name(other), score })
        };
        let mut doubts: Vec<Doubt> = judged.iter().filter_map(doubt).collect();
        doubts.sort_by(|a, b| a.score.total_cmp(&b.score));
        let least = judged.iter().map(|(_, judged)| judged.score).fold(f64::INFINITY, f64::min);
        let score = doubts.first().map_or(least, |doubt| doubt.score);
        all.push(Suspect { example: train.examples.get(at)?, score, doubts });
    }
    all.sort_by(|a, b| {
        (a.doubts.is_empty(), a.score).partial_cmp(&(b.doubts.is_empty(), b.score)).expect("scores are numbers")
    });
    Ok(all)
}

/// The name of an answer.
fn name(task: &Task, label: Option<usize>, answer: usize) -> Option<String> {
    let at = match (task.kind, label) {
        (TaskKind::MultiLabel, label) => label.filter(|_| answer == 1),
        (TaskKind::Tokens, _) => answer.checked_sub(1),
        _ => Some(answer),
    };
    at.map(|at| task.labels[at].clone())
}
