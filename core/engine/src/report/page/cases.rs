//! Wrong predictions, gold and predicted side by side.

use super::html::Text;
use crate::report::cases::{Case, CaseSpan, Cases, Finding};
use crate::report::content::Report;
use crate::report::number;
use std::fmt::Write;

/// The cases, where there are any.
pub(super) fn all(report: &Report) -> String {
    let Some(result) = &report.evaluate.result else { return String::new() };
    let cases = &result.cases;
    if cases.wrong == 0 {
        return String::new();
    }
    let (wrong, of) = (number::count(cases.wrong), number::count(cases.of));
    let mut out = format!("<h3>What it gets wrong</h3>\n<p>{wrong} of {of} texts hold a mistake");
    if cases.shown.len() < cases.wrong {
        write!(out, "; the first {} are shown", number::count(cases.shown.len())).expect("a string takes all");
    }
    out += ".</p>\n";
    if cases.shown.iter().any(|case| !case.gold.is_empty() || !case.predicted.is_empty()) {
        out += &legend(cases);
    }
    cases.shown.iter().for_each(|case| out += &one(case));
    out
}

/// What the marks mean, with their counts over all texts.
fn legend(cases: &Cases) -> String {
    let found = &cases.findings;
    let entry =
        |class, name, count| format!("<span><mark class=\"{class}\">{name}</mark> {}</span>\n", number::count(count));
    [
        "<p class=\"legend\">".to_owned(),
        entry("right", "right", found.right),
        entry("label", "other label", found.label),
        entry("boundary", "other bounds", found.boundary),
        entry("missed", "missed", found.missed),
        entry("spurious", "spurious", found.spurious),
        "</p>\n".to_owned(),
    ]
    .concat()
}

fn one(case: &Case) -> String {
    let gold: Vec<String> = case.gold_labels.clone();
    let said =
        case.predicted_labels.iter().map(|label| format!("{} {}", label.label, number::score(label.score.into())));
    let said: Vec<String> = said.collect();
    let has_spans = !case.gold.is_empty() || !case.predicted.is_empty();
    let mut out =
        format!("<article class=\"case\">\n<h4><span class=\"mono\">{}</span>{}</h4>\n", Text(&case.id), place(case));
    if has_spans || (gold.is_empty() && said.is_empty()) {
        let (gold, said) = (marked(case, &case.gold), marked(case, &case.predicted));
        out += &format!(
            "<div class=\"pair\">\n<div><p class=\"side\">gold</p>{gold}</div>\n\
             <div><p class=\"side\">predicted</p>{said}</div>\n</div>\n"
        );
    } else {
        out += &marked(case, &[]);
    }
    if !gold.is_empty() || !said.is_empty() {
        out += &format!("<dl class=\"facts\"><dt>gold</dt><dd dir=\"auto\">{}</dd>", list(&gold));
        out += &format!("<dt>predicted</dt><dd dir=\"auto\">{}</dd></dl>\n", list(&said));
    }
    out + "</article>\n"
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { Text(&names.join(", ")).to_string() }
}

/// Which part of a long text this is, and what the part leaves out.
fn place(case: &Case) -> String {
    let mut out = String::new();
    if case.text.len() < case.of {
        let (from, to) = (number::count(case.offset), number::count(case.offset + case.text.len()));
        write!(out, " · bytes {from} to {to} of {}", number::count(case.of)).expect("a string takes all");
    }
    if case.hidden > 0 {
        let noun = if case.hidden == 1 { "mistake" } else { "mistakes" };
        write!(out, " · {} more {noun} elsewhere in it", number::count(case.hidden)).expect("a string takes all");
    }
    out
}

/// The text with its spans marked. Of two that overlap, the later is marked from where the earlier ends.
fn marked(case: &Case, spans: &[CaseSpan]) -> String {
    let mut sorted: Vec<&CaseSpan> = spans.iter().collect();
    sorted.sort_by_key(|span| (span.span.start, span.span.end));
    let mut out = String::from("<p class=\"text\" dir=\"auto\">");
    out += if case.offset > 0 { "… " } else { "" };
    let mut done = 0;
    for span in sorted {
        let (start, end) = ((span.span.start as usize).max(done), (span.span.end as usize).max(done));
        let (Some(before), Some(inside)) = (case.text.get(done..start), case.text.get(start..end)) else { continue };
        let tag = tag(span);
        let class = class(span.finding);
        write!(out, "{}<mark class=\"{class}\">{}<small>{tag}</small></mark>", Text(before), Text(inside))
            .expect("a string takes all");
        done = end;
    }
    write!(out, "{}", Text(case.text[done..].trim_end())).expect("a string takes all");
    out += if case.offset + case.text.len() < case.of { " …" } else { "" };
    out + "</p>"
}

/// The label, what it turned out to be, how sure the model was.
fn tag(span: &CaseSpan) -> String {
    let word = match span.finding {
        Finding::Right => "",
        Finding::Label => " · other label",
        Finding::Boundary => " · other bounds",
        Finding::Missed => " · missed",
        Finding::Spurious => " · spurious",
    };
    let sure = span.score.map_or(String::new(), |score| format!(" {score:.2}"));
    format!("{}{sure}{word}", Text(&span.span.label))
}

const fn class(finding: Finding) -> &'static str {
    match finding {
        Finding::Right => "right",
        Finding::Label => "label",
        Finding::Boundary => "boundary",
        Finding::Missed => "missed",
        Finding::Spurious => "spurious",
    }
}
