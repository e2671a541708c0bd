//! `engraft completions`: a script for a shell.

use crate::args::Cli;
use crate::error::Result;
use crate::output::Screen;
use clap::CommandFactory;
use clap_complete::Shell;

pub(super) fn run(shell: Shell, screen: &Screen) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "engraft", &mut script);
    screen.print(&String::from_utf8_lossy(&script))
}
