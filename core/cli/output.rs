//! What goes to the terminal: results to standard output, everything else to standard error.

use crate::args::{ColorChoice, Global};
use crate::error::{Failure, Result};
use clap::builder::styling::{AnsiColor, Style};
use serde::Serialize;
use serde_json::Value;
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

    /// Prints a result for people.
    pub(crate) fn print(&self, text: &str) -> Result<()> {
        self.write(&harmless(text, self.colors_output))
    }

    /// Prints a result as JSON, on a line of its own.
    pub(crate) fn print_line(&self, value: &Value) -> Result<()> {
        self.write(&format!("{value}\n"))
    }

    fn write(&self, text: &str) -> Result<()> {
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
        self.write(&format!("{}\n", pretty(value)))
    }

    /// Prints a note for the user, unless told to be quiet.
    pub(crate) fn note(&self, text: &str) {
        if !self.is_quiet {
            eprintln!("{}", harmless(text, false));
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
        eprintln!("{}", harmless(&format!("{:?}", miette::Report::new(failure)), self.colors_errors));
    }
}

/// A text as a terminal may have it. Names and texts come from files, and a terminal obeys what stands in them: it
/// moves its cursor, changes its title, answers in the place of its user. So control characters are replaced, but for
/// the colors of this program where it has any.
pub(crate) fn harmless(text: &str, is_colored: bool) -> String {
    let is_obeyed = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(is_obeyed) {
        let (before, after) = rest.split_at(at);
        let kept = if after.starts_with("\r\n") { Some(1) } else { color(after).filter(|_| is_colored) };
        let length = kept.unwrap_or_else(|| after.chars().next().map_or(0, char::len_utf8));
        out += before;
        out += if kept.is_some() { &after[..length] } else { "\u{fffd}" };
        rest = &after[length..];
    }
    out + rest
}

/// The length of the escape sequence that a text begins with, if all it does is to color what follows, or to make it
/// bold, faint, slanted or underlined: nothing that hides text.
fn color(text: &str) -> Option<usize> {
    let within = text.strip_prefix("\x1b[")?;
    let end = within.find(|c: char| !c.is_ascii_digit() && c != ';').filter(|&end| within[end..].starts_with('m'))?;
    let is_style = |number: &str| matches!(number.parse(), Ok(0..=4_u8 | 22..=24 | 30..=37 | 39 | 90..=97));
    within[..end].split(';').all(is_style).then_some("\x1b[m".len() + end)
}

/// A value as JSON over several lines.
pub(crate) fn pretty(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).expect("what is printed has text keys only")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_stay_where_there_are_colors_and_nothing_else_is_obeyed() {
        let named = format!("{NAME}gout{NAME:#} {}b{:#}", HEADING.underline(), HEADING.underline());
        assert_eq!(harmless(&named, true), named);
        assert!(!harmless(&named, false).contains('\x1b'));
        for (bad, shown) in [
            ("a\x1b]0;title\x07b", "a\u{fffd}]0;title\u{fffd}b"),
            ("\x1b[2J\x1b[H", "\u{fffd}[2J\u{fffd}[H"),
            ("\x1b[8mhidden", "\u{fffd}[8mhidden"),
            ("\x1b[31;8m\x1b[31", "\u{fffd}[31;8m\u{fffd}[31"),
            ("right\rwrong\r\n\tfever\n", "right\u{fffd}wrong\r\n\tfever\n"),
            ("\u{9b}2J\u{7f}", "\u{fffd}2J\u{fffd}"),
            ("发热 🤒 no change\u{2028}", "发热 🤒 no change\u{2028}"),
        ] {
            assert_eq!(harmless(bad, true), shown, "{bad:?}");
        }
    }
}
