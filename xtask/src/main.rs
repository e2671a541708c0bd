//! Chores of the project: `cargo run -p xtask -- book` writes the generated pages of the book.

use std::error::Error;
use std::io;
use std::path::Path;
use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let done = match asked.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["book"] => book(),
        _ => {
            eprintln!("expected `cargo run -p xtask -- book`, which writes docs/reference from the binary");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Writes `docs/reference/*.md`.
fn book() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("xtask lies in the workspace")?;
    let folder = root.join("docs/reference");
    std::fs::create_dir_all(&folder)?;
    for page in xtask::book::pages(&|args| engraft(root, args))? {
        let path = folder.join(page.name);
        std::fs::write(&path, page.text)?;
        println!("wrote {}", path.display());
    }
    Ok(())
}

/// What the binary prints for these arguments; cargo builds it first.
fn engraft(root: &Path, args: &[&str]) -> io::Result<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let build = ["run", "--quiet", "--package", "engraft", "--"];
    let output = Command::new(cargo).current_dir(root).args(build).args(args).env("ENGRAFT_LOG", "error").output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(io::Error::other(format!("`engraft {}` ended with {}: {said}", args.join(" "), output.status)));
    }
    String::from_utf8(output.stdout).map_err(io::Error::other)
}
