//! Builds components, once a run of the tests and kept between runs, and opens them.

#![allow(dead_code, reason = "each test file uses its own part")]

use engraft_host::Entry;
use engraft_host::component::{Grants, Limits, Options};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The component of a package of this workspace, built as its author builds it.
pub(crate) fn build(package: &str) -> PathBuf {
    static BUILT: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(file) = built.get(package) {
        return file.clone();
    }
    // `rust-toolchain.toml` lists the target, but rustup fetches it only along with a new toolchain.
    let _ = Command::new("rustup").args(["target", "add", "wasm32-wasip2"]).output();
    // A target folder of its own: the one of these tests may be locked by the cargo that runs them.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("components");
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["rustc", "--release", "--lib", "--crate-type", "cdylib", "--target", "wasm32-wasip2"])
        .args(["--package", package])
        .env("CARGO_TARGET_DIR", &target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo is there");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "`{package}` does not build for wasm32-wasip2 (`rustup target add`?):\n{said}");
    let file = target.join("wasm32-wasip2/release").join(format!("{}.wasm", package.replace('-', "_")));
    built.insert(package.to_owned(), file.clone());
    file
}

/// Opens the component of a package, compiled once for all test files.
pub(crate) fn entries(package: &str, limits: Limits) -> Vec<Entry> {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled");
    let options = Options { limits, cache: Some(cache), ..Options::default() };
    engraft_host::component::open(&build(package), &options).unwrap_or_else(|error| panic!("`{package}`: {error}"))
}

/// The same, with folders to read.
pub(crate) fn granted(package: &str, folders: &[(&str, &Path)]) -> engraft_host::Result<Vec<Entry>> {
    let cache = Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled"));
    let folders = folders.iter().map(|&(name, folder)| (name.to_owned(), folder.to_owned())).collect();
    let options = Options { limits: brief(), cache, grants: Grants { folders } };
    engraft_host::component::open(&build(package), &options)
}

/// Limits of memory and output that a test reaches soon.
pub(crate) fn tight() -> Limits {
    Limits { memory: 64 << 20, output: 4 << 20, ..Limits::default() }
}

/// The same, and of time: for what never ends.
pub(crate) fn brief() -> Limits {
    Limits { time: Duration::from_millis(500), ..tight() }
}
