//! Makes of a run file what the engine takes: plugins opened, paths made absolute, every default filled in.

use super::load::Loaded;
use super::raw::{Named, PluginFile, Raw};
use super::texts::{self, Texts};
use crate::error::{Failure, Result};
use crate::model::Source;
use engraft_engine::run::{Device, Plugins, Run, Settings};
use engraft_host::{Catalogue, Entry, Error, Problem};
use engraft_plugin::kind::{Kind, Setting};
use engraft_plugin::register::{Grant, Opened};
use engraft_plugin::{Task, TaskKind};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The key of an augmenter's table that says what the run grants it.
pub(super) const GRANT: &str = "grant";

/// A run with everything resolved but the model's folder.
#[derive(Clone)]
pub(crate) struct Resolved {
    /// Its name.
    pub(crate) name: String,
    /// All randomness comes from it.
    pub(crate) seed: u64,
    /// Where it computes.
    pub(crate) device: Device,
    /// The engine's own sections.
    pub(crate) settings: Settings,
    /// Where the pretrained model comes from.
    pub(crate) source: Source,
    /// The score that decides which checkpoint is best, where the run or the domain names one.
    pub(crate) decides: Option<String>,
    /// The files that plugins came from, beside this binary.
    pub(crate) plugin_files: Vec<PluginFile>,
    /// The texts that settings of plugins name, by SHA-256.
    pub(crate) texts: BTreeMap<String, String>,
    /// The opened plugins.
    pub(crate) plugins: Plugins,
}

/// Resolves a run file. Relative paths start from `folder`; an empty one leaves them as they are.
///
/// # Errors
/// `plugin.unknown`, `plugin.open`, `model.source`, and `config.…` with every key that is wrong.
pub(crate) fn resolve(loaded: &Loaded, catalogue: &Catalogue, folder: &Path) -> Result<Resolved> {
    let raw = &loaded.raw;
    let mut problems = Vec::new();
    let name = name(loaded, &mut problems);
    let device = raw.device.parse().unwrap_or_else(|_| {
        let (expected, found) = ("`auto`, `cpu` or `cuda:N`".to_owned(), format!("`{}`", raw.device));
        problems.push(Problem::Value { key: "device".to_owned(), expected, found });
        Device::Auto
    });
    if raw.data.train.as_os_str().is_empty() && raw.data.domains.is_empty() {
        let expected = "a file of training examples".to_owned();
        problems.push(Problem::Missing { key: "data.train".to_owned(), expected });
    }
    let source = Source::parse(&raw.model.source, folder).map_err(|failure| loaded.at(failure, "model.source"))?;
    let mut opener = Opener { loaded, catalogue, folder, problems, help: None, texts: BTreeMap::new() };
    let (plugins, task) = opener.open()?;
    let texts = opener.texts;
    let decides = raw.evaluate.decides.clone().or(task.decides);
    let mut settings = raw.settings();
    settings.model.source = source.to_string();
    settings.model.grafts.values_mut().for_each(|path| *path = folder.join(&*path));
    if !settings.data.train.as_os_str().is_empty() {
        settings.data.train = folder.join(settings.data.train);
    }
    settings.data.domains.values_mut().for_each(|path| *path = folder.join(&path));
    settings.data.dev = settings.data.dev.map(|path| folder.join(path));
    settings.data.test = settings.data.test.map(|path| folder.join(path));
    let absolute = |of: &PluginFile| PluginFile {
        file: of.file.as_ref().map(|file| folder.join(file)),
        grants: of.grants.within(folder),
        ..of.clone()
    };
    let plugin_files = raw.plugin.iter().map(absolute).collect();
    Ok(Resolved { name, seed: raw.seed, device, settings, source, decides, plugin_files, texts, plugins })
}

impl Resolved {
    /// The run, once the model lies in `model`.
    pub(crate) fn into_run(self, model: PathBuf, out: PathBuf, resume: bool) -> Run {
        let Self { name, seed, device, settings, source: _, decides: _, plugin_files: _, texts: _, plugins } = self;
        Run { name, seed, device, out, resume, model, settings, plugins }
    }

    /// The run file that says all of this.
    pub(crate) fn to_raw(&self) -> Raw {
        let Settings { data, tokenize, batch, model, optimize, evaluate, checkpoint, report } = self.settings.clone();
        Raw {
            name: Some(self.name.clone()),
            seed: self.seed,
            device: self.device.to_string(),
            plugin: self.plugin_files.clone(),
            domain: named(&self.plugins.domain),
            data,
            preprocess: self.plugins.preprocess.iter().map(named).collect(),
            augment: self.plugins.augment.iter().map(granted).collect(),
            tokenize,
            batch,
            model,
            method: named(&self.plugins.method),
            metric: self.plugins.metrics.iter().map(named).collect(),
            optimize,
            evaluate,
            checkpoint,
            report,
        }
    }

    /// Says whether the data files are there, before anything is fetched.
    ///
    /// # Errors
    /// `file.missing`, with the key that names the file.
    pub(crate) fn check_files(&self, loaded: &Loaded) -> Result<()> {
        let data = &self.settings.data;
        let train = Some(&data.train).filter(|path| !path.as_os_str().is_empty());
        let files = [("train", train), ("dev", data.dev.as_ref()), ("test", data.test.as_ref())];
        let files = files.map(|(split, path)| (split.to_owned(), path)).into_iter();
        let domains = data.domains.iter().map(|(name, path)| (format!("domains.{name}"), Some(path)));
        for (split, path) in files.chain(domains) {
            let Some(path) = path.filter(|path| !path.exists()) else { continue };
            let failure = Failure::usage("file.missing", format!("{split} data `{}` does not exist", path.display()))
                .help("paths in a run file are relative to the run file");
            return Err(loaded.at(failure, &format!("data.{split}")));
        }
        Ok(())
    }
}

/// The table that opens this plugin again.
fn named<T: ?Sized>(opened: &Opened<T>) -> Named {
    Named { plugin: opened.id.clone(), settings: opened.settings.as_object().cloned().unwrap_or_default() }
}

/// The same of an augmenter, with what the run grants it.
fn granted<T: ?Sized>(opened: &Opened<T>) -> Named {
    let mut named = named(opened);
    if !opened.grants.is_empty() {
        named.settings.insert(GRANT.to_owned(), serde_json::json!(opened.grants));
    }
    named
}

/// The run's name, if it can be a folder's.
fn name(loaded: &Loaded, problems: &mut Vec<Problem>) -> String {
    let name = loaded.name();
    if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\']) {
        let expected = "a name that can be a folder's, without slashes and no dot in front".to_owned();
        problems.push(Problem::Value { key: "name".to_owned(), expected, found: format!("`{name}`") });
    }
    name
}

/// Opens the plugins of a run file, once all their settings are known to fit.
struct Opener<'a> {
    loaded: &'a Loaded,
    catalogue: &'a Catalogue,
    folder: &'a Path,
    problems: Vec<Problem>,
    help: Option<String>,
    texts: BTreeMap<String, String>,
}

/// A plugin's table: its key in the run file, the plugin, its settings, what of them was read from files, what the run
/// grants it.
type Table<'a> = (String, &'a Entry, Value, Texts, Vec<Grant>);

impl<'a> Opener<'a> {
    fn open(&mut self) -> Result<(Plugins, Task)> {
        let raw = &self.loaded.raw;
        let domain = self.table(Kind::Domain, "domain".to_owned(), &raw.domain)?;
        let preprocess = self.tables(Kind::Preprocessor, "preprocess", &raw.preprocess)?;
        let augment = self.tables(Kind::Augmenter, "augment", &raw.augment)?;
        let method = self.table(Kind::Method, "method".to_owned(), &raw.method)?;
        let metric = self.tables(Kind::Metric, "metric", &raw.metric)?;
        self.loaded.refuse(std::mem::take(&mut self.problems), self.help.take())?;

        let none = Setting::default();
        let domain = self.opened(domain, |entry, settings| entry.open_domain(settings, &none))?;
        let task = domain.plugin.task().map_err(|failure| {
            Failure::from(engraft_engine::Error::PluginFailure { plugin: domain.id.clone(), failure })
        })?;
        let metric = if metric.is_empty() { self.usual_metrics(&task)? } else { metric };
        let known = Setting { task: Some(task.clone()) };
        let plugins = Plugins {
            domain,
            preprocess: self.all(preprocess, |entry, settings| entry.open_preprocessor(settings, &none))?,
            augment: self.all(augment, |entry, settings| entry.open_augmenter(settings, &none))?,
            method: self.opened(method, |entry, settings| entry.open_method(settings, &none))?,
            metrics: self.all(metric, |entry, settings| entry.open_metric(settings, &known))?,
        };
        Ok((plugins, task))
    }

    fn tables(&mut self, kind: Kind, section: &str, tables: &[Named]) -> Result<Vec<Table<'a>>> {
        let key = |index: usize| format!("{section}.{index}");
        tables.iter().enumerate().map(|(index, named)| self.table(kind, key(index), named)).collect()
    }

    fn table(&mut self, kind: Kind, key: String, named: &Named) -> Result<Table<'a>> {
        let found = self.catalogue.find(kind, &named.plugin);
        let entry = found.map_err(|error| self.loaded.at(error.into(), &format!("{key}.use")))?;
        let mut settings = named.settings.clone();
        let grants = if kind == Kind::Augmenter { self.grants(&key, settings.remove(GRANT)) } else { Vec::new() };
        let settings = Value::Object(settings);
        let read = texts::read(&entry.descriptor.settings, &settings, self.folder);
        let (settings, texts) = read.map_err(|failure| self.loaded.at(failure, &key))?;
        self.texts.extend(texts.hashes.clone());
        match entry.fill(&settings) {
            Err(Error::Settings { problems, kind, id }) => {
                let show = format!("`engraft plugins show {kind}/{id}` lists its settings with their defaults");
                self.help.get_or_insert(show);
                self.problems.extend(problems.into_iter().map(|problem| problem.under(&key)));
            }
            Err(error) => return Err(self.loaded.at(error.into(), &key)),
            Ok(_) => (),
        }
        Ok((key, entry, settings, texts, grants))
    }

    /// What a table grants its augmenter.
    fn grants(&mut self, key: &str, grant: Option<Value>) -> Vec<Grant> {
        let Some(grant) = grant else { return Vec::new() };
        serde_json::from_value(grant.clone()).unwrap_or_else(|_| {
            let (key, expected) = (format!("{key}.{GRANT}"), "a list of grants: `[\"fill-mask\"]`".to_owned());
            self.problems.push(Problem::Value { key, expected, found: format!("`{grant}`") });
            Vec::new()
        })
    }

    /// The metric that decides, and the ones that are usual for the task.
    fn usual_metrics(&mut self, task: &Task) -> Result<Vec<Table<'a>>> {
        let decides = self.loaded.raw.evaluate.decides.as_ref().or(task.decides.as_ref());
        let deciding = decides.and_then(|score| score.split('.').next());
        let usual = match task.kind {
            TaskKind::Tokens => "entity-f1",
            _ => "classification",
        };
        let mut ids: Vec<&str> = deciding.into_iter().collect();
        if !ids.contains(&usual) {
            ids.push(usual);
        }
        let named = |id: &str| Named { plugin: id.to_owned(), settings: serde_json::Map::new() };
        ids.into_iter().map(|id| self.table(Kind::Metric, "evaluate.decides".to_owned(), &named(id))).collect()
    }

    fn all<T: ?Sized>(
        &self,
        tables: Vec<Table<'a>>,
        open: impl Fn(&Entry, Value) -> engraft_host::Result<Opened<T>>,
    ) -> Result<Vec<Opened<T>>> {
        tables.into_iter().map(|table| self.opened(table, &open)).collect()
    }

    fn opened<T: ?Sized>(
        &self,
        (key, entry, settings, texts, grants): Table<'a>,
        open: impl Fn(&Entry, Value) -> engraft_host::Result<Opened<T>>,
    ) -> Result<Opened<T>> {
        let mut opened = open(entry, settings).map_err(|error| self.loaded.at(error.into(), &key))?;
        texts.put_back(&mut opened.settings);
        opened.grants = grants;
        Ok(opened)
    }
}
