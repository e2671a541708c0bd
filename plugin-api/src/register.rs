//! How plugins of this binary are found.

use crate::kind::augmenter::AugmentBatch;
use crate::kind::domain::DomainBatch;
use crate::kind::method::PlanMethod;
use crate::kind::metric::MetricBatch;
use crate::kind::preprocessor::CleanBatch;
use crate::kind::{Kind, Plugin, Setting};
use crate::{Descriptor, Error, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A linked plugin: what [`register!`](macro@crate::register) leaves behind for the host.
#[derive(Clone, Copy)]
pub struct Registration {
    /// Makes its descriptor.
    pub describe: fn() -> Descriptor,
    /// Makes an instance from settings in JSON.
    pub open: fn(settings: &str, setting: &Setting) -> Result<Instance>,
}

inventory::collect!(Registration);

/// All plugins linked into this binary, in no particular order.
pub fn linked() -> impl Iterator<Item = &'static Registration> {
    inventory::iter::<Registration>.into_iter()
}

/// An opened plugin of any kind.
#[derive(Clone)]
pub enum Instance {
    /// A domain adapter.
    Domain(Arc<dyn DomainBatch>),
    /// A preprocessor.
    Preprocessor(Arc<dyn CleanBatch>),
    /// An augmenter.
    Augmenter(Arc<dyn AugmentBatch>),
    /// A metric.
    Metric(Arc<dyn MetricBatch>),
    /// A method.
    Method(Arc<dyn PlanMethod>),
}

impl Instance {
    /// Its kind.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Domain(_) => Kind::Domain,
            Self::Preprocessor(_) => Kind::Preprocessor,
            Self::Augmenter(_) => Kind::Augmenter,
            Self::Metric(_) => Kind::Metric,
            Self::Method(_) => Kind::Method,
        }
    }
}

/// How long calls into a plugin took, all together: for plugins that run behind a border, as components do.
///
/// Clones count together.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<AtomicU64>);

impl Meter {
    /// Makes a call and counts the time that it takes.
    pub fn count<T>(&self, call: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = call();
        let nanoseconds = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.0.fetch_add(nanoseconds, Ordering::Relaxed);
        result
    }

    /// What was counted by now, over all threads.
    pub fn time(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }
}

/// What a run lets a plugin ask of the host, beside its own work. It is checked on what the plugin answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Grant {
    /// An augmenter leaves holes, which the run's own masked language model fills.
    FillMask,
}

/// An opened plugin and where it came from: what the host hands to the engine.
pub struct Opened<T: ?Sized> {
    /// The plugin's id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Its settings, every default filled in, as JSON.
    pub settings: serde_json::Value,
    /// The instance.
    pub plugin: Arc<T>,
    /// Counts the calls into it, where it runs behind a border.
    pub meter: Option<Meter>,
    /// What the run grants it.
    pub grants: Vec<Grant>,
}

impl<T: ?Sized> Clone for Opened<T> {
    fn clone(&self) -> Self {
        let Self { id, version, settings, plugin, meter, grants } = self;
        Self {
            id: id.clone(),
            version: version.clone(),
            settings: settings.clone(),
            plugin: plugin.clone(),
            meter: meter.clone(),
            grants: grants.clone(),
        }
    }
}

/// Reads settings strictly: used by [`register!`](macro@crate::register).
///
/// # Errors
/// `settings.unreadable` with what was expected.
#[doc(hidden)]
pub fn open<P: Plugin>(settings: &str, setting: &Setting) -> Result<P> {
    let settings = serde_json::from_str(settings)
        .map_err(|error| Error::new("settings.unreadable", format!("{}: {error}", P::about().id)))?;
    P::open(settings, setting)
}

/// Describes a plugin: used by [`register!`](macro@crate::register).
#[doc(hidden)]
pub fn describe<P: Plugin>(kind: Kind, version: &str, license: &str) -> Descriptor {
    let about = P::about();
    let mut settings = schemars::schema_for!(P::Settings).to_value();
    let defaults = serde_json::to_value(P::Settings::default()).unwrap_or_default();
    if let Some(schema) = settings.as_object_mut() {
        schema.insert("default".to_owned(), defaults);
    }
    Descriptor {
        id: about.id.to_owned(),
        kind,
        revision: kind.revision(),
        version: version.to_owned(),
        license: license.to_owned(),
        summary: about.summary.to_owned(),
        settings,
        examples: about.examples,
    }
}

/// Registers plugins, each as `kind Type`. One crate may hold several.
///
/// ```ignore
/// engraft_plugin::register!(preprocessor Whitespace, metric Accuracy);
/// ```
///
/// Kinds: `domain`, `preprocessor`, `augmenter`, `metric`, `method`. Version and license are the
/// crate's own.
#[macro_export]
macro_rules! register {
    ($($kind:ident $plugin:ty),+ $(,)?) => { $( $crate::register!(@one $kind $plugin); )+ };
    (@one domain $plugin:ty) => { $crate::register!(@submit Domain $plugin); };
    (@one preprocessor $plugin:ty) => { $crate::register!(@submit Preprocessor $plugin); };
    (@one augmenter $plugin:ty) => { $crate::register!(@submit Augmenter $plugin); };
    (@one metric $plugin:ty) => { $crate::register!(@submit Metric $plugin); };
    (@one method $plugin:ty) => { $crate::register!(@submit Method $plugin); };
    (@one $other:ident $plugin:ty) => {
        compile_error!(concat!("`", stringify!($other), "` is no kind of plugin; kinds are domain, preprocessor, augmenter, metric, method"));
    };
    (@submit $kind:ident $plugin:ty) => {
        $crate::inventory::submit! {
            $crate::register::Registration {
                describe: || $crate::register::describe::<$plugin>(
                    $crate::kind::Kind::$kind, env!("CARGO_PKG_VERSION"), env!("CARGO_PKG_LICENSE")),
                open: |settings, setting| Ok($crate::register::Instance::$kind(
                    ::std::sync::Arc::new($crate::register::open::<$plugin>(settings, setting)?))),
            }
        }
    };
}
