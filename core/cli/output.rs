//! What goes to the terminal: results to standard output, everything else to standard error.

use crate::args::{ColorChoice, Global};
use crate::error::{Failure, Result};
use clap::builder::styling::{AnsiColor, Style};
use serde::Serialize;
use std::io::{self, IsTerminal, Write};

/// Headings.
pub(crate) const HEADING: Style = AnsiColor::Green.on_default().bold();
/// Names that can be typed.
pub(crate) const NAME: Style = AnsiColor::Cyan.on_default();
/// What matters less.
pub(crate) const FAINT: Style = Style::new().dimmed();

/// Where a command prints.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Screen {
    /// Whether only results and errors are printed.
    pub(crate) is_quiet: bool,
    colors_output: bool,
    colors_errors: bool,
}

impl Screen {
    /// The screen that the global options ask for.
    pub(crate) fn new(global: Global) -> Self {
        let is_plain = std::env::var_os("NO_COLOR").is_some_and(|set| !set.is_empty());
        let colors = |is_terminal: bool| match global.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => is_terminal && !is_plain,
        };
        Self {
            is_quiet: global.quiet,
            colors_output: colors(io::stdout().is_terminal()),
            colors_errors: colors(io::stderr().is_terminal()),
        }
    }

    /// Sends the log to standard error, at the level of `ENGRAFT_LOG`.
    pub(crate) fn log(&self) {
        let filter = tracing_subscriber::EnvFilter::try_from_env("ENGRAFT_LOG")
            .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(io::stderr)
            .with_ansi(self.colors_errors)
            .without_time()
            .init();
    }

    /// Whether standard error shows moving bars.
    pub(crate) fn has_bars(&self) -> bool {
        !self.is_quiet && io::stderr().is_terminal()
    }

    /// A piece of a result in a style, if standard output is colored.
    pub(crate) fn paint(&self, style: Style, text: &str) -> String {
        if self.colors_output { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// Prints a result.
    pub(crate) fn print(&self, text: &str) -> Result<()> {
        let mut out = io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            // Who reads us (`| head`) has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
            Err(error) => Err(Failure::run("file.unwritable", format!("cannot print: {error}"))),
            Ok(()) => Ok(()),
        }
    }

    /// Prints a result as JSON.
    pub(crate) fn print_json(&self, value: &impl Serialize) -> Result<()> {
        self.print(&format!("{}\n", pretty(value)))
    }

    /// Prints a note for the user, unless told to be quiet.
    pub(crate) fn note(&self, text: &str) {
        if !self.is_quiet {
            eprintln!("{text}");
        }
    }

    /// Prints a failure.
    pub(crate) fn fail(&self, failure: Failure) {
        let is_terminal = io::stderr().is_terminal();
        let hook = miette::set_hook({
            let color = self.colors_errors;
            Box::new(move |_| {
                let options = miette::MietteHandlerOpts::new().color(color).terminal_links(false).context_lines(1);
                // Lines of a file or a pipe are searched by programs: they are not wrapped.
                Box::new(if is_terminal { options.build() } else { options.wrap_lines(false).build() })
            })
        });
        debug_assert!(hook.is_ok(), "the hook is set once");
        eprintln!("{:?}", miette::Report::new(failure));
    }
}

/// A value as JSON over several lines.
pub(crate) fn pretty(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).expect("what is printed has text keys only")
}
