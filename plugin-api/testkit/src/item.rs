//! One item of work of any kind, and its answer as JSON.

use engraft_plugin::kind::augmenter::{Body, Variation, Work};
use engraft_plugin::register::Instance;
use engraft_plugin::text::{ExampleBuf, PredictionBuf, RowBuf, Views};
use engraft_plugin::{Answers, Failure, Result, edit};
use serde::Serialize;
use serde_json::Value;

/// What a plugin is asked, an item at a time.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    /// A domain adapter reads a row.
    Adapt(RowBuf),
    /// A domain adapter's rules predict.
    Rules(ExampleBuf),
    /// A domain adapter mends a prediction.
    Refine(ExampleBuf, PredictionBuf),
    /// A preprocessor cleans.
    Clean(ExampleBuf),
    /// An augmenter varies, from a seed.
    Augment(ExampleBuf, u64),
    /// A metric tallies.
    Tally(ExampleBuf, PredictionBuf),
}

/// An item's answer: JSON, or why it was refused.
pub(crate) type Answer = Result<Value>;

/// Asks a whole batch at once; the items are all of one function.
///
/// # Errors
/// When the plugin fails: it names the first item that fails alone.
pub(crate) fn ask(instance: &Instance, items: &[Item]) -> std::result::Result<Vec<Answer>, String> {
    match batch(instance, items) {
        Ok(answers) if answers.len() == items.len() => Ok(answers),
        Ok(answers) => Err(format!("expected {} answers, found {}", items.len(), answers.len())),
        Err(failure) => {
            let alone = items.iter().find(|item| batch(instance, std::slice::from_ref(item)).is_err());
            let culprit = alone.map_or_else(|| "only the batch as a whole".to_owned(), brief);
            Err(format!("the plugin {failure}\nitem: {culprit}"))
        }
    }
}

/// An item in a line.
pub(crate) fn brief(item: &Item) -> String {
    let text: String = format!("{item:?}").chars().take(400).collect();
    text
}

fn batch(instance: &Instance, items: &[Item]) -> Answers<Value> {
    let examples = || -> Vec<&ExampleBuf> { items.iter().filter_map(Item::example).collect() };
    let pairs = || -> Vec<(&ExampleBuf, &PredictionBuf)> { items.iter().filter_map(Item::pair).collect() };
    match (instance, items.first()) {
        (_, None) => Ok(Vec::new()),
        (Instance::Domain(domain), Some(Item::Adapt(_))) => {
            let rows: Vec<RowBuf> = items.iter().filter_map(Item::row).cloned().collect();
            json(domain.adapt_batch(Views::rows(&rows).as_slice()))
        }
        (Instance::Domain(domain), Some(Item::Rules(_))) => {
            json(domain.rules_batch(Views::examples(examples()).as_slice()))
        }
        (Instance::Domain(domain), Some(Item::Refine(..))) => {
            let views = Views::pairs(pairs());
            let batch: Vec<_> = views.as_slice().iter().map(|pair| (pair.gold(), pair.predicted())).collect();
            json(domain.refine_batch(&batch))
        }
        (Instance::Preprocessor(plugin), _) => json(plugin.clean_batch(Views::examples(examples()).as_slice())),
        (Instance::Augmenter(plugin), _) => {
            let views = Views::examples(examples());
            let seeds = items.iter().map(|item| if let Item::Augment(_, seed) = item { *seed } else { 0 });
            let work: Vec<_> =
                views.as_slice().iter().zip(seeds).map(|(&example, seed)| Work { example, seed }).collect();
            json(plugin.augment_batch(&work))
        }
        (Instance::Metric(metric), _) => json(metric.tally_batch(Views::pairs(pairs()).as_slice())),
        (instance, Some(item)) => panic!("a {} is not asked to {item:?}", instance.kind()),
    }
}

fn json<T: Serialize>(answers: Answers<T>) -> Answers<Value> {
    let value = |answer: T| serde_json::to_value(answer).map_err(|error| Failure::Answer(error.to_string()));
    answers?.into_iter().map(|answer| answer.map(value).map_or_else(|e| Ok(Err(e)), |v| v.map(Ok))).collect()
}

impl Item {
    const fn row(&self) -> Option<&RowBuf> {
        if let Self::Adapt(row) = self { Some(row) } else { None }
    }
    const fn example(&self) -> Option<&ExampleBuf> {
        match self {
            Self::Rules(example) | Self::Clean(example) | Self::Augment(example, _) => Some(example),
            _ => None,
        }
    }
    const fn pair(&self) -> Option<(&ExampleBuf, &PredictionBuf)> {
        match self {
            Self::Refine(example, prediction) | Self::Tally(example, prediction) => Some((example, prediction)),
            _ => None,
        }
    }
}

/// What stands for a word that only a model could draw.
const MASK: &str = "[MASK]";

/// The example that a variation makes, as the host makes it. No model is at hand: holes hold `[MASK]`, and of their
/// variants there is one.
pub(crate) fn vary(example: &ExampleBuf, variation: &Variation) -> Result<ExampleBuf> {
    let mut varied = match &variation.body {
        Body::Edits(edits) => edit::apply(example, edits)?,
        Body::Rewrite { text, spans } => ExampleBuf { text: text.clone(), spans: spans.clone(), ..example.clone() },
        Body::Holes(holes) => {
            holes.check(&example.text)?;
            edit::apply(example, &holes.filled(&vec![MASK; holes.holes.len()]))?
        }
        _ => panic!("a variation of a form that this test kit does not know"),
    };
    if let Some(labels) = &variation.labels {
        varied.labels.clone_from(labels);
    }
    varied.check().map(|()| varied)
}
