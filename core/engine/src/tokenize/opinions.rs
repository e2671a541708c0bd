//! What a model believes of each answer that is given: of each text, each label, or each unit of a text.

use super::decode::{Scored, mean, softmax};
use super::item::{Item, Targets};
use engraft_plugin::text::ExampleBuf;
use engraft_plugin::{Task, TaskKind};

/// One answer, and what a model believes of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Opinion {
    /// The example, by its number.
    pub example: usize,
    /// First byte and end of what is answered: a unit, or the whole text.
    pub range: (usize, usize),
    /// The label that is asked for, where each is asked for by itself: its answers are no (0) and yes (1).
    pub label: Option<usize>,
    /// The given answer: a label, or of units 0 for what no span covers and 1 + a label.
    pub given: usize,
    /// The probability of each answer.
    pub probabilities: Vec<f64>,
}

/// Opinions on the gold of examples, from the logits of their windows, as [`decode`](super::decode) takes them. Units whose tag
/// is not told have none; the two tags of a label are one answer.
///
/// # Panics
/// As [`decode`](super::decode).
pub fn opinions(task: &Task, examples: &[ExampleBuf], items: &[Item], logits: &[Vec<f32>]) -> Vec<Opinion> {
    assert_eq!(items.len(), logits.len(), "every item has its logits");
    if task.kind == TaskKind::Tokens {
        return items.iter().zip(logits).flat_map(|(item, logits)| units(task, item, logits)).collect();
    }
    let mut windows: Vec<Vec<Scored<'_>>> = vec![Vec::new(); examples.len()];
    for (item, logits) in items.iter().zip(logits) {
        windows[item.example].push((item, logits.as_slice()));
    }
    let of = |(example, windows): (usize, Vec<Scored<'_>>)| {
        let range = (0, examples[example].text.len());
        let Some((item, _)) = windows.first() else { return Vec::new() };
        let mean = mean(&windows, task.labels.len());
        let one = |label, given, probabilities| Opinion { example, range, label, given, probabilities };
        match &item.targets {
            Targets::Class(class) if *class >= 0 => vec![one(None, *class as usize, softmax(mean.iter().copied()))],
            Targets::Labels(labels) => {
                let yes = mean.iter().map(|logit| 1.0 / (1.0 + libm::exp(-logit)));
                let each = labels.iter().zip(yes).enumerate();
                each.map(|(at, (label, yes))| one(Some(at), usize::from(*label > 0.0), vec![1.0 - yes, yes])).collect()
            }
            _ => Vec::new(),
        }
    };
    windows.into_iter().enumerate().flat_map(of).collect()
}

/// Those of the units that a window owns.
fn units(task: &Task, item: &Item, logits: &[f32]) -> Vec<Opinion> {
    let Targets::Tokens(tags) = &item.targets else { return Vec::new() };
    let classes = 1 + 2 * task.labels.len();
    let owned = item.units.iter().filter(|unit| unit.owned && tags[unit.token as usize] >= 0);
    owned
        .map(|unit| {
            let row = &logits[unit.token as usize * classes..][..classes];
            let tagged = softmax(row.iter().map(|&logit| f64::from(logit)));
            let labels = tagged[1..].chunks_exact(2).map(|pair| pair[0] + pair[1]);
            Opinion {
                example: item.example,
                range: (unit.start as usize, unit.end as usize),
                label: None,
                given: (tags[unit.token as usize] as usize).div_ceil(2),
                probabilities: std::iter::once(tagged[0]).chain(labels).collect(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::item::UnitAt;
    use super::*;

    fn item(targets: Targets, units: Vec<UnitAt>) -> Item {
        Item { example: 0, ids: vec![0; 3], units, targets }
    }

    #[test]
    fn the_tags_of_a_label_are_one_answer_and_units_that_are_not_told_have_none() {
        let unit = |token, owned| UnitAt { token, last: Some(token), start: token * 2, end: token * 2 + 1, owned };
        let item =
            item(Targets::Tokens(vec![0, 2, -1]), vec![unit(0, true), unit(1, true), unit(2, true), unit(1, false)]);
        let even = [0.0; 9].to_vec();
        let found = opinions(&Task::new(TaskKind::Tokens, ["x"]), &[ExampleBuf::new("1", "a b c")], &[item], &[even]);
        assert_eq!(found.len(), 2);
        assert_eq!((found[1].given, found[1].range, found[1].probabilities.len()), (1, (2, 3), 2));
        assert!((found[1].probabilities[1] - 2.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn each_label_of_several_is_an_answer_of_its_own() {
        let item = item(Targets::Labels(vec![1.0, 0.0]), Vec::new());
        let task = Task::new(TaskKind::MultiLabel, ["x", "y"]);
        let found = opinions(&task, &[ExampleBuf::new("1", "abc")], &[item], &[vec![0.0, 0.0]]);
        let told: Vec<_> = found.iter().map(|one| (one.label, one.given, one.range)).collect();
        assert_eq!(told, [(Some(0), 1, (0, 3)), (Some(1), 0, (0, 3))]);
        assert!((found[0].probabilities[1] - 0.5).abs() < 1e-12);
    }
}
