//! The command line as a user meets it: what is asked, what is printed, how it ends.

#[path = "../support/mod.rs"]
mod support;

mod author;
mod book;
mod component;
mod config;
mod data;
mod errors;
mod graft;
mod harness;
mod heads;
mod holes;
mod hub;
mod native;
#[cfg(unix)]
mod outside;
mod plugins;
mod run;
mod shell;
mod texts;
mod translate;
mod wheel;
