//! `engraft plugins install`, `remove`, `verify`: the folder of installed plugins.

use crate::error::{Failure, Result};
use crate::output::{NAME, Screen};
use crate::plugins::installed::Installed;
use crate::plugins::{How, Trust};
use engraft_host::native;
use serde_json::{Value, json};
use std::path::Path;

pub(super) fn install(
    source: &Path,
    name: Option<&str>,
    sha256: Option<&str>,
    replace: bool,
    screen: &Screen,
) -> Result<()> {
    let trust = sha256.map_or(Trust::Nothing, Trust::Hash);
    let installed = Installed::install(source, name, trust, replace)?;
    let mut said = format!("installed {}, with {}\n", installed.name, installed.plugins().join(", "));
    said +=
        &format!("a run names it:\n\n[[plugin]]\nname = \"{}\"\nsha256 = \"{}\"\n", installed.name, installed.sha256());
    screen.print(&said)
}

pub(super) fn remove(name: &str, screen: &Screen) -> Result<()> {
    Installed::find(name)?.remove()?;
    screen.print(&format!("removed {name}\n"))
}

/// Whether what is installed is what was installed, and opens.
pub(super) fn verify(name: Option<&str>, json: bool, screen: &Screen) -> Result<()> {
    let installed = match name {
        Some(name) => vec![Installed::find(name)?],
        None => Installed::all()?,
    };
    let mut wrong = 0;
    let mut all: Vec<Value> = Vec::new();
    let mut lines = String::new();
    let width = installed.iter().map(|one| one.name.len()).max().unwrap_or(0);
    for one in &installed {
        let fault = fault(one);
        wrong += usize::from(fault.is_some());
        let name = screen.paint(NAME, &format!("{:width$}", one.name));
        let plugins = one.plugins().join(", ");
        lines += &format!("{name}  {}\n", fault.clone().unwrap_or_else(|| format!("as installed: {plugins}")));
        all.push(json!({ "name": one.name, "sha256": one.sha256(), "plugins": one.plugins(), "fault": fault }));
    }
    if json {
        screen.print_json(&all)?
    } else {
        screen.print(&lines)?
    }
    match wrong {
        0 => Ok(()),
        _ => Err(Failure::run("plugin.hash", format!("{wrong} of {} installed plugins changed", installed.len()))
            .help("`engraft plugins install --replace` puts the right file in its place")),
    }
}

/// What is wrong with an installed plugin. A library is compared and not run: nothing here says that it is trusted.
fn fault(one: &Installed) -> Option<String> {
    let found = match native::hash(&one.file()) {
        Ok(found) => found,
        Err(error) => return Some(error.to_string()),
    };
    if found != one.sha256() {
        return Some(format!("expected the SHA-256 {}, found {found}", one.sha256()));
    }
    match one.open(How::trusting(Trust::Nothing)) {
        Err(failure) if !failure.is("plugin.untrusted") => Some(failure.to_string()),
        _ => None,
    }
}
