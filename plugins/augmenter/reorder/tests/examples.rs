//! The plugin's own examples, and what the contract asks of every plugin.

use engraft_augmenter_reorder::Reorder;

#[test]
fn its_examples_give_what_they_promise() {
    engraft_testkit::examples::<Reorder>();
}

#[test]
fn its_settings_are_strict_and_documented() {
    engraft_testkit::settings::<Reorder>();
}

#[test]
fn batches_permuted_or_split_give_the_same_answers() {
    engraft_testkit::batches::<Reorder>();
}

#[test]
fn hostile_texts_neither_panic_nor_leave_a_stale_span() {
    engraft_testkit::hostile::<Reorder>();
}
