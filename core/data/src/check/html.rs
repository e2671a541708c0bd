//! The quality report as a page: numbers, faults with their places, bars of labels and lengths.

use super::{Checked, Lengths};
use std::fmt::Write as _;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1f2328}\
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2.5rem;border-bottom:1px solid #d0d7de;overflow-wrap:anywhere}\
table{border-collapse:collapse;margin:1rem 0}td,th{padding:.2rem .8rem .2rem 0;text-align:left;vertical-align:top}\
td.n{text-align:right;font-variant-numeric:tabular-nums}.bar{fill:#2f6f9f}.bad{color:#b42318}\
small{color:#57606a;display:block;overflow-wrap:anywhere}svg{display:block}svg text{font-size:11px;fill:#57606a}\
@media(prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}.bar{fill:#58a6ff}small,svg text{color:#8b949e;fill:#8b949e}}";

/// How many labels are drawn.
const DRAWN: usize = 40;

pub(super) fn page(checked: &[Checked]) -> String {
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Data report</title><style>{STYLE}</style><h1>Data report</h1>"
    );
    for file in checked {
        let _ = write!(page, "<h2>{}</h2><table>", escaped(&file.path.display().to_string()));
        let numbers = [
            ("records", file.records),
            ("characters", file.characters),
            ("tokens", file.tokens),
            ("spans", file.spans),
            ("records without spans and labels", file.unlabeled),
        ];
        for (name, count) in numbers {
            let _ = write!(page, "<tr><td>{name}<td class=n>{count}");
        }
        page += "</table><table><tr><th>may be wrong<th><th>first seen";
        for (name, fault) in file.faults.all() {
            let class = if fault.count > 0 { "n bad" } else { "n" };
            let _ = write!(page, "<tr><td>{name}<td class=\"{class}\">{}<td>", fault.count);
            for example in &fault.examples {
                let _ = write!(page, "<small>{}</small>", escaped(example));
            }
        }
        for (note, count) in &file.notes {
            let _ = write!(page, "<tr><td>{}<td class=n>{count}<td>", escaped(note));
        }
        page += "</table>";
        for (title, labels) in [("Labels of texts", &file.labels), ("Labels of spans", &file.span_labels)] {
            if !labels.is_empty() {
                let _ = write!(page, "<h3>{title}</h3>{}", label_bars(labels));
            }
        }
        let _ = write!(page, "<h3>Length in characters</h3>{}", length_bars(&file.length));
    }
    page + "</html>\n"
}

fn label_bars(labels: &[(String, usize)]) -> String {
    let most = labels.iter().map(|(_, count)| *count).max().unwrap_or(1).max(1);
    let drawn = &labels[..labels.len().min(DRAWN)];
    let mut svg = format!("<svg width=\"720\" height=\"{}\" role=\"img\">", drawn.len() * 22 + 4);
    for (at, (label, count)) in drawn.iter().enumerate() {
        let (y, width) = (at * 22, (count * 380 / most).max(1));
        let _ = write!(
            svg,
            "<text x=\"210\" y=\"{}\" text-anchor=\"end\">{}</text><rect class=\"bar\" x=\"220\" y=\"{y}\" width=\"{width}\" \
             height=\"16\"/><text x=\"{}\" y=\"{}\">{count}</text>",
            y + 13,
            escaped(&label.chars().take(34).collect::<String>()),
            226 + width,
            y + 13
        );
    }
    svg += "</svg>";
    if labels.len() > DRAWN {
        let _ = write!(svg, "<small>and {} labels more</small>", labels.len() - DRAWN);
    }
    svg
}

fn length_bars(length: &Lengths) -> String {
    let most = length.bars.iter().max().copied().unwrap_or(1).max(1);
    let mut svg = "<svg width=\"720\" height=\"150\" role=\"img\">".to_owned();
    for (at, count) in length.bars.iter().enumerate() {
        let height = count * 110 / most;
        let _ = write!(
            svg,
            "<rect class=\"bar\" x=\"{}\" y=\"{}\" width=\"30\" height=\"{height}\"><title>{count}</title></rect>",
            at * 34,
            120 - height
        );
        if at % 2 == 0 {
            let _ = write!(svg, "<text x=\"{}\" y=\"136\">{}</text>", at * 34, at * length.width);
        }
    }
    let _ = write!(
        svg,
        "</svg><small>least {}, median {}, mean {:.1}, 95 % at most {}, most {}; the last bar holds all above</small>",
        length.least, length.median, length.mean, length.most_95, length.most
    );
    svg
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
