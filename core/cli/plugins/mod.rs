//! The plugins that a run may name: those linked into this binary, and those in the files that it lists.

pub(crate) mod archive;
pub(crate) mod installed;
mod manifest;
mod open;
mod sdk;
pub(crate) mod template;

pub(crate) use open::{How, Trust, open};

use crate::config::{Loaded, Named, PluginFile, texts};
use crate::error::{Failure, Result};
use engraft_bundle as _; // links the plugins of this repository
use engraft_host::Catalogue;
use engraft_plugin::kind::Kind;
use installed::Installed;

/// The plugins of this binary.
pub(crate) fn linked() -> Result<Catalogue> {
    Ok(Catalogue::linked()?)
}

/// All plugins that a run file may name: those of this binary, and those in the files that it lists.
///
/// # Errors
/// `plugin.untrusted` for a library without a hash, with the one it has; what is wrong with a file; `plugin.clash`.
pub(crate) fn catalogue(loaded: &Loaded) -> Result<Catalogue> {
    let (mut replacing, mut beside) = (Vec::new(), linked()?.entries().to_vec());
    for (index, plugin) in loaded.raw.plugin.iter().enumerate() {
        let at = |failure: Failure| loaded.at(failure, &format!("plugin.{index}"));
        let how = How::of(plugin, loaded);
        let entries = match (&plugin.file, &plugin.name) {
            (Some(file), None) => open(&loaded.folder().join(file), how),
            (None, Some(name)) => Installed::find(name).and_then(|installed| installed.open(how)),
            _ => Err(Failure::usage("config.value", which(plugin))),
        };
        if plugin.replaces { &mut replacing } else { &mut beside }.extend(entries.map_err(at)?);
    }
    Ok(Catalogue::new(beside)?.replaced_by(replacing)?)
}

/// All plugins that a trained run still has. What only training asks may be gone: the method, whose plan lies beside the
/// weights, and the augmenters. They are taken out of the run file; the answer names them, a line each.
///
/// # Errors
/// As [`catalogue`], but for files that are not there.
pub(crate) fn catalogue_of_trained(loaded: &mut Loaded) -> Result<(Catalogue, Vec<String>)> {
    let folder = loaded.folder().to_owned();
    let is_there = |plugin: &PluginFile| match (&plugin.file, &plugin.name) {
        (Some(file), None) => folder.join(file).exists(),
        (None, Some(name)) => !matches!(Installed::find(name), Err(failure) if failure.is("plugin.not-installed")),
        _ => true,
    };
    loaded.raw.plugin.retain(is_there);
    let catalogue = catalogue(loaded)?;
    let mut gone = Vec::new();
    let method = &mut loaded.raw.method;
    if catalogue.find(Kind::Method, &method.plugin).is_err() {
        gone.push(format!("the method `{}` is gone; its plan lies beside what it trained", method.plugin));
        *method = Named { plugin: "full".to_owned(), settings: serde_json::Map::new() };
    }
    loaded.raw.augment.retain(|augmenter| {
        let Ok(entry) = catalogue.find(Kind::Augmenter, &augmenter.plugin) else {
            gone.push(format!("the augmenter `{}` is gone; only training asks it", augmenter.plugin));
            return false;
        };
        let settings = serde_json::Value::Object(augmenter.settings.clone());
        let has_texts = texts::are_there(&entry.descriptor.settings, &settings, &folder);
        if !has_texts {
            gone.push(format!("a text of the augmenter `{}` is gone; only training asks it", augmenter.plugin));
        }
        has_texts
    });
    Ok((catalogue, gone))
}

fn which(plugin: &PluginFile) -> String {
    let found = if plugin.file.is_some() { "both" } else { "neither" };
    format!("[[plugin]]: expected `file`, or the `name` of an installed plugin, found {found}")
}
