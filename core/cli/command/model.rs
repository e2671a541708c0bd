//! `engraft model`: pretrained models, fetched and listed.

use crate::args::ModelCommand;
use crate::error::Result;
use crate::model::cache::Cache;
use crate::model::{self, Source};
use crate::output::{FAINT, NAME, Screen};
use indicatif::HumanBytes;
use std::path::Path;

pub(super) fn run(command: ModelCommand, screen: &Screen) -> Result<()> {
    match command {
        ModelCommand::Pull { source } => {
            let folder = model::locate(&Source::parse(&source, Path::new(""))?, screen)?;
            screen.print(&format!("{}\n", folder.display()))
        }
        ModelCommand::List { json } => list(json, screen),
    }
}

fn list(json: bool, screen: &Screen) -> Result<()> {
    let models = Cache::open()?.list();
    if json {
        return screen.print_json(&models);
    }
    if models.is_empty() {
        screen.note("no model is cached; `engraft model pull` fetches one");
    }
    let mut out = String::new();
    for model in models {
        let size = HumanBytes(model.bytes()).to_string();
        let folder = screen.paint(FAINT, &model.folder.display().to_string());
        out += &format!("{}  {size}  {folder}\n", screen.paint(NAME, &model.source));
    }
    screen.print(&out)
}
