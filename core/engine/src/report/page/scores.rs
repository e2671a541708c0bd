//! How good the model is: curves of dev, scores beside the rules, labels, confusion.

use super::chart::{Chart, Line, figure};
use super::html::{Text, meter, table};
use crate::report::content::{Outcome, Report};
use crate::report::labels::{Confusion, LabelRow, LabelTable, confusions, headlines, label_tables};
use crate::report::number;
use std::fmt::Write;

/// The scores, without the cases.
pub(super) fn evaluate(report: &Report) -> String {
    let mut out = String::new();
    let chart = dev_chart(report);
    if !chart.is_empty() {
        out += &format!("<div class=\"charts\">\n{chart}</div>\n");
    }
    let Some(result) = &report.evaluate.result else { return out };
    out += &format!("<h3>Scores on {}</h3>\n", Text(&result.split));
    out += &score_table(report, result);
    for table in label_tables(&result.model, result.rules.as_ref(), &result.labels) {
        out += &label_table(&table);
    }
    for matrix in confusions(&result.model, &result.labels) {
        out += &heat_map(&matrix);
    }
    out
}

/// The deciding score over the steps, with up to two of its metric's other scores.
fn dev_chart(report: &Report) -> String {
    let evaluate = &report.evaluate;
    let decides = evaluate.decides.as_str();
    let points = |name: &str| -> Vec<(usize, f64)> {
        evaluate.curve.iter().filter_map(|at| Some((at.step, *at.scores.get(name)?))).collect()
    };
    let metric = decides.split_once('.').map_or("", |(metric, _)| metric);
    let is_beside = |name: &&String| {
        let tail = name.strip_prefix(metric).and_then(|tail| tail.strip_prefix('.'));
        *name != decides && matches!(tail, Some("precision" | "recall"))
    };
    let beside = evaluate.curve.first().into_iter().flat_map(|at| at.scores.keys().filter(is_beside));
    let line = |name: &str, class, has_dots| {
        let short = name.strip_prefix(metric).map_or(name, |tail| tail.trim_start_matches('.'));
        Line { name: short.to_owned(), class, points: points(name), has_dots }
    };
    let mut lines: Vec<Line> = beside.zip(["b", "c"]).map(|(name, class)| line(name, class, false)).collect();
    lines.insert(0, line(decides, "a", true));
    let mark = evaluate.best_step.map(|step| (step, "kept"));
    figure(&Chart { id: "dev", title: &format!("{metric} on dev"), unit: "score", lines, mark })
}

fn score_table(report: &Report, result: &Outcome) -> String {
    let mut rows = String::new();
    for name in headlines(&result.model) {
        let Some(model) = result.model.scores.get(name) else { continue };
        let is_deciding = *name == report.evaluate.decides;
        let rules = result.rules.as_ref().map(|rules| rules.value(name));
        let rules_cells = rules.map_or(String::new(), |rules| beside(model.value, rules, model.higher_is_better));
        let badge = if is_deciding { "<span class=\"badge\">decides</span>" } else { "" };
        let class = if is_deciding { " class=\"decides\"" } else { "" };
        let (name, value) = (Text(name), number::score(model.value));
        writeln!(rows, "<tr{class}><th scope=\"row\">{name}{badge}</th><td>{value}</td>{rules_cells}</tr>")
            .expect("a string takes all");
    }
    if let Some(loss) = result.loss {
        let empty = if result.rules.is_some() { "<td></td><td></td>" } else { "" };
        writeln!(rows, "<tr><th scope=\"row\">loss</th><td>{}</td>{empty}</tr>", number::plain(loss))
            .expect("a string takes all");
    }
    let rules_heads = match &result.rules {
        Some(_) => "<th scope=\"col\">rules alone</th><th scope=\"col\">difference</th>",
        None => "",
    };
    format!(
        "<div class=\"scroll\" tabindex=\"0\"><table>\n<thead><tr><th scope=\"col\">score</th>\
         <th scope=\"col\">model</th>{rules_heads}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n"
    )
}

/// The rules' score, and what the model gained.
fn beside(model: f64, rules: Option<f64>, higher_is_better: bool) -> String {
    let Some(rules) = rules else { return "<td>–</td><td></td>".to_owned() };
    let class = match (model - rules, higher_is_better) {
        (0.0, _) => "zero",
        (gap, true) if gap > 0.0 => "up",
        (gap, false) if gap < 0.0 => "up",
        _ => "down",
    };
    format!("<td>{}</td><td class=\"{class}\">{}</td>", number::score(rules), number::difference(model, rules))
}

fn label_table(of: &LabelTable) -> String {
    let has_rules = of.rows.iter().any(|row| row.rules.is_some());
    let number = |value: Option<f64>, said: fn(f64) -> String| value.map_or_else(|| "–".to_owned(), said);
    let row = |row: &LabelRow| {
        let f1 = row.f1.map_or_else(|| "–".to_owned(), |f1| meter(f1, row.rules, &number::score(f1)));
        let mut cells = vec![Text(&row.label).to_string(), f1];
        cells.extend(has_rules.then(|| number(row.rules, number::score)));
        cells.extend([number(row.precision, number::score), number(row.recall, number::score)]);
        cells.push(number(row.support, number::count_of));
        cells
    };
    let rows: Vec<_> = of.rows.iter().map(row).collect();
    let mut head = vec!["label", "F1", "precision", "recall", "support"];
    if has_rules {
        head.insert(2, "rules' F1");
    }
    let caption = if has_rules { "The bar is the model's F1, the notch in it that of the rules alone." } else { "" };
    format!("<h3>Labels, by {}</h3>\n{}", Text(&of.metric), table(caption, &head, &rows, "labels"))
}

fn heat_map(of: &Confusion) -> String {
    let columns: String = of.predicted.iter().map(|name| format!("<th scope=\"col\">{}</th>", Text(name))).collect();
    let mut rows = String::new();
    for (gold, counts) in of.gold.iter().zip(&of.counts) {
        let all: f64 = counts.iter().sum();
        write!(rows, "<tr><th scope=\"row\">{}</th>", Text(gold)).expect("a string takes all");
        for (predicted, count) in of.predicted.iter().zip(counts) {
            let class = match (gold == predicted, *count > 0.0) {
                (_, false) => "none",
                (true, true) => "hit",
                (false, true) => "miss",
            };
            let (share, said) = (if all > 0.0 { count / all } else { 0.0 }, number::count_of(*count));
            let title = format!("{:.1} % of gold {gold}", 100.0 * share);
            write!(rows, "<td class=\"{class}\" style=\"--share:{share:.3}\" title=\"{}\">{said}</td>", Text(&title))
                .expect("a string takes all");
        }
        rows.push_str("</tr>\n");
    }
    let many = if of.predicted.len() > 8 { " many" } else { "" };
    format!(
        "<h3>Confusion, by {metric}</h3>\n\
         <p class=\"soft small\">Rows are gold, columns predicted; the deeper the color, the larger the share of its row.</p>\n\
         <div class=\"scroll\" tabindex=\"0\"><table class=\"heat{many}\">\n\
         <thead><tr><th scope=\"col\" class=\"corner\">gold ╲ predicted</th>{columns}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n",
        metric = Text(&of.metric),
    )
}
