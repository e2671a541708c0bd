//! `plugin.toml` of any text: what is read names a file of its own folder.

#![no_main]

#[path = "../../../core/cli/plugins/manifest.rs"]
mod manifest;

use libfuzzer_sys::fuzz_target;
use manifest::{FILE, Manifest};
use std::sync::LazyLock;

static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("there is room");
    for name in [FILE, "a", "a.wasm", "libplugin.so"] {
        std::fs::write(folder.path().join(name), name).expect("there is room");
    }
    folder
});

fuzz_target!(|text: &str| {
    if let Ok(read) = Manifest::read(text, FOLDER.path()) {
        let file = FOLDER.path().join(&read.file);
        assert_eq!(file.parent(), Some(FOLDER.path()), "{read:?}");
        assert!(file.is_file(), "{read:?}");
        let written = toml::to_string(&read).expect("what was read can be written");
        assert_eq!(Manifest::read(&written, FOLDER.path()), Ok(read));
    }
});
