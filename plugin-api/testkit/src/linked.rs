//! Finds a plugin among the linked ones and opens it as the host does.

use engraft_plugin::kind::{Plugin, Setting};
use engraft_plugin::register::{Instance, Registration, linked};
use engraft_plugin::{Descriptor, Result, Task, TaskKind};
use serde_json::Value;

/// The registration of a plugin and its descriptor. Naming the type links its crate.
pub(crate) fn find<P: Plugin>() -> (&'static Registration, Descriptor) {
    let id = P::about().id;
    let found = linked().map(|registration| (registration, (registration.describe)()));
    found.into_iter().find(|(_, descriptor)| descriptor.id == id).unwrap_or_else(|| {
        panic!("`{id}` is not registered: its crate needs `engraft_plugin::register!(<kind> <Type>);`")
    })
}

/// Opens with these settings.
pub(crate) fn open(registration: &Registration, settings: &Value, task: Option<Task>) -> Result<Instance> {
    let settings = if settings.is_null() { "{}".to_owned() } else { settings.to_string() };
    (registration.open)(&settings, &Setting { task })
}

/// Opens with default settings, once for each task that a metric may meet; what refuses is left out.
pub(crate) fn open_default(registration: &Registration) -> Vec<Instance> {
    let settings = Value::Object(serde_json::Map::new());
    match open(registration, &settings, None) {
        Ok(instance) => vec![instance],
        Err(_) => tasks().into_iter().filter_map(|task| open(registration, &settings, Some(task)).ok()).collect(),
    }
}

/// A task of each kind, over the labels of the kit's own examples.
fn tasks() -> Vec<Task> {
    let kinds = [TaskKind::Tokens, TaskKind::Sequence, TaskKind::MultiLabel];
    kinds.into_iter().map(|kind| Task::new(kind, LABELS)).collect()
}

/// Labels of the kit's own examples, for plugins that have none of their own.
pub(crate) const LABELS: [&str; 2] = ["Disease", "Drug"];
