//! Libraries of any bytes: what their data symbol says is read from the file, and none of their code runs.

#![no_main]

use engraft_host::native::{self, Checked};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().expect("there is room"));

fuzz_target!(|bytes: &[u8]| {
    let file = FOLDER.path().join("library.so");
    std::fs::write(&file, bytes).expect("there is room");
    let hash = native::hash(&file).expect("it is there");
    let _ = Checked::read(&file, &hash);
});
