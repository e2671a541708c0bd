//! The sections of the page, in the order of the walk.

use super::chart::{Chart, Line, figure, smooth};
use super::html::{Text, facts, flat, grid, meter, table};
use super::{cases, scores};
use crate::report::content::{Report, Split};
use crate::report::number;

/// Id, title and body of each section; the body is empty where there is nothing to say.
pub(super) fn all(report: &Report) -> Vec<(&'static str, &'static str, String)> {
    let section = |id, title, body: String| (id, title, notes(report, id) + &settings(report, id, body));
    vec![
        section("data", "Data", data(report)),
        section("augment", "Augment", augment(report)),
        section("tokenize", "Tokenize", tokenize(report)),
        section("batch", "Batch", String::new()),
        section("model", "Model", model(report)),
        section("method", "Method", method(report)),
        section("optimize", "Optimize", optimize(report)),
        section("evaluate", "Evaluate", scores::evaluate(report) + &cases::all(report)),
        section("checkpoint", "Checkpoint", String::new()),
        section("report", "The run", run(report)),
    ]
}

/// What the user was told at this stage.
fn notes(report: &Report, stage: &str) -> String {
    let notes = report.notes.iter().filter(|note| note.stage == stage);
    notes.map(|note| format!("<p class=\"note\" dir=\"auto\">{}</p>\n", Text(&note.message))).collect()
}

/// The section's body with its settings: to be opened, or at once where there is nothing else.
fn settings(report: &Report, section: &str, body: String) -> String {
    match report.section(section).filter(|settings| !flat(settings).is_empty()) {
        Some(settings) if body.is_empty() => facts(settings),
        Some(settings) => format!("{body}<details><summary>Settings</summary>\n{}</details>\n", facts(settings)),
        None => body,
    }
}

fn data(report: &Report) -> String {
    if report.splits.is_empty() {
        return String::new();
    }
    let has_documents = report.splits.iter().any(|split| split.documents.is_some());
    let row = |split: &Split| {
        let labelled = split.labels.values().sum();
        let mut row = vec![Text(&split.name).to_string(), number::count(split.examples), number::count(labelled)];
        if has_documents {
            row.insert(1, number::count(split.documents.unwrap_or(split.examples)));
        }
        row
    };
    let rows: Vec<_> = report.splits.iter().map(row).collect();
    let mut head = vec!["split", "examples", "gold labels"];
    if has_documents {
        head.insert(1, "documents");
    }
    table("", &head, &rows, "close") + &label_counts(&report.splits)
}

/// How the gold labels are spread: a bar a label, of its share of the split.
fn label_counts(splits: &[Split]) -> String {
    let mut labels: Vec<&String> = splits.iter().flat_map(|split| split.labels.keys()).collect();
    labels.sort_unstable();
    labels.dedup();
    if labels.is_empty() {
        return String::new();
    }
    let cell = |split: &Split, label: &String| {
        let (count, all) = (split.labels.get(label).copied().unwrap_or(0), split.labels.values().sum::<usize>());
        meter(count as f64 / all.max(1) as f64, None, &number::count(count))
    };
    let row = |label: &&String| {
        let cells = splits.iter().map(|split| cell(split, label));
        [Text(label).to_string()].into_iter().chain(cells).collect()
    };
    let rows: Vec<Vec<String>> = labels.iter().map(row).collect();
    let head: Vec<&str> = ["label"].into_iter().chain(splits.iter().map(|split| split.name.as_str())).collect();
    table("Gold labels, and each one's share of its split", &head, &rows, "")
}

fn augment(report: &Report) -> String {
    if flat(&report.augment).is_empty() { String::new() } else { grid(&report.augment) }
}

fn tokenize(report: &Report) -> String {
    if report.splits.is_empty() {
        return String::new();
    }
    let lost = |split: &Split| match split.spans_lost {
        0 => "0".to_owned(),
        lost => format!("<span class=\"lost\">{}</span>", number::count(lost)),
    };
    let row = |split: &Split| {
        let mean = split.tokens as f64 / split.windows.max(1) as f64;
        let counts = [number::count(split.tokens), number::count(split.windows), format!("{mean:.0}"), lost(split)];
        [Text(&split.name).to_string()].into_iter().chain(counts).collect()
    };
    let rows: Vec<_> = report.splits.iter().map(row).collect();
    let lost: usize = report.splits.iter().map(|split| split.spans_lost).sum();
    let word = match lost {
        0 => "Every gold span can be expressed by the tokens: none is lost.",
        _ => {
            "Gold spans lost here can be neither learned nor found. Raise <code>max_length</code> or \
              <code>overlap</code> in <code>[tokenize]</code>, or set <code>unit = \"piece\"</code>."
        }
    };
    let head = ["split", "tokens", "windows", "tokens a window", "gold spans lost"];
    table("", &head, &rows, "close") + &format!("<p class=\"soft\">{word}</p>\n")
}

fn model(report: &Report) -> String {
    let model = &report.model;
    facts(&serde_json::json!({ "source": model.source, "architecture": model.architecture,
        "parameters": number::count(report.method.parameters) }))
}

fn method(report: &Report) -> String {
    let method = &report.method;
    let formulas: Vec<String> = method.formulas.iter().map(|formula| Text(formula).to_string()).collect();
    let trained = format!(
        "<p><strong>{}</strong> trains {} of {} parameters ({}).</p>\n",
        Text(&method.name),
        number::count(method.trained),
        number::count(method.parameters),
        number::percent(method.trained, method.parameters).replace('<', "&lt;")
    );
    if formulas.is_empty() {
        return trained;
    }
    trained + &format!("<pre class=\"formulas\" tabindex=\"0\"><code>{}</code></pre>\n", formulas.join("\n"))
}

fn optimize(report: &Report) -> String {
    let optimize = &report.optimize;
    let (made, planned) = (number::count(optimize.made), number::count(optimize.planned));
    let ended = match &optimize.stopped {
        Some(why) => format!("{made} of {planned} steps were made: {}.", Text(why.trim_end_matches('.'))),
        None => format!("All {planned} steps were made."),
    };
    let of = |value: fn(&crate::report::StepPoint) -> f64| -> Vec<(usize, f64)> {
        optimize.curve.iter().map(|point| (point.step, value(point))).collect()
    };
    let losses = of(|point| point.loss);
    let dev = report.evaluate.curve.iter().map(|at| (at.step, at.loss)).collect();
    let line = |name: &str, class, points| Line { name: name.to_owned(), class, points, has_dots: false };
    let mut lines = vec![line("train", "a", smooth(&losses)), Line { has_dots: true, ..line("dev", "b", dev) }];
    if losses.len() > 40 {
        lines.insert(0, line("train, each step", "faint", losses));
    }
    let single =
        |id, title, unit, points| figure(&Chart { id, title, unit, lines: vec![line(unit, "a", points)], mark: None });
    let charts = [
        figure(&Chart { id: "loss", title: "Loss", unit: "mean loss", lines, mark: None }),
        single("rate", "Learning rate", "learning rate", of(|point| point.learning_rate)),
        single("norm", "Gradient norm", "norm before clipping", of(|point| point.gradient_norm)),
    ];
    format!("<p>{ended}</p>\n<div class=\"charts\">\n{}</div>\n", charts.concat())
}

fn run(report: &Report) -> String {
    let mut out = String::new();
    if !report.plugins.is_empty() {
        let row = |plugin: &crate::report::content::Plugin| {
            vec![Text(&plugin.id).to_string(), Text(&plugin.kind).to_string(), Text(&plugin.version).to_string()]
        };
        out += &table(
            "Plugins that took part",
            &["plugin", "kind", "version"],
            &report.plugins.iter().map(row).collect::<Vec<_>>(),
            "close words",
        );
        for plugin in report.plugins.iter().filter(|plugin| !flat(&plugin.settings).is_empty()) {
            let (id, settings) = (Text(&plugin.id), facts(&plugin.settings));
            out += &format!("<details><summary>Settings of {id}</summary>\n{settings}</details>\n");
        }
    }
    out + &time(report)
}

fn time(report: &Report) -> String {
    let timing = &report.timing;
    let all: f64 = timing.stages.iter().map(|stage| stage.seconds).sum();
    if timing.stages.is_empty() {
        return String::new();
    }
    let row = |stage: &crate::report::content::Stage| {
        vec![Text(&stage.name).to_string(), meter(stage.seconds / all.max(1e-9), None, &number::seconds(stage.seconds))]
    };
    let within = timing.plugins.iter().map(|plugin| {
        let name = format!("of it in {}", plugin.name);
        vec![Text(&name).to_string(), meter(plugin.seconds / all.max(1e-9), None, &number::seconds(plugin.seconds))]
    });
    let rows: Vec<_> = timing.stages.iter().map(row).chain(within).collect();
    let mut said = vec![format!("{} in all", number::seconds(all))];
    said.extend(timing.tokens_per_second.map(|rate| format!("{} training tokens a second", number::count_of(rate))));
    said.extend(timing.peak_memory.map(|bytes| format!("{} of memory at most", number::bytes(bytes))));
    format!("<h3>Time</h3>\n<p>{}.</p>\n{}", said.join(", "), table("", &["stage", "time"], &rows, ""))
}
