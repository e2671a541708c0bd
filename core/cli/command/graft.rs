//! `engraft graft`: several grafts on one model.

use crate::args::GraftCommand;
use crate::engine::{self, Trained};
use crate::error::{Failure, Result};
use crate::grafts::{self, Known};
use crate::output::{FAINT, NAME, Screen};
use crate::run_folder;
use indicatif::HumanBytes;

pub(super) fn run(command: GraftCommand, screen: &Screen) -> Result<()> {
    match command {
        GraftCommand::List { run, json } => {
            let known = grafts::list(&run_folder::find(&run, None)?)?;
            if json {
                return screen.print_json(&known);
            }
            if known.is_empty() {
                screen.note("the run has no graft; `engraft graft add` puts one there");
            }
            screen.print(&known.iter().map(|known| line(known, screen)).collect::<String>())
        }
        GraftCommand::Add { run, name, graft, replace, any_base, json } => {
            let out = run_folder::find(&run, None)?;
            let from = grafts::within(&graft).ok_or_else(|| {
                let message = format!("`{}` holds no graft: expected adapter_model.safetensors", graft.display());
                Failure::usage("file.missing", message).help("name a graft folder, or a run folder that holds one")
            })?;
            let trained = run_folder::open(&out, None, &[], screen)?;
            Trained::with_graft(&trained, &from, engine::base(any_base))?;
            let known = grafts::add(&out, &name, &from, replace)?;
            if json { screen.print_json(&known) } else { screen.print(&line(&known, screen)) }
        }
        GraftCommand::Remove { run, name } => grafts::remove(&run_folder::find(&run, None)?, &name),
    }
}

/// `cardiology  lora  Disease, Drug  2.1 MB  runs/…/grafts/cardiology`.
fn line(known: &Known, screen: &Screen) -> String {
    let method = known.method.as_deref().unwrap_or("from PEFT");
    let size = HumanBytes(known.bytes).to_string();
    let folder = screen.paint(FAINT, &known.folder.display().to_string());
    let labels = if known.labels.is_empty() { String::new() } else { format!("  {}", known.labels.join(", ")) };
    format!("{}  {method}{labels}  {size}  {folder}\n", screen.paint(NAME, &known.name))
}
