//! Runs the binary in a folder of its own, away from the user's cache, network and settings.

use crate::support;
use serde_json::Value;
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// What a command printed, and how it ended.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) out: String,
    /// Standard error, without the frame of its errors.
    pub(crate) err: String,
}

/// The binary in `folder`; models are cached in `folder/home`.
pub(crate) fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = support::engraft();
    let is_setting = |name: &OsString| {
        let name = name.to_string_lossy();
        ["ENGRAFT_", "HF_", "PIP_", "HTTP", "http", "ALL_PROXY", "all_proxy"]
            .iter()
            .any(|prefix| name.starts_with(prefix))
    };
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_setting(name)) {
        command.env_remove(name);
    }
    command.current_dir(folder).args(args).env("ENGRAFT_HOME", folder.join("home"));
    command
}

/// Runs it to the end.
pub(crate) fn engraft(folder: &Path, args: &[&str]) -> Answer {
    answer(command(folder, args).output().expect("the binary starts"))
}

/// Runs it to the end with something on its standard input.
pub(crate) fn engraft_with_input(folder: &Path, args: &[&str], input: &str) -> Answer {
    let pipes = command(folder, args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = pipes.expect("the binary starts");
    child.stdin.take().expect("it is a pipe").write_all(input.as_bytes()).expect("it reads");
    answer(child.wait_with_output().expect("it ends"))
}

/// What a finished process printed.
pub(crate) fn answer(output: Output) -> Answer {
    let text = |bytes| String::from_utf8(bytes).expect("it prints UTF-8");
    let err = text(output.stderr).replace("  │ ", "  ");
    Answer { code: output.status.code().expect("it was not killed"), out: text(output.stdout), err }
}

impl Answer {
    /// It ended well: its output.
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, 0, "{}", self.err);
        self.out
    }

    /// It ended well: its output as JSON.
    pub(crate) fn json(self) -> Value {
        serde_json::from_str(&self.ok()).expect("it prints JSON")
    }

    /// It ended with this exit code and an error that says all of `says`.
    pub(crate) fn refused(self, code: i32, says: &[&str]) {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        for what in says {
            assert!(self.err.contains(what), "expected `{what}` in:\n{}", self.err);
        }
    }
}
