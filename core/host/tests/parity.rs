//! Every plugin of this repository gives the same bytes linked, as a native library and as a component: what it says
//! of itself, its own examples, and texts that break careless plugins.

#[path = "native/support.rs"]
mod native;
mod support;

use engraft_bundle as _;
use engraft_host::component::Limits;
use engraft_host::{Catalogue, Entry};
use engraft_testkit::Line;

/// All that a plugin answers.
fn transcript(entry: &Entry) -> Vec<Line> {
    native::subject(entry).transcript().unwrap_or_else(|why| panic!("{entry:?}: {why}"))
}

/// Compares all linked plugins with those of a file that holds the same ones.
fn same_as_linked(foreign: Vec<Entry>) {
    let linked = Catalogue::linked().expect("linked plugins keep the contract");
    let foreign = Catalogue::new(foreign).expect("no two plugins of one name");
    assert_eq!(foreign.entries().len(), linked.entries().len());
    for (linked, foreign) in linked.entries().iter().zip(foreign.entries()) {
        let (expected, found) = (transcript(linked), transcript(foreign));
        for (expected, found) in expected.iter().zip(&found) {
            assert_eq!(found, expected, "{foreign:?}");
        }
        assert_eq!(found.len(), expected.len(), "{foreign:?}");
    }
}

#[test]
fn every_plugin_answers_the_same_linked_and_as_a_native_library() {
    same_as_linked(native::open(&native::plugin("engraft-bundle")).expect("it loads"));
}

#[test]
fn every_plugin_answers_the_same_linked_and_as_a_component() {
    same_as_linked(support::entries("engraft-bundle", Limits::default()));
}
