//! The plugin's own examples, and what the contract asks of every plugin.

use engraft_augmenter_masked::Masked;

#[test]
fn its_examples_give_what_they_promise() {
    engraft_testkit::examples::<Masked>();
}

#[test]
fn its_settings_are_strict_and_documented() {
    engraft_testkit::settings::<Masked>();
}

#[test]
fn batches_permuted_or_split_give_the_same_answers() {
    engraft_testkit::batches::<Masked>();
}

#[test]
fn hostile_texts_neither_panic_nor_leave_a_stale_span() {
    engraft_testkit::hostile::<Masked>();
}
