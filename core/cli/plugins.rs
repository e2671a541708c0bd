//! The plugins that a run may name. Those that are linked into this binary stand here, one line each. A crate that nothing `use`s is not linked
//! and would be silently absent, which the snapshot `tests/fixtures/plugins.txt` notices.

use crate::config::Loaded;
use crate::error::{Failure, Result};
use crate::home;
use engraft_host::{Catalogue, Entry, component, native};
use std::io::Read;
use std::path::Path;

use engraft_augmenter_mention_swap as _;
use engraft_augmenter_synonym as _;
use engraft_domain_legal_clauses as _;
use engraft_domain_medical_ner as _;
use engraft_domain_sentiment as _;
use engraft_method_full as _;
use engraft_method_lora as _;
use engraft_metric_classification as _;
use engraft_metric_entity_f1 as _;
use engraft_metric_span_overlap as _;
use engraft_preprocessor_html_clean as _;
use engraft_preprocessor_whitespace as _;

/// The plugins of this binary.
pub(crate) fn linked() -> Result<Catalogue> {
    Ok(Catalogue::linked()?)
}

/// All plugins that a run file may name: those of this binary, and those in the files that it lists.
///
/// # Errors
/// `plugin.untrusted` for a file without a hash, with the one it has; what is wrong with a file; `plugin.clash`.
pub(crate) fn catalogue(loaded: &Loaded) -> Result<Catalogue> {
    let mut entries = linked()?.entries().to_vec();
    for (index, plugin) in loaded.raw.plugin.iter().enumerate() {
        let at = |failure: Failure| loaded.at(failure, &format!("plugin.{index}.file"));
        entries.extend(open(&loaded.folder().join(&plugin.file), plugin.sha256.as_deref()).map_err(at)?);
    }
    Ok(Catalogue::new(entries)?)
}

/// A component runs in a sandbox and needs no hash, but keeps to the one it is given; a library needs one.
fn open(file: &Path, sha256: Option<&str>) -> Result<Vec<Entry>> {
    let Some(home) = home::folder() else {
        let failure = Failure::usage("plugin.cache", "there is no home folder to keep plugins in");
        return Err(failure.help("set ENGRAFT_HOME to a folder"));
    };
    if is_component(file) {
        let options = component::Options { cache: Some(home.join("components")), ..component::Options::default() };
        let entries = component::open(file, &options)?;
        let found = entries.first().and_then(|entry| entry.origin.sha256()).unwrap_or_default();
        return match sha256.filter(|expected| !expected.eq_ignore_ascii_case(found)) {
            None => Ok(entries),
            Some(expected) => {
                let file = file.display();
                let message = format!("the component `{file}`: expected the SHA-256 {expected}, found {found}");
                Err(Failure::usage("plugin.hash", message).help("if the change is yours, trust the new hash"))
            }
        };
    }
    let Some(sha256) = sha256 else {
        let found = native::hash(file)?;
        let message = format!("the native plugin `{}` is not trusted: the run names no SHA-256 of it", file.display());
        let help = format!("if you trust who made it, write below its `file`:  sha256 = \"{found}\"");
        return Err(Failure::usage("plugin.untrusted", message).help(help));
    };
    Ok(native::open(file, sha256, &home.join("native"))?)
}

/// Whether a file begins as WebAssembly does.
fn is_component(file: &Path) -> bool {
    let mut magic = [0; 4];
    std::fs::File::open(file).and_then(|mut file| file.read_exact(&mut magic)).is_ok() && magic == *b"\0asm"
}
