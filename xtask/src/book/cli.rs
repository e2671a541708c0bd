//! `cli.md`: the help of every command.

use super::Ask;
use std::io;

const HEAD: &str = r#"
# Command line

What `--help` prints, command by command. `--json` is there wherever something is listed or measured; `--quiet` and
`--color` go with every command. Exit codes: 0 done, 1 the run failed, 2 the command line or the configuration is
wrong. Each error has a code with a section in [Errors](../errors.md).
"#;

pub(super) fn render(ask: Ask<'_>) -> io::Result<String> {
    let mut out = HEAD.to_owned();
    command(ask, &[], &mut out)?;
    Ok(out)
}

/// The help of one command and of those within it.
fn command(ask: Ask<'_>, path: &[&str], out: &mut String) -> io::Result<()> {
    let help = ask(&[path, &["--help"]].concat())?;
    let name = [&["engraft"], path].concat().join(" ");
    let text: Vec<&str> = help.trim_end().lines().map(str::trim_end).collect();
    *out += &format!("\n## `{name}`\n\n```text\n{}\n```\n", text.join("\n"));
    for inner in names(&help) {
        command(ask, &[path, &[inner]].concat(), out)?;
    }
    Ok(())
}

/// The commands that a help text lists under `Commands:`, but for `help` itself.
fn names(help: &str) -> Vec<&str> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    listed.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").collect()
}
