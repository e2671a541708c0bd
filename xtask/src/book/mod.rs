//! The generated pages of the book: what the binary says of itself, as Markdown.
//!
//! The binary is the only source: its schema of run files, its plugins' descriptors, its help.

mod cli;
mod configuration;
mod plugins;
mod table;

use std::io;

/// Asks the `engraft` binary: arguments in, standard output out.
pub type Ask<'a> = &'a dyn Fn(&[&str]) -> io::Result<String>;

/// A page of `docs/reference`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its file name.
    pub name: &'static str,
    /// Its Markdown.
    pub text: String,
}

/// All generated pages.
///
/// # Errors
/// When the binary fails, or prints what is no JSON where JSON was asked for.
pub fn pages(ask: Ask<'_>) -> io::Result<Vec<Page>> {
    let page = |name, text: String| Page { name, text: format!("{}\n{}", NOTE, text.trim_start()) };
    Ok(vec![
        page("configuration.md", configuration::render(&json(ask, &["config", "schema"])?)),
        page("plugins.md", plugins::render(&json(ask, &["plugins", "list", "--json"])?)),
        page("cli.md", cli::render(ask)?),
    ])
}

const NOTE: &str = "<!-- Written by `cargo run -p xtask -- book`. A test compares it with the binary. -->\n";

fn json(ask: Ask<'_>, args: &[&str]) -> io::Result<serde_json::Value> {
    serde_json::from_str(&ask(args)?).map_err(io::Error::other)
}
