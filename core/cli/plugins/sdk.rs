//! The crates that a plugin in Rust is written against, as files of a project: a workspace of their own, with the
//! versions and lints of this one.

include!(concat!(env!("OUT_DIR"), "/sdk.rs"));

/// The workspace's manifest: that of this repository, with the two crates alone as members.
pub(crate) fn manifest() -> String {
    let ours = include_str!("../../../Cargo.toml");
    let from = ours.find("[workspace.package]").unwrap_or_default();
    let to = ours.find("[profile.dev]").unwrap_or(ours.len());
    let members = "[workspace]\nresolver = \"3\"\nmembers = [\"plugin-api\", \"plugin-api/testkit\"]\n\n";
    format!("# What plugins are written against.\n\n{members}{}", &ours[from..to])
}
