//! Tags of the BIO scheme as class numbers: `O` is 0, `B-` and `I-` of label `k` are `1 + 2k` and `2 + 2k`.

use engraft_plugin::{Task, TaskKind};

/// What a class number means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    Outside,
    /// The first unit of a span of this label.
    Begin(usize),
    /// A further unit of it.
    Inside(usize),
}

impl Tag {
    pub(super) const fn class(self) -> usize {
        match self {
            Self::Outside => 0,
            Self::Begin(label) => 1 + 2 * label,
            Self::Inside(label) => 2 + 2 * label,
        }
    }

    pub(super) const fn of(class: usize) -> Self {
        match class {
            0 => Self::Outside,
            odd if odd % 2 == 1 => Self::Begin(odd / 2),
            even => Self::Inside(even / 2 - 1),
        }
    }
}

/// The names of a model's outputs in their order, for `id2label`: `O`, `B-x`, `I-x`, … of a token task,
/// the labels of any other.
pub fn tag_names(task: &Task) -> Vec<String> {
    if task.kind != TaskKind::Tokens {
        return task.labels.clone();
    }
    let pairs = task.labels.iter().flat_map(|label| [format!("B-{label}"), format!("I-{label}")]);
    std::iter::once("O".to_owned()).chain(pairs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_where_their_class_numbers_say() {
        let names = tag_names(&Task::new(TaskKind::Tokens, ["a", "b"]));
        assert_eq!(names, ["O", "B-a", "I-a", "B-b", "I-b"]);
        for class in 0..names.len() {
            assert_eq!(Tag::of(class).class(), class);
        }
        assert_eq!(names[Tag::Begin(1).class()], "B-b");
        assert_eq!(names[Tag::Inside(0).class()], "I-a");
    }
}
