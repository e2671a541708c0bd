//! `engraft evaluate`: a trained run, scored on a split.

use super::scores;
use crate::args::EvaluateArgs;
use crate::error::Result;
use crate::output::{HEADING, Screen};
use crate::{engine, progress, run_folder};
use engraft_engine::evaluate::Scored;
use engraft_engine::pipeline::{Evaluation, Split};
use serde_json::json;
use std::path::PathBuf;

pub(super) fn run(args: EvaluateArgs, screen: &Screen) -> Result<()> {
    let run = run_folder::open(&args.run, args.out, &args.set.set, screen)?;
    let split = match args.split.as_str() {
        "test" => Split::Test,
        "dev" => Split::Dev,
        file => Split::File(PathBuf::from(file)),
    };
    let result = engine::evaluate(&run, &split, progress::observer(screen, None).as_mut())?;
    if args.json {
        screen.print_json(&to_json(&args.split, &result))
    } else {
        screen.print(&text(&args.split, &result, screen))
    }
}

fn to_json(split: &str, result: &Evaluation) -> serde_json::Value {
    let mut json = json!({
        "split": split,
        "texts": result.texts,
        "loss": result.loss,
        "model": result.model.values(),
        "rules": result.rules.as_ref().map(Scored::values),
    });
    if !result.told.is_empty() {
        json["observed"] = json!(result.told);
    }
    json
}

fn text(split: &str, result: &Evaluation, screen: &Screen) -> String {
    let head = screen.paint(HEADING, &format!("{split}: {} texts, loss {:.4}", result.texts, result.loss));
    let observed = result.told.iter().map(|(name, numbers)| {
        let numbers: Vec<String> = numbers.iter().map(|(label, number)| format!("{label} {number:.3}")).collect();
        format!("{name}: {}\n", numbers.join(", "))
    });
    let observed: String = observed.collect();
    format!("{head}\n{}{observed}", scores::table(&result.model, result.rules.as_ref()))
}
