//! The corpus of a run: its splits, read, adapted, checked and cleaned.

use super::adapt::adapt;
use super::check::{Wrong, check};
use super::clean::clean_all;
use super::{Place, Settings, read};
use crate::event::{Event, Observer};
use crate::run::Plugins;
use crate::{Error, Result};
use engraft_plugin::Task;
use engraft_plugin::text::{ExampleBuf, RowBuf};
use std::path::{Path, PathBuf};

/// The examples of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Corpus {
    /// The splits that are configured, in the order train, dev, test.
    pub splits: Vec<Split>,
}

impl Corpus {
    /// A split by its name.
    pub fn split(&self, name: &str) -> Option<&Split> {
        self.splits.iter().find(|split| split.name == name)
    }
}

/// The examples of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// `train`, `dev` or `test`.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// Its examples, checked and clean, in the order of the file.
    pub examples: Vec<ExampleBuf>,
}

/// Reads every split that is configured.
///
/// # Errors
/// [`Error::Setting`] without a training file; else those of [`load_split`].
pub fn load(settings: &Settings, task: &Task, plugins: &Plugins, observer: &mut dyn Observer) -> Result<Corpus> {
    if settings.train.as_os_str().is_empty() {
        let (expected, got) = ("a file of training examples".to_owned(), "nothing".to_owned());
        return Err(Error::Setting { key: "data.train".to_owned(), expected, got });
    }
    let files = [("train", Some(&settings.train)), ("dev", settings.dev.as_ref()), ("test", settings.test.as_ref())];
    let mut splits = Vec::new();
    for (name, path) in files {
        if let Some(path) = path {
            splits.push(load_split(name, path, settings, task, plugins, observer)?);
        }
    }
    Ok(Corpus { splits })
}

/// Reads one file as a split: rows are adapted, their spans and labels checked against text and task,
/// then cleaned. What a preprocessor refuses is left out, and `observer` hears how many and why.
///
/// # Errors
/// [`Error::MissingFile`], [`Error::Unreadable`], [`Error::Encoding`]; [`Error::Record`] with file and
/// line for a row that cannot be read, a span that does not fit its text, or a text without its one
/// label; [`Error::UnknownLabel`]; [`Error::EmptySplit`]; [`Error::PluginFailure`].
pub fn load_split(
    name: &str,
    path: &Path,
    settings: &Settings,
    task: &Task,
    plugins: &Plugins,
    observer: &mut dyn Observer,
) -> Result<Split> {
    let (mut rows, mut places) = (Vec::<RowBuf>::new(), Vec::<Place>::new());
    let notes = read(path, settings, &mut |place, row| {
        rows.push(row);
        places.push(place);
        Ok(())
    })
    .map_err(|error| match error {
        Error::MissingFile { path, .. } => Error::MissingFile { what: format!("the {name} file"), path },
        other => other,
    })?;
    for (what, count) in notes.0 {
        let (stage, message) = ("data".to_owned(), format!("{name}: {count} {what}"));
        observer.hear(&Event::Note { stage, message })?;
    }
    let refuse = |at: usize, reason| {
        let place = &places[at];
        Error::Record { path: place.path.to_path_buf(), line: place.line, reason }
    };
    let mut examples = Vec::with_capacity(rows.len());
    for (at, adapted) in adapt(&rows, &plugins.domain, refuse)?.into_iter().enumerate() {
        for example in adapted {
            check(&example, task).map_err(|wrong| match wrong {
                Wrong::Record(reason) => refuse(at, reason),
                Wrong::Label(label) => {
                    let (id, available) = (example.id.clone(), task.labels.clone());
                    Error::UnknownLabel { path: path.to_owned(), id, label, available }
                }
            })?;
            examples.push(example);
        }
    }
    let examples = clean_all(name, examples, plugins, observer)?;
    if examples.is_empty() {
        return Err(Error::EmptySplit { split: name.to_owned(), path: path.to_owned() });
    }
    Ok(Split { name: name.to_owned(), path: path.to_owned(), examples })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::testing::{OneFile, Silent, code_and_line, opened, plugins, tags};
    use crate::event::Event;
    use engraft_plugin::TaskKind;
    use engraft_plugin::kind::preprocessor::CleanBatch;
    use std::sync::Arc;

    struct Heard(Vec<String>);

    impl Observer for Heard {
        fn hear(&mut self, event: &Event) -> Result<()> {
            if let Event::Note { stage, message } = event {
                self.0.push(format!("{stage}: {message}"));
            }
            Ok(())
        }
    }

    fn load_text(kind: TaskKind, text: &str, plugins: impl Fn(&Task) -> Plugins) -> Result<(Corpus, Vec<String>)> {
        let file = OneFile::new("train.jsonl", text);
        let settings = Settings { train: file.path(), ..Settings::default() };
        let task = Task::new(kind, ["Disease", "Drug"]);
        let mut heard = Heard(Vec::new());
        load(&settings, &task, &plugins(&task), &mut heard).map(|corpus| (corpus, heard.0))
    }

    fn plain(kind: TaskKind, text: &str) -> Result<(Corpus, Vec<String>)> {
        load_text(kind, text, |task| plugins(task, Vec::new()))
    }

    #[test]
    fn rows_become_examples_that_are_checked_and_clean() {
        let text = "{\"text\":\"<b>gout</b> now\",\"spans\":[[3,7,\"Disease\"]]}\n{\"text\":\"a|b\"}\n";
        let (corpus, notes) = load_text(TaskKind::Tokens, text, |task| plugins(task, vec![tags()])).unwrap();
        let train = corpus.split("train").unwrap();
        assert_eq!(train.examples.len(), 3);
        assert_eq!(train.examples[0].text, "gout now");
        assert_eq!(&train.examples[0].text[train.examples[0].spans[0].range()], "gout");
        assert!(notes.is_empty());
    }

    #[test]
    fn what_a_preprocessor_refuses_or_would_cut_is_left_out_and_told() {
        let text = "{\"text\":\"no!\"}\n{\"text\":\"<b>gout\",\"spans\":[[1,7,\"Disease\"]]}\n{\"text\":\"fine\"}\n";
        let (corpus, notes) = load_text(TaskKind::Tokens, text, |task| plugins(task, vec![tags()])).unwrap();
        assert_eq!(corpus.splits[0].examples.len(), 1);
        assert_eq!(notes.len(), 1);
        assert!(
            notes[0].contains("2 of 3") && notes[0].contains("`tags`") && notes[0].contains("`train:1`: tags.shouting"),
            "{notes:?}"
        );
    }

    #[test]
    fn a_span_outside_its_text_inside_a_character_or_over_nothing_is_refused_with_its_line() {
        for (spans, code) in [
            ("[[0,7,\"Disease\"]]", "span.outside"),
            ("[[1,6,\"Disease\"]]", "span.inside-character"),
            ("[[3,3,\"Disease\"]]", "span.empty"),
        ] {
            let text = format!("{{\"text\":\"ok\"}}\n{{\"text\":\"发热\",\"spans\":{spans}}}\n");
            assert_eq!(code_and_line(&plain(TaskKind::Tokens, &text).unwrap_err()), (code.to_owned(), 2));
        }
    }

    #[test]
    fn a_label_outside_the_task_is_refused_with_the_nearest_one() {
        for (kind, text) in [
            (TaskKind::Tokens, "{\"text\":\"gout\",\"spans\":[[0,4,\"Diseases\"]]}"),
            (TaskKind::Sequence, "{\"text\":\"gout\",\"label\":\"Diseases\"}"),
            (TaskKind::MultiLabel, "{\"text\":\"gout\",\"labels\":[\"Drug\",\"Diseases\"]}"),
        ] {
            let error = plain(kind, text).unwrap_err();
            assert!(
                matches!(&error, Error::UnknownLabel { id, label, .. } if id == "train:1" && label == "Diseases"),
                "{error}"
            );
            assert!(error.help().unwrap().contains("`Disease`"));
        }
    }

    #[test]
    fn a_text_of_a_single_label_task_has_exactly_one_label() {
        for text in ["{\"text\":\"gout\"}", "{\"text\":\"gout\",\"labels\":\"Drug|Disease\"}"] {
            assert_eq!(code_and_line(&plain(TaskKind::Sequence, text).unwrap_err()), ("label.count".to_owned(), 1));
        }
        assert!(plain(TaskKind::MultiLabel, "{\"text\":\"gout\"}").is_ok());
    }

    #[test]
    fn an_empty_split_is_refused_and_so_is_one_emptied_by_a_preprocessor() {
        for text in ["", "\n", "{\"text\":\"!\"}"] {
            let error = load_text(TaskKind::Tokens, text, |task| plugins(task, vec![tags()])).unwrap_err();
            assert!(matches!(&error, Error::EmptySplit { split, .. } if split == "train"), "{error}");
        }
    }

    #[test]
    fn a_missing_file_is_named_with_its_split_and_no_file_asks_for_the_setting() {
        let task = Task::new(TaskKind::Tokens, ["Disease"]);
        let file = OneFile::new("train.jsonl", "{\"text\":\"a\"}");
        let mut settings =
            Settings { train: file.path(), dev: Some("nowhere/dev.jsonl".into()), ..Settings::default() };
        let load = |settings: &Settings| load(settings, &task, &plugins(&task, Vec::new()), &mut crate::event::Silent);
        let error = load(&settings).unwrap_err();
        assert_eq!(error.to_string(), "the dev file `nowhere/dev.jsonl` does not exist");
        settings.train = PathBuf::new();
        assert!(matches!(load(&settings).unwrap_err(), Error::Setting { key, .. } if key == "data.train"));
    }

    #[test]
    fn a_row_that_the_domain_refuses_stops_the_run_with_its_line() {
        let text = "{\"text\":\"a\"}\n\n{\"txt\":\"a\"}\n";
        assert_eq!(code_and_line(&plain(TaskKind::Tokens, text).unwrap_err()), ("row.no-text".to_owned(), 3));
    }

    #[test]
    fn a_plugin_that_panics_or_miscounts_fails_the_run_by_its_name() {
        let error = plain(TaskKind::Tokens, "{\"text\":\"panic\"}").unwrap_err();
        assert!(matches!(&error, Error::PluginFailure { plugin, .. } if plugin == "plain"), "{error}");
        let silent: Arc<dyn CleanBatch> = Arc::new(Silent);
        let with_silent = |task: &Task| plugins(task, vec![opened("silent", silent.clone())]);
        let error = load_text(TaskKind::Tokens, "{\"text\":\"a\"}", with_silent).unwrap_err();
        assert!(matches!(&error, Error::PluginFailure { plugin, .. } if plugin == "silent"), "{error}");
    }
}
