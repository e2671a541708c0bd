//! `engraft plugins check`: whether plugins keep the contract, and answer the same whatever loader brings them.

use crate::error::{Failure, Result};
use crate::output::{HEADING, NAME, Screen};
use crate::plugins::installed::Installed;
use crate::plugins::{How, Trust, linked, open};
use engraft_host::Entry;
use engraft_plugin::kind::{Kind, Setting};
use engraft_testkit::{Line, Subject};
use serde::Serialize;
use std::path::PathBuf;

/// What is checked of each plugin, in this order.
const CHECKS: [&str; 4] = ["settings", "examples", "batches", "hostile texts"];

/// What came of one plugin in one place.
#[derive(Debug, Serialize)]
struct Verdict {
    kind: Kind,
    id: String,
    loader: &'static str,
    origin: String,
    /// What is wrong, by check.
    faults: Vec<Fault>,
    /// How many answers were compared with those of the first loader that brought the plugin.
    #[serde(skip_serializing_if = "Option::is_none")]
    same_answers: Option<usize>,
}

#[derive(Debug, Serialize)]
struct Fault {
    check: &'static str,
    found: String,
}

pub(super) fn run(files: &[PathBuf], all: bool, trust: bool, json: bool, screen: &Screen) -> Result<()> {
    let mut entries = if all { linked()?.entries().to_vec() } else { Vec::new() };
    let trust = if trust { Trust::Named } else { Trust::Nothing };
    if all {
        for installed in Installed::all()? {
            entries.extend(installed.open(How::trusting(trust))?);
        }
    }
    for file in files {
        let trusted = |failure: Failure| failure.help("--trust runs the libraries that this command names");
        entries.extend(open(file, How::trusting(trust)).map_err(|failure| match trust {
            Trust::Nothing if failure.is("plugin.untrusted") => trusted(failure),
            _ => failure,
        })?);
    }
    if entries.is_empty() {
        let failure = Failure::usage("plugin.check", "there is no plugin to check");
        return Err(failure.help("name a file, or check all linked and installed plugins with --all"));
    }
    // One plugin under another, however many files hold it; the order of loaders stays.
    entries.sort_by_key(|entry| (place(entry.descriptor.kind), entry.descriptor.id.clone()));
    let verdicts = verdicts(&entries, screen);
    if json {
        screen.print_json(&verdicts)?
    } else {
        screen.print(&table(&verdicts, screen))?
    }
    let wrong = verdicts.iter().filter(|verdict| !verdict.faults.is_empty()).count();
    match wrong {
        0 => Ok(()),
        _ => Err(Failure::run("plugin.check", format!("{wrong} of {} do not keep the contract", verdicts.len()))),
    }
}

fn place(kind: Kind) -> usize {
    Kind::ALL.iter().position(|of| *of == kind).unwrap_or(Kind::ALL.len())
}

/// Checks each entry, and compares it with the first of its name.
fn verdicts(entries: &[Entry], screen: &Screen) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    let mut first: Option<(&Entry, Vec<Line>)> = None;
    for entry in entries {
        let about = &entry.descriptor;
        screen.note(&format!("checking {}/{} ({})", about.kind, about.id, entry.origin.loader()));
        let subject = Subject::new(about.clone(), |settings, task| entry.try_open(settings, &Setting { task }));
        let found = [subject.settings(), subject.examples(), subject.batches(), subject.hostile()];
        let mut faults: Vec<Fault> = Vec::new();
        for (check, verdict) in CHECKS.into_iter().zip(found) {
            if let Err(found) = verdict {
                faults.push(Fault { check, found: once(&faults, found) });
            }
        }
        let mut same_answers = None;
        match subject.transcript() {
            Err(found) => faults.push(Fault { check: "answers", found: once(&faults, found) }),
            Ok(lines) => match &first {
                Some((other, expected)) if name(other) == name(entry) => match difference(expected, &lines) {
                    None => same_answers = Some(lines.len()),
                    Some(found) => {
                        let found = format!("not as {}: {found}", other.origin.loader());
                        faults.push(Fault { check: "loaders", found });
                    }
                },
                _ => first = Some((entry, lines)),
            },
        }
        let (kind, id, origin) = (about.kind, about.id.clone(), entry.origin.to_string());
        verdicts.push(Verdict { kind, id, loader: entry.origin.loader(), origin, faults, same_answers });
    }
    verdicts
}

/// What was found, or where it stands already: a plugin that fails at every text does so in every check.
fn once(faults: &[Fault], found: String) -> String {
    let failure = |found: &str| {
        found.lines().map(str::trim_start).find(|line| line.starts_with("the plugin ")).map(str::to_owned)
    };
    let before =
        failure(&found).and_then(|failed| faults.iter().find(|fault| failure(&fault.found) == Some(failed.clone())));
    before.map_or(found, |fault| format!("the same failure as in {}", fault.check))
}

fn name(entry: &Entry) -> (Kind, &str) {
    (entry.descriptor.kind, &entry.descriptor.id)
}

/// The first answer that differs.
fn difference(expected: &[Line], found: &[Line]) -> Option<String> {
    let differs = expected.iter().zip(found).find(|(expected, found)| expected != found);
    match differs {
        Some((expected, found)) => {
            Some(format!("asked: {}\n  expected {}\n  found    {}", found.asked, expected.answered, found.answered))
        }
        None => (expected.len() != found.len()).then(|| format!("{} answers, not {}", found.len(), expected.len())),
    }
}

fn table(verdicts: &[Verdict], screen: &Screen) -> String {
    let named = |verdict: &Verdict| format!("{}/{}", verdict.kind, verdict.id);
    let width = verdicts.iter().map(|verdict| named(verdict).len()).max().unwrap_or(0);
    let mut out = String::new();
    let mut before = String::new();
    for verdict in verdicts {
        let name = named(verdict);
        let shown = if name == before { String::new() } else { name.clone() };
        let said = match (&verdict.faults[..], verdict.same_answers) {
            ([], None) => "keeps the contract".to_owned(),
            ([], Some(count)) => format!("keeps the contract, {count} answers the same to the last bit"),
            (faults, _) => {
                screen.paint(HEADING, &faults.iter().map(|f| f.check).collect::<Vec<_>>().join(", ")) + " WRONG"
            }
        };
        out += &format!("{}  {:9}  {said}\n", screen.paint(NAME, &format!("{shown:width$}")), verdict.loader);
        for fault in &verdict.faults {
            out += &format!("    {}: {}\n", fault.check, fault.found.replace('\n', "\n      "));
        }
        before = name;
    }
    out
}
