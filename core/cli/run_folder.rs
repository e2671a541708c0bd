//! The folder of a run: which one is meant, and the two files that the command line leaves in it.

use crate::config::{self, Resolved};
use crate::error::{Failure, Result};
use crate::lock::{self, Lock};
use crate::model;
use crate::output::Screen;
use crate::plugins;
use engraft_engine::event::{Event, Observer};
use engraft_engine::files::write_atomic;
use engraft_engine::run::Run;
use engraft_host::Catalogue;
use std::path::{Path, PathBuf};

/// The run file's name in a run folder.
const RUN_FILE: &str = "run.toml";

/// The folder that a run of this name writes.
///
/// # Errors
/// `file.unreadable` when there is no current folder.
pub(crate) fn default_folder(name: &str, out: Option<PathBuf>) -> Result<PathBuf> {
    let out = out.unwrap_or_else(|| Path::new("runs").join(name));
    std::path::absolute(&out).map_err(|error| Failure::reading(&out, "run folder", &error))
}

/// Opens a trained run: `named` is its folder, a folder in it, or the run file that it was made from.
///
/// # Errors
/// `file.missing` when there is no such run; what is wrong with its run file, its plugins or its model.
pub(crate) fn open(named: &Path, out: Option<PathBuf>, sets: &[String], screen: &Screen) -> Result<Run> {
    let out = find(named, out)?;
    let mut loaded = config::load(&out, sets)?;
    let (catalogue, gone) = plugins::catalogue_of_trained(&mut loaded)?;
    gone.iter().for_each(|line| screen.note(&format!("note: {line}")));
    let resolved = config::resolve(&loaded, &catalogue, loaded.folder())?;
    let is_whole = out.join("model").join("model.safetensors").exists();
    let model = if is_whole { out.join("model") } else { model::locate(&resolved.source, screen)? };
    if let Some(was) = Lock::read(&out)? {
        let now = Lock::of(&resolved, &model, &catalogue)?;
        // A whole model was trained by the run: it is not the one that the run began with.
        let now = if is_whole { now.with_model_of(&was) } else { now };
        // What is gone was told.
        let differences = was.differences(&now).into_iter().filter(|_| gone.is_empty());
        for line in differences {
            screen.note(&format!("note: {line}"));
        }
    }
    Ok(resolved.into_run(model, out, false))
}

/// Opens what a run file says without its training: domain, preprocessors and the pretrained model.
///
/// # Errors
/// What is wrong with the run file, its plugins or its model.
pub(crate) fn open_untrained(named: &Path, sets: &[String], screen: &Screen) -> Result<Run> {
    let mut loaded = config::load(named, sets)?;
    let (catalogue, gone) = plugins::catalogue_of_trained(&mut loaded)?;
    gone.iter().for_each(|line| screen.note(&format!("note: {line}")));
    let resolved = config::resolve(&loaded, &catalogue, loaded.folder())?;
    let model = model::locate(&resolved.source, screen)?;
    let out = default_folder(&loaded.name(), None)?;
    Ok(resolved.into_run(model, out, false))
}

/// The run folder that `named` means.
pub(crate) fn find(named: &Path, out: Option<PathBuf>) -> Result<PathBuf> {
    let is_run = |folder: &Path| folder.join(RUN_FILE).is_file() && folder.join(lock::FILE).is_file();
    let named = std::path::absolute(named).map_err(|error| Failure::reading(named, "run", &error))?;
    let within = if named.is_file() { named.parent() } else { Some(named.as_path()) };
    let nearest = within.into_iter().chain(within.and_then(Path::parent)).find(|folder| is_run(folder));
    if let Some(folder) = nearest.filter(|_| out.is_none()) {
        return Ok(folder.to_owned());
    }
    let is_run_file = named.is_file() || named.join(RUN_FILE).is_file();
    if !is_run_file {
        let help = "name a folder that `engraft train` wrote (runs/<name>), or the run file";
        let message = format!("`{}` is no run: it holds no {RUN_FILE} and no {}", named.display(), lock::FILE);
        return Err(Failure::usage("file.missing", message).help(help));
    }
    let loaded = config::load(&named, &[])?;
    let folder = default_folder(&loaded.name(), out)?;
    if is_run(&folder) {
        return Ok(folder);
    }
    let message = format!("`{}` has not been trained: there is no run in `{}`", named.display(), folder.display());
    Err(Failure::usage("file.missing", message).help(format!("run `engraft train {}` first", named.display())))
}

/// Writes the run file and the lock when the run starts: by then the engine holds the folder, and no
/// other run's files can be overwritten.
pub(crate) struct RunFiles {
    out: PathBuf,
    run_file: String,
    lock: String,
    next: Box<dyn Observer>,
}

impl RunFiles {
    /// The files of a run that writes to `out`; `next` hears every event too.
    pub(crate) fn new(out: &Path, run: &Resolved, lock: &Lock, catalogue: &Catalogue, next: Box<dyn Observer>) -> Self {
        let version = env!("CARGO_PKG_VERSION");
        let head = format!(
            "# The run as it was resolved by engraft {version}: every default written out, paths absolute.\n\n"
        );
        let run_file = head + &config::write(&run.to_raw(), catalogue);
        Self { out: out.to_owned(), run_file, lock: lock.to_text(), next }
    }
}

impl Observer for RunFiles {
    fn hear(&mut self, event: &Event) -> engraft_engine::Result<()> {
        if matches!(event, Event::Start { .. }) {
            write_atomic(self.out.join(RUN_FILE), &self.run_file)?;
            write_atomic(self.out.join(lock::FILE), &self.lock)?;
        }
        self.next.hear(event)
    }
}
