//! `engraft data`: labelled text, before anything is trained.

mod agreement;
mod check;
mod dedup;
mod label;
mod split;
mod suspects;
mod translate;

use crate::args::{BalanceBy, DataCommand, ReadArgs, TranslateArgs, WriteArgs};
use crate::error::Result;
use crate::output::Screen;
use engraft_data::{
    Balance, Format, Notes, Options, Record, Split, WriteOptions, Writer, Written, balance, read, read_all,
    split as divide, write_all,
};
use std::path::Path;
use std::time::Duration;

pub(super) fn run(command: DataCommand, screen: &Screen) -> Result<()> {
    match command {
        DataCommand::Convert { input, output, read, write } => convert(&input, &output, &read, &write, screen),
        DataCommand::Check { files, read, json, html } => check::run(&files, &read, json, html.as_deref(), screen),
        DataCommand::Dedup { input, against, out, threshold, permutations, shingle, read, write, json } => {
            let likeness = engraft_data::duplicates::Likeness { threshold, permutations, width: shingle, seed: 1 };
            let out = out.map(|out| (out, writing(&write)));
            dedup::run(&input, &against, out, &likeness, &reading(&read), json, screen)
        }
        DataCommand::Split { input, out, part, stratify, group, time, near, seed, read, write } => {
            let usual =
                || [("train", 0.8), ("dev", 0.1), ("test", 0.1)].map(|(name, share)| (name.to_owned(), share)).to_vec();
            let parts = if part.is_empty() { usual() } else { part };
            let how = Split { parts, seed, stratify, group, time, near };
            split::run(&input, &out, &how, &reading(&read), &writing(&write), screen)
        }
        DataCommand::Balance { input, output, by, count, seed, read, write } => {
            let (records, notes) = read_all(&input, &reading(&read))?;
            tell(&notes, screen);
            let how = match by {
                BalanceBy::Under => Balance::Under(count),
                BalanceBy::Over => Balance::Over(count),
            };
            let taken = repeated(&records, &balance(&records, how, seed));
            told(&output, write_all(&output, &writing(&write), &taken)?, screen)
        }
        DataCommand::Sample { input, output, share, count, stratify, seed, read, write } => {
            let (records, notes) = read_all(&input, &reading(&read))?;
            tell(&notes, screen);
            let share = count.map_or(share, |count| count as f64 / records.len().max(1) as f64);
            let taken = sample(&records, share, stratify, seed)?;
            let options = writing(&write);
            let options = WriteOptions { format: options.format.or(Some(Format::LabelStudio)), ..options };
            told(&output, write_all(&output, &options, taken)?, screen)
        }
        DataCommand::Agreement { files, read, json } => agreement::run(&files, &read, json, screen),
        DataCommand::Suspects { run, set, folds, out, count, write, json } => {
            let out = out.map(|out| (out, writing(&write)));
            suspects::run(&run, &set.set, folds, out, count, json, screen)
        }
        DataCommand::Label { input, output, functions, model, balance, least, keep, read, write, json } => {
            let output = output.map(|output| (output, writing(&write)));
            let how = label::How { model, balance, least, keep };
            label::run(&input, output, &functions, &how, &reading(&read), json, screen)
        }
        DataCommand::Translate { input, pairs, endpoint, model, through, language, ask, read, json } => {
            let TranslateArgs { temperature, seed, key, timeout, jobs } = ask;
            let model = translate::endpoint::Model {
                name: model,
                temperature,
                seed,
                timeout: Duration::from_secs(timeout),
                key,
            };
            let how = translate::How { endpoint, model, through, language, jobs };
            translate::run(&input, &pairs, &how, &reading(&read), json, screen)
        }
    }
}

/// How files are read.
fn reading(args: &ReadArgs) -> Options {
    Options {
        format: args.from,
        encoding: args.encoding,
        offsets: args.offsets,
        fields: args.field.clone(),
        label_from: args.label_from,
        annotators: args.annotators,
        answers: args.answers,
        limit: args.limit,
    }
}

/// How files are written.
fn writing(args: &WriteArgs) -> WriteOptions {
    WriteOptions {
        format: args.to,
        offsets: args.to_offsets,
        scheme: args.scheme,
        plain: args.plain,
        lossy: args.lossy,
    }
}

fn convert(input: &Path, output: &Path, from: &ReadArgs, to: &WriteArgs, screen: &Screen) -> Result<()> {
    let mut writer = Writer::create(output, &writing(to))?;
    let notes = read(input, &reading(from), &mut |_, record| writer.write(&record))?;
    let written = writer.finish()?;
    tell(&notes, screen);
    told(output, written, screen)
}

/// Says what was read otherwise than it stands there.
fn tell(notes: &Notes, screen: &Screen) {
    for (what, count) in &notes.0 {
        screen.note(&format!("note: {count} {what}"));
    }
}

/// Says what was written.
fn told(path: &Path, written: Written, screen: &Screen) -> Result<()> {
    if written.lost > 0 {
        screen.note(&format!("note: {} of what the format cannot hold was left out", written.lost));
    }
    screen.print(&format!("{} records in {}\n", written.records, path.display()))
}

/// The records of a share, in the order of the file.
fn sample(records: &[Record], share: f64, stratify: bool, seed: u64) -> Result<Vec<&Record>> {
    if share >= 1.0 {
        return Ok(records.iter().collect());
    }
    let parts = vec![("sample".to_owned(), share), ("rest".to_owned(), 1.0 - share)];
    let found = divide(records, &Split { parts, seed, stratify, ..Split::default() })?;
    Ok(records.iter().zip(found.parts).filter(|(_, part)| *part == 0).map(|(record, _)| record).collect())
}

/// The records of these indices; what stands there again gets an id of its own.
fn repeated(records: &[Record], taken: &[usize]) -> Vec<Record> {
    let mut times = vec![0_usize; records.len()];
    let copy = |at: &usize| {
        times[*at] += 1;
        let record = &records[*at];
        let id = if times[*at] == 1 { record.id.clone() } else { format!("{}~{}", record.id, times[*at]) };
        Record { id, ..record.clone() }
    };
    taken.iter().map(copy).collect()
}
