//! The `engraft` binary: reads the command line, calls, prints. It holds no training logic.
//!
//! `args` says what may be asked, `command` has one file for each answer. `config` turns a run file into a
//! run; `model` turns a model's source into a folder; `engine` is the only place that calls the engine.

mod args;
mod command;
mod config;
mod engine;
mod error;
mod estimate;
mod grafts;
mod home;
mod lock;
mod model;
mod output;
mod plugins;
mod progress;
mod run_folder;

use clap::Parser;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: engraft_engine::kernel::Lines = engraft_engine::kernel::Lines;

fn main() -> ExitCode {
    let cli = args::Cli::parse();
    let screen = output::Screen::new(cli.global);
    screen.log();
    match command::run(cli.command, &screen) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let code = failure.exit_code();
            screen.fail(failure);
            ExitCode::from(code)
        }
    }
}
