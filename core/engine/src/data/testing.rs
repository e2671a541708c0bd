//! What the tests of this module and its neighbors share: files in a temporary folder, small plugins.

use super::{Format, Settings};
use crate::run::Plugins;
use crate::{Error, Result};
use engraft_plugin::kind::domain::{DomainAdapter, DomainBatch};
use engraft_plugin::kind::method::{Method, PlanMethod};
use engraft_plugin::kind::preprocessor::{CleanBatch, Preprocessor};
use engraft_plugin::plan::{ModelMap, Plan};
use engraft_plugin::register::Opened;
use engraft_plugin::text::{Example, ExampleBuf, Row, RowBuf};
use engraft_plugin::{Answers, Edit, Edits, Task};
use std::path::PathBuf;
use std::sync::Arc;

/// A folder with one file, gone when dropped.
pub(crate) struct OneFile {
    folder: tempfile::TempDir,
    name: String,
}

impl OneFile {
    pub(crate) fn new(name: &str, content: impl AsRef<[u8]>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(name), content).unwrap();
        Self { folder, name: name.to_owned() }
    }
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join(&self.name)
    }
}

/// The rows of a file with this content, each with its line.
pub(crate) fn rows(name: &str, content: impl AsRef<[u8]>) -> Result<Vec<(usize, RowBuf)>> {
    rows_with(name, content, &Settings::default())
}

pub(crate) fn rows_with(name: &str, content: impl AsRef<[u8]>, settings: &Settings) -> Result<Vec<(usize, RowBuf)>> {
    let file = OneFile::new(name, content);
    let mut rows = Vec::new();
    super::read(&file.path(), settings, &mut |place, row| {
        rows.push((place.line, row));
        Ok(())
    })?;
    Ok(rows)
}

/// The code and line of a refused record.
pub(crate) fn code_and_line(error: &Error) -> (String, usize) {
    match error {
        Error::Record { line, reason, .. } => (reason.code.clone(), *line),
        other => panic!("expected a refused record, found {other}"),
    }
}

pub(crate) fn format(format: Format) -> Settings {
    Settings { format: Some(format), ..Settings::default() }
}

/// A domain adapter of any task: the fields `text`, `spans`, `label`, `labels` as they are; `|` in a text
/// cuts it into several examples; the text `panic` breaks its promise.
pub(crate) struct Plain(pub(crate) Task);

impl DomainAdapter for Plain {
    fn task(&self) -> Task {
        self.0.clone()
    }
    fn adapt(&self, row: &Row<'_>) -> engraft_plugin::Result<Vec<ExampleBuf>> {
        assert_ne!(row.text()?, "panic");
        let (spans, labels) = (row.spans()?, row.labels()?);
        let example =
            |text| ExampleBuf { spans: spans.clone(), labels: labels.clone(), ..ExampleBuf::new(row.id(), text) };
        Ok(row.text()?.split('|').map(example).collect())
    }
}

/// Deletes every `<…>`, and refuses a text with `!`.
pub(crate) struct Tags;

impl Preprocessor for Tags {
    fn clean(&self, example: &Example<'_>) -> engraft_plugin::Result<Edits> {
        let text = example.text();
        if text.contains('!') {
            return Err(engraft_plugin::Error::new("tags.shouting", "found `!`"));
        }
        let ranges = text.match_indices('<').filter_map(|(at, _)| Some(at..at + 1 + text[at..].find('>')?));
        Ok(ranges.map(|r| Edit { start: r.start as u32, end: r.end as u32, text: String::new() }).collect())
    }
}

/// Answers nothing, whatever it is asked.
pub(crate) struct Silent;

impl CleanBatch for Silent {
    fn clean_batch(&self, _batch: &[Example<'_>]) -> Answers<Edits> {
        Ok(Vec::new())
    }
}

struct Nothing;

impl Method for Nothing {
    fn plan(&self, _model: &ModelMap) -> engraft_plugin::Result<Plan> {
        Ok(Plan::new("nothing"))
    }
}

pub(crate) fn opened<T: ?Sized>(id: &str, plugin: Arc<T>) -> Opened<T> {
    Opened {
        id: id.to_owned(),
        version: "1.0.0".to_owned(),
        settings: serde_json::Value::Null,
        plugin,
        meter: None,
        grants: Vec::new(),
    }
}

/// The plugins of a run with this task and these preprocessors.
pub(crate) fn plugins(task: &Task, preprocess: Vec<Opened<dyn CleanBatch>>) -> Plugins {
    let domain: Arc<dyn DomainBatch> = Arc::new(Plain(task.clone()));
    let method: Arc<dyn PlanMethod> = Arc::new(Nothing);
    Plugins {
        domain: opened("plain", domain),
        preprocess,
        augment: Vec::new(),
        method: opened("nothing", method),
        metrics: Vec::new(),
    }
}

pub(crate) fn tags() -> Opened<dyn CleanBatch> {
    let plugin: Arc<dyn CleanBatch> = Arc::new(Tags);
    opened("tags", plugin)
}
