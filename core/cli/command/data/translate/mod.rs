//! `engraft data translate`: texts there and back, by a model behind an address, into the file of pairs that the
//! augmenter `translated` reads.
//!
//! Every pair is in the file before the next text is asked for, so a command that was stopped goes on where it was. The
//! pairs of a text stand in the order of the languages, so their number says which are
//! there; the list of languages lies beside the file.

pub(super) mod endpoint;

use super::tell;
use crate::error::{Failure, Result};
use crate::output::Screen;
use crate::progress;
use endpoint::{Endpoint, Model};
use engraft_data::{Options, Record, read_all};
use serde::Serialize;
use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

/// How texts are translated.
pub(super) struct How {
    pub(super) endpoint: String,
    pub(super) model: Model,
    /// The languages between; one pair a text for each.
    pub(super) through: Vec<String>,
    /// The language of the texts.
    pub(super) language: String,
    /// Texts asked for at once.
    pub(super) jobs: usize,
}

/// What became of the texts.
#[derive(Default, Serialize)]
struct Report {
    /// Different texts.
    texts: usize,
    /// Pairs that were in the file before.
    before: usize,
    /// Pairs that were added.
    added: usize,
    /// Of these, those that came back as they were.
    unchanged: usize,
    /// Of these, those that lost a mention: the augmenter refuses them where it stands.
    lost: usize,
}

/// A text with pairs that are not there yet.
struct Open<'a> {
    text: &'a str,
    /// What is labeled in it, in the order of the text.
    mentions: Vec<&'a str>,
    /// The languages that are missing.
    through: &'a [String],
}

pub(super) fn run(input: &Path, pairs: &Path, how: &How, options: &Options, json: bool, screen: &Screen) -> Result<()> {
    let endpoint = Endpoint::new(&how.endpoint, &how.model)?;
    let (records, notes) = read_all(input, options)?;
    tell(&notes, screen);
    let mut pairs = Pairs::open(pairs)?;
    pairs.languages(&how.through)?;
    let texts = distinct(&records);
    let mut report = Report { texts: texts.len(), before: pairs.there.values().sum(), ..Report::default() };
    let open: Vec<Open<'_>> = texts
        .into_iter()
        .filter_map(|(text, mentions)| {
            let through = how.through.get(pairs.there.get(&column(text)).copied().unwrap_or(0)..)?;
            (!through.is_empty()).then_some(Open { text, mentions, through })
        })
        .collect();
    if !open.is_empty() {
        screen.note(&format!("sending {} texts to {}", open.len(), how.endpoint));
    }
    translate(&open, &endpoint, how, screen, &mut |open, back| {
        pairs.add(open.text, back)?;
        report.added += 1;
        report.unchanged += usize::from(back == open.text.trim());
        let stands = |text: &str, mention: &str| text.matches(mention).count();
        report.lost +=
            usize::from(open.mentions.iter().any(|mention| stands(back, mention) != stands(open.text, mention)));
        Ok(())
    })?;
    if json { screen.print_json(&report) } else { screen.print(&summary(&report, &pairs.path)) }
}

fn summary(report: &Report, pairs: &Path) -> String {
    let Report { texts, before, added, unchanged, lost } = report;
    let mut said = format!("{texts} texts, {added} pairs added to {before} in {}\n", pairs.display());
    if *unchanged > 0 {
        said += &format!("{unchanged} came back as they were: they vary nothing\n");
    }
    if *lost > 0 {
        said += &format!("{lost} lost a mention: the augmenter `translated` refuses them\n");
    }
    said
}

/// The different texts and what is labeled in them.
fn distinct(records: &[Record]) -> Vec<(&str, Vec<&str>)> {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let mut texts: Vec<(&str, Vec<&str>)> = Vec::new();
    for record in records.iter().filter(|record| !record.text.trim().is_empty()) {
        let at = *seen.entry(record.text.trim()).or_insert_with(|| {
            texts.push((record.text.as_str(), Vec::new()));
            texts.len() - 1
        });
        let mentions = record.spans.iter().filter_map(|span| record.text.get(span.start..span.end));
        for mention in mentions {
            if !texts[at].1.contains(&mention) {
                texts[at].1.push(mention);
            }
        }
    }
    texts
}

/// Asks for every text; `keep` gets each pair in turn. The first error ends it, after what was answered is kept.
fn translate<'a>(
    open: &'a [Open<'a>],
    endpoint: &Endpoint,
    how: &How,
    screen: &Screen,
    keep: &mut dyn FnMut(&Open<'a>, &str) -> Result<()>,
) -> Result<()> {
    let bar = progress::count(screen, open.iter().map(|open| open.through.len() as u64).sum());
    let next = AtomicUsize::new(0);
    let (send, receive) = mpsc::sync_channel::<(&Open<'_>, Result<String>)>(0);
    let failed = std::thread::scope(|scope| {
        for _ in 0..how.jobs.clamp(1, open.len().max(1)) {
            let (send, next) = (send.clone(), &next);
            scope.spawn(move || {
                while let Some(open) = open.get(next.fetch_add(1, Ordering::Relaxed)) {
                    for through in open.through {
                        let back = there_and_back(endpoint, open, through, &how.language);
                        let is_over = back.is_err();
                        if send.send((open, back)).is_err() || is_over {
                            return next.store(usize::MAX / 2, Ordering::Relaxed);
                        }
                    }
                }
            });
        }
        drop(send);
        let mut failed = None;
        let mut is_kept = true;
        for (open, back) in receive {
            let kept = back.and_then(|back| {
                // After a pair that could not be written nothing more is; what was answered is asked for again.
                let kept = if is_kept { keep(open, &back) } else { Ok(()) };
                is_kept &= kept.is_ok();
                kept
            });
            match kept {
                Ok(()) => bar.inc(1),
                Err(error) => {
                    next.store(usize::MAX / 2, Ordering::Relaxed);
                    failed.get_or_insert(error);
                }
            }
        }
        failed
    });
    bar.finish_and_clear();
    failed.map_or(Ok(()), Err)
}

/// A text through another language.
fn there_and_back(endpoint: &Endpoint, open: &Open<'_>, through: &str, language: &str) -> Result<String> {
    let names = match open.mentions.as_slice() {
        [] => String::new(),
        mentions => format!(" Leave these words as they are, letter by letter: {}.", mentions.join("; ")),
    };
    let task = |from: &str, to: &str| {
        format!("Translate the user's text from {from} into {to}. Answer with the translation alone.{names}")
    };
    let there = endpoint.ask(&task(language, through), open.text.trim())?;
    endpoint.ask(&task(through, language), &there)
}

/// A text as a column of the file of pairs.
fn column(text: &str) -> String {
    let mut column = String::with_capacity(text.len());
    for character in text.trim().chars() {
        match character {
            '\\' => column += "\\\\",
            '\n' => column += "\\n",
            '\r' => column += "\\r",
            '\t' => column += "\\t",
            other => column.push(other),
        }
    }
    column
}

/// A file of pairs that grows.
struct Pairs {
    path: PathBuf,
    file: File,
    /// Bytes of whole lines; what a stopped command left behind them goes with the first line that is added.
    whole: u64,
    /// Pairs of each text.
    there: HashMap<String, usize>,
}

impl Pairs {
    /// Opens a file, or makes one.
    fn open(path: &Path) -> Result<Self> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(|error| Failure::writing(folder, &error))?;
        }
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let mut file = file.map_err(|error| Failure::writing(path, &error))?;
        let mut said = Vec::new();
        file.read_to_end(&mut said).map_err(|error| Failure::reading(path, "the file of pairs", &error))?;
        let whole = said.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let refuse = |line: usize| {
            let why = format!("`{}`, line {line}: expected a text, a tab and its back-translation", path.display());
            Failure::usage("data.request", why).help("name a file of pairs, or one that does not exist yet")
        };
        if whole == 0 && !said.is_empty() && !said.contains(&b'\t') {
            return Err(refuse(1));
        }
        let lines = std::str::from_utf8(&said[..whole]).map_err(|_| {
            Failure::usage("data.encoding", format!("`{}`: expected pairs in UTF-8, found other bytes", path.display()))
        })?;
        let mut there: HashMap<String, usize> = HashMap::new();
        for (number, line) in lines.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            match line.split('\t').collect::<Vec<_>>().as_slice() {
                [text, _] => *there.entry(text.trim().to_owned()).or_default() += 1,
                _ => return Err(refuse(number + 1)),
            }
        }
        Ok(Self { path: path.to_owned(), file, whole: whole as u64, there })
    }

    /// Adds a pair, or nothing of it.
    fn add(&mut self, text: &str, back: &str) -> Result<()> {
        let line = format!("{}\t{}\n", column(text), column(back));
        let begin = |file: &mut File| file.set_len(self.whole).and_then(|()| file.seek(SeekFrom::Start(self.whole)));
        let added = begin(&mut self.file).and_then(|_| self.file.write_all(line.as_bytes()));
        added.map_err(|error| Failure::writing(&self.path, &error))?;
        self.whole += line.len() as u64;
        Ok(())
    }

    /// Remembers the languages of the pairs beside them, in order.
    ///
    /// # Errors
    /// `data.request` where those that are remembered do not stand first.
    fn languages(&self, through: &[String]) -> Result<()> {
        let mut name = self.path.clone().into_os_string();
        name.push(".languages");
        let beside = PathBuf::from(name);
        let before = match fs::read_to_string(&beside) {
            Ok(before) => before,
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            Err(error) => return Err(Failure::reading(&beside, "the list of languages", &error)),
        };
        let before: Vec<&str> = before.lines().collect();
        if !through.iter().map(String::as_str).take(before.len()).eq(before.iter().copied()) {
            let (expected, found) = (before.join(", "), through.join(", "));
            let why = format!("`{}` goes through {expected}, and --through says {found}", self.path.display());
            let help = "name the languages in that order, further ones behind them; or another file of pairs";
            return Err(Failure::usage("data.request", why).help(help));
        }
        let list: String = through.iter().map(|language| format!("{language}\n")).collect();
        fs::write(&beside, list).map_err(|error| Failure::writing(&beside, &error))
    }
}

#[cfg(test)]
mod tests {
    use super::{Pairs, column};
    use std::fs;

    #[test]
    fn a_column_is_one_line_without_tabs() {
        assert_eq!(column(" a\tb\nc\\d\r\n"), "a\\tb\\nc\\\\d");
    }

    #[test]
    fn what_is_left_of_a_line_is_cut_off_and_whole_lines_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("pairs.tsv");
        assert!(Pairs::open(&path).unwrap().there.is_empty());
        // Cut inside a character, as a full disk does it.
        let torn = ["痛风\tgout\none\tuno\none\tun\ntwo\t".as_bytes(), &[0xe7, 0x97]].concat();
        fs::write(&path, &torn).unwrap();
        let mut pairs = Pairs::open(&path).unwrap();
        assert_eq!((pairs.there["痛风"], pairs.there["one"], pairs.there.get("two")), (1, 2, None));
        assert_eq!(fs::read(&path).unwrap(), torn, "nothing is cut before something is added");
        pairs.add("two", "dos").unwrap();
        assert!(fs::read_to_string(&path).unwrap().ends_with("one\tun\ntwo\tdos\n"));
    }

    #[test]
    fn a_file_that_holds_no_pairs_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.txt");
        for text in ["my notes\n", "my notes", "{\"a\": 1}", "a\tb\tc\n"] {
            fs::write(&path, text).unwrap();
            assert!(Pairs::open(&path).err().is_some_and(|error| error.is("data.request")), "{text}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[test]
    fn languages_may_only_be_added_behind_those_that_are_there() {
        let folder = tempfile::tempdir().unwrap();
        let pairs = Pairs::open(&folder.path().join("pairs.tsv")).unwrap();
        let list = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        pairs.languages(&list(&["German"])).unwrap();
        pairs.languages(&list(&["German", "French"])).unwrap();
        for other in [&["French", "German"][..], &["French"], &["German"]] {
            assert!(pairs.languages(&list(other)).unwrap_err().is("data.request"), "{other:?}");
        }
    }
}
