//! `engraft config`: run files checked, completed and described.

use crate::args::ConfigCommand;
use crate::config::{Loaded, Resolved, load, of_all_runs, resolve, write};
use crate::error::Result;
use crate::model::Source;
use crate::output::Screen;
use crate::plugins::{catalogue, linked};
use engraft_host::Catalogue;
use std::path::Path;

pub(super) fn run(command: ConfigCommand, screen: &Screen) -> Result<()> {
    match command {
        ConfigCommand::Check { run } => {
            let loaded = load(&run.file, &run.set.set)?;
            let resolved = resolve(&loaded, &catalogue(&loaded)?, loaded.folder())?;
            resolved.check_files(&loaded)?;
            check_model(&loaded, &resolved)?;
            screen.print(&format!("{}: a run that can be trained\n{}", loaded.path.display(), summary(&resolved)))
        }
        ConfigCommand::Fill { run, json } => {
            let loaded = load(&run.file, &run.set.set)?;
            let catalogue = catalogue(&loaded)?;
            let raw = filled(&loaded, &catalogue)?.to_raw();
            if json { screen.print_json(&raw) } else { screen.print(&write(&raw, &catalogue)) }
        }
        ConfigCommand::Schema { file } => {
            let run = file.map(|file| load(&file, &[])).transpose()?;
            let catalogue = run.as_ref().map_or_else(linked, catalogue)?;
            screen.print_json(&of_all_runs(&catalogue, run.as_ref().map(|run| &run.raw)))
        }
    }
}

/// A run with every default; its paths stay as they are, so that the file can stand beside the old one.
fn filled(loaded: &Loaded, catalogue: &Catalogue) -> Result<Resolved> {
    resolve(loaded, catalogue, Path::new(""))
}

/// A model that is named as a folder is there; others are fetched when the run starts.
fn check_model(loaded: &Loaded, resolved: &Resolved) -> Result<()> {
    match &resolved.source {
        Source::Folder(folder) if !folder.is_dir() => {
            let failure = crate::model::missing(folder);
            Err(loaded.at(failure, "model.source"))
        }
        _ => Ok(()),
    }
}

/// What takes part in a run, a line a section.
fn summary(resolved: &Resolved) -> String {
    let raw = resolved.to_raw();
    let names = |tables: &[crate::config::raw::Named]| {
        let names: Vec<&str> = tables.iter().map(|table| table.plugin.as_str()).collect();
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    };
    let lines = [
        ("name", raw.name.clone().unwrap_or_default()),
        ("domain", raw.domain.plugin.clone()),
        ("preprocess", names(&raw.preprocess)),
        ("augment", names(&raw.augment)),
        ("model", raw.model.source.clone()),
        ("method", raw.method.plugin.clone()),
        ("metric", names(&raw.metric)),
    ];
    lines.iter().map(|(name, value)| format!("  {name:<11} {value}\n")).collect()
}
