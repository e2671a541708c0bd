//! The generated pages of the book say what the binary says.

use crate::harness::engraft;
use std::path::Path;

#[test]
fn the_reference_pages_are_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let here = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let ask = |args: &[&str]| Ok(engraft(here, args).ok());
    for page in xtask::book::pages(&ask).expect("the binary answers") {
        let path = root.join("docs/reference").join(page.name);
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, &page.text).expect("it can be written");
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(written == page.text, "docs/reference/{} is old: run `cargo run -p xtask -- book`", page.name);
    }
}
