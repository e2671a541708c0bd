//! Who may import whom: the contract imports nothing of ours, engine and host never meet.

use std::collections::BTreeMap;
use std::process::Command;

/// The crates of the workspace, each with the crates of ours that it links: `--dev` marks those of tests only.
fn imports() -> BTreeMap<String, Vec<String>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo is there");
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let text = |value: &serde_json::Value| value.as_str().expect("it is text").to_owned();
    let packages = metadata["packages"].as_array().expect("a list");
    let names: Vec<String> = packages.iter().map(|package| text(&package["name"])).collect();
    let links = |package: &serde_json::Value| {
        let all = package["dependencies"].as_array().expect("a list").iter();
        let ours = all.filter(|dependency| names.contains(&text(&dependency["name"])));
        ours.map(|dependency| match dependency["kind"].as_str() {
            None => text(&dependency["name"]),
            Some(kind) => format!("{} --{kind}", text(&dependency["name"])),
        })
        .collect()
    };
    packages.iter().map(|package| (text(&package["name"]), links(package))).collect()
}

#[test]
fn every_crate_imports_only_what_it_may() {
    let contract = "engraft-plugin".to_owned();
    for (name, links) in imports() {
        let allowed: Vec<String> = match name.as_str() {
            "engraft" | "engraft-bundle" => continue,
            "engraft-plugin" => vec![],
            "engraft-data" | "engraft-testkit" => vec![contract.clone()],
            "engraft-engine" => vec![contract.clone(), "engraft-data".to_owned()],
            // Its tests compare loaders, so they link plugins.
            "engraft-host" => {
                links.iter().filter(|link| **link == contract || link.ends_with(" --dev")).cloned().collect()
            }
            "xtask" => vec!["engraft-host".to_owned()],
            _ => vec![contract.clone(), "engraft-testkit --dev".to_owned()],
        };
        for link in links {
            assert!(allowed.contains(&link), "`{name}` imports `{link}`; it may import {allowed:?}");
        }
    }
}

#[test]
fn engine_and_host_are_crates_of_this_workspace() {
    let crates = imports();
    for name in
        ["engraft", "engraft-plugin", "engraft-testkit", "engraft-data", "engraft-engine", "engraft-host", "xtask"]
    {
        assert!(crates.contains_key(name), "{name}");
    }
}
