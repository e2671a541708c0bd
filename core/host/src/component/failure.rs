//! Says in words why a component was stopped.

use engraft_plugin::Failure;
use wasmtime::{Error, Trap};
use wasmtime_wasi::I32Exit;

/// A plugin failure, with what the plugin printed.
pub(super) fn failure(error: &Error, printed: &str) -> Failure {
    let trap = error.downcast_ref::<Trap>();
    if trap == Some(&Trap::UnreachableCodeReached)
        && let Some(words) = panic(printed)
    {
        return Failure::Panic(words);
    }
    let reason = match (trap, error.downcast_ref::<I32Exit>()) {
        (Some(Trap::Interrupt), _) => "it ran past the time that a call may take".to_owned(),
        (Some(Trap::StackOverflow), _) => "it recursed until its stack was full".to_owned(),
        (Some(trap), _) => format!("it trapped: {}", trap.to_string().trim_start_matches("wasm trap: ")),
        (_, Some(exit)) => format!("it left with exit code {}", exit.0),
        (None, None) => format!("{error:#}"),
    };
    Failure::Stopped(match printed.trim() {
        "" => reason,
        printed => format!("{reason}; it printed: {printed}"),
    })
}

/// What a Rust panic said, out of the lines that Rust prints of it: place, words, a note.
fn panic(printed: &str) -> Option<String> {
    let (_, said) = printed.rsplit_once("panicked at ")?;
    let (_, words) = said.split_once('\n')?;
    let words = words.split("\nnote: run with").next().unwrap_or(words).trim_end();
    Some(exception(words).or_else(|| traceback(printed)).unwrap_or_else(|| words.to_owned()))
}

/// What an exception in Python said and where: the last line of the traceback that its runtime prints before it panics,
/// and the last place that it names.
fn traceback(printed: &str) -> Option<String> {
    let (_, said) = printed.rsplit_once("Traceback (most recent call last):")?;
    let said = said.split("\nthread '").next().unwrap_or(said).trim();
    let place = said.lines().rev().find_map(|line| line.trim().strip_prefix("File "));
    let words = said.lines().last()?.trim();
    Some(place.map_or_else(|| words.to_owned(), |place| format!("{words}, at {place}")))
}

/// What an exception in JavaScript said and where, out of the form in which the runtime of such components panics:
/// `Failed to call 'tally': Exception(Exception { message: Some("…"), stack: Some("at tally (/plugin.js:28:5)…`.
fn exception(words: &str) -> Option<String> {
    let (_, said) = words.split_once("Exception { message: Some(\"")?;
    let (message, behind) = said.split_once("\"), stack: Some(\"")?;
    let place = behind.split("\\n").next().unwrap_or_default().trim_start();
    Some(format!("{}, {place}", message.replace("\\\"", "\"").replace("\\n", "\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_its_words() {
        let printed = "warming up\n\nthread '<unnamed>' (1) panicked at src/lib.rs:7:9:\nno such letter\n\
                       note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n";
        let failed = failure(&Trap::UnreachableCodeReached.into(), printed);
        assert_eq!(failed, Failure::Panic("no such letter".to_owned()));
    }

    #[test]
    fn an_exception_in_javascript_is_its_words_and_its_place() {
        let printed = "thread '<unnamed>' (1) panicked at src/lib.rs:9:1:\nFailed to call 'tally': Exception(Exception \
                       { message: Some(\"\\\"x\\\" is not defined\"), \
                       stack: Some(\"    at tally (/plugin.js:28:5)\\n    \
                       at call (/engraft.js:9:1)\\n\") })\nnote: run with `RUST_BACKTRACE=1`";
        let failed = failure(&Trap::UnreachableCodeReached.into(), printed);
        assert_eq!(failed, Failure::Panic("\"x\" is not defined, at tally (/plugin.js:28:5)".to_owned()));
    }

    #[test]
    fn an_exception_in_python_is_its_words_and_its_place() {
        let printed = "Traceback (most recent call last):\n  File \"/0/engraft.py\", line 9, in clean\n  \
                       File \"/0/plugin.py\", line 7, in clean\nKeyError: 'x'\n\nthread '<unnamed>' (1) panicked at \
                       src/lib.rs:9:1:\nPython function threw an unexpected exception\n";
        let failed = failure(&Trap::UnreachableCodeReached.into(), printed);
        assert_eq!(failed, Failure::Panic("KeyError: 'x', at \"/0/plugin.py\", line 7, in clean".to_owned()));
    }

    #[test]
    fn a_trap_tells_what_was_printed() {
        let failed = failure(&Trap::Interrupt.into(), " line\n");
        assert_eq!(failed.to_string(), "was stopped: it ran past the time that a call may take; it printed: line");
    }
}
