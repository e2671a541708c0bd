//! Logits become predictions: the way back from windows to spans and labels of whole texts.

use super::asked::Asked;
use super::item::{Item, UnitAt};
use super::pairs;
use super::tags::Tag;
use crate::model::Field;

use engraft_plugin::text::{ExampleBuf, PredictionBuf, ScoredLabelBuf, ScoredSpanBuf, SpanBuf};
use engraft_plugin::{Task, TaskKind};

/// One prediction an example, from the logits of its windows.
///
/// `logits[i]` belongs to `items[i]` and is `rows × classes`, row by row: a row a token for token tasks
/// (classes as [`tag_names`](super::tag_names)), one row for tasks over texts. Items may come in any
/// order; an example without items is predicted to have nothing.
///
/// - **Tokens**: every unit's most probable tag, by the window that owns it; an `I-` that follows nothing
///   of its label is none, as in strict IOB2; a span's score is the mean probability of its units' tags.
/// - **Sequence**: all labels with their probabilities, the surest first.
/// - **Multi-label**: the labels whose probability is at least the task's threshold, the surest first.
///
/// Tasks over texts average the logits of a text's windows, weighted by their tokens.
///
/// # Panics
/// When there are not as many logits as items, or an item's logits are not of its shape.
pub fn decode(task: &Task, examples: &[ExampleBuf], items: &[Item], logits: &[Vec<f32>]) -> Vec<PredictionBuf> {
    decode_with(task.into(), examples, items, logits, None)
}

/// As [`decode`], with the tags of a text chosen together where the model has a random field: the sequence of tags with
/// the highest score among those that are valid. A span's score is then the mean of its tags' marginal probabilities.
/// Where spans are asked for by their ends: the pairs of a first and a last token that are surer than none.
///
/// # Panics
/// As [`decode`].
pub fn decode_with(
    asked: Asked<'_>,
    examples: &[ExampleBuf],
    items: &[Item],
    logits: &[Vec<f32>],
    field: Option<&Field>,
) -> Vec<PredictionBuf> {
    let Asked { task, ends } = asked;
    assert_eq!(items.len(), logits.len(), "every item has its logits");
    let mut windows: Vec<Vec<usize>> = vec![Vec::new(); examples.len()];
    for (number, item) in items.iter().enumerate() {
        windows[item.example].push(number);
    }
    let one = |numbers: Vec<usize>| {
        let windows: Vec<Scored<'_>> = numbers.iter().map(|&n| (&items[n], logits[n].as_slice())).collect();
        match (task.kind, windows.is_empty()) {
            (_, true) => PredictionBuf::default(),
            (TaskKind::Tokens, _) => {
                let spans = match &ends {
                    Some(ends) => pairs::spans(&asked, ends, &windows),
                    None => spans(task, &windows, field),
                };
                PredictionBuf { spans, ..PredictionBuf::default() }
            }
            _ => PredictionBuf { labels: labels(task, &windows), ..PredictionBuf::default() },
        }
    };
    windows.into_iter().map(one).collect()
}

pub(super) type Scored<'a> = (&'a Item, &'a [f32]);

/// A unit's most probable tag.
struct Tagged {
    start: u32,
    end: u32,
    tag: Tag,
    probability: f64,
}

fn spans(task: &Task, windows: &[Scored<'_>], field: Option<&Field>) -> Vec<ScoredSpanBuf> {
    let classes = 1 + 2 * task.labels.len();
    let mut units: Vec<(&UnitAt, &[f32])> = Vec::new();
    for (item, logits) in windows {
        assert_eq!(logits.len(), item.ids.len() * classes, "an item's logits are (tokens, classes)");
        let owned = item.units.iter().filter(|unit| unit.owned);
        units.extend(owned.map(|unit| (unit, &logits[unit.token as usize * classes..][..classes])));
    }
    units.sort_by_key(|(unit, _)| unit.start);
    let chosen: Vec<(usize, f64)> = match field {
        None => units.iter().map(|(_, row)| surest(row)).collect(),
        Some(field) => field.choose(units.iter().map(|(_, row)| *row)),
    };
    if tracing::enabled!(tracing::Level::DEBUG) {
        tell_invalid(&chosen);
    }
    let tag = |((unit, _), (class, probability)): (&(&UnitAt, &[f32]), (usize, f64))| {
        let (start, end) = (unit.start, unit.end);
        Tagged { start, end, tag: Tag::of(class), probability }
    };
    join(task, &units.iter().zip(chosen).map(tag).collect::<Vec<_>>())
}

/// Logs a text whose tags are no valid sequence: an `I-` that follows nothing of its label.
fn tell_invalid(chosen: &[(usize, f64)]) {
    let tags: Vec<Tag> = chosen.iter().map(|(class, _)| Tag::of(*class)).collect();
    let behind = |at: usize| if at == 0 { Tag::Outside } else { tags[at - 1] };
    let is_stray = |at: usize| match tags[at] {
        Tag::Inside(label) => !matches!(behind(at), Tag::Begin(other) | Tag::Inside(other) if other == label),
        _ => false,
    };
    let stray = (0..tags.len()).filter(|&at| is_stray(at)).count();
    tracing::debug!(units = tags.len(), stray, "tags of a text");
}

/// Joins the tags of a whole text to spans.
fn join(task: &Task, tagged: &[Tagged]) -> Vec<ScoredSpanBuf> {
    let mut spans = Vec::new();
    let mut rest = tagged;
    while let [first, behind @ ..] = rest {
        rest = behind;
        let Tag::Begin(label) = first.tag else { continue };
        let further = behind.iter().take_while(|unit| unit.tag == Tag::Inside(label)).count();
        let units = &tagged[tagged.len() - behind.len() - 1..][..1 + further];
        let end = units.last().expect("a span has a unit").end;
        let mean = units.iter().map(|unit| unit.probability).sum::<f64>() / units.len() as f64;
        let span = SpanBuf { start: first.start, end, label: task.labels[label].clone() };
        spans.push(ScoredSpanBuf { span, score: mean as f32 });
        rest = &behind[further..];
    }
    spans
}

/// The most probable class of a row (the first of equals) and its probability.
fn surest(row: &[f32]) -> (usize, f64) {
    let probabilities = softmax(row.iter().map(|&logit| f64::from(logit)));
    let better = |best: (usize, f64), next: (usize, f64)| if next.1 > best.1 { next } else { best };
    probabilities.into_iter().enumerate().fold((0, f64::NEG_INFINITY), better)
}

pub(super) fn softmax(logits: impl Iterator<Item = f64> + Clone) -> Vec<f64> {
    let highest = logits.clone().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = logits.map(|logit| (logit - highest).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

fn labels(task: &Task, windows: &[Scored<'_>]) -> Vec<ScoredLabelBuf> {
    let mean = mean(windows, task.labels.len()); // (classes)
    let probabilities = match task.kind {
        TaskKind::MultiLabel => mean.iter().map(|logit| 1.0 / (1.0 + (-logit).exp())).collect(),
        _ => softmax(mean.iter().copied()),
    };
    let least = if task.kind == TaskKind::MultiLabel { task.threshold } else { f64::NEG_INFINITY };
    let scored = task.labels.iter().zip(probabilities).filter(|(_, probability)| *probability >= least);
    let mut scored: Vec<_> = scored.collect();
    // Stable: of equals, the order of the task.
    scored.sort_by(|a, b| b.1.total_cmp(&a.1));
    scored.into_iter().map(|(label, p)| ScoredLabelBuf { label: label.clone(), score: p as f32 }).collect()
}

/// The logits of a text: the mean over its windows, weighted by their tokens.
pub(super) fn mean(windows: &[Scored<'_>], classes: usize) -> Vec<f64> {
    let tokens: usize = windows.iter().map(|(item, _)| item.ids.len()).sum();
    let mut mean = vec![0.0; classes];
    for (item, logits) in windows {
        assert_eq!(logits.len(), classes, "an item's logits are (classes)");
        let weight = item.ids.len() as f64 / tokens as f64;
        mean.iter_mut().zip(*logits).for_each(|(sum, &logit)| *sum += weight * f64::from(logit));
    }
    mean
}

#[cfg(test)]
mod tests {
    use super::super::item::{Targets, UnitAt};
    use super::*;
    use candle_core::{Device, Tensor};

    fn item(example: usize, tokens: usize, units: &[(u32, u32, u32, bool)]) -> Item {
        let units = units
            .iter()
            .map(|&(token, start, end, owned)| UnitAt { token, last: Some(token), start, end, owned })
            .collect();
        Item { example, ids: vec![0; tokens], units, targets: Targets::None }
    }

    /// Logits that say these classes.
    fn say(classes: usize, said: &[usize]) -> Vec<f32> {
        said.iter().flat_map(|&class| (0..classes).map(move |c| if c == class { 9.0 } else { 0.0 })).collect()
    }

    fn text() -> [ExampleBuf; 1] {
        [ExampleBuf::new("1", "aa bb cc dd")]
    }

    const UNITS: [(u32, u32, u32, bool); 4] = [(0, 0, 2, true), (1, 3, 5, true), (2, 6, 8, true), (3, 9, 11, true)];

    fn decoded(said: [usize; 4]) -> Vec<(u32, u32, String)> {
        let task = Task::new(TaskKind::Tokens, ["x", "y"]);
        let predictions = decode(&task, &text(), &[item(0, 4, &UNITS)], &[say(5, &said)]);
        predictions[0].spans.iter().map(|s| (s.span.start, s.span.end, s.span.label.clone())).collect()
    }

    #[test]
    fn tags_join_to_spans_and_an_inside_that_follows_nothing_is_none() {
        let span = |start, end, label: &str| (start, end, label.to_owned());
        assert_eq!(decoded([1, 2, 0, 3]), [span(0, 5, "x"), span(9, 11, "y")]);
        assert_eq!(decoded([1, 1, 2, 0]), [span(0, 2, "x"), span(3, 8, "x")]);
        assert_eq!(decoded([2, 4, 4, 2]), []);
        assert_eq!(decoded([1, 4, 0, 0]), [span(0, 2, "x")]);
    }

    #[test]
    fn a_span_over_two_windows_is_one_and_windows_speak_only_for_what_they_own() {
        let task = Task::new(TaskKind::Tokens, ["x", "y"]);
        let (mut left, mut right) = (UNITS.map(|u| (u.0, u.1, u.2, u.0 < 2)), UNITS.map(|u| (u.0, u.1, u.2, u.0 >= 2)));
        left[3].3 = false;
        right[0].3 = false;
        let items = [item(0, 4, &right), item(0, 4, &left)]; // in any order
        let predictions = decode(&task, &text(), &items, &[say(5, &[3, 3, 2, 0]), say(5, &[0, 1, 3, 3])]);
        assert_eq!(predictions[0].spans.len(), 1);
        assert_eq!(predictions[0].spans[0].span, SpanBuf::new(3, 8, "x"));
    }

    #[test]
    fn the_score_of_a_span_is_the_mean_probability_of_its_tags() {
        let task = Task::new(TaskKind::Tokens, ["x"]);
        let logits = [0.0, 2f32.ln(), 0.0, 0.0, 0.0, 8f32.ln()]; // B at 2/4, I at 8/10
        let predictions = decode(&task, &text(), &[item(0, 2, &UNITS[..2])], &[logits.to_vec()]);
        assert!((predictions[0].spans[0].score - 0.65).abs() < 1e-6);
    }

    #[test]
    fn a_random_field_chooses_valid_tags_over_a_whole_text_whatever_its_windows_say() {
        let task = Task::new(TaskKind::Tokens, ["x", "y"]);
        // The last transition makes `O` behind `I-y` dear; all else is free.
        let table = |name: &str| match name {
            "crf.transitions" => (0..25).map(|at| if at == 20 { -5.0 } else { 0.0 }).collect::<Vec<f64>>(),
            _ => vec![0.0; 5],
        };
        let tensor = |name: &str| Tensor::from_vec(table(name), (table(name).len(),), &Device::Cpu).ok();
        let field = Field::of(tensor).unwrap();
        let (mut left, mut right) = (UNITS.map(|u| (u.0, u.1, u.2, u.0 < 2)), UNITS.map(|u| (u.0, u.1, u.2, u.0 >= 2)));
        left[3].3 = false;
        right[0].3 = false;
        let items = [item(0, 4, &left), item(0, 4, &right)];
        // By itself each unit says `I-x I-x I-y O`: no `I-` may begin a text, and none follows another label's.
        let logits = [say(5, &[2, 2, 0, 0]), say(5, &[0, 0, 4, 0])];
        let spans = &decode_with((&task).into(), &text(), &items, &logits, field.as_ref())[0].spans;
        assert!(!spans.is_empty(), "what the tags say is heard as far as it is valid");
        assert_eq!(decode(&task, &text(), &items, &logits)[0].spans, []);
        for span in spans {
            assert!(span.score > 0.0 && span.score <= 1.0, "{span:?}");
        }
    }

    #[test]
    fn a_text_has_the_mean_of_its_windows_weighted_by_tokens() {
        let task = Task::new(TaskKind::Sequence, ["x", "y"]);
        let items = [item(0, 3, &[]), item(0, 1, &[])];
        let predictions = decode(&task, &text(), &items, &[vec![0.0, 4.0], vec![4.0, 0.0]]);
        let labels = &predictions[0].labels;
        assert_eq!((labels[0].label.as_str(), labels.len()), ("y", 2));
        assert!((labels[0].score - 0.880_797).abs() < 1e-6 && (labels[1].score - 0.119_203).abs() < 1e-6); // logits 1 and 3
    }

    #[test]
    fn a_multi_label_text_has_every_label_at_or_above_the_threshold() {
        let mut task = Task::new(TaskKind::MultiLabel, ["x", "y", "z"]);
        task.threshold = 0.5;
        let predictions = decode(&task, &text(), &[item(0, 3, &[])], &[vec![0.0, -0.1, 2.0]]);
        let labels: Vec<_> = predictions[0].labels.iter().map(|l| l.label.as_str()).collect();
        assert_eq!(labels, ["z", "x"]);
    }

    #[test]
    fn an_example_without_items_is_predicted_to_have_nothing() {
        for kind in [TaskKind::Tokens, TaskKind::Sequence] {
            assert_eq!(decode(&Task::new(kind, ["x"]), &text(), &[], &[]), [PredictionBuf::default()]);
        }
    }
}
