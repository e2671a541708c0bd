//! Builds libraries and opens them.

#![allow(dead_code, reason = "each test file uses its own part")]

use engraft_host::{Entry, Result, native};
use engraft_plugin::kind::Setting;
use engraft_plugin::register::Instance;
use engraft_plugin::{Error, Task};
use engraft_testkit::Subject;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder for what these tests build.
pub(crate) fn folder() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

/// A fresh, private folder.
pub(crate) fn fresh() -> tempfile::TempDir {
    tempfile::tempdir_in(folder()).expect("the folder for tests can be written")
}

/// Opens a library, trusting the file as it is.
pub(crate) fn open(path: &Path) -> Result<Vec<Entry>> {
    native::open(path, &native::hash(path)?, &folder().join("cache"))
}

/// An instance as the test kit asks for it: settings that are not given are the defaults.
pub(crate) fn instance(entry: &Entry, settings: &Value, task: Option<Task>) -> engraft_plugin::Result<Instance> {
    let settings = if settings.is_null() { json!({}) } else { settings.clone() };
    entry.open(settings, &Setting { task }).map_err(|error| Error::new(error.code(), error.to_string()))
}

/// A plugin of a file, as the test kit checks it.
pub(crate) fn subject(entry: &Entry) -> Subject<'_> {
    Subject::new(entry.descriptor.clone(), |settings, task| entry.try_open(settings, &Setting { task }))
}

/// The plugin crate `name` of this workspace as a native library, as any plugin becomes one.
pub(crate) fn plugin(name: &str) -> PathBuf {
    cargo(&["rustc", "--lib", "--crate-type", "cdylib", "--package", name], "", name)
}

/// The plugin in Rust that panics wherever it can. Built as the tests of the whole workspace build it, or its features
/// would differ and all that it needs would be compiled again.
pub(crate) fn panics() -> PathBuf {
    cargo(&["build", "--workspace", "--example", "panics"], "examples", "panics")
}

/// What cargo builds with these arguments.
fn cargo(arguments: &[&str], folder_of: &str, name: &str) -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let target = folder().parent().expect("it lies in the target folder");
    let mut command = Command::new(cargo);
    command.args(arguments).args(["--offline", "--quiet", "--target-dir"]).arg(target);
    let status = command.current_dir(env!("CARGO_MANIFEST_DIR")).status().expect("cargo is there");
    assert!(status.success(), "`{name}` does not build as a native library");
    let file = format!("{}{}{}", std::env::consts::DLL_PREFIX, name.replace('-', "_"), std::env::consts::DLL_SUFFIX);
    target.join("debug").join(folder_of).join(file)
}

/// A library of one C file, compiled against the header, with these macros defined.
pub(crate) fn library(source: &Path, name: &str, defined: &[&str]) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let out = folder().join(format!("{name}{}", std::env::consts::DLL_SUFFIX));
    let beside =
        tempfile::NamedTempFile::new_in(folder()).expect("the folder for tests can be written").into_temp_path();
    let cc = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    let status = Command::new(cc)
        .args(["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-O1", "-g", "-shared", "-fPIC", "-I"])
        .arg(root.join("../../plugin-api/include"))
        .args(defined.iter().map(|name| format!("-D{name}")))
        .arg("-o")
        .arg(&beside)
        .arg(root.join(source))
        .status()
        .expect("a C compiler is there");
    assert!(status.success(), "{} does not compile", source.display());
    beside.persist(&out).expect("the folder for tests can be written");
    out
}
