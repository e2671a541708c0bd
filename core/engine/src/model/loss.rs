//! What the loss of a run weighs: labels by how rare they are, answers by how right they are already.
//!
//! ```text
//! loss = 1/n · Σ −w·(1 − p)^γ·log p     p the probability of the gold answer, n the answers of the step
//! "balanced", of classes and tags: w = all / (classes · those of the class)      as scikit-learn has it
//! "balanced", of several labels:   w = texts without the label / texts with it   as PyTorch's `pos_weight` is meant
//! ```
//!
//! n counts answers, not their weights: see `docs/decisions/0050-weighed-loss.md`.

use crate::batch::Windows;
use crate::program::Focal;
use crate::tokenize::Targets;
use crate::{Error, Result};
use engraft_plugin::{Task, TaskKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The name of what no span covers, among the weights of a task that labels spans.
const OUTSIDE: &str = "O";

/// `[optimize.loss]`: what the loss weighs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LossSettings {
    /// The focal loss's γ: answers that are right with probability p count (1 − p)^γ of what they would. 2 is usual, 0
    /// is the cross-entropy.
    pub focal: f64,
    /// What each label weighs: `"balanced"` (by how rare it is in the training set), or a table: `{ urgent = 5.0 }`. Labels
    /// that the table does not name weigh 1; `O` is what no span covers.
    pub weights: Option<Weights>,
}

/// What each label weighs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Weights {
    /// By how rare it is.
    Named(Balanced),
    /// By its name.
    Given(BTreeMap<String, f64>),
}

/// By how rare a label is in the training set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Balanced {
    /// All labels weigh the same in sum.
    Balanced,
}

/// A run's loss, and the weights by name, where there are any.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loss {
    /// What the program computes.
    pub focal: Focal,
    /// What is told of it.
    pub labels: Vec<(String, f64)>,
}

impl Loss {
    /// The loss that a run asks for; `windows` are those of its training set.
    ///
    /// # Errors
    /// [`Error::Setting`] for a γ or weight that is none, a label that the task does not have, or a head whose loss is not
    /// a sum over answers; [`Error::Cache`].
    pub fn of(settings: &LossSettings, task: &Task, is_linear: bool, windows: &Windows) -> Result<Self> {
        if *settings == LossSettings::default() {
            return Ok(Self::default());
        }
        let refuse = |key: &str, expected: &str, got: String| {
            Err(Error::Setting { key: key.to_owned(), expected: expected.to_owned(), got })
        };
        if !is_linear {
            let expected = "`linear` where `optimize.loss` is set: the losses of other heads are no sums over labels";
            return refuse("model.head", expected, "another head".to_owned());
        }
        if !(settings.focal >= 0.0 && settings.focal.is_finite()) {
            return refuse("optimize.loss.focal", "0 or more", settings.focal.to_string());
        }
        let names = names(task);
        let weights = match &settings.weights {
            None => Vec::new(),
            Some(Weights::Named(Balanced::Balanced)) => balanced(task, windows)?,
            Some(Weights::Given(given)) => {
                if let Some((_, wrong)) = given.iter().find(|(_, weight)| !(**weight >= 0.0 && weight.is_finite())) {
                    return refuse("optimize.loss.weights", "numbers of 0 or more", wrong.to_string());
                }
                if let Some(other) = given.keys().find(|name| !names.contains(name)) {
                    let expected = format!("labels of the task: {}", names.join(", "));
                    return refuse("optimize.loss.weights", &expected, format!("`{other}`"));
                }
                names.iter().map(|name| given.get(name).copied().unwrap_or(1.0)).collect()
            }
        };
        let labels = names.into_iter().zip(weights.iter().copied()).collect();
        Ok(Self { focal: Focal { gamma: settings.focal, weights: of_outputs(task, &weights) }, labels })
    }

    /// What it is, in words; nothing of the plain cross-entropy.
    pub fn told(&self) -> Option<String> {
        let mut parts = Vec::new();
        if self.focal.gamma > 0.0 {
            parts.push(format!("focal, γ = {}", self.focal.gamma));
        }
        if !self.labels.is_empty() {
            let all: Vec<String> = self.labels.iter().map(|(name, weight)| format!("{name} {weight:.3}")).collect();
            parts.push(format!("weights {}", all.join(", ")));
        }
        (!parts.is_empty()).then(|| format!("loss: {}", parts.join("; ")))
    }
}

/// What may have a weight: the labels, and of spans what lies outside of them, first.
fn names(task: &Task) -> Vec<String> {
    let outside = (task.kind == TaskKind::Tokens).then(|| OUTSIDE.to_owned());
    outside.into_iter().chain(task.labels.iter().cloned()).collect()
}

/// A weight for each output of the head: both tags of a label have the label's.
fn of_outputs(task: &Task, weights: &[f64]) -> Vec<f64> {
    match (task.kind, weights) {
        (TaskKind::Tokens, [outside, labels @ ..]) => {
            std::iter::once(*outside).chain(labels.iter().flat_map(|weight| [*weight; 2])).collect()
        }
        _ => weights.to_vec(),
    }
}

/// The weights that make all labels count the same; 1 for one that does not occur, or is never away.
fn balanced(task: &Task, windows: &Windows) -> Result<Vec<f64>> {
    let mut counts = vec![0usize; names(task).len()];
    let mut all = 0;
    let mut count = |at: usize| {
        if let Some(count) = counts.get_mut(at) {
            *count += 1;
        }
    };
    for item in windows.iter() {
        match item?.targets {
            Targets::Tokens(tags) => {
                tags.iter().filter(|tag| **tag >= 0).for_each(|&tag| {
                    all += 1;
                    count((tag as usize).div_ceil(2));
                });
            }
            Targets::Class(class) if class >= 0 => {
                all += 1;
                count(class as usize);
            }
            Targets::Labels(labels) => {
                all += 1;
                labels.iter().enumerate().filter(|(_, label)| **label > 0.0).for_each(|(at, _)| count(at));
            }
            Targets::Class(_) | Targets::Ends { .. } | Targets::None => {}
        }
    }
    let classes = counts.iter().filter(|count| **count > 0).count();
    let weight = |&count: &usize| match (task.kind, count) {
        (_, 0) => 1.0,
        (TaskKind::MultiLabel, count) if count == all => 1.0,
        (TaskKind::MultiLabel, count) => (all - count) as f64 / count as f64,
        (_, count) => all as f64 / (classes * count) as f64,
    };
    Ok(counts.iter().map(weight).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::Windowing;
    use crate::tokenize::{Item, Lost};

    fn windows(targets: Vec<Targets>) -> Windows {
        let item = |targets| Item { example: 0, ids: vec![1], units: Vec::new(), targets };
        let mut windowing = Windowing::new(&std::env::temp_dir()).unwrap();
        windowing.add(0, (targets.into_iter().map(item).collect(), Lost::default())).unwrap();
        windowing.finish().unwrap()
    }

    fn loss(kind: TaskKind, weights: Weights, targets: Vec<Targets>) -> Result<Loss> {
        let settings = LossSettings { focal: 0.0, weights: Some(weights) };
        Loss::of(&settings, &Task::new(kind, ["a", "b"]), true, &windows(targets))
    }

    const BALANCED: Weights = Weights::Named(Balanced::Balanced);

    #[test]
    fn balanced_weights_are_those_of_scikit_learn() {
        // sklearn.utils.class_weight.compute_class_weight("balanced", classes=[0, 1], y=[0, 0, 0, 1])
        let classes = [0, 0, 1, 0].map(Targets::Class).to_vec();
        let found = loss(TaskKind::Sequence, BALANCED, classes).unwrap();
        assert_eq!(found.focal.weights, [4.0 / 6.0, 2.0]);
        assert_eq!(found.told().unwrap(), "loss: weights a 0.667, b 2.000");
        // Tags 1 and 2 are one label; what is not scored does not count; a label that does not occur weighs 1.
        let found = loss(TaskKind::Tokens, BALANCED, vec![Targets::Tokens(vec![-100, 0, 0, 0, 0, 1, 2, -1])]).unwrap();
        assert_eq!(found.focal.weights, [6.0 / 8.0, 6.0 / 4.0, 6.0 / 4.0, 1.0, 1.0]);
    }

    #[test]
    fn a_label_that_is_mostly_away_weighs_by_its_absences() {
        let rows = [[1.0, 1.0], [0.0, 1.0], [0.0, 1.0], [0.0, 1.0]].map(|row| Targets::Labels(row.to_vec())).to_vec();
        assert_eq!(loss(TaskKind::MultiLabel, BALANCED, rows).unwrap().focal.weights, [3.0, 1.0]);
    }

    #[test]
    fn given_weights_are_by_name_and_another_name_is_refused_with_those_there_are() {
        let given = |name: &str, weight| Weights::Given(BTreeMap::from([(name.to_owned(), weight)]));
        let found = loss(TaskKind::Tokens, given("O", 0.5), Vec::new()).unwrap();
        assert_eq!(found.focal.weights, [0.5, 1.0, 1.0, 1.0, 1.0]);
        let error = loss(TaskKind::Sequence, given("O", 0.5), Vec::new()).unwrap_err();
        assert_eq!(error.to_string(), "setting `optimize.loss.weights`: expected labels of the task: a, b, found `O`");
        assert!(loss(TaskKind::Sequence, given("a", -1.0), Vec::new()).is_err());
        let settings = LossSettings { focal: 2.0, weights: None };
        let of_field = Loss::of(&settings, &Task::new(TaskKind::Tokens, ["a"]), false, &windows(Vec::new()));
        assert!(of_field.unwrap_err().to_string().contains("model.head"));
    }
}
