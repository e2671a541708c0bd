//! `engraft merge`: a graft becomes part of its base model's weights.

use crate::args::MergeArgs;
use crate::error::{Failure, Result};
use crate::model::{self, Source};
use crate::output::{HEADING, NAME, Screen};
use crate::{engine, grafts, run_folder};
use engraft_engine::merge::{Merge, Merged};
use engraft_engine::method::graft::GraftFile;
use engraft_plugin::Task;
use std::path::{Path, PathBuf};

pub(super) fn run(args: MergeArgs, screen: &Screen) -> Result<()> {
    let graft = grafts::within(&args.graft).ok_or_else(|| no_graft(&args.graft))?;
    let (model, task) = base_of(&args, &graft, screen)?;
    if let Some(into) =
        args.into.as_deref().filter(|into| into.read_dir().is_ok_and(|mut files| files.next().is_some()))
    {
        let message = format!("`{}` exists and is not empty", into.display());
        return Err(Failure::usage("file.exists", message).help("name a new folder with --into"));
    }
    let base = engine::base(args.any_base);
    let (into, tolerance, task) = (args.into.as_deref(), args.tolerance, task.as_ref());
    let request = Merge { model: &model, graft: &graft, task, into, tolerance, base };
    let merged = engine::merge(&request)?;
    if args.json { screen.print_json(&merged) } else { screen.print(&text(&merged, args.tolerance, screen)) }
}

/// The base model's folder, and the task of a graft that does not know its own.
fn base_of(args: &MergeArgs, graft: &Path, screen: &Screen) -> Result<(PathBuf, Option<Task>)> {
    let locate = |source: &str| {
        model::locate(&Source::parse(source, Path::new(""))?, screen)
            .map_err(|failure| failure.help("--base names the base model where it lies now"))
    };
    match (GraftFile::find(graft)?, &args.run) {
        (Some(file), _) => Ok((locate(args.base.as_ref().unwrap_or(&file.base))?, None)),
        (None, Some(named)) => {
            let run = run_folder::open_untrained(named, &[], screen)?;
            let task = engine::task(&run)?;
            Ok((args.base.as_ref().map_or(Ok(run.model), |base| locate(base))?, Some(task)))
        }
        (None, None) => {
            let message = format!("`{}` has no graft.json: expected a graft that Engraft wrote", graft.display());
            Err(Failure::usage("file.missing", message).help("what PEFT wrote wants --run, a run of the same task"))
        }
    }
}

fn no_graft(named: &Path) -> Failure {
    let message = format!("`{}` holds no graft: expected adapter_model.safetensors", named.display());
    let failure = Failure::usage("file.missing", message);
    match named.join("model/model.safetensors").is_file() {
        true => failure.help("the run trained the whole model: there is nothing to merge"),
        false => failure.help("name a run folder, or a graft folder"),
    }
}

fn text(merged: &Merged, tolerance: f64, screen: &Screen) -> String {
    let mut text = screen.paint(HEADING, &format!("{} merges", merged.method)) + "\n";
    for folded in &merged.folded {
        let count = folded.sites.len();
        let plural = if count == 1 { "" } else { "s" };
        text += &format!("graft {}: into the weights at {count} site{plural}\n", screen.paint(NAME, &folded.graft));
    }
    let Merged { difference, largest, texts, tokens, .. } = merged;
    text += &format!(
        "largest difference of a logit: {difference:.1e} on {texts} probe texts of {tokens} tokens (logits up to \
         {largest:.1}; allowed {tolerance:e})\n"
    );
    if let Some(folder) = &merged.folder {
        text += &format!("model  {}\n", screen.paint(NAME, &folder.display().to_string()));
    }
    text
}
