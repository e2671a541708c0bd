//! One plugin of the catalogue: what it is, where it came from, how it is opened.

use crate::error::{Error, Result};
use crate::{name, settings};
use engraft_plugin::Descriptor;
use engraft_plugin::kind::augmenter::AugmentBatch;
use engraft_plugin::kind::domain::DomainBatch;
use engraft_plugin::kind::method::PlanMethod;
use engraft_plugin::kind::metric::MetricBatch;
use engraft_plugin::kind::preprocessor::CleanBatch;
use engraft_plugin::kind::{Kind, Setting, guard};
use engraft_plugin::register::{Instance, Meter, Opened};
use serde_json::Value;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// Makes an instance from settings in JSON: what a loader knows and nobody else.
type Opener = dyn Fn(&str, &Setting) -> engraft_plugin::Result<Instance> + Send + Sync;

/// Where a plugin came from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// Compiled into this binary.
    Linked {
        /// The version of its crate.
        version: String,
    },
    /// A WebAssembly component, run in a sandbox.
    Component {
        /// The file it was read from.
        file: String,
        /// SHA-256 of the file.
        hash: String,
        /// The version that it gives itself.
        version: String,
    },
    /// A native library.
    Native {
        /// Its file.
        path: PathBuf,
        /// The SHA-256 of the bytes that were loaded, in hexadecimal.
        sha256: String,
    },
}

impl Origin {
    /// The name of the loader: it stands in `engraft.lock`.
    pub const fn loader(&self) -> &'static str {
        match self {
            Self::Linked { .. } => "linked",
            Self::Native { .. } => "native",
            Self::Component { .. } => "component",
        }
    }

    /// The SHA-256 of the file it came from, in hexadecimal, if it came from one.
    pub fn sha256(&self) -> Option<&str> {
        match self {
            Self::Linked { .. } => None,
            Self::Native { sha256, .. } => Some(sha256),
            Self::Component { hash, .. } => Some(hash),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Linked { version } => write!(f, "linked into this binary, version {version}"),
            Self::Component { file, version, .. } => write!(f, "in the component `{file}`, version {version}"),
            Self::Native { path, .. } => write!(f, "in the native library `{}`", path.display()),
        }
    }
}

/// A plugin that can be opened, any number of times with any settings.
#[derive(Clone)]
pub struct Entry {
    /// What it says of itself.
    pub descriptor: Descriptor,
    /// Where it came from.
    pub origin: Origin,
    opener: Arc<Opener>,
    meter: Option<Meter>,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{} ({})", self.descriptor.kind, self.descriptor.id, self.origin)
    }
}

impl Entry {
    /// An entry, once the descriptor is known to keep the contract.
    ///
    /// # Errors
    /// `plugin.descriptor` for an id that is none, a revision this host does not speak, a schema that is none.
    pub fn new(
        descriptor: Descriptor,
        origin: Origin,
        opener: impl Fn(&str, &Setting) -> engraft_plugin::Result<Instance> + Send + Sync + 'static,
    ) -> Result<Self> {
        let fault = name::fault_of_id(&descriptor.id)
            .or_else(|| {
                let (kind, found) = (descriptor.kind, descriptor.revision);
                let spoken = kind.revision();
                (found != spoken).then(|| format!("expected revision {spoken} of `engraft.{kind}`, found {found}"))
            })
            .or_else(|| settings::check(&descriptor.settings, &Value::Object(serde_json::Map::new())).err());
        match fault {
            Some(reason) => Err(Error::Descriptor { id: descriptor.id, origin, reason }),
            None => Ok(Self { descriptor, origin, opener: Arc::new(opener), meter: None }),
        }
    }

    /// The same entry, whose calls are counted by this meter.
    #[must_use]
    pub(crate) fn metered(self, meter: Meter) -> Self {
        Self { meter: Some(meter), ..self }
    }

    /// Checks settings against the plugin's schema and fills in every default.
    ///
    /// # Errors
    /// `plugin.settings`, with every key that is wrong.
    pub fn fill(&self, settings: &Value) -> Result<Value> {
        let problems = settings::check(&self.descriptor.settings, settings).unwrap_or_default();
        if !problems.is_empty() {
            let (kind, id) = (self.descriptor.kind, self.descriptor.id.clone());
            return Err(Error::Settings { kind, id, problems });
        }
        Ok(settings::fill(&self.descriptor.settings, settings))
    }

    /// Opens an instance with these settings, checked and filled in first.
    ///
    /// # Errors
    /// `plugin.settings` when they do not fit, `plugin.open` when the plugin refuses them or fails.
    pub fn open(&self, settings: Value, setting: &Setting) -> Result<Instance> {
        self.instance(settings, setting).map(|(instance, _)| instance)
    }

    /// Opens an instance as a test of the plugin does: a refusal is the plugin's own, with its code.
    ///
    /// # Errors
    /// `settings.unreadable` when the settings do not fit the schema, what the plugin says when it refuses them,
    /// `plugin.failure` when it fails.
    pub fn try_open(&self, settings: &Value, setting: &Setting) -> engraft_plugin::Result<Instance> {
        let settings = if settings.is_null() { &Value::Object(serde_json::Map::new()) } else { settings };
        let unreadable = |error: Error| engraft_plugin::Error::new("settings.unreadable", error.to_string());
        let settings = self.fill(settings).map_err(unreadable)?.to_string();
        guard(|| (self.opener)(&settings, setting))
            .unwrap_or_else(|failure| Err(engraft_plugin::Error::new("plugin.failure", format!("it {failure}"))))
    }

    /// Opens a domain adapter.
    ///
    /// # Errors
    /// As [`Entry::open`]; `plugin.open` too when this is none.
    pub fn open_domain(&self, settings: Value, setting: &Setting) -> Result<Opened<dyn DomainBatch>> {
        match self.instance(settings, setting)? {
            (Instance::Domain(plugin), settings) => Ok(self.opened(settings, plugin)),
            (other, _) => Err(self.is_no(Kind::Domain, other.kind())),
        }
    }

    /// Opens a preprocessor.
    ///
    /// # Errors
    /// As [`Entry::open`]; `plugin.open` too when this is none.
    pub fn open_preprocessor(&self, settings: Value, setting: &Setting) -> Result<Opened<dyn CleanBatch>> {
        match self.instance(settings, setting)? {
            (Instance::Preprocessor(plugin), settings) => Ok(self.opened(settings, plugin)),
            (other, _) => Err(self.is_no(Kind::Preprocessor, other.kind())),
        }
    }

    /// Opens an augmenter.
    ///
    /// # Errors
    /// As [`Entry::open`]; `plugin.open` too when this is none.
    pub fn open_augmenter(&self, settings: Value, setting: &Setting) -> Result<Opened<dyn AugmentBatch>> {
        match self.instance(settings, setting)? {
            (Instance::Augmenter(plugin), settings) => Ok(self.opened(settings, plugin)),
            (other, _) => Err(self.is_no(Kind::Augmenter, other.kind())),
        }
    }

    /// Opens a method.
    ///
    /// # Errors
    /// As [`Entry::open`]; `plugin.open` too when this is none.
    pub fn open_method(&self, settings: Value, setting: &Setting) -> Result<Opened<dyn PlanMethod>> {
        match self.instance(settings, setting)? {
            (Instance::Method(plugin), settings) => Ok(self.opened(settings, plugin)),
            (other, _) => Err(self.is_no(Kind::Method, other.kind())),
        }
    }

    /// Opens a metric.
    ///
    /// # Errors
    /// As [`Entry::open`]; `plugin.open` too when this is none.
    pub fn open_metric(&self, settings: Value, setting: &Setting) -> Result<Opened<dyn MetricBatch>> {
        match self.instance(settings, setting)? {
            (Instance::Metric(plugin), settings) => Ok(self.opened(settings, plugin)),
            (other, _) => Err(self.is_no(Kind::Metric, other.kind())),
        }
    }

    /// An instance and the whole settings that it was opened with.
    fn instance(&self, settings: Value, setting: &Setting) -> Result<(Instance, Value)> {
        let settings = self.fill(&settings)?;
        let json = settings.to_string();
        match guard(|| (self.opener)(&json, setting)) {
            Ok(Ok(instance)) => Ok((instance, settings)),
            Ok(Err(refused)) => Err(self.unopened(refused.to_string())),
            Err(failure) => Err(self.unopened(format!("it {failure}"))),
        }
    }

    fn opened<T: ?Sized>(&self, settings: Value, plugin: Arc<T>) -> Opened<T> {
        let Descriptor { id, version, .. } = self.descriptor.clone();
        Opened { id, version, settings, plugin, meter: self.meter.clone(), grants: Vec::new() }
    }

    fn is_no(&self, asked: Kind, is: Kind) -> Error {
        self.unopened(format!("expected a {asked}, found a {is}"))
    }

    fn unopened(&self, reason: String) -> Error {
        Error::Open { kind: self.descriptor.kind, id: self.descriptor.id.clone(), reason }
    }
}
