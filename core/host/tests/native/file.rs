//! Files that are not the library that the run trusts, or no library.

use crate::support::{folder, fresh, library, open, panics};
use engraft_host::{Error, Result, native};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn metric() -> PathBuf {
    library(Path::new("../../examples/plugins/metric-c/exact_match.c"), "exact_match_of_files", &[])
}

/// The error's code, once it names the file.
fn code<T>(answer: Result<T>, path: &Path) -> &'static str {
    let error = answer.err().expect("it is refused");
    assert!(matches!(error, Error::Native { .. }));
    assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    error.code()
}

#[test]
fn a_file_with_another_hash_is_refused_before_it_is_read_as_a_library() {
    let path = metric();
    let expected = "0".repeat(64);
    let error = native::open(&path, &expected, &folder().join("cache")).unwrap_err();
    assert_eq!(error.code(), "plugin.hash");
    let found = native::hash(&path).unwrap();
    assert!(error.to_string().ends_with(&format!("expected the SHA-256 {expected}, found {found}")), "{error}");
    let text = fresh();
    let text = text.path().join("text.so");
    fs::write(&text, "no library").unwrap();
    assert_eq!(code(native::Checked::read(&text, &expected), &text), "plugin.hash");
}

#[test]
fn a_file_swapped_between_hash_and_load_is_not_what_is_loaded() {
    let folder = fresh();
    let path = folder.path().join("plugin.so");
    fs::copy(metric(), &path).unwrap();
    let checked = native::Checked::read(&path, &native::hash(&path).unwrap()).unwrap();
    fs::copy(panics(), &path).unwrap();
    let entries = checked.load(&folder.path().join("cache")).unwrap();
    assert_eq!(entries.iter().map(|entry| entry.descriptor.id.as_str()).collect::<Vec<_>>(), ["exact-match"]);
}

#[test]
fn a_file_swapped_before_the_hash_is_refused() {
    let folder = fresh();
    let path = folder.path().join("plugin.so");
    fs::copy(metric(), &path).unwrap();
    let trusted = native::hash(&path).unwrap();
    fs::copy(panics(), &path).unwrap();
    assert_eq!(code(native::Checked::read(&path, &trusted), &path), "plugin.hash");
}

#[test]
fn a_copy_that_was_changed_in_the_hosts_folder_is_written_anew() {
    let folder = fresh();
    let (path, cache) = (metric(), folder.path().join("cache"));
    let trusted = native::hash(&path).unwrap();
    fs::create_dir(&cache).unwrap();
    private(&cache);
    let copy = cache.join(format!("{trusted}{}", std::env::consts::DLL_SUFFIX));
    fs::copy(panics(), &copy).unwrap();
    assert_eq!(native::open(&path, &trusted, &cache).unwrap()[0].descriptor.id, "exact-match");
    assert_eq!(native::hash(&copy).unwrap(), trusted);
    assert_eq!(fs::read_dir(&cache).unwrap().count(), 1, "nothing else is left there");
}

#[test]
fn files_that_are_no_library_are_refused() {
    let folder = fresh();
    let whole = fs::read(metric()).unwrap();
    let object = folder.path().join("object.o");
    let cc = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    let source = folder.path().join("object.c");
    fs::write(&source, "int engraft_plugin = 1;\n").unwrap();
    assert!(Command::new(cc).arg("-c").arg("-o").arg(&object).arg(&source).status().unwrap().success());
    let mut other = whole.clone();
    other[18] ^= 0xff; // e_machine
    let files: [(&str, &[u8]); 8] = [
        ("empty", b""),
        ("text", b"#!/bin/sh\necho no\n"),
        ("component", b"\0asm\x0d\0\x01\0"),
        ("archive", b"!<arch>\n"),
        ("short", &whole[..100]),
        ("half", &whole[..whole.len() / 2]),
        ("object", &fs::read(object).unwrap()),
        ("other-machine", &other),
    ];
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let code = code(open(&path), &path);
        // An architecture that nobody knows is the system's to refuse.
        let expected = if name == "other-machine" { "plugin.load" } else { "plugin.no-library" };
        assert_eq!(code, expected, "{name}");
    }
    assert_eq!(code(native::open(folder.path(), "", folder.path()), folder.path()), "plugin.unreadable");
    let nowhere = folder.path().join("nowhere");
    assert_eq!(code(native::hash(&nowhere), &nowhere), "plugin.unreadable");
}

#[test]
fn a_library_cut_or_changed_anywhere_in_its_headers_is_refused_or_read_and_never_breaks_the_reader() {
    let whole = fs::read(metric()).unwrap();
    let folder = fresh();
    let path = folder.path().join("changed.so");
    let check = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        let _ = native::Checked::read(&path, &native::hash(&path).unwrap());
    };
    for at in (0..whole.len()).step_by(whole.len() / 200) {
        check(&whole[..at]);
    }
    for at in 0..512 {
        let mut changed = whole.clone();
        changed[at] ^= 0xff;
        check(&changed);
    }
}

#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_not_read() {
    let folder = tempfile::tempdir().unwrap(); // a socket's path is short
    let path = folder.path().join("socket");
    let _socket = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let error = native::hash(&path).unwrap_err();
    assert_eq!(error.code(), "plugin.unreadable");
    assert!(error.to_string().ends_with("it is no regular file"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_folder_that_others_may_open_is_not_used_for_copies() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let (folder, path) = (fresh(), metric());
    let trusted = native::hash(&path).unwrap();
    let shared = folder.path().join("shared");
    fs::create_dir(&shared).unwrap();
    fs::set_permissions(&shared, fs::Permissions::from_mode(0o755)).unwrap();
    let error = native::open(&path, &trusted, &shared).unwrap_err();
    assert_eq!(error.code(), "plugin.cache");
    assert!(error.to_string().contains("has the mode 755"), "{error}");
    let real = folder.path().join("real");
    assert!(native::open(&path, &trusted, &real).is_ok());
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o700);
    let link = folder.path().join("link");
    symlink(&real, &link).unwrap();
    assert_eq!(code(native::open(&path, &trusted, &link), &path), "plugin.cache");
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    assert_eq!(code(native::open(&path, &trusted, &file), &path), "plugin.cache");
}

fn private(folder: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).expect("it is ours");
    }
    let _ = folder;
}
