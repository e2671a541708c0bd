//! `report.html`: one file that needs nothing else, not even a network.
//!
//! `page.html` is the frame and `page.css` the look. [`sections`] fills the sections in the order of the
//! walk, [`scores`] and [`cases`] the one on evaluation. There is no script, and the page forbids any.

mod axis;
mod cases;
mod chart;
mod html;
mod scores;
mod sections;

pub(super) use html::flat;

use super::content::Report;
use super::number;
use super::verdict::{Standing, verdict};
use html::{Text, fill};

/// The page.
pub(super) fn render(report: &Report) -> String {
    let verdict = verdict(report);
    let standing = match verdict.standing {
        Standing::Ahead => "ahead",
        Standing::Behind => "behind",
        Standing::Even => "even",
    };
    let sections: Vec<(&str, &str, String)> =
        sections::all(report).into_iter().filter(|(_, _, body)| !body.is_empty()).collect();
    let section = |(id, title, body): &(&str, &str, String)| {
        format!("<section id=\"{id}\" aria-labelledby=\"{id}-h\">\n<h2 id=\"{id}-h\">{title}</h2>\n{body}</section>\n")
    };
    let link = |(id, title, _): &(&str, &str, String)| format!("<li><a href=\"#{id}\">{title}</a></li>\n");
    fill(
        include_str!("page.html"),
        &[
            ("name", &Text(&report.name).to_string()),
            ("engraft", &Text(&report.engraft).to_string()),
            ("style", include_str!("page.css")),
            ("standing", standing),
            ("verdict", &Text(&verdict.sentence).to_string()),
            ("tiles", &tiles(report)),
            ("contents", &sections.iter().map(link).collect::<String>()),
            ("sections", &sections.iter().map(section).collect::<String>()),
            ("seed", &report.seed.to_string()),
            ("device", &Text(&report.device).to_string()),
        ],
    )
}

/// The numbers that everyone asks for.
fn tiles(report: &Report) -> String {
    let mut out = String::new();
    let mut tile = |name: &str, value: String, more: String| {
        let (name, value, more) = (Text(name), Text(&value), Text(&more));
        out += &format!("<div><dt>{name}</dt><dd>{value}</dd><dd class=\"small\">{more}</dd></div>\n");
    };
    let evaluate = &report.evaluate;
    if let Some(result) = &evaluate.result {
        let wrong = format!("{} of {} texts wrong", number::count(result.cases.wrong), number::count(result.cases.of));
        if let Some(model) = result.model.value(&evaluate.decides) {
            tile(&format!("{} on {}", evaluate.decides, result.split), number::score(model), wrong);
        }
        if let Some(rules) = result.rules.as_ref().and_then(|rules| rules.value(&evaluate.decides)) {
            tile("rules alone", number::score(rules), "the same texts, no model".to_owned());
        }
    }
    let kept = evaluate.curve.iter().find(|at| Some(at.step) == evaluate.best_step);
    if let Some((at, dev)) = kept.and_then(|at| Some((at, at.scores.get(&evaluate.decides)?))) {
        tile("best on dev", number::score(*dev), format!("kept from step {}", number::count(at.step)));
    }
    let method = &report.method;
    let share = number::percent(method.trained, method.parameters);
    let of = format!("{share} of {}", number::short(method.parameters));
    tile("parameters trained", number::short(method.trained), of);
    let timing = &report.timing;
    if !timing.stages.is_empty() {
        let seconds = timing.stages.iter().map(|stage| stage.seconds).sum();
        let memory = timing.peak_memory.map(|bytes| format!("{} at most", number::bytes(bytes)));
        tile("time", number::seconds(seconds), memory.unwrap_or_default());
    }
    out
}
