//! Archives of any bytes: what is unpacked lies in the folder, is a file or a folder, and is not too much.

#![no_main]

#[path = "../../../core/cli/plugins/archive.rs"]
mod archive;

use archive::Form;
use libfuzzer_sys::fuzz_target;
use std::path::Path;

fuzz_target!(|bytes: &[u8]| {
    let around = tempfile::tempdir().expect("there is room");
    let (file, folder) = (around.path().join("archive"), around.path().join("folder"));
    std::fs::write(&file, bytes).expect("there is room");
    std::fs::create_dir(&folder).expect("there is room");
    if let Some(form) = Form::of(&file) {
        let _ = archive::unpack(&file, form, &folder);
    }
    let beside = std::fs::read_dir(around.path()).expect("it is there").count();
    assert_eq!(beside, 2, "nothing lies beside the folder");
    plain(&folder);
});

/// Whether there are files and folders only.
fn plain(folder: &Path) {
    for entry in std::fs::read_dir(folder).expect("it is there").flatten() {
        let kind = entry.file_type().expect("it is there");
        assert!(kind.is_file() || kind.is_dir(), "{} is a {kind:?}", entry.path().display());
        if kind.is_dir() {
            plain(&entry.path());
        }
    }
}
