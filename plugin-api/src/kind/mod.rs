//! The five kinds of plugin.
//!
//! Each has two traits. The first is what an **author** writes, an item at a time. The second, with
//! `Batch` in its name, is what the **engine** calls, a batch at a time; it is object-safe, every
//! author's type has it by a blanket impl that catches panics, and the host's stand-ins for native
//! libraries and components implement it too. So the engine never knows where a plugin came from.

pub mod augmenter;
pub mod domain;
pub mod method;
pub mod metric;
pub mod preprocessor;

use crate::error::Failure;
use crate::{Answers, Result, Task};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A kind of plugin. Each is versioned on its own: `engraft.metric/1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Kind {
    /// Reads a domain's rows: [`domain::DomainAdapter`].
    Domain,
    /// Cleans texts: [`preprocessor::Preprocessor`].
    Preprocessor,
    /// Varies training texts: [`augmenter::Augmenter`].
    Augmenter,
    /// Scores predictions: [`metric::Metric`].
    Metric,
    /// Says what is trained: [`method::Method`].
    Method,
}

impl Kind {
    /// All kinds, in the order of a run.
    pub const ALL: [Self; 5] = [Self::Domain, Self::Preprocessor, Self::Augmenter, Self::Method, Self::Metric];

    /// Its name in files and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Domain => "domain",
            Self::Preprocessor => "preprocessor",
            Self::Augmenter => "augmenter",
            Self::Metric => "metric",
            Self::Method => "method",
        }
    }

    /// The revision of its contract: 1 where it is frozen, 0 where it may still change.
    pub const fn revision(self) -> u32 {
        match self {
            Self::Domain | Self::Preprocessor | Self::Augmenter | Self::Metric => 1,
            Self::Method => 0,
        }
    }

    /// The name of its contract: `engraft.metric/1`.
    pub fn interface(self) -> String {
        format!("engraft.{self}/{}", self.revision())
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What every plugin has beside its kind's trait: settings, a word about itself, and a way to be made.
///
/// A value is one configured instance; several of one id may stand in a run. It keeps no state between
/// calls: what a call answers depends on its arguments and the settings only.
pub trait Plugin: Sized + Send + Sync + 'static {
    /// The keys of its table in the run file. `Default` gives the values that `config fill` prints.
    type Settings: Serialize + DeserializeOwned + JsonSchema + Default;

    /// Its id, summary and examples.
    fn about() -> About;

    /// Makes an instance. Called once a table, before the run; here is the place to compile patterns
    /// and to refuse settings that do not go together.
    ///
    /// # Errors
    /// Whatever is wrong with the settings, in the words of the settings.
    fn open(settings: Self::Settings, setting: &Setting) -> Result<Self>;
}

/// What a plugin may know of its run when it is opened.
#[derive(Clone, Debug, Default)]
pub struct Setting {
    /// The run's task. Metrics have it; the other kinds are opened before it is known.
    pub task: Option<Task>,
}

impl Setting {
    /// The task.
    ///
    /// # Errors
    /// `setting.no-task` where there is none.
    pub fn task(&self) -> Result<&Task> {
        self.task
            .as_ref()
            .ok_or_else(|| crate::Error::new("setting.no-task", "this kind is opened before the task is known"))
    }
}

/// A plugin's word about itself; [`register!`](macro@crate::register) makes the [`Descriptor`](crate::Descriptor) of it.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// Its id: lower-case words joined by hyphens.
    pub id: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// Examples with what they must give.
    pub examples: Vec<crate::Case>,
}

/// Runs `call`, turning a panic into a [`Failure`].
pub fn guard<T>(call: impl FnOnce() -> T) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|payload| {
        let said = payload
            .downcast_ref::<&str>()
            .map(|s| (*s).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "a value that is no text".to_owned());
        Failure::Panic(said)
    })
}

/// Calls an author's function for each item, guarding the batch.
fn each<I: Copy, T>(batch: &[I], call: impl Fn(I) -> Result<T>) -> Answers<T> {
    guard(|| batch.iter().map(|&item| call(item)).collect())
}

/// Says whether a batched answer has as many items as were asked.
///
/// # Errors
/// [`Failure::Count`] if not.
pub fn expect_count<T>(answers: Vec<T>, expected: usize) -> Result<Vec<T>, Failure> {
    if answers.len() == expected { Ok(answers) } else { Err(Failure::Count { expected, got: answers.len() }) }
}
