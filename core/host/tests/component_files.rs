//! Files that are no component, and components that are no plugin: each is refused when it is opened.

mod support;

use engraft_host::component::{Limits, Options, load, open};
use engraft_host::{Catalogue, Error};
use std::path::Path;
use std::time::{Duration, Instant};

/// Why bytes are refused.
fn refusal(bytes: &[u8]) -> Error {
    let options = Options { limits: support::brief(), cache: None, ..Options::default() };
    load("harm.wasm", bytes, &options).map(|entries| format!("{entries:?}")).expect_err("this is no plugin")
}

fn reason(bytes: &[u8]) -> String {
    let error = refusal(bytes);
    assert_eq!(error.code(), "plugin.component", "{error}");
    let words = error.to_string();
    let reason = words.strip_prefix("the component `harm.wasm` cannot be used: ");
    reason.unwrap_or_else(|| panic!("the file is not named: {words}")).to_owned()
}

fn text(wat: &str) -> Vec<u8> {
    wat::parse_str(wat).expect("it is a component in text")
}

/// A component that describes itself by what this core function leaves in memory: the place of a list of texts.
fn describing(function: &str) -> Vec<u8> {
    text(&format!(
        r#"(component
             (core module $m
               (memory (export "memory") 64)
               {function})
             (core instance $i (instantiate $m))
             (func $describe (result (list string))
               (canon lift (core func $i "describe") (memory (core memory $i "memory"))))
             (instance $described (export "describe" (func $describe)))
             (export "engraft:describe/describe@1.0.0" (instance $described)))"#
    ))
}

/// A component that describes itself in these words, and exports nothing else.
fn describing_as(json: &str) -> Vec<u8> {
    let quoted = json.replace('\\', "\\\\").replace('"', "\\22");
    let length = json.len();
    describing(&format!(
        r#"(data (i32.const 64) "{quoted}")
           (func (export "describe") (result i32)
             (i32.store (i32.const 0) (i32.const 8)) (i32.store (i32.const 4) (i32.const 1))
             (i32.store (i32.const 8) (i32.const 64)) (i32.store (i32.const 12) (i32.const {length}))
             (i32.const 0))"#
    ))
}

const DESCRIPTOR: &str = r#"{"id":"bare","kind":"metric","revision":1,"version":"1.0.0","license":"MIT","summary":"","settings":{"type":"object"}}"#;

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = open(Path::new("no/such.wasm"), &Options::default()).unwrap_err();
    assert_eq!(error.code(), "plugin.component");
    assert!(error.to_string().contains("no/such.wasm"), "{error}");
}

#[test]
fn a_file_that_is_no_component_is_refused() {
    for bytes in [&b""[..], b"\x7fELF not at all", "Überraschung".as_bytes(), b"(component)"] {
        reason(bytes);
    }
}

#[test]
fn a_core_module_is_refused() {
    let why = reason(&text("(module)"));
    assert!(why.contains("component"), "{why}");
}

#[test]
fn half_a_component_is_refused() {
    let whole = std::fs::read(support::build("engraft-hostile")).unwrap();
    for part in [9, whole.len() / 2, whole.len() - 1] {
        reason(&whole[..part]);
    }
}

#[test]
fn a_component_that_describes_nothing_is_refused() {
    assert!(reason(&text("(component)")).contains("expected the interface `engraft:describe/describe@1.0.0`"));
    let empty = describing(r#"(func (export "describe") (result i32) (i32.const 0))"#);
    assert_eq!(reason(&empty), "it describes no plugin");
}

#[test]
fn unknown_imports_are_refused_by_name() {
    let why = reason(&text(r#"(component (import "fetch" (func)))"#));
    assert!(why.contains("it imports `fetch`"), "{why}");
    let why = reason(&text(r#"(component (import "engraft:host/files@1.0.0" (instance (export "open" (func)))))"#));
    assert!(why.contains("it imports `engraft:host/files@1.0.0`"), "{why}");
    let why = reason(&text(r#"(component (import "wasi:cli/run@0.3.0" (instance (export "run" (func)))))"#));
    assert!(why.contains("it imports `wasi:cli/run@0.3.0`"), "{why}");
}

#[test]
fn an_interface_that_no_wasi_has_is_refused() {
    let why = reason(&text(r#"(component (import "wasi:harm/harm@0.2.0" (instance (export "do" (func)))))"#));
    assert!(why.contains("wasi:harm/harm"), "{why}");
}

#[test]
fn a_kind_that_is_described_and_not_exported_is_refused() {
    let error = refusal(&describing_as(DESCRIPTOR));
    assert_eq!(error.code(), "plugin.descriptor");
    assert!(error.to_string().contains("it describes a metric and does not export `engraft:metric/metric`"), "{error}");
}

#[test]
fn a_descriptor_that_is_none_is_refused() {
    assert!(reason(&describing_as("{")).contains("a descriptor that is none"));
    assert!(reason(&describing_as(&DESCRIPTOR.replace("metric", "virus"))).contains("virus"));
}

#[test]
fn a_description_that_traps_or_never_ends_is_refused() {
    let trap = describing(r#"(func (export "describe") (result i32) unreachable)"#);
    assert!(reason(&trap).contains("describing itself it was stopped: it trapped"));
    let endless = describing(r#"(func (export "describe") (result i32) (loop (br 0)) unreachable)"#);
    assert!(reason(&endless).contains("it ran past the time"));
    let start = text(
        r#"(component (core module $m (func $f (loop (br 0))) (start $f)) (core instance (instantiate $m))
             (core module $d (memory (export "memory") 1) (func (export "describe") (result i32) (i32.const 0)))
             (core instance $i (instantiate $d))
             (func $describe (result (list string)) (canon lift (core func $i "describe") (memory (core memory $i "memory"))))
             (instance $described (export "describe" (func $describe)))
             (export "engraft:describe/describe@1.0.0" (instance $described)))"#,
    );
    assert!(reason(&start).contains("it ran past the time"));
}

#[test]
fn texts_beyond_the_memory_are_refused() {
    let outside = describing(
        r#"(func (export "describe") (result i32)
             (i32.store (i32.const 0) (i32.const 8)) (i32.store (i32.const 4) (i32.const 0x7fffffff))
             (i32.const 0))"#,
    );
    reason(&outside);
}

#[test]
fn many_texts_that_name_the_same_megabyte_are_refused_at_once() {
    let bomb = describing(
        r#"(func (export "describe") (result i32) (local $n i32)
             (i32.store (i32.const 0) (i32.const 0x100000)) (i32.store (i32.const 4) (i32.const 200000))
             (loop $more
               (i32.store (i32.add (i32.const 0x100000) (i32.mul (local.get $n) (i32.const 8))) (i32.const 0x10))
               (i32.store (i32.add (i32.const 0x100004) (i32.mul (local.get $n) (i32.const 8))) (i32.const 0x100000))
               (local.set $n (i32.add (local.get $n) (i32.const 1)))
               (br_if $more (i32.lt_u (local.get $n) (i32.const 200000))))
             (i32.const 0))"#,
    );
    let begin = Instant::now();
    let why = reason(&bomb);
    assert!(why.contains("fuel"), "{why}");
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
}

#[test]
fn the_same_plugin_twice_names_both_files() {
    let bytes = std::fs::read(support::build("engraft-hostile")).unwrap();
    let options = Options { limits: Limits::default(), cache: None, ..Options::default() };
    let [one, two] = ["one.wasm", "two.wasm"].map(|name| load(name, &bytes, &options).unwrap());
    let error = Catalogue::new(one.into_iter().chain(two)).unwrap_err();
    assert_eq!(error.code(), "plugin.clash");
    assert!(error.to_string().contains("`one.wasm`") && error.to_string().contains("`two.wasm`"), "{error}");
}

#[cfg(unix)]
mod cache {
    use engraft_host::component::{Limits, Options, load};
    use std::os::unix::fs::PermissionsExt;
    use std::path::{Path, PathBuf};

    fn options(folder: &Path) -> Options {
        Options { limits: Limits::default(), cache: Some(folder.to_owned()), ..Options::default() }
    }

    fn files(folder: &Path) -> Vec<PathBuf> {
        std::fs::read_dir(folder).expect("it is there").map(|file| file.expect("it can be read").path()).collect()
    }

    #[test]
    fn a_compiled_component_is_kept_in_a_folder_of_our_own_and_used_again() {
        let (folder, bytes) = (tempfile::tempdir().unwrap(), super::describing_as("{"));
        let cache = folder.path().join("a/b");
        let refused = load("a.wasm", &bytes, &options(&cache)).unwrap_err().to_string();
        let kept = files(&cache);
        assert_eq!(kept.len(), 1, "{kept:?}");
        assert_eq!(std::fs::metadata(&cache).unwrap().permissions().mode() & 0o777, 0o700);
        let written = std::fs::metadata(&kept[0]).unwrap().modified().unwrap();
        assert_eq!(load("a.wasm", &bytes, &options(&cache)).unwrap_err().to_string(), refused);
        assert_eq!(std::fs::metadata(&kept[0]).unwrap().modified().unwrap(), written);
    }

    #[test]
    fn a_kept_file_that_is_none_is_compiled_anew() {
        let (folder, bytes) = (tempfile::tempdir().unwrap(), super::describing_as("{"));
        let cache = folder.path().join("cache");
        let refused = load("a.wasm", &bytes, &options(&cache)).unwrap_err().to_string();
        let kept = files(&cache).remove(0);
        std::fs::write(&kept, b"half a fi").unwrap();
        assert_eq!(load("a.wasm", &bytes, &options(&cache)).unwrap_err().to_string(), refused);
        assert!(std::fs::metadata(&kept).unwrap().len() > 100);
    }

    #[test]
    fn a_folder_that_others_may_write_to_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        let error = load("a.wasm", &super::describing_as("{"), &options(folder.path())).unwrap_err();
        assert_eq!(error.code(), "plugin.component");
        assert!(error.to_string().contains("expected the rights 0700, found 0777"), "{error}");
    }
}
