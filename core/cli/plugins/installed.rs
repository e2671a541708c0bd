//! Plugins that were installed: a folder each, with the plugin's file and a manifest, that runs name.

use super::archive::{self, Form};
use super::manifest::{FILE, Manifest};
use super::{How, Trust, open};
use crate::error::{Failure, Result};
use crate::home;
use engraft_host::{Entry, Origin, fault_of_id, native, near};
use engraft_plugin::Descriptor;
use engraft_plugin::kind::Setting;
use std::fs;
use std::path::{Path, PathBuf};

/// What the plugins of a file said of themselves, beside it.
const DESCRIPTORS: &str = "descriptors.json";

/// An installed plugin.
#[derive(Clone, Debug)]
pub(crate) struct Installed {
    /// Its name, that of its folder.
    pub(crate) name: String,
    folder: PathBuf,
    manifest: Manifest,
}

impl Installed {
    /// All of them, by name.
    ///
    /// # Errors
    /// `plugin.manifest` for one that cannot be read.
    pub(crate) fn all() -> Result<Vec<Self>> {
        let folders = fs::read_dir(home()?).into_iter().flatten().flatten();
        let names = folders.filter_map(|folder| folder.file_name().into_string().ok());
        let mut names: Vec<String> = names.filter(|name| fault_of_id(name).is_none()).collect();
        names.sort();
        names.iter().map(|name| Self::read(name)).collect()
    }

    /// The one of that name.
    ///
    /// # Errors
    /// `plugin.not-installed`, with those that are.
    pub(crate) fn find(name: &str) -> Result<Self> {
        let all = Self::all()?;
        if let Some(found) = all.iter().find(|installed| installed.name == name) {
            return Ok(found.clone());
        }
        let names: Vec<&str> = all.iter().map(|installed| installed.name.as_str()).collect();
        let there = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        let failure =
            Failure::usage("plugin.not-installed", format!("no plugin `{name}` is installed; there are: {there}"));
        Err(match near(name, names).first() {
            Some(near) => failure.help(format!("did you mean `{near}`?")),
            None => failure.help("`engraft plugins install FILE` installs one"),
        })
    }

    fn read(name: &str) -> Result<Self> {
        let folder = home()?.join(name);
        Ok(Self { name: name.to_owned(), manifest: manifest(&folder)?, folder })
    }

    /// Its file.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.join(&self.manifest.file)
    }

    /// The hash that it had when it was installed.
    pub(crate) fn sha256(&self) -> &str {
        self.manifest.sha256.as_deref().unwrap_or_default()
    }

    /// What is in it.
    pub(crate) fn plugins(&self) -> &[String] {
        &self.manifest.plugins
    }

    /// Its plugins. A component must still be the file that was installed; a library must be the one that the
    /// caller trusts.
    ///
    /// # Errors
    /// As [`open::open`].
    pub(crate) fn open(&self, how: How<'_>) -> Result<Vec<Entry>> {
        let file = self.file();
        match how.trust {
            Trust::Nothing if open::is_component(&file) => {
                open::open(&file, How { trust: Trust::Hash(self.sha256()), ..how })
            }
            _ => open::open(&file, how),
        }
    }

    /// What its plugins said of themselves when it was installed, for those who want to read it and not to run them.
    ///
    /// # Errors
    /// `plugin.manifest` where it cannot be read.
    pub(crate) fn described(&self) -> Result<Vec<Entry>> {
        let path = self.folder.join(DESCRIPTORS);
        let text = fs::read_to_string(&path).map_err(|error| Failure::reading(&path, "plugin description", &error))?;
        let refuse = |why: String| Failure::usage("plugin.manifest", format!("`{}`: {why}", path.display()));
        let all: Vec<Descriptor> = serde_json::from_str(&text).map_err(|error| refuse(error.to_string()))?;
        let origin = Origin::Native { path: self.file(), sha256: self.sha256().to_owned() };
        let closed = |_: &str, _: &Setting| Err(engraft_plugin::Error::new("plugin.untrusted", "it is not opened"));
        let entry = |about: Descriptor| Entry::new(about, origin.clone(), closed);
        Ok(all.into_iter().map(entry).collect::<engraft_host::Result<_>>()?)
    }

    /// Installs a file, a folder with a manifest or a single plugin file, or an archive of such a folder: it is
    /// copied beside, opened once (which compiles it), and put in its place whole.
    ///
    /// # Errors
    /// What is wrong with the source; `plugin.installed` when the name is taken and `replace` is not said.
    pub(crate) fn install(source: &Path, name: Option<&str>, trust: Trust<'_>, replace: bool) -> Result<Self> {
        let home = home()?;
        fs::create_dir_all(&home).map_err(|error| Failure::writing(&home, &error))?;
        let temporary = || tempfile::tempdir_in(&home).map_err(|error| Failure::writing(&home, &error));
        let unpacked = temporary()?;
        let shipped = shipped(source, unpacked.path())?;
        let stem =
            || shipped.file.file_stem().map(|stem| stem.to_string_lossy().trim_start_matches("lib").replace('_', "-"));
        let name = name.map(str::to_owned).or(shipped.name).or_else(stem).unwrap_or_default();
        if let Some(fault) = fault_of_id(&name) {
            return Err(Failure::usage("plugin.name", fault).help("name it with --name"));
        }
        let place = home.join(&name);
        if place.exists() && !replace {
            let message = format!("a plugin `{name}` is installed already");
            return Err(Failure::usage("plugin.installed", message).help("--replace puts this one in its place"));
        }
        if matches!(trust, Trust::Nothing) && !open::is_component(&shipped.file) {
            return Err(open::untrusted(&shipped.file, |hash| format!("--sha256 {hash}"))?);
        }
        let staged = temporary()?;
        let file = PathBuf::from(shipped.file.file_name().unwrap_or_default());
        let copy = staged.path().join(&file);
        fs::copy(&shipped.file, &copy).map_err(|error| Failure::reading(&shipped.file, "plugin", &error))?;
        let sha256 = native::hash(&copy)?;
        if let Some(expected) = shipped.sha256.filter(|expected| !expected.eq_ignore_ascii_case(&sha256)) {
            let message = format!("its {FILE}: expected the SHA-256 {expected}, found {sha256}");
            return Err(Failure::usage("plugin.hash", message).help("the file was changed or damaged on its way"));
        }
        let entries = open::open(&copy, How::trusting(trust))?;
        let about: Vec<&Descriptor> = entries.iter().map(|entry| &entry.descriptor).collect();
        let plugins = about.iter().map(|about| format!("{}/{} {}", about.kind, about.id, about.version)).collect();
        let path = staged.path().join(DESCRIPTORS);
        let text = serde_json::to_string(&about).expect("a descriptor came as JSON");
        fs::write(&path, text).map_err(|error| Failure::writing(&path, &error))?;
        let manifest = Manifest { name: None, file, sha256: Some(sha256), plugins };
        let text = toml::to_string(&manifest).expect("a manifest has text keys only");
        let path = staged.path().join(FILE);
        fs::write(&path, text).map_err(|error| Failure::writing(&path, &error))?;
        let old = temporary()?;
        let moved = (|| {
            if place.exists() {
                fs::rename(&place, old.path().join("old"))?;
            }
            fs::rename(staged.keep(), &place)
        })();
        moved.map_err(|error| Failure::writing(&place, &error))?;
        Self::read(&name)
    }

    /// Removes it.
    ///
    /// # Errors
    /// `file.unwritable`.
    pub(crate) fn remove(self) -> Result<()> {
        fs::remove_dir_all(&self.folder).map_err(|error| Failure::writing(&self.folder, &error))
    }
}

/// The folder of installed plugins.
fn home() -> Result<PathBuf> {
    Ok(home::required()?.join("plugins"))
}

/// What an author hands out: where the plugin's file lies, its name, its hash.
struct Shipped {
    file: PathBuf,
    name: Option<String>,
    sha256: Option<String>,
}

fn shipped(source: &Path, unpacked: &Path) -> Result<Shipped> {
    let metadata = fs::metadata(source).map_err(|error| Failure::reading(source, "plugin", &error))?;
    if metadata.is_dir() {
        return in_folder(source);
    }
    let Some(form) = Form::of(source) else {
        return Ok(Shipped { file: source.to_owned(), name: None, sha256: None });
    };
    archive::unpack(source, form, unpacked).map_err(|why| {
        Failure::usage("plugin.archive", format!("the archive `{}` is not unpacked: {why}", source.display()))
    })?;
    // An archive of a folder holds that folder.
    let mut entries = fs::read_dir(unpacked).into_iter().flatten().flatten();
    match (entries.next(), entries.next()) {
        (Some(only), None) if only.path().is_dir() => in_folder(&only.path()),
        _ => in_folder(unpacked),
    }
}

fn in_folder(folder: &Path) -> Result<Shipped> {
    if folder.join(FILE).exists() {
        let Manifest { name, file, sha256, plugins: _ } = manifest(folder)?;
        return Ok(Shipped { file: folder.join(file), name, sha256 });
    }
    let is_plugin = |path: &PathBuf| {
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        ["wasm", "so", "dylib", "dll"].contains(&extension)
    };
    let paths = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut files: Vec<PathBuf> = paths.filter(is_plugin).collect();
    match (files.pop(), files.is_empty()) {
        (Some(file), true) => Ok(Shipped { file, name: None, sha256: None }),
        (found, _) => {
            let found = found.map_or(0, |_| files.len() + 1);
            let message = format!("expected a {FILE}, or one plugin file (.wasm, .so, .dylib, .dll), found {found}");
            Err(Failure::usage("plugin.manifest", message).help("name the file itself"))
        }
    }
}

/// Reads the manifest of a folder.
fn manifest(folder: &Path) -> Result<Manifest> {
    let path = folder.join(FILE);
    let text = fs::read_to_string(&path).map_err(|error| Failure::reading(&path, "plugin manifest", &error))?;
    let read = Manifest::read(&text, folder);
    read.map_err(|why| Failure::usage("plugin.manifest", format!("`{}`: {why}", path.display())))
}
