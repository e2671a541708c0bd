//! The plugins of the binary: all that should be linked are, and each can be looked up.

use crate::harness::engraft;
use crate::support::fixtures;
use std::fs;
use std::path::Path;

fn here() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

#[test]
fn every_first_party_plugin_is_linked() {
    let all = engraft(here(), &["plugins", "list", "--json"]).json();
    let names: String = all
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| format!("{}/{}\n", one["kind"].as_str().expect("text"), one["id"].as_str().expect("text")))
        .collect();
    let snapshot = fixtures().join("plugins.txt");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&snapshot, &names).expect("it can be written");
    }
    assert_eq!(fs::read_to_string(snapshot).unwrap_or_default(), names, "BLESS=1 rewrites the snapshot");
}

#[test]
fn every_plugin_folder_is_linked() {
    let list = engraft(here(), &["plugins", "list"]).ok();
    for kind in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("plugins")).expect("it is there").flatten() {
        let folders = fs::read_dir(kind.path()).into_iter().flatten().flatten();
        for plugin in folders.filter(|folder| folder.path().join("Cargo.toml").exists()) {
            let name = plugin.file_name().into_string().expect("a plain name");
            assert!(list.contains(&format!("  {name} ")), "`{name}` is not in plugins/bundle/src/lib.rs:\n{list}");
        }
    }
}

#[test]
fn list_and_show_as_json_hold_the_whole_descriptor() {
    let all = engraft(here(), &["plugins", "list", "--json"]).json();
    for one in all.as_array().expect("a list") {
        let name = format!("{}/{}", one["kind"].as_str().expect("text"), one["id"].as_str().expect("text"));
        assert_eq!(&engraft(here(), &["plugins", "show", &name, "--json"]).json(), one);
        for key in ["kind", "id", "revision", "version", "license", "summary", "settings", "examples", "loader"] {
            assert!(!one[key].is_null(), "{name} has no {key}");
        }
        assert!(!one["examples"].as_array().expect("a list").is_empty(), "{name} has no example");
    }
}

#[test]
fn show_prints_settings_with_defaults_and_examples_with_what_they_give() {
    let text = engraft(here(), &["plugins", "show", "method/lora"]).ok();
    for what in [
        "method/lora",
        "Settings",
        "rank = 16  a whole number",
        "The rank r of the update.",
        "Example 1:",
        "input",
        "gives",
    ] {
        assert!(text.contains(what), "expected `{what}` in:\n{text}");
    }
}

#[test]
fn a_plugin_that_is_not_there_is_answered_with_near_ones() {
    let show = |name: &str| engraft(here(), &["plugins", "show", name]);
    show("method/lorra").refused(2, &["plugin.unknown", "there are: adalora, bitfit, ", "did you mean `lora`?"]);
    show("lora").refused(2, &["plugin.name", "expected KIND/NAME, found `lora`"]);
    show("methods/lora").refused(2, &["plugin.name", "domain, preprocessor, augmenter, method, metric"]);
}
