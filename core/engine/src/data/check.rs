//! Whether the gold of an example can be right.

use engraft_plugin::text::ExampleBuf;
use engraft_plugin::{Task, TaskKind};

/// What is wrong with an example's gold.
pub(super) enum Wrong {
    /// Something with a code of its own.
    Record(engraft_plugin::Error),
    /// A label that the task does not have.
    Label(String),
}

/// Says whether an example's spans and labels fit its text and the task.
pub(super) fn check(example: &ExampleBuf, task: &Task) -> Result<(), Wrong> {
    let record = |code: &str, message: String| Wrong::Record(engraft_plugin::Error::new(code, message));
    if u32::try_from(example.text.len()).is_err() {
        return Err(record(
            "text.too-long",
            format!("a text has at most 4 GiB, this one {} bytes", example.text.len()),
        ));
    }
    example.check().map_err(Wrong::Record)?;
    let known = |label: &String| {
        if task.labels.contains(label) { Ok(()) } else { Err(Wrong::Label(label.clone())) }
    };
    match task.kind {
        TaskKind::Tokens => example.spans.iter().try_for_each(|span| known(&span.label)),
        TaskKind::MultiLabel => example.labels.iter().try_for_each(known),
        TaskKind::Sequence => match example.labels.as_slice() {
            [label] => known(label),
            labels => {
                Err(record("label.count", format!("expected exactly one label, found {}: {labels:?}", labels.len())))
            }
        },
        _ => Ok(()),
    }
}
