//! What is asked of texts: a task, and the form in which a head gives its spans.
//!
//! Spans are tags, one a unit, or ends: for each label, how much every token looks like the first and like the last of a
//! span. Tags of a text are one sequence, so they hold one span a place; ends are asked label by label, so spans of
//! different labels may overlap.

use super::tags::tag_names;
use engraft_plugin::{Task, TaskKind};

/// A task, and the form of its spans.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'t> {
    /// The task.
    pub task: &'t Task,
    /// Spans by their ends, rather than by tags.
    pub ends: Option<Ends>,
}

/// Which spans are given by their ends.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ends {
    /// Most tokens of a span.
    pub longest: Option<usize>,
    /// By how much a span's score is above that of none.
    pub threshold: f64,
}

impl<'t> From<&'t Task> for Asked<'t> {
    fn from(task: &'t Task) -> Self {
        Self { task, ends: None }
    }
}

impl Asked<'_> {
    /// Outputs of the head: tags, two ends a label, or labels.
    pub fn outputs(&self) -> usize {
        let labels = self.task.labels.len();
        match (self.task.kind, self.ends) {
            (TaskKind::Tokens, None) => 1 + 2 * labels,
            (TaskKind::Tokens, Some(_)) => 2 * labels,
            _ => labels,
        }
    }

    /// The names of the outputs in their order, for `id2label`.
    pub fn names(&self) -> Vec<String> {
        match self.ends {
            Some(_) if self.task.kind == TaskKind::Tokens => {
                let pair = |label: &String| [format!("start-{label}"), format!("end-{label}")];
                self.task.labels.iter().flat_map(pair).collect()
            }
            _ => tag_names(self.task),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_name_for_every_output() {
        for kind in [TaskKind::Tokens, TaskKind::Sequence, TaskKind::MultiLabel] {
            let task = Task::new(kind, ["a", "b"]);
            for ends in [None, Some(Ends::default())] {
                let asked = Asked { task: &task, ends };
                assert_eq!(asked.names().len(), asked.outputs(), "{kind:?}, {ends:?}");
            }
        }
        let task = Task::new(TaskKind::Tokens, ["a"]);
        assert_eq!(Asked { task: &task, ends: Some(Ends::default()) }.names(), ["start-a", "end-a"]);
    }
}
