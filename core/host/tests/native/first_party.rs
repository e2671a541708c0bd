//! One plugin of each kind gives the same bytes linked and native.

use crate::support::{instance, open, plugin};
use engraft_host::{Catalogue, Entry};
use engraft_plugin::kind::Kind;

use engraft_augmenter_mention_swap as _;
use engraft_domain_medical_ner as _;
use engraft_method_lora as _;
use engraft_metric_entity_f1 as _;
use engraft_preprocessor_whitespace as _;

/// What both loaders give for each example of the descriptor, and that it is the same to the last digit.
fn gives_the_same(kind: Kind, id: &str) {
    let linked = Catalogue::linked().expect("linked plugins keep the contract");
    let linked = linked.find(kind, id).expect("it is linked");
    let native =
        Catalogue::new(open(&plugin(&format!("engraft-{kind}-{id}"))).expect("it loads")).expect("one of a name");
    let native = native.find(kind, id).expect("the library describes it");
    assert_eq!(native.origin.loader(), "native");
    assert_eq!(native.descriptor, linked.descriptor);
    assert!(!linked.descriptor.examples.is_empty());
    for case in &linked.descriptor.examples {
        let outcome = |entry: &Entry| {
            let answer = engraft_testkit::outcome_of(|settings, task| instance(entry, settings, task), kind, case);
            answer.map_or_else(|error| format!("{}: {}", error.code, error.message), |value| value.to_string())
        };
        assert_eq!(outcome(native), outcome(linked), "{id}: {}", case.title);
    }
}

#[test]
fn a_metric_gives_the_same_linked_and_native() {
    gives_the_same(Kind::Metric, "entity-f1");
}

#[test]
fn a_preprocessor_gives_the_same_linked_and_native() {
    gives_the_same(Kind::Preprocessor, "whitespace");
}

#[test]
fn a_domain_adapter_gives_the_same_linked_and_native() {
    gives_the_same(Kind::Domain, "medical-ner");
}

#[test]
fn an_augmenter_gives_the_same_linked_and_native() {
    gives_the_same(Kind::Augmenter, "mention-swap");
}

#[test]
fn a_method_gives_the_same_linked_and_native() {
    gives_the_same(Kind::Method, "lora");
}
