//! Libraries whose entry or whose description is not what the contract asks.

use crate::support::{library, open};
use std::path::Path;

/// The code with which `entry.c` is refused when these macros are defined, and the message.
fn refused(name: &str, defined: &[&str]) -> (&'static str, String) {
    let path = library(Path::new("tests/native/entry.c"), name, defined);
    let error = open(&path).expect_err(name);
    (error.code(), error.to_string())
}

fn says(name: &str, defined: &[&str], code: &str, words: &str) {
    let (found, message) = refused(name, defined);
    assert_eq!(found, code, "{name}: {message}");
    assert!(message.contains(words), "{name}: {message}");
    assert!(message.contains(name), "{message} does not name {name}");
}

#[test]
fn a_missing_symbol_is_refused() {
    says("no_symbol", &["NO_SYMBOL"], "plugin.entry", "found no symbol of that name");
}

#[test]
fn a_symbol_without_data_in_the_file_is_refused() {
    says("empty_symbol", &["EMPTY_SYMBOL"], "plugin.entry", "holds no data in the file");
}

#[test]
fn a_wrong_magic_is_refused() {
    let magic = "MAGIC={'E','N','G','R','A','F','T','!'}";
    says("magic", &[magic], "plugin.entry", "found one that begins with \"ENGRAFT!\"");
}

#[test]
fn a_newer_revision_is_refused() {
    says("newer", &["REVISION=2"], "plugin.revision", "expected revision 1 of `engraft_plugin`, found 2");
    says("older", &["REVISION=0"], "plugin.revision", "found 0");
}

#[test]
fn an_entry_that_is_too_small_is_refused() {
    says("small", &["SIZE=24"], "plugin.entry", "found one of 24 bytes where");
}

#[test]
fn a_library_that_does_not_catch_its_panics_is_refused() {
    says("panics", &["FLAGS=0"], "plugin.panics", "catches its panics");
    says("panics_flag", &["FLAGS=0xfffffffe"], "plugin.panics", "catches its panics");
}

#[test]
fn a_library_without_its_functions_is_refused() {
    says("no_get_interface", &["NO_GET_INTERFACE"], "plugin.entry", "without `get_interface`");
    says("no_describe", &["NO_DESCRIBE"], "plugin.interface", "expected `engraft.describe/1`, found no such table");
    says("lacks_a_function", &["LACKS_A_FUNCTION"], "plugin.interface", "every place of `engraft.metric/1`");
}

#[test]
fn a_library_that_describes_what_it_does_not_export_is_refused() {
    let words = "it describes the metric `x` of revision 1 and has no table `engraft.metric/1`";
    says("no_table", &["DESCRIBES_ONLY"], "plugin.interface", words);
    let words = "of revision 9 and has no table `engraft.metric/1`";
    says("newer_table", &["DESCRIBES_NEWER"], "plugin.interface", words);
}

#[test]
fn a_description_that_cannot_be_read_is_refused() {
    says("no_json", &["DESCRIBES_NO_JSON"], "plugin.interface", "cannot be read");
    says("no_utf8", &["DESCRIBES_NO_UTF8"], "plugin.interface", "expected UTF-8");
    says("unknown_kind", &["DESCRIBES_UNKNOWN_KIND"], "plugin.interface", "unknown variant `oracle`");
    says("fails", &["DESCRIBE_FAILS"], "plugin.interface", "refused: not.today: no");
    says("stops", &["DESCRIBE_STOPS"], "plugin.interface", "answered what the contract does not allow: 7");
}

#[test]
fn a_plugin_of_a_newer_revision_of_its_kind_is_refused() {
    let defined = ["DESCRIBES_NEWER", "EXPORTS_ALL"];
    says("newer_kind", &defined, "plugin.descriptor", "expected revision 1 of `engraft.metric`, found 9");
}
