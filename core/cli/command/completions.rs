//! `engraft completions`: a script for a shell.

use crate::args::Cli;
use crate::error::{Failure, Result};
use crate::output::Screen;
use clap::CommandFactory;
use clap_complete::Shell;

pub(super) fn run(shell: Shell, screen: &Screen) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "engraft", &mut script);
    let script = String::from_utf8(script).map_err(|error| Failure::run("output", error.to_string()))?;
    screen.print(&script)
}
