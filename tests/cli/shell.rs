//! The shell's side: exit codes, help, completions, color, a reader that stops reading.

use crate::harness::{command, engraft};
use std::io::Read;
use std::path::Path;
use std::process::Stdio;

fn here() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

#[test]
fn help_and_version_end_with_0_and_a_wrong_command_line_with_2() {
    for args in [&["--help"][..], &["--version"], &["train", "--help"], &["help", "model", "pull"]] {
        assert_eq!(engraft(here(), args).code, 0, "{args:?}");
    }
    for args in
        [&[][..], &["frobnicate"], &["train"], &["plugins"], &["predict", "r", "t", "--file", "f"], &["--color", "red"]]
    {
        assert_eq!(engraft(here(), args).code, 2, "{args:?}");
    }
}

#[test]
fn every_command_with_arguments_shows_an_example_in_its_help() {
    for name in [
        "train",
        "evaluate",
        "predict",
        "plugins list",
        "plugins show",
        "config check",
        "config fill",
        "config schema",
        "data convert",
        "data check",
        "data dedup",
        "data split",
        "data balance",
        "data sample",
        "data agreement",
        "model pull",
        "completions",
    ] {
        let mut args: Vec<&str> = name.split(' ').collect();
        args.push("--help");
        assert!(engraft(here(), &args).ok().contains(&format!("  engraft {name}")), "{name}");
    }
}

#[test]
fn completions_of_every_shell_know_the_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = engraft(here(), &["completions", shell]).ok();
        assert!(script.contains("predict") && script.contains("quiet"), "{shell}");
    }
}

#[test]
fn color_is_used_when_asked_for_and_never_in_a_pipe() {
    let list = |color: &str| engraft(here(), &["plugins", "list", "--color", color]).ok();
    assert!(list("always").contains("\u{1b}["));
    assert!(!list("never").contains("\u{1b}["));
    assert!(!list("auto").contains("\u{1b}["));
}

#[test]
fn a_reader_that_stops_reading_is_no_error() {
    let mut child = command(here(), &["plugins", "list", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    drop(child.stdout.take());
    let status = child.wait().expect("it ends");
    let mut said = String::new();
    child.stderr.take().expect("it is a pipe").read_to_string(&mut said).expect("it is text");
    assert!(status.success() && said.is_empty(), "{status}: {said}");
}
