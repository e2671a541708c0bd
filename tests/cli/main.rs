//! The command line as a user meets it: what is asked, what is printed, how it ends.

#[path = "../support/mod.rs"]
mod support;

mod book;
mod config;
mod errors;
mod harness;
mod hub;
mod native;
mod plugins;
mod run;
mod shell;
mod wheel;
