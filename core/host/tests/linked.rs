//! Plugins linked into this test binary, found and opened as the host binary does it.

use engraft_host::{Catalogue, Entry, Error, Origin};
use engraft_plugin::kind::preprocessor::Preprocessor;
use engraft_plugin::kind::{About, Kind, Plugin, Setting};
use engraft_plugin::register::Instance;
use engraft_plugin::text::{Example, ExampleBuf, Views};
use engraft_plugin::{Descriptor, Edits, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    /// Which letter goes.
    letter: String,
    /// How many of them.
    most: u32,
    /// A share.
    share: Option<f64>,
    /// The order of work.
    order: Order,
    /// What is left alone.
    except: Except,
    /// Words by name.
    words: BTreeMap<String, Vec<String>>,
}

impl Default for Settings {
    fn default() -> Self {
        let words = BTreeMap::from([("own".to_owned(), vec!["word".to_owned()])]);
        Self { letter: "x".to_owned(), most: 3, share: None, order: Order::Left, except: Except::default(), words }
    }
}

#[derive(Serialize, Deserialize, JsonSchema, Default)]
#[serde(rename_all = "kebab-case")]
enum Order {
    /// From the left.
    #[default]
    Left,
    /// From the right.
    FromRight,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Except {
    /// The first bytes.
    first: usize,
    /// The last bytes.
    last: usize,
}

impl Default for Except {
    fn default() -> Self {
        Self { first: 1, last: 2 }
    }
}

struct Drop(Settings);

impl Plugin for Drop {
    type Settings = Settings;
    fn about() -> About {
        About { id: "drop-letter", summary: "Drops a letter.", examples: Vec::new() }
    }
    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        match settings.letter.as_str() {
            "" => Err(engraft_plugin::Error::new("letter.none", "`letter` is empty")),
            "!" => panic!("no such letter"),
            _ => Ok(Self(settings)),
        }
    }
}

impl Preprocessor for Drop {
    fn clean(&self, example: &Example<'_>) -> Result<Edits> {
        let mut edits = Edits::none();
        for (at, found) in example.text().match_indices(&self.0.letter).take(self.0.most as usize) {
            edits.delete(at..at + found.len());
        }
        Ok(edits)
    }
}

engraft_plugin::register!(preprocessor Drop);

fn catalogue() -> Catalogue {
    Catalogue::linked().expect("the plugin of this test keeps the contract")
}

fn fill(settings: serde_json::Value) -> engraft_host::Result<serde_json::Value> {
    catalogue().find(Kind::Preprocessor, "drop-letter")?.fill(&settings)
}

fn message(settings: serde_json::Value) -> String {
    let error = fill(settings).expect_err("these settings are wrong");
    assert_eq!(error.code(), "plugin.settings");
    error.to_string()
}

#[test]
fn a_linked_plugin_is_found_opened_and_called() {
    let catalogue = catalogue();
    let entry = catalogue.find(Kind::Preprocessor, "drop-letter").unwrap();
    assert_eq!(entry.origin.loader(), "linked");
    let opened = entry.open_preprocessor(json!({ "letter": "a", "most": 1 }), &Setting::default()).unwrap();
    assert_eq!(opened.settings["most"], 1);
    let examples = [ExampleBuf::new("1", "banana")];
    let answers = opened.plugin.clean_batch(Views::examples(&examples).as_slice()).unwrap();
    let edits = answers[0].as_ref().unwrap();
    assert_eq!(engraft_plugin::edit::apply(&examples[0], edits).unwrap().text, "bnana");
}

#[test]
fn an_unknown_id_is_answered_with_near_ones_and_all_of_the_kind() {
    let error = catalogue().find(Kind::Preprocessor, "drop-leter").unwrap_err();
    assert_eq!(error.code(), "plugin.unknown");
    assert_eq!(error.to_string(), "no preprocessor is called `drop-leter`; there are: drop-letter");
    assert!(error.help().unwrap().contains("did you mean `drop-letter`?"));
    let error = catalogue().find(Kind::Metric, "f1").unwrap_err();
    assert_eq!(error.to_string(), "no metric is called `f1`; there are: none");
}

#[test]
fn defaults_are_filled_in_tables_within_tables_too_and_keep_the_order_of_their_declaration() {
    let filled = fill(json!({ "except": { "last": 7 }, "words": { "mine": ["a"] } })).unwrap();
    let expected =
        r#"{"letter":"x","most":3,"share":null,"order":"left","except":{"first":1,"last":7},"words":{"mine":["a"]}}"#;
    assert_eq!(filled.to_string(), expected);
    assert_eq!(fill(json!({ "most": 5.0 })).unwrap()["most"].to_string(), "5");
}

#[test]
fn every_wrong_key_is_named_with_what_was_expected_and_found() {
    assert_eq!(
        message(json!({ "lettr": "a" })),
        "settings of preprocessor `drop-letter`: unknown key `lettr`; did you mean `letter`?"
    );
    let many =
        message(json!({ "most": -1, "share": "half", "order": "up", "except": { "frist": 1 }, "words": { "a": 1 } }));
    for line in [
        "unknown key `except.frist`; did you mean `first`?",
        "`most`: expected a whole number, 0 or more, found the number -1",
        "`share`: expected a number, found the text \"half\"",
        "`order`: expected one of \"left\", \"from-right\", found the text \"up\"",
        "`words.a`: expected a list of text, found the number 1",
    ] {
        assert!(many.contains(line), "`{line}` is not in\n{many}");
    }
}

#[test]
fn settings_that_the_plugin_refuses_or_panics_at_are_errors_of_the_plugin() {
    let entry = catalogue().find(Kind::Preprocessor, "drop-letter").unwrap().clone();
    let open = |letter: &str| entry.open(json!({ "letter": letter }), &Setting::default()).err().unwrap();
    assert_eq!(open("").code(), "plugin.open");
    assert_eq!(open("").to_string(), "preprocessor `drop-letter` did not open: letter.none: `letter` is empty");
    assert!(open("!").to_string().ends_with("it panicked: no such letter"));
}

#[test]
fn a_plugin_opened_as_another_kind_is_refused() {
    let entry = catalogue().find(Kind::Preprocessor, "drop-letter").unwrap().clone();
    let error = entry.open_metric(json!({}), &Setting::default()).err().unwrap();
    assert!(error.to_string().ends_with("expected a metric, found a preprocessor"), "{error}");
}

/// An entry that some other loader could have given.
fn entry(id: &str, version: &str, change: impl FnOnce(&mut Descriptor)) -> engraft_host::Result<Entry> {
    let mut descriptor = Descriptor {
        id: id.to_owned(),
        kind: Kind::Preprocessor,
        revision: 1,
        version: version.to_owned(),
        license: "MIT".to_owned(),
        summary: String::new(),
        settings: json!({ "type": "object" }),
        examples: Vec::new(),
    };
    change(&mut descriptor);
    let opener = |_: &str, _: &Setting| -> Result<Instance> { Err(engraft_plugin::Error::new("none", "never opened")) };
    Entry::new(descriptor, Origin::Linked { version: version.to_owned() }, opener)
}

#[test]
fn two_plugins_of_one_name_are_refused_with_both_origins() {
    let error =
        Catalogue::new([entry("a", "1.0.0", |_| ()).unwrap(), entry("a", "2.0.0", |_| ()).unwrap()]).unwrap_err();
    assert_eq!(error.code(), "plugin.clash");
    assert_eq!(
        error.to_string(),
        "two plugins are called preprocessor `a`: one linked into this binary, version 1.0.0, \
         one linked into this binary, version 2.0.0"
    );
}

#[test]
fn one_id_may_stand_in_two_kinds_and_entries_are_sorted() {
    let metric = entry("a", "1.0.0", |d| d.kind = Kind::Metric).unwrap();
    let catalogue =
        Catalogue::new([metric, entry("b", "1.0.0", |_| ()).unwrap(), entry("a", "1.0.0", |_| ()).unwrap()]);
    let names: Vec<String> =
        catalogue.unwrap().entries().iter().map(|e| format!("{}/{}", e.descriptor.kind, e.descriptor.id)).collect();
    assert_eq!(names, ["preprocessor/a", "preprocessor/b", "metric/a"]);
}

#[test]
fn a_descriptor_that_breaks_the_contract_is_refused() {
    let refused = |change: fn(&mut Descriptor), words: &str| {
        let error = entry("a", "1.0.0", change).unwrap_err();
        assert!(matches!(error, Error::Descriptor { .. }));
        assert!(error.to_string().contains(words), "{error}");
    };
    refused(|d| d.id = "Not An Id".to_owned(), "lower-case words joined by hyphens");
    refused(|d| d.revision = 2, "expected revision 1 of `engraft.preprocessor`, found 2");
    refused(|d| d.settings = json!({ "type": 7 }), "no valid JSON schema");
}

#[test]
fn a_schema_that_says_nothing_of_other_keys_is_closed() {
    let schema = json!({ "type": "object", "properties": { "low": { "type": "number", "minimum": 0, "default": 0.5 } }, "required": ["high"] });
    let entry = entry("a", "1.0.0", |d| d.settings = schema).unwrap();
    let error = entry.fill(&json!({ "low": 1, "hgh": 2 })).unwrap_err().to_string();
    assert!(error.contains("unknown key `hgh`; expected one of `low`"), "{error}");
    assert!(error.contains("`high` is missing"), "{error}");
}
