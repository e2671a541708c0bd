//! Plugins that were built when a revision was released: they load for ever, and answer as they did.

use engraft_host::component::{self, Options};
use engraft_host::{Entry, native};
use engraft_plugin::kind::{Kind, Setting};
use engraft_testkit::Subject;
use std::path::{Path, PathBuf};

fn released(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/released").join(file)
}

/// The kinds that were frozen first.
const FIRST: [Kind; 3] = [Kind::Domain, Kind::Preprocessor, Kind::Metric];

/// The kinds are there and give what their examples promise.
fn answers_as_it_did(entries: &[Entry], kinds: &[Kind], sha256: &str) {
    for &kind in kinds {
        let entry = entries.iter().find(|entry| entry.descriptor.kind == kind).expect("it is in the file");
        assert_eq!(entry.origin.sha256(), Some(sha256), "the file is the one that was released");
        assert_eq!((entry.descriptor.revision, entry.descriptor.version.as_str()), (1, "1.0.0"));
        let open = |settings: &_, task| entry.try_open(settings, &Setting { task });
        let subject = Subject::new(entry.descriptor.clone(), open);
        assert_eq!(subject.examples(), Ok(()), "{kind}");
        assert_eq!(subject.batches(), Ok(()), "{kind}");
    }
}

#[test]
fn a_component_of_revision_1_opens_and_answers_as_it_did() {
    let entries = component::open(&released("1/released.wasm"), &Options::default()).expect("it opens for ever");
    answers_as_it_did(&entries, &FIRST, "8539f9052d89916b40d63d3fb09f9a7a6cf366c44a8ed0ae516f4a3fce2e78da");
}

#[test]
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn a_native_library_of_revision_1_opens_and_answers_as_it_did() {
    let cache = tempfile::tempdir().expect("there is room");
    let sha256 = "9af9a4d42b429a630de1e4329e7120f4353129422d83acd0c43e30495790c662";
    let entries = native::open(&released("1/libreleased-x86_64-linux.so"), sha256, &cache.path().join("cache"));
    answers_as_it_did(&entries.expect("it opens for ever"), &FIRST, sha256);
}

#[test]
fn a_component_with_an_augmenter_of_revision_1_opens_and_answers_as_it_did() {
    let file = released("augmenter-1/released.wasm");
    let entries = component::open(&file, &Options::default()).expect("it opens for ever");
    answers_as_it_did(&entries, &[Kind::Augmenter], "205c7d7d8398d59df8ac51faad607e066872e1fb85e9ecf68aa74d94409c9cc1");
}

#[test]
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn a_native_library_with_an_augmenter_of_revision_1_opens_and_answers_as_it_did() {
    let cache = tempfile::tempdir().expect("there is room");
    let sha256 = "a3d2984e0093b6c6e04c5b6c5fd4afd830054467e64d1db4d880cee47572029f";
    let file = released("augmenter-1/libreleased-x86_64-linux.so");
    let entries = native::open(&file, sha256, &cache.path().join("cache"));
    answers_as_it_did(&entries.expect("it opens for ever"), &[Kind::Augmenter], sha256);
}
