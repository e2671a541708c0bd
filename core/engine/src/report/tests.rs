//! Tests of the report as a whole.

use super::sample::report;
use super::*;
use crate::event::{Event, Observer};
use serde_json::Value;
use std::fs;

/// A value with every text in it, keys of maps too, replaced.
fn with_every_text(value: &Value, text: &str) -> Value {
    match value {
        Value::String(_) => Value::String(text.to_owned()),
        Value::Array(items) => items.iter().map(|item| with_every_text(item, text)).collect(),
        Value::Object(entries) => {
            entries.iter().map(|(key, value)| (key.clone(), with_every_text(value, text))).collect()
        }
        other => other.clone(),
    }
}

const HOSTILE: &str =
    "</title></style><script>alert(1)</script><img src=x onerror='y'>\"'{{style}}&lt;\u{202e}\u{0}| `x` \n# *";

/// The sample with these words wherever a text can stand.
fn hostile(words: &str) -> Report {
    let mut json = serde_json::to_value(report()).unwrap();
    let result = json["evaluate"]["result"].take();
    // What the code reads words from keeps its words: finding names, score names.
    let mut hostile: Report = serde_json::from_value(with_every_text(&json, words)).unwrap();
    let mut outcome: content::Outcome = serde_json::from_value(result).unwrap();
    outcome.split = words.to_owned();
    outcome.labels = vec![words.to_owned()];
    let mut rename = |scored: &mut crate::evaluate::Scored| {
        let renamed = |name: &str| name.replace("Disease", words).replace("entity-f1", words);
        scored.names.iter_mut().for_each(|name| *name = renamed(name));
        scored.scores = scored.scores.iter().map(|(name, score)| (renamed(name), *score)).collect();
    };
    rename(&mut outcome.model);
    outcome.rules.as_mut().map(&mut rename);
    for case in &mut outcome.cases.shown {
        let spans = case.gold.iter_mut().chain(&mut case.predicted);
        spans.for_each(|span| span.span.label = words.to_owned());
        case.id = words.to_owned();
        case.text = words.repeat(1 + case.text.len() / words.len());
        case.gold_labels = vec![words.to_owned()];
    }
    hostile.evaluate.decides = format!("{words}.f1");
    hostile.evaluate.result = Some(outcome);
    for split in &mut hostile.splits {
        split.labels = [(words.to_owned(), 3)].into();
    }
    hostile
}

/// Words as long as the hostile ones, without a character that HTML or Markdown reads.
fn harmless() -> String {
    HOSTILE.chars().map(|letter| if letter.is_ascii() && letter != '/' { 'x' } else { letter }).collect()
}

#[test]
fn hostile_text_anywhere_stays_text_in_the_page() {
    let (page, harmless) = (page::render(&hostile(HOSTILE)), page::render(&hostile(&harmless())));
    for sign in ['<', '>', '"', '\''] {
        assert_eq!(page.matches(sign).count(), harmless.matches(sign).count(), "{sign}");
    }
    assert!(page.matches("&lt;script&gt;alert(1)").count() > 20);
    assert!(!page.contains('\0') && !page.contains("<script"));
}

#[test]
fn hostile_text_anywhere_stays_text_in_markdown() {
    let (text, harmless) = (markdown::render(&hostile(HOSTILE)), markdown::render(&hostile(&harmless())));
    let outside_of_code = |text: &str| -> String { text.lines().filter(|line| !line.starts_with("    ")).collect() };
    let text = (outside_of_code(&text), text);
    assert!(!text.0.contains("<script") && !text.0.contains("<img"), "{}", text.0);
    let headings = |text: &str| text.lines().filter(|line| line.starts_with('#')).count();
    assert_eq!(headings(&text.1), headings(&harmless));
    let cells = |text: &str| text.replace("\\|", "").matches('|').count();
    assert_eq!(cells(&outside_of_code(&text.1)), cells(&harmless));
}

#[test]
fn the_page_needs_nothing_from_elsewhere() {
    let page = page::render(&report());
    for outside in ["<script", "<link", "@import", "url(", "http://", "https://", "src="] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn every_tag_of_the_page_is_closed() {
    let page = page::render(&report());
    for tag in
        ["section", "table", "tr", "td", "th", "dl", "div", "span", "figure", "svg", "p", "details", "mark", "article"]
    {
        let opened = page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
        assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{tag}");
        assert!(opened > 0, "{tag}");
    }
    let ids: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let unique: std::collections::BTreeSet<&&str> = ids.iter().collect();
    assert_eq!(ids.len(), unique.len());
}

#[test]
fn sections_follow_the_walk() {
    let order =
        ["data", "augment", "tokenize", "batch", "model", "method", "optimize", "evaluate", "checkpoint", "report"];
    let page = page::render(&report());
    let found: Vec<&str> = page.split("<section id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(found, order);
}

#[test]
fn an_empty_report_is_shown_without_a_fault() {
    let empty = Report::default();
    assert!(page::render(&empty).contains("how good it is, is not known"));
    assert!(markdown::render(&empty).contains("how good it is, is not known"));
}

#[test]
fn two_equal_runs_leave_equal_reports_but_for_times() {
    let (first, mut second) = (report(), report());
    second.timing.stages[0].seconds = 99.0;
    second.timing.peak_memory = Some(1);
    assert_ne!(first, second);
    assert_eq!(first.without_timing(), second.without_timing());
    let json = |report: &Report| serde_json::to_string(&report.without_timing()).unwrap();
    assert_eq!(json(&first), json(&second));
}

#[test]
fn a_written_report_is_read_back_the_same() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &report()).unwrap();
    let read: Report = serde_json::from_slice(&fs::read(folder.path().join("report.json")).unwrap()).unwrap();
    assert_eq!(read, report());
    let mut names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|f| f.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["report.html", "report.json", "report.md"]);
}

#[test]
fn a_report_that_cannot_be_written_names_the_file_and_keeps_the_old_ones() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &Report::default()).unwrap();
    let before = fs::read(folder.path().join("report.html")).unwrap();
    fs::remove_file(folder.path().join("report.md")).unwrap();
    fs::create_dir_all(folder.path().join("report.md/in the way")).unwrap();
    let error = write(folder.path(), &report()).unwrap_err();
    assert!(error.to_string().contains("report.md"), "{error}");
    assert_eq!(fs::read(folder.path().join("report.html")).unwrap(), before);
}

#[test]
fn the_curve_is_read_from_the_events_of_all_parts_of_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.jsonl");
    let mut events = Events::open(&path, 0).unwrap();
    let mut curve = Curve::default();
    let scores: std::collections::BTreeMap<String, f64> = [("m.f1".to_owned(), 0.1 + 0.2)].into();
    for event in [
        Event::Note { stage: "data".into(), message: "one row refused".into() },
        Event::Step { step: 1, loss: 0.1 + 0.2, learning_rate: 1e-5, gradient_norm: 3.0, tokens: 7 },
        Event::Evaluated { split: "dev".into(), step: 1, loss: 0.7, scores: scores.clone() },
        Event::Evaluated { split: "test".into(), step: 1, loss: 0.8, scores },
        Event::Stopped { step: 1, reason: "enough".into() },
    ] {
        events.hear(&event).unwrap();
        curve.hear(&event).unwrap();
    }
    assert_eq!(Curve::read(&path).unwrap(), curve);
    assert_eq!((curve.steps.len(), curve.evaluations.len(), curve.notes.len()), (1, 1, 1));
    assert_eq!(Curve::read(folder.path().join("none")).unwrap_err().code(), "file.missing");
}
