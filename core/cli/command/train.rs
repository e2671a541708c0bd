//! `engraft train`: from a run file to a report.

use super::scores;
use crate::args::TrainArgs;
use crate::config::{load, resolve};
use crate::error::Result;
use crate::estimate::told;
use crate::lock::Lock;
use crate::output::{HEADING, NAME, Screen};
use crate::run_folder::{RunFiles, default_folder};
use crate::{engine, model, plugins, progress};
use engraft_engine::event::Silent;
use engraft_engine::method::graft::tokenizer_files;
use engraft_engine::report::Report;
use std::path::Path;

pub(super) fn run(args: TrainArgs, screen: &Screen) -> Result<()> {
    let loaded = load(&args.run.file, &args.run.set.set)?;
    let catalogue = plugins::catalogue(&loaded)?;
    let resolved = resolve(&loaded, &catalogue, loaded.folder())?;
    resolved.check_files(&loaded)?;
    let out = default_folder(&resolved.name, args.out)?;
    let folder = model::locate(&resolved.source, screen).map_err(|failure| loaded.at(failure, "model.source"))?;
    // What cannot be saved in the end is not trained.
    tokenizer_files(&folder)?;
    if args.estimate {
        let run = resolved.into_run(folder, out, false);
        let estimate = engine::estimate(&run, &mut Silent)?;
        return if args.json { screen.print_json(&estimate) } else { screen.print(&told(&estimate)) };
    }
    if args.explain {
        let run = resolved.into_run(folder, out, false);
        return screen.print(&engine::explain(&run, &mut Silent)?);
    }
    let lock = Lock::of(&resolved, &folder, &catalogue)?;
    if let Some(was) = Lock::read(&out)?.filter(|_| args.resume) {
        was.require(&lock, &out)?;
    }
    let mut observer =
        RunFiles::new(&out, &resolved, &lock, &catalogue, progress::observer(screen, resolved.decides.clone()));
    let run = resolved.into_run(folder, out, args.resume);
    let report = engine::train(&run, &mut observer)?;
    if args.json { screen.print_json(&report) } else { screen.print(&summary(&report, &run.out, screen)) }
}

/// What a user wants to know when a run is done.
fn summary(report: &Report, out: &Path, screen: &Screen) -> String {
    let mut text = String::new();
    if let Some(result) = &report.evaluate.result {
        let head = format!("{}: {} texts", result.split, result.examples);
        text += &format!("\n{}\n{}", screen.paint(HEADING, &head), scores::table(&result.model, result.rules.as_ref()));
    }
    let out = from_here(out);
    text += &format!("\nreport  {}\n", screen.paint(NAME, &out.join("report.html").display().to_string()));
    text += &format!("use it  engraft predict {} \"…\"\n", out.display());
    text
}

/// A path as one would type it in the current folder.
fn from_here(path: &Path) -> &Path {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(path)
}
