//! `engraft evaluate`: a trained run, scored on a split.

use crate::args::EvaluateArgs;
use crate::error::Result;
use crate::output::{HEADING, Screen};
use crate::{engine, plugins, progress, run_folder};
use engraft_engine::evaluate::Scored;
use engraft_engine::pipeline::{Evaluation, Split};
use serde_json::json;
use std::path::PathBuf;

pub(super) fn run(args: EvaluateArgs, screen: &Screen) -> Result<()> {
    let catalogue = plugins::catalogue()?;
    let run = run_folder::open(&args.run, args.out, &args.set.set, &catalogue, screen)?;
    let split = match args.split.as_str() {
        "test" => Split::Test,
        "dev" => Split::Dev,
        file => Split::File(PathBuf::from(file)),
    };
    let result = engine::evaluate(&run, &split, progress::observer(screen).as_mut())?;
    if args.json { screen.print_json(&to_json(&args.split, &result)) } else { screen.print(&text(&args.split, &result, screen)) }
}

fn to_json(split: &str, result: &Evaluation) -> serde_json::Value {
    json!({
        "split": split,
        "texts": result.texts,
        "loss": result.loss,
        "model": result.model.values(),
        "rules": result.rules.as_ref().map(Scored::values),
    })
}

fn text(split: &str, result: &Evaluation, screen: &Screen) -> String {
    let head = screen.paint(HEADING, &format!("{split}: {} texts, loss {:.4}", result.texts, result.loss));
    format!("{head}\n{}", score_table(&result.model, result.rules.as_ref()))
}

/// Scores, a line each, beside those of the domain's rules; the confusion matrix is left to the report.
pub(super) fn score_table(model: &Scored, rules: Option<&Scored>) -> String {
    let names: Vec<&String> = model.names.iter().filter(|name| !name.contains("confusion/")).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let mut text = match rules {
        Some(_) => format!("  {:width$}  {:>8}  {:>8}\n", "", "model", "rules"),
        None => String::new(),
    };
    for name in names {
        let value = |scored: &Scored| scored.value(name).map_or("–".to_owned(), number);
        text += &format!("  {name:width$}  {:>8}", value(model));
        if let Some(rules) = rules {
            text += &format!("  {:>8}", value(rules));
        }
        text.push('\n');
    }
    text
}

/// A share with four places, a count without any.
fn number(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() > 1.0 { format!("{value:.0}") } else { format!("{value:.4}") }
}
