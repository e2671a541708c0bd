//! One file for each command: it resolves what was asked, calls, and prints the answer.

mod completions;
mod config;
mod data;
mod evaluate;
mod graft;
mod highlight;
mod merge;
mod model;
mod plugins;
mod predict;
mod scores;
mod train;

use crate::args::Command;
use crate::error::Result;
use crate::output::Screen;

/// Does what the command line asks.
pub(crate) fn run(command: Command, screen: &Screen) -> Result<()> {
    match command {
        Command::Train(args) => train::run(args, screen),
        Command::Evaluate(args) => evaluate::run(args, screen),
        Command::Predict(args) => predict::run(args, screen),
        Command::Merge(args) => merge::run(args, screen),
        Command::Graft(command) => graft::run(command, screen),
        Command::Plugins(command) => plugins::run(command, screen),
        Command::Config(command) => config::run(command, screen),
        Command::Data(command) => data::run(command, screen),
        Command::Model(command) => model::run(command, screen),
        Command::Completions { shell } => completions::run(shell, screen),
    }
}
