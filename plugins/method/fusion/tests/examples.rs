//! The plugin's own examples, and what the contract asks of every plugin.

use engraft_method_fusion::Fusion;

#[test]
fn its_examples_give_what_they_promise() {
    engraft_testkit::examples::<Fusion>();
}

#[test]
fn its_settings_are_strict_and_documented() {
    engraft_testkit::settings::<Fusion>();
}

#[test]
fn batches_permuted_or_split_give_the_same_answers() {
    engraft_testkit::batches::<Fusion>();
}

#[test]
fn hostile_texts_neither_panic_nor_leave_a_stale_span() {
    engraft_testkit::hostile::<Fusion>();
}
