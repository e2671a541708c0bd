//! `plugins.md`: every linked plugin, out of its descriptor.

use super::table;
use serde_json::Value;

const HEAD: &str = r#"
# Plugins

The plugins of the `engraft` binary. `engraft plugins show KIND/NAME` prints the same on the command line. What stands
under *Examples* is run as a test of the plugin.
"#;

pub(super) fn render(all: &Value) -> String {
    let mut out = HEAD.to_owned();
    let mut kind = "";
    for one in all.as_array().into_iter().flatten() {
        let text = |key: &str| one[key].as_str().unwrap_or_default();
        if text("kind") != kind {
            kind = text("kind");
            out += &format!("\n## {}\n", heading(kind));
        }
        out += &format!("\n### `{}` {{#{}}}\n\n{}\n\n", text("id"), text("id"), text("summary"));
        let settings = &one["settings"];
        let keys = table::settings(settings, settings, &settings["default"]);
        out += if keys.is_empty() { "It has no settings.\n" } else { &keys };
        let examples: String = one["examples"].as_array().into_iter().flatten().map(example).collect();
        if !examples.is_empty() {
            out += &format!("\nExamples:\n\n{examples}");
        }
    }
    out
}

/// A kind in the plural, as the book's chapters call it.
fn heading(kind: &str) -> String {
    let plural = if kind == "domain" { "domain adapters".to_owned() } else { format!("{kind}s") };
    plural[..1].to_uppercase() + &plural[1..]
}

fn example(case: &Value) -> String {
    let mut out = format!("- {}\n\n  ```text\n", case["title"].as_str().unwrap_or_default());
    if case["settings"].as_object().is_some_and(|settings| !settings.is_empty()) {
        out += &format!("  settings {}\n", case["settings"]);
    }
    out += &format!("  input    {}\n  gives    {}\n  ```\n\n", case["input"], case["expect"]);
    out
}
