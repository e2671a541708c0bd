//! `engraft data suspects`: labels that are likely wrong.

use super::told;
use crate::config::{load, resolve};
use crate::error::Result;
use crate::output::{FAINT, HEADING, Screen};
use crate::{engine, model, plugins, progress};
use engraft_data::{Record, Span, WriteOptions, write_all};
use engraft_engine::suspects::{Doubt, Suspect};
use serde::Serialize;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// How many texts, and how many doubts of each, are printed.
const SHOWN: usize = 20;
const DOUBTS: usize = 3;

/// What is printed as JSON.
#[derive(Serialize)]
struct Report<'a> {
    folds: usize,
    texts: usize,
    suspects: usize,
    all: Vec<One<'a>>,
}

#[derive(Serialize)]
struct One<'a> {
    id: &'a str,
    score: f64,
    text: &'a str,
    labels: &'a [String],
    doubts: Vec<Value>,
}

pub(super) fn run(
    file: &Path,
    sets: &[String],
    folds: usize,
    out: Option<(PathBuf, WriteOptions)>,
    count: Option<usize>,
    json: bool,
    screen: &Screen,
) -> Result<()> {
    let loaded = load(file, sets)?;
    let catalogue = plugins::catalogue(&loaded)?;
    let mut resolved = resolve(&loaded, &catalogue, loaded.folder())?;
    // They have no part in it, and need not be there.
    (resolved.settings.data.dev, resolved.settings.data.test) = (None, None);
    resolved.check_files(&loaded)?;
    let folder = model::locate(&resolved.source, screen).map_err(|failure| loaded.at(failure, "model.source"))?;
    let run = resolved.into_run(folder, PathBuf::new(), false);
    let all = engine::suspects(&run, folds, &mut *progress::observer(screen, None))?;
    let suspects = all.iter().filter(|one| !one.doubts.is_empty()).count();
    if json {
        screen.print_json(&Report { folds, texts: all.len(), suspects, all: all.iter().map(of).collect() })?;
    } else {
        screen.print(&table(&all, suspects, folds, screen))?;
    }
    let Some((path, options)) = out else { return Ok(()) };
    let records: Vec<Record> = all[..count.unwrap_or(suspects).min(all.len())].iter().map(record).collect();
    let written = write_all(&path, &options, &records)?;
    if json { Ok(()) } else { told(&path, written, screen) }
}

fn of(suspect: &Suspect) -> One<'_> {
    let Suspect { example, score, doubts } = suspect;
    let doubts = doubts.iter().map(|doubt| value(doubt, &example.text)).collect();
    One { id: &example.id, score: *score, text: &example.text, labels: &example.labels, doubts }
}

fn value(doubt: &Doubt, text: &str) -> Value {
    let (start, end) = doubt.range;
    let mut value = json!({ "given": doubt.given, "suggested": doubt.suggested, "score": doubt.score });
    if doubt.range != (0, text.len()) {
        (value["start"], value["end"], value["text"]) = (start.into(), end.into(), text[start..end].into());
    }
    value
}

/// The text as a record, with what is suspected beside it.
fn record(suspect: &Suspect) -> Record {
    let Suspect { example, score, doubts } = suspect;
    let spans = example.spans.iter().map(|span| Span::new(span.start as usize, span.end as usize, &*span.label));
    let mut record = Record {
        id: example.id.clone(),
        text: example.text.clone(),
        spans: spans.collect(),
        labels: example.labels.clone(),
        ..Record::default()
    };
    record.fields.extend(example.fields.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))));
    let said = doubts.iter().map(|doubt| value(doubt, &example.text)).collect::<Vec<_>>();
    record.fields.insert("suggested".to_owned(), Value::from(said));
    record.fields.insert("score".to_owned(), json!(score));
    record
}

fn table(all: &[Suspect], suspects: usize, folds: usize, screen: &Screen) -> String {
    let mut text = screen.paint(HEADING, &format!("{:>7}  {:<28} text\n", "score", "given → likely"));
    for suspect in all[..suspects].iter().take(SHOWN) {
        let whole = &suspect.example.text;
        for doubt in suspect.doubts.iter().take(DOUBTS) {
            let name = |name: &Option<String>| name.clone().unwrap_or_else(|| "nothing".to_owned());
            let change = format!("{} → {}", name(&doubt.given), name(&doubt.suggested));
            let (start, end) = doubt.range;
            let covered = if (start, end) == (0, whole.len()) {
                String::new()
            } else {
                format!("“{}” in ", &whole[start..end])
            };
            let excerpt: String = whole.chars().take(60).collect::<String>().replace(['\n', '\r', '\t'], " ");
            let id = screen.paint(FAINT, &suspect.example.id);
            text += &format!("{:>7.4}  {change:<28} {covered}{id} {excerpt}\n", doubt.score);
        }
    }
    if suspects > SHOWN {
        text += &format!("and {} texts more (--out writes all, --json prints them)\n", suspects - SHOWN);
    }
    let share = 100.0 * suspects as f64 / all.len().max(1) as f64;
    text + &format!("{} texts, {folds} folds: {suspects} with a label that is likely wrong ({share:.1} %)\n", all.len())
}
