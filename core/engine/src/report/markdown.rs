//! `report.md`: what one would paste into a message to a colleague.

use super::cases::{Case, CaseSpan, Finding};
use super::content::{Outcome, Report, Split};
use super::labels::{Confusion, LabelTable, confusions, headlines, label_tables};
use super::number;
use super::page::flat;
use super::verdict::verdict;
use std::fmt::Write;

/// The report as Markdown.
pub(super) fn render(report: &Report) -> String {
    let mut out = format!("# {}\n\n{}\n", plain(&report.name), plain(&verdict(report).sentence));
    for (title, stage, body) in [
        ("Data", "data", data(report)),
        ("Augment", "augment", list(&flat(&report.augment))),
        ("Tokenize", "tokenize", tokens(report)),
        ("Batch", "batch", settings(report, "batch")),
        ("Model", "model", format!("{}: {}\n", code(&report.model.source), plain(&report.model.architecture))),
        ("Method", "method", method(report)),
        ("Optimize", "optimize", optimize(report) + &settings(report, "optimize")),
        ("Evaluate", "evaluate", evaluate(report)),
        ("The run", "report", run(report)),
    ] {
        let notes = report.notes.iter().filter(|note| note.stage == stage);
        let notes: String = notes.map(|note| format!("> {}\n\n", plain(&note.message))).collect();
        if !(notes.is_empty() && body.is_empty()) {
            write!(out, "\n## {title}\n\n{notes}{body}").expect("a string takes all");
        }
    }
    out
}

fn data(report: &Report) -> String {
    let has_documents = report.splits.iter().any(|split| split.documents.is_some());
    let row = |split: &Split| {
        let documents = number::count(split.documents.unwrap_or(split.examples));
        let counts = [split.examples, split.labels.values().sum()].map(number::count);
        [plain(&split.name)].into_iter().chain(has_documents.then_some(documents)).chain(counts).collect()
    };
    let head = ["split", "documents", "examples", "gold labels"];
    let head: Vec<&str> = head.into_iter().filter(|name| has_documents || *name != "documents").collect();
    table(&head, report.splits.iter().map(row))
}

fn tokens(report: &Report) -> String {
    let row = |split: &Split| {
        let counts = [split.tokens, split.windows, split.spans_lost].map(number::count);
        [plain(&split.name)].into_iter().chain(counts).collect()
    };
    table(&["split", "tokens", "windows", "gold spans lost"], report.splits.iter().map(row))
}

fn settings(report: &Report, section: &str) -> String {
    let of_section = report.section(section).map(flat).unwrap_or_default();
    let said: Vec<String> = of_section.iter().map(|(name, value)| format!("{name} {}", code(value))).collect();
    if said.is_empty() { String::new() } else { said.join(" · ") + "\n" }
}

fn method(report: &Report) -> String {
    let method = &report.method;
    let (trained, all) = (number::count(method.trained), number::count(method.parameters));
    let share = number::percent(method.trained, method.parameters);
    let mut out = format!("{} trains {trained} of {all} parameters ({share}).\n", code(&method.name));
    if !method.formulas.is_empty() {
        // Four blanks make code of anything; a fence could be closed by a formula.
        let lines = method.formulas.iter().flat_map(|formula| formula.lines());
        out.push('\n');
        lines.for_each(|line| writeln!(out, "    {line}").expect("a string takes all"));
    }
    out
}

fn optimize(report: &Report) -> String {
    let optimize = &report.optimize;
    let (made, planned) = (number::count(optimize.made), number::count(optimize.planned));
    let mut out = format!("{made} of {planned} steps");
    if let Some(why) = &optimize.stopped {
        write!(out, "; {}", plain(why)).expect("a string takes all");
    }
    out += ".\n\n";
    let decides = &report.evaluate.decides;
    let row = |at: &super::Evaluation| {
        let score = at.scores.get(decides).map_or_else(|| "–".to_owned(), |score| number::score(*score));
        let kept = if report.evaluate.best_step == Some(at.step) { " ← kept" } else { "" };
        let train = optimize.curve.iter().find(|point| point.step == at.step);
        let train = train.map_or_else(|| "–".to_owned(), |point| number::plain(point.loss));
        vec![number::count(at.step), train, number::plain(at.loss), score + kept]
    };
    let head = ["step", "train loss", "dev loss", &format!("dev {}", plain(decides))];
    out + &table(&head, report.evaluate.curve.iter().map(row)) + "\n"
}

fn evaluate(report: &Report) -> String {
    let Some(result) = &report.evaluate.result else { return String::new() };
    let mut out = scores(report, result);
    for labels in label_tables(&result.model, result.rules.as_ref(), &result.labels) {
        out += &label_table(&labels);
    }
    confusions(&result.model, &result.labels).iter().for_each(|matrix| out += &confusion(matrix));
    if result.cases.wrong > 0 {
        let (wrong, of) = (number::count(result.cases.wrong), number::count(result.cases.of));
        writeln!(out, "\n### What it gets wrong\n\n{wrong} of {of} texts hold a mistake.").expect("a string takes all");
    }
    result.cases.shown.iter().enumerate().for_each(|(at, one)| out += &case(at + 1, one));
    out
}

fn scores(report: &Report, result: &Outcome) -> String {
    let row = |name: &String| {
        let model = result.model.value(name)?;
        let rules = result.rules.as_ref().and_then(|rules| rules.value(name));
        let shown = if *name == report.evaluate.decides { format!("**{}**", plain(name)) } else { plain(name) };
        let missing = || "–".to_owned();
        let gap = rules.map_or_else(missing, |rules| number::difference(model, rules));
        Some(vec![shown, number::score(model), rules.map_or_else(missing, number::score), gap])
    };
    let split = format!("on {}", plain(&result.split));
    table(&[&split, "model", "rules alone", "difference"], headlines(&result.model).filter_map(row))
}

fn label_table(of: &LabelTable) -> String {
    let said = |value: Option<f64>, say: fn(f64) -> String| value.map_or_else(|| "–".to_owned(), say);
    let rows = of.rows.iter().map(|row| {
        let scores = [row.precision, row.recall, row.f1, row.rules].map(|value| said(value, number::score));
        let support = said(row.support, number::count_of);
        [plain(&row.label)].into_iter().chain(scores).chain([support]).collect()
    });
    let head = ["label", "precision", "recall", "F1", "rules' F1", "support"];
    format!("\n### Labels, by {}\n\n{}", plain(&of.metric), table(&head, rows))
}

fn confusion(of: &Confusion) -> String {
    let rows = of.gold.iter().zip(&of.counts).map(|(gold, counts)| {
        [plain(gold)].into_iter().chain(counts.iter().map(|count| number::count_of(*count))).collect()
    });
    let names: Vec<String> = of.predicted.iter().map(|name| plain(name)).collect();
    let head: Vec<&str> = ["gold ╲ predicted"].into_iter().chain(names.iter().map(String::as_str)).collect();
    format!("\n### Confusion, by {}\n\n{}", plain(&of.metric), table(&head, rows))
}

fn case(number: usize, case: &Case) -> String {
    let (before, after) = (case.offset > 0, case.offset + case.text.len() < case.of);
    let (before, after) = (if before { "… " } else { "" }, if after { " …" } else { "" });
    let text = plain(case.text.trim());
    let mut out = format!("\n{number}. {}\n\n   > {before}{text}{after}\n\n", code(&case.id));
    let wrong = |spans: &[CaseSpan]| {
        let wrong = spans.iter().filter(|span| span.finding != Finding::Right);
        let said = |span: &CaseSpan| {
            let text = case.text.get(span.span.range()).unwrap_or_default();
            format!("“{}” {}", plain(text), plain(&span.span.label))
        };
        wrong.map(said).collect::<Vec<_>>().join("; ")
    };
    let gold: Vec<String> = [wrong(&case.gold)].into_iter().chain(case.gold_labels.iter().map(|l| plain(l))).collect();
    let labels = case.predicted_labels.iter().map(|l| plain(&l.label));
    let said: Vec<String> = [wrong(&case.predicted)].into_iter().chain(labels).collect();
    for (side, names) in [("gold", gold), ("predicted", said)] {
        let names: Vec<String> = names.into_iter().filter(|name| !name.is_empty()).collect();
        let names = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
        writeln!(out, "   - {side}: {names}").expect("a string takes all");
    }
    out
}

fn run(report: &Report) -> String {
    let mut facts = vec![("Engraft".to_owned(), report.engraft.clone()), ("seed".to_owned(), report.seed.to_string())];
    facts.push(("device".to_owned(), report.device.clone()));
    facts.extend(report.plugins.iter().map(|p| (p.kind.clone(), format!("{} {}", p.id, p.version))));
    let timing = &report.timing;
    facts.extend(timing.stages.iter().map(|stage| (format!("time to {}", stage.name), number::seconds(stage.seconds))));
    facts.extend(
        timing.plugins.iter().map(|plugin| (format!("time in {}", plugin.name), number::seconds(plugin.seconds))),
    );
    facts.extend(timing.tokens_per_second.map(|rate| ("training tokens a second".to_owned(), number::count_of(rate))));
    facts.extend(timing.peak_memory.map(|bytes| ("memory at most".to_owned(), number::bytes(bytes))));
    list(&facts)
}

fn list(facts: &[(String, String)]) -> String {
    facts.iter().map(|(name, value)| format!("- {}: {}\n", plain(name), plain(value))).collect()
}

/// A table of Markdown cells; nothing where there is no row.
fn table(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let rows: String = rows.map(|row| format!("| {} |\n", row.join(" | "))).collect();
    if rows.is_empty() {
        return rows;
    }
    let line = format!("|:--{}|\n", "|--:".repeat(head.len() - 1));
    format!("| {} |\n{line}{rows}", head.join(" | "))
}

/// Text that Markdown takes for nothing but text, on one line.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\r' | '\t' => out.push(' '),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' | '!' | '$' => out.extend(['\\', letter]),
            _ if letter.is_control() => out.push('\u{fffd}'),
            _ => out.push(letter),
        }
    }
    // `http://…` would become a link and `1.` a list.
    out.replace("://", ":&#47;&#47;")
}

/// Text as code, where it can be.
fn code(text: &str) -> String {
    if text.is_empty() || text.contains(['`', '\n', '|']) { plain(text) } else { format!("`{text}`") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_takes_hostile_text_for_text() {
        assert_eq!(plain("<b>|a_b*\n#[x](http://y)"), "&lt;b&gt;\\|a\\_b\\* \\#\\[x\\](http:&#47;&#47;y)");
        assert_eq!([code("a_b"), code("a`b"), code("a\nb")], ["`a_b`", "a\\`b", "a b"]);
    }
}
