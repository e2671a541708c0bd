//! Puts the crates that a plugin in Rust is written against into the binary: `engraft plugins new` writes them into a
//! project, so that it builds wherever cargo is, whether this repository is there or not.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let root = Path::new(&root);
    let mut files = Vec::new();
    for path in ["Cargo.toml", "build.rs", "src", "wit", "testkit/Cargo.toml", "testkit/src"] {
        let path = Path::new("plugin-api").join(path);
        println!("cargo:rerun-if-changed={}", path.display());
        collect(root, &path, &mut files)?;
    }
    files.sort();
    let mut source = format!("pub(crate) const FILES: [(&str, &str); {}] = [\n", files.len());
    for file in files {
        writeln!(source, "    ({:?}, include_str!({:?})),", format!("sdk/{file}"), root.join(&file))
            .map_err(io::Error::other)?;
    }
    source.push_str("];\n");
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    fs::write(Path::new(&out).join("sdk.rs"), source)
}

/// The files at and below a path, named from `root`.
fn collect(root: &Path, path: &Path, files: &mut Vec<String>) -> io::Result<()> {
    let whole = root.join(path);
    if !whole.is_dir() {
        let name = path.to_str().ok_or_else(|| io::Error::other("a name that is no text"))?;
        files.push(name.replace('\\', "/"));
        return Ok(());
    }
    for entry in fs::read_dir(whole)? {
        collect(root, &path.join(entry?.file_name()), files)?;
    }
    Ok(())
}
