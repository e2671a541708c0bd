//! An opened plugin of a library: its functions and its pointer.

use super::Fault;
use super::answers::single;
use super::json::Document;
use engraft_plugin::abi::table::{Close, Fail, Json, Open};
use engraft_plugin::abi::view::Str;
use engraft_plugin::kind::{Kind, Setting};
use engraft_plugin::register::Instance;
use engraft_plugin::{Error, Result};
use serde_json::Value;
use std::ffi::c_void;

/// Makes instances of one plugin.
pub(super) type Opener = Box<dyn Fn(&str, &Setting) -> Result<Instance> + Send + Sync>;

/// One instance; closed when it is dropped.
pub(super) struct Foreign<F> {
    /// The functions of its kind.
    pub(super) functions: F,
    /// What they are called with.
    pub(super) this: *mut c_void,
    close: Close,
}

// SAFETY: the header says that every function may be called from several threads on one instance, and
// `close` from any thread.
unsafe impl<F: Send> Send for Foreign<F> {}
// SAFETY: as above.
unsafe impl<F: Sync> Sync for Foreign<F> {}

impl<F> Foreign<F> {
    pub(super) const fn new(functions: F, this: *mut c_void, close: Close) -> Self {
        Self { functions, this, close }
    }
}

impl<F> Drop for Foreign<F> {
    fn drop(&mut self) {
        // SAFETY: made by the library's `open`, and this is its last call.
        unsafe { (self.close)(self.this) }
    }
}

/// Opens an instance. `call` hands settings and task on to the library's function.
pub(super) fn open(
    settings: &str,
    setting: &Setting,
    call: impl FnOnce(*const Json<'_>, *const Json<'_>, *const Fail) -> *mut c_void,
) -> Result<*mut c_void> {
    let unreadable = |error: serde_json::Error| Error::new("settings.unreadable", error.to_string());
    let settings: Value = serde_json::from_str(settings).map_err(unreadable)?;
    let task = setting.task.as_ref().map(serde_json::to_value).transpose().map_err(unreadable)?;
    let (settings, task) = (Document::new(Some(settings)), Document::new(task));
    let (settings, task) = (settings.view(), task.view());
    let mut made = std::ptr::null_mut();
    let told = single(
        (),
        |_| (),
        |_, fail| {
            made = call(&raw const settings, &raw const task, fail);
            i32::from(made.is_null())
        },
    );
    told.map_err(|failure| Error::new("plugin.failure", failure.to_string()))?.map(|()| made)
}

/// [`open`] with the function of a kind that is opened before the task is known.
pub(super) fn open_plain(open_it: Open, id: &str, settings: &str, setting: &Setting) -> Result<*mut c_void> {
    open(settings, setting, |settings, _, fail| {
        // SAFETY: the library's own function; id, settings and `fail` live through the call.
        unsafe { open_it(Str::new(id), settings, fail) }
    })
}

/// A table that lacks a function.
pub(super) fn incomplete(kind: Kind) -> Fault {
    Fault::Interface {
        reason: format!("expected a function in every place of `{}`, found an empty one", kind.interface()),
    }
}
