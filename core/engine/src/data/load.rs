//! The examples of a file: read, adapted, checked and cleaned, a batch of rows at a time.

use super::adapt::{BATCH, adapt};
use super::check::{Wrong, check};
use super::clean::Cleaning;
use super::{Place, Settings, read};
use crate::event::{Event, Observer};
use crate::run::Plugins;
use crate::{Error, Result};
use engraft_plugin::Task;
use engraft_plugin::text::{ExampleBuf, RowBuf};
use std::path::Path;

/// Reads one file as a split and hands each example to `sink`: rows are adapted, their spans and labels checked
/// against text and task, then cleaned. What a preprocessor refuses is left out, and `observer` hears how many and
/// why. Nothing but a batch of rows is held in memory.
///
/// # Errors
/// [`Error::MissingFile`], [`Error::Unreadable`], [`Error::Encoding`]; [`Error::Record`] with file and
/// line for a row that cannot be read, a span that does not fit its text, or a text without its one
/// label; [`Error::UnknownLabel`]; [`Error::EmptySplit`]; [`Error::PluginFailure`]; whatever `sink` answers.
pub fn stream_split(
    name: &str,
    path: &Path,
    settings: &Settings,
    task: &Task,
    plugins: &Plugins,
    observer: &mut dyn Observer,
    sink: &mut dyn FnMut(ExampleBuf) -> Result<()>,
) -> Result<()> {
    let mut cleaning = Cleaning::new(&plugins.preprocess);
    let (mut rows, mut places, mut count) = (Vec::<RowBuf>::new(), Vec::<Place>::new(), 0usize);
    let mut take = |rows: &mut Vec<RowBuf>, places: &mut Vec<Place>| {
        for example in cleaning.clean(examples(path, rows, places, task, plugins)?)? {
            count += 1;
            sink(example)?;
        }
        rows.clear();
        places.clear();
        Ok(())
    };
    let notes = read(path, settings, &mut |place, row| {
        rows.push(row);
        places.push(place);
        if rows.len() < BATCH { Ok(()) } else { take(&mut rows, &mut places) }
    })
    .map_err(|error| match error {
        Error::MissingFile { path, .. } => Error::MissingFile { what: format!("the {name} file"), path },
        other => other,
    })?;
    take(&mut rows, &mut places)?;
    for (what, count) in notes.0 {
        let (stage, message) = ("data".to_owned(), format!("{name}: {count} {what}"));
        observer.hear(&Event::Note { stage, message })?;
    }
    cleaning.tell(name, observer)?;
    if count == 0 {
        return Err(Error::EmptySplit { split: name.to_owned(), path: path.to_owned() });
    }
    Ok(())
}

/// The examples of some rows, checked.
fn examples(path: &Path, rows: &[RowBuf], places: &[Place], task: &Task, plugins: &Plugins) -> Result<Vec<ExampleBuf>> {
    let refuse = |at: usize, reason| {
        let place: &Place = &places[at];
        Error::Record { path: place.path.to_path_buf(), line: place.line, reason }
    };
    let mut examples = Vec::with_capacity(rows.len());
    for (at, adapted) in adapt(rows, &plugins.domain, refuse)?.into_iter().enumerate() {
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
    Ok(examples)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::load;
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

    fn load_text(
        kind: TaskKind,
        text: &str,
        plugins: impl Fn(&Task) -> Plugins,
    ) -> Result<(Vec<ExampleBuf>, Vec<String>)> {
        let file = OneFile::new("train.jsonl", text);
        let settings = Settings { train: file.path(), ..Settings::default() };
        let task = Task::new(kind, ["Disease", "Drug"]);
        let mut heard = Heard(Vec::new());
        let corpus = load(&std::env::temp_dir(), &settings, &task, &plugins(&task), &mut heard)?;
        let train = &corpus.split("train").unwrap().examples;
        Ok((train.range(0..train.len())?, heard.0))
    }

    fn plain(kind: TaskKind, text: &str) -> Result<(Vec<ExampleBuf>, Vec<String>)> {
        load_text(kind, text, |task| plugins(task, Vec::new()))
    }

    #[test]
    fn rows_become_examples_that_are_checked_and_clean() {
        let text = "{\"text\":\"<b>gout</b> now\",\"spans\":[[3,7,\"Disease\"]]}\n{\"text\":\"a|b\"}\n";
        let (train, notes) = load_text(TaskKind::Tokens, text, |task| plugins(task, vec![tags()])).unwrap();
        assert_eq!(train.len(), 3);
        assert_eq!(train[0].text, "gout now");
        assert_eq!(&train[0].text[train[0].spans[0].range()], "gout");
        assert!(notes.is_empty());
    }

    #[test]
    fn what_a_preprocessor_refuses_or_would_cut_is_left_out_and_told() {
        let text = "{\"text\":\"no!\"}\n{\"text\":\"<b>gout\",\"spans\":[[1,7,\"Disease\"]]}\n{\"text\":\"fine\"}\n";
        let (train, notes) = load_text(TaskKind::Tokens, text, |task| plugins(task, vec![tags()])).unwrap();
        assert_eq!(train.len(), 1);
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
        let load = |settings: &Settings| {
            load(&std::env::temp_dir(), settings, &task, &plugins(&task, Vec::new()), &mut crate::event::Silent)
        };
        let error = load(&settings).unwrap_err();
        assert_eq!(error.to_string(), "the dev file `nowhere/dev.jsonl` does not exist");
        settings.train = std::path::PathBuf::new();
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
