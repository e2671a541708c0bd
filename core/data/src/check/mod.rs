//! What a set of labelled text is made of, and what is wrong with it.
//!
//! Files are read once, as streams. What is remembered of a text is a hash, its length and where it stood first.

mod faults;
mod html;

pub use faults::{Fault, Faults};

use crate::{Format, Notes, Options, Place, Record, Result, read};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

/// How many examples of a fault are kept.
const EXAMPLES: usize = 5;
/// Bars of the histogram of lengths.
const BARS: usize = 20;

/// What was found in one file or folder.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Checked {
    /// The file or folder.
    pub path: PathBuf,
    /// Records.
    pub records: usize,
    /// Characters of all texts.
    pub characters: usize,
    /// Tokens, where the format divides texts into them.
    pub tokens: usize,
    /// Spans.
    pub spans: usize,
    /// How many spans each label has, the most frequent first.
    pub span_labels: Vec<(String, usize)>,
    /// How many records each label of whole texts has, the most frequent first.
    pub labels: Vec<(String, usize)>,
    /// Records without spans and labels.
    pub unlabeled: usize,
    /// Lengths of texts in characters.
    pub length: Lengths,
    /// What may be wrong.
    pub faults: Faults,
    /// What was read otherwise than it stands there, and how often.
    pub notes: BTreeMap<String, usize>,
}

/// Lengths of texts, in characters.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Lengths {
    /// The shortest.
    pub least: usize,
    /// Half of them are at most so long.
    pub median: usize,
    /// The mean.
    pub mean: f64,
    /// 95 of 100 are at most so long.
    pub most_95: usize,
    /// The longest.
    pub most: usize,
    /// How many texts have a length of `width`·i to `width`·(i + 1) − 1; the last bar has all above.
    pub bars: Vec<usize>,
    /// How wide a bar is.
    pub width: usize,
}

/// What is remembered of a text: its answer, the file of its first place, and that place.
struct Seen {
    answer: u64,
    file: u32,
    line: u32,
}

/// Checks files one after the other; texts of a later file are looked for in those before.
///
/// # Errors
/// Those of [`read()`].
pub fn check(paths: &[(PathBuf, Options)]) -> Result<Vec<Checked>> {
    let mut texts: HashMap<u128, Seen> = HashMap::new();
    let mut done = Vec::new();
    for (file, (path, options)) in paths.iter().enumerate() {
        done.push(one(file, path, options, &mut texts, paths)?);
    }
    Ok(done)
}

fn one(
    file: usize,
    path: &Path,
    options: &Options,
    texts: &mut HashMap<u128, Seen>,
    paths: &[(PathBuf, Options)],
) -> Result<Checked> {
    let mut checked = Checked { path: path.to_owned(), ..Checked::default() };
    let (mut ids, mut lengths) = (HashMap::<u128, ()>::new(), Vec::<u32>::new());
    let (mut span_labels, mut labels) = (HashMap::<String, usize>::new(), HashMap::<String, usize>::new());
    let notes = read(path, options, &mut |place, record| {
        let named = || format!("{}:{} `{}`", place.path.display(), place.line, record.id);
        checked.records += 1;
        checked.spans += record.spans.len();
        checked.tokens += record.tokens.len();
        let characters = record.text.chars().count();
        checked.characters += characters;
        lengths.push(u32::try_from(characters).unwrap_or(u32::MAX));
        checked.unlabeled += usize::from(record.spans.is_empty() && record.labels.is_empty());
        record.spans.iter().for_each(|span| count(&mut span_labels, &span.label));
        record.labels.iter().for_each(|label| count(&mut labels, label));
        let faults = &mut checked.faults;
        if ids.insert(hash(&record.id), ()).is_some() {
            faults.repeated_id.add(named);
        }
        of_text(&record, faults, &place, named);
        if record.text.trim().is_empty() {
            faults.empty.add(named);
            return Ok(());
        }
        let words: Vec<&str> = record.text.split_whitespace().collect();
        let answer = answer(&record);
        let seen = Seen { answer, file: file as u32, line: u32::try_from(place.line).unwrap_or(u32::MAX) };
        match texts.entry(hash(&words)) {
            std::collections::hash_map::Entry::Vacant(free) => drop(free.insert(seen)),
            std::collections::hash_map::Entry::Occupied(first) => {
                let first = first.get();
                let where_first =
                    || format!("{} as {}:{}", named(), paths[first.file as usize].0.display(), first.line);
                let fault = if first.file as usize == file { &mut faults.duplicate } else { &mut faults.leaked };
                fault.add(where_first);
                if first.answer != answer {
                    faults.conflicting.add(where_first);
                }
            }
        }
        Ok(())
    })?;
    checked.length = lengths_of(lengths);
    checked.span_labels = sorted(span_labels);
    checked.labels = sorted(labels);
    let Notes(notes) = notes;
    checked.notes = notes.into_iter().map(|(what, count)| (what.to_owned(), count)).collect();
    Ok(checked)
}

/// What a record alone shows.
fn of_text(record: &Record, faults: &mut Faults, place: &Place, named: impl Fn() -> String) {
    let mut spans: Vec<(usize, usize)> = record.spans.iter().map(|span| (span.start, span.end)).collect();
    spans.sort_unstable();
    let mut reached = 0;
    for (start, end) in spans {
        let span = || format!("{}: {start}..{end} `{}`", named(), &record.text[start..end]);
        if start < reached {
            faults.overlapping.add(span);
        }
        reached = reached.max(end);
        let covered = &record.text[start..end];
        if covered.trim() != covered {
            faults.blank_edge.add(span);
        }
    }
    let is_unreadable =
        |c: char| c == '\u{fffd}' || (c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{85}' | '\u{c}'));
    if let Some((at, character)) = record.text.char_indices().find(|(_, c)| is_unreadable(*c)) {
        faults
            .unreadable
            .add(|| format!("{}: {} at byte {at} (line {})", named(), character.escape_unicode(), place.line));
    }
}

fn count(counts: &mut HashMap<String, usize>, name: &str) {
    match counts.get_mut(name) {
        Some(count) => *count += 1,
        None => drop(counts.insert(name.to_owned(), 1)),
    }
}

/// The most frequent first, equals by name.
fn sorted(counts: HashMap<String, usize>) -> Vec<(String, usize)> {
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    counts
}

/// What is said of a text: its labels and spans, whatever their order.
fn answer(record: &Record) -> u64 {
    let mut labels: Vec<&str> = record.labels.iter().map(String::as_str).collect();
    let mut spans: Vec<(usize, usize, &str)> =
        record.spans.iter().map(|span| (span.start, span.end, &*span.label)).collect();
    labels.sort_unstable();
    spans.sort_unstable();
    hash(&(labels, spans)) as u64
}

fn hash(value: &impl Hash) -> u128 {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        salt.hash(&mut hasher);
        value.hash(&mut hasher);
        u128::from(hasher.finish())
    };
    half(0) << 64 | half(1)
}

fn lengths_of(mut lengths: Vec<u32>) -> Lengths {
    lengths.sort_unstable();
    let Some(most) = lengths.last().map(|most| *most as usize) else { return Lengths::default() };
    let at =
        |share: f64| lengths[((lengths.len() as f64 * share).ceil() as usize).clamp(1, lengths.len()) - 1] as usize;
    let most_95 = at(0.95);
    let width = (most_95 / (BARS - 1)).max(1);
    let mut bars = vec![0; BARS];
    lengths.iter().for_each(|length| bars[(*length as usize / width).min(BARS - 1)] += 1);
    let sum: u64 = lengths.iter().map(|length| u64::from(*length)).sum();
    Lengths {
        least: lengths[0] as usize,
        median: at(0.5),
        mean: sum as f64 / lengths.len() as f64,
        most_95,
        most,
        bars,
        width,
    }
}

/// The report as a page that needs nothing else.
pub fn page(checked: &[Checked]) -> String {
    html::page(checked)
}

/// The format that a file is read in, for reports.
pub fn format_of(path: &Path, options: &Options) -> Option<Format> {
    crate::read::format_of(path, options).ok()
}
