//! A plugin under test, whatever loader it came by.

use engraft_plugin::kind::{Plugin, Setting};
use engraft_plugin::register::{Instance, linked};
use engraft_plugin::{Descriptor, Result, Task, TaskKind};
use serde_json::{Value, json};

/// What one check found: nothing wrong, or what was expected and what came.
pub type Verdict = std::result::Result<(), String>;

/// Makes an instance for settings, an object, and a task.
type Open<'a> = dyn Fn(&Value, Option<Task>) -> Result<Instance> + 'a;

/// A plugin under test: what it says of itself, and how it is opened.
///
/// [`Subject::linked`] finds one that this binary holds; `engraft plugins check` makes them of files.
pub struct Subject<'a> {
    /// What it says of itself.
    pub descriptor: Descriptor,
    open: Box<Open<'a>>,
}

impl<'a> Subject<'a> {
    /// A plugin that `open` makes instances of, for settings (a JSON object) and a task.
    pub fn new(descriptor: Descriptor, open: impl Fn(&Value, Option<Task>) -> Result<Instance> + 'a) -> Self {
        Self { descriptor, open: Box::new(open) }
    }

    /// The linked plugin of this type. Naming the type links its crate.
    ///
    /// # Errors
    /// When it is not registered.
    pub fn linked<P: Plugin>() -> std::result::Result<Self, String> {
        let id = P::about().id;
        let found = linked().map(|registration| (registration, (registration.describe)()));
        let (registration, descriptor) =
            found.into_iter().find(|(_, descriptor)| descriptor.id == id).ok_or_else(|| {
                format!("`{id}` is not registered: its crate needs `engraft_plugin::register!(<kind> <Type>);`")
            })?;
        Ok(Self::new(descriptor, |settings, task| (registration.open)(&settings.to_string(), &Setting { task })))
    }

    /// Opens with these settings; none are the defaults.
    pub(crate) fn open(&self, settings: &Value, task: Option<Task>) -> Result<Instance> {
        if settings.is_null() { (self.open)(&json!({}), task) } else { (self.open)(settings, task) }
    }

    /// Opens with default settings, once for each task that a metric may meet; what refuses is left out.
    ///
    /// # Errors
    /// When it refuses every task, with what it said last.
    pub(crate) fn open_default(&self) -> std::result::Result<Vec<Instance>, String> {
        if let Ok(instance) = self.open(&Value::Null, None) {
            return Ok(vec![instance]);
        }
        let kinds = [TaskKind::Tokens, TaskKind::Sequence, TaskKind::MultiLabel];
        let (open, refused): (Vec<_>, Vec<_>) = kinds
            .map(|kind| self.open(&Value::Null, Some(Task::new(kind, LABELS))))
            .into_iter()
            .partition(Result::is_ok);
        match refused.into_iter().flat_map(Result::err).last() {
            Some(error) if open.is_empty() => {
                Err(format!("it opens with default settings for no task at all: {error}"))
            }
            _ => Ok(open.into_iter().flatten().collect()),
        }
    }
}

/// Labels of the kit's own examples, for plugins that have none of their own.
pub(crate) const LABELS: [&str; 2] = ["Disease", "Drug"];
