//! The kit finds what it is there to find: each plugin here breaks one promise.

use engraft_plugin::kind::preprocessor::Preprocessor;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::text::Example;
use engraft_plugin::{Case, Edits, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::panic::catch_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Strict {}

#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
struct Loose {
    undocumented: bool,
}

/// A preprocessor with these settings, this answer to `a  b`, and this way to clean.
macro_rules! plugin {
    ($name:ident, $id:literal, $settings:ty, $expect:expr, $clean:expr) => {
        struct $name;
        impl Plugin for $name {
            type Settings = $settings;
            fn about() -> About {
                let case = |title| Case::new(title, json!({ "text": "a  b" }), $expect);
                About { id: $id, summary: "Breaks a promise.", examples: vec![case("one"), case("two")] }
            }
            fn open(_settings: $settings, _setting: &Setting) -> Result<Self> {
                Ok(Self)
            }
        }
        impl Preprocessor for $name {
            fn clean(&self, example: &Example<'_>) -> Result<Edits> {
                let clean: fn(&str) -> Edits = $clean;
                Ok(clean(example.text()))
            }
        }
        engraft_plugin::register!(preprocessor $name);
    };
}

fn same() -> Value {
    json!({ "text": "a  b" })
}

plugin!(Honest, "honest", Strict, same(), |_| Edits::none());
plugin!(Boastful, "boastful", Strict, json!({ "text": "a b" }), |_| Edits::none());
plugin!(Sloppy, "sloppy", Loose, same(), |_| Edits::none());
plugin!(Hasty, "hasty", Strict, same(), |text| {
    assert!(text.len() < 1000, "too much for me");
    Edits::none()
});
plugin!(Reckless, "reckless", Strict, same(), |text| {
    let mut edits = Edits::none();
    if text.len() > 4 {
        edits.delete(1..2);
    }
    edits
});
plugin!(Forgetful, "forgetful", Strict, same(), |text| {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let mut edits = Edits::none();
    if CALLS.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) && text.len() > 4 {
        edits.replace(0..0, "x");
    }
    edits
});

/// What the kit says against a plugin, if anything.
fn complaint(check: fn()) -> Option<String> {
    let payload = catch_unwind(check).err()?;
    let said = payload.downcast_ref::<String>().cloned();
    Some(said.unwrap_or_else(|| payload.downcast_ref::<&str>().map_or_else(String::new, |&said| said.to_owned())))
}

#[test]
fn an_honest_plugin_passes_everything() {
    engraft_testkit::settings::<Honest>();
    engraft_testkit::examples::<Honest>();
    engraft_testkit::batches::<Honest>();
    engraft_testkit::hostile::<Honest>();
}

#[test]
fn an_example_that_gives_something_else_is_named_with_both_answers() {
    let said = complaint(engraft_testkit::examples::<Boastful>).unwrap();
    assert!(said.contains("“one”") && said.contains("\"a b\"") && said.contains("\"a  b\""), "{said}");
}

#[test]
fn settings_that_take_anything_or_say_nothing_are_found() {
    let said = complaint(engraft_testkit::settings::<Sloppy>).unwrap();
    assert!(said.contains("deny_unknown_fields"), "{said}");
}

#[test]
fn a_panic_is_laid_at_the_item_that_caused_it() {
    let said = complaint(engraft_testkit::hostile::<Hasty>).unwrap();
    assert!(said.contains("too much for me") && said.contains("item: "), "{said}");
}

#[test]
fn edits_inside_a_character_are_found() {
    let said = complaint(engraft_testkit::hostile::<Reckless>).unwrap();
    assert!(said.contains("edit.inside-character"), "{said}");
}

#[test]
fn state_kept_between_calls_is_found() {
    let said = complaint(engraft_testkit::batches::<Forgetful>).unwrap();
    assert!(said.contains("other answers"), "{said}");
}
