//! `engraft data check`: the quality report, on the terminal, as JSON and as a page.

use super::reading;
use crate::args::ReadArgs;
use crate::error::{Failure, Result};
use crate::output::{FAINT, HEADING, Screen};
use engraft_data::check::{Checked, check, page};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// How many labels are printed.
const LABELS: usize = 30;

pub(super) fn run(files: &[PathBuf], args: &ReadArgs, json: bool, html: Option<&Path>, screen: &Screen) -> Result<()> {
    let options = reading(args);
    let checked = check(&files.iter().map(|file| (file.clone(), options.clone())).collect::<Vec<_>>())?;
    if let Some(html) = html {
        std::fs::write(html, page(&checked)).map_err(|error| Failure::writing(html, &error))?;
        screen.note(&format!("the report is in {}", html.display()));
    }
    if json {
        return screen.print_json(&checked);
    }
    let mut text = String::new();
    for file in &checked {
        table(file, screen, &mut text);
    }
    screen.print(&text)
}

fn table(file: &Checked, screen: &Screen, text: &mut String) {
    let _ = writeln!(text, "{}", screen.paint(HEADING, &file.path.display().to_string()));
    let mut row = |name: &str, value: String| {
        let _ = writeln!(text, "  {name:<46} {value:>12}");
    };
    row("records", file.records.to_string());
    row("characters", file.characters.to_string());
    if file.tokens > 0 {
        row("tokens", file.tokens.to_string());
    }
    row("spans", file.spans.to_string());
    row("records without spans and labels", file.unlabeled.to_string());
    let length = &file.length;
    row("length: least, median, most", format!("{}, {}, {}", length.least, length.median, length.most));
    for (name, labels) in [("labels of texts", &file.labels), ("labels of spans", &file.span_labels)] {
        if labels.is_empty() {
            continue;
        }
        let _ = writeln!(text, "  {}", screen.paint(FAINT, name));
        for (label, count) in labels.iter().take(LABELS) {
            let _ = writeln!(text, "    {label:<44} {count:>12}");
        }
        if labels.len() > LABELS {
            let _ = writeln!(text, "    and {} more", labels.len() - LABELS);
        }
    }
    for (name, fault) in file.faults.all() {
        if fault.count == 0 {
            continue;
        }
        let _ = writeln!(text, "  {name:<46} {:>12}", fault.count);
        for example in &fault.examples {
            let _ = writeln!(text, "    {}", screen.paint(FAINT, example));
        }
    }
    for (note, count) in &file.notes {
        let _ = writeln!(text, "  note: {count} {note}");
    }
    text.push('\n');
}
