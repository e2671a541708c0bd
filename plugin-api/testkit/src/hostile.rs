//! Asks everything of the texts that break careless plugins: what must hold of the answers.

use crate::item::{Answer, Item, ask, brief, vary};
use crate::model::tiny_bert;
use crate::subject::{LABELS, Subject, Verdict};
use crate::texts::hostile_examples;
use engraft_plugin::abi::view::List;
use engraft_plugin::kind::augmenter::Variation;
use engraft_plugin::plan::check;
use engraft_plugin::register::Instance;
use engraft_plugin::text::{ExampleBuf, PredictionBuf, RowBuf, ScoredLabelBuf, ScoredSpanBuf, check_span, field};
use engraft_plugin::{Case, Descriptor, Edits, edit};
use serde_json::Value;
use std::collections::BTreeSet;

/// The labels of a domain's task, the kit's own otherwise.
fn labels(instance: &Instance) -> Result<Vec<String>, String> {
    let Instance::Domain(domain) = instance else { return Ok(LABELS.map(str::to_owned).into()) };
    let labels = domain.task().map_err(|failure| format!("its task: the plugin {failure}"))?.labels;
    let distinct: BTreeSet<_> = labels.iter().collect();
    match labels.len() {
        0 => Err("the task has no label".to_owned()),
        count if count > distinct.len() => Err(format!("the task has a label twice: {labels:?}")),
        _ => Ok(labels),
    }
}

/// The kit's items for an instance, a group a function.
pub(crate) fn items(instance: &Instance) -> Result<Vec<Vec<Item>>, String> {
    let labels = labels(instance)?;
    let examples = hostile_examples(&labels);
    let pairs = || examples.iter().map(|example| (example.clone(), guess(example, &labels)));
    Ok(match instance {
        Instance::Domain(_) => vec![
            examples.iter().map(|example| Item::Adapt(row(example, &labels))).collect(),
            examples.iter().cloned().map(Item::Rules).collect(),
            pairs().map(|(example, prediction)| Item::Refine(example, prediction)).collect(),
        ],
        Instance::Preprocessor(_) => vec![examples.into_iter().map(Item::Clean).collect()],
        Instance::Augmenter(_) => {
            vec![examples.into_iter().enumerate().map(|(n, example)| Item::Augment(example, n as u64)).collect()]
        }
        Instance::Metric(_) => vec![pairs().map(|(gold, predicted)| Item::Tally(gold, predicted)).collect()],
        Instance::Method(_) => Vec::new(),
    })
}

/// The rows and examples that the descriptor's own cases show, where the kind has such.
pub(crate) fn items_of_examples(descriptor: &Descriptor) -> Vec<Vec<Item>> {
    use engraft_plugin::kind::Kind;
    let inputs = || descriptor.examples.iter().map(|case: &Case| case.input.clone());
    let read = |value: Value| serde_json::from_value::<ExampleBuf>(value).ok();
    let mut groups = match descriptor.kind {
        Kind::Domain => vec![
            inputs().filter_map(|input| serde_json::from_value(input).ok()).map(Item::Adapt).collect(),
            inputs().filter_map(|mut input| read(input.get_mut("rules")?.take())).map(Item::Rules).collect(),
        ],
        Kind::Preprocessor => vec![inputs().filter_map(read).map(Item::Clean).collect()],
        Kind::Augmenter => {
            let seeded =
                inputs().filter_map(|mut input| Some((read(input["example"].take())?, input["seed"].as_u64()?)));
            vec![seeded.map(|(example, seed)| Item::Augment(example, seed)).collect()]
        }
        _ => Vec::new(),
    };
    groups.retain(|items: &Vec<Item>| !items.is_empty());
    groups
}

fn row(example: &ExampleBuf, labels: &[String]) -> RowBuf {
    let spans = serde_json::to_string(&example.spans).expect("spans have a JSON form");
    let fields = [(field::TEXT, example.text.clone()), (field::SPANS, spans), (field::LABEL, labels[0].clone())];
    RowBuf { id: example.id.clone(), fields: fields.map(|(name, value)| (name.to_owned(), value)).into() }
}

/// A wild prediction: the example's own spans, halfway sure, and every label.
fn guess(example: &ExampleBuf, labels: &[String]) -> PredictionBuf {
    let spans = example.spans.iter().map(|span| ScoredSpanBuf { span: span.clone(), score: 0.5 }).collect();
    let labels = labels.iter().map(|label| ScoredLabelBuf { label: label.clone(), score: 0.5 }).collect();
    PredictionBuf { spans, labels, ..PredictionBuf::default() }
}

impl Subject<'_> {
    /// Asks everything of [`crate::texts`]: nothing may fail, every refusal has a code, and what is answered keeps
    /// the contract. Edits apply or are refused as `edit.…`, spans lie on characters inside the text,
    /// labels are the task's, scores are probabilities, pieces of a row say where they were cut, a tally's
    /// rows have one length and give finite scores, plans fit the model.
    ///
    /// # Errors
    /// Names the first item that breaks it.
    pub fn hostile(&self) -> Verdict {
        for instance in &self.open_default()? {
            for items in items(instance)? {
                let answers = ask(instance, &items)?;
                for (item, answer) in items.iter().zip(&answers) {
                    let broken = |why| format!("{why}\nitem: {}", brief(item));
                    keeps_contract(instance, item, answer).map_err(broken)?;
                }
                tallies(instance, &answers)?;
            }
            plans(instance)?;
        }
        Ok(())
    }
}

fn keeps_contract(instance: &Instance, item: &Item, answer: &Answer) -> Verdict {
    let value = match answer {
        Ok(value) => value.clone(),
        Err(error) if error.code.is_empty() || error.message.is_empty() => {
            return Err(format!("{error:?} says nothing"));
        }
        Err(_) => return Ok(()),
    };
    let read = |error: serde_json::Error| error.to_string();
    match item {
        Item::Adapt(row) => {
            let examples: Vec<ExampleBuf> = serde_json::from_value(value).map_err(read)?;
            examples.iter().try_for_each(|example| piece(row, example))
        }
        Item::Rules(example) | Item::Refine(example, _) => {
            let prediction: Option<PredictionBuf> = serde_json::from_value(value).map_err(read)?;
            let labels = labels(instance)?;
            prediction.map_or(Ok(()), |prediction| sound(&example.text, &prediction, &labels))
        }
        Item::Clean(example) => {
            let edits: Edits = serde_json::from_value(value).map_err(read)?;
            applies(edit::apply(example, &edits))
        }
        Item::Augment(example, _) => {
            let variations: Vec<Variation> = serde_json::from_value(value).map_err(read)?;
            variations.iter().try_for_each(|variation| applies(vary(example, variation)))
        }
        Item::Tally(..) => Ok(()), // all rows together: below
    }
}

/// Applied, or refused because it would leave a stale span; edits that do not fit the text are faults.
fn applies(applied: engraft_plugin::Result<ExampleBuf>) -> Verdict {
    match applied {
        Ok(example) => example.check().map_err(|error| error.to_string()),
        Err(error) if error.code == "edit.cuts-span" || error.code == "edit.empties-span" => Ok(()),
        Err(error) => Err(format!("expected edits that fit the text, found {error}")),
    }
}

/// An example is the row's whole text or says where it was cut, and its spans fit or are the host's to refuse.
fn piece(row: &RowBuf, example: &ExampleBuf) -> Verdict {
    let text = row.fields.iter().find(|(name, _)| name == field::TEXT).map_or("", |(_, text)| text.as_str());
    let Some(offset) = example.field(field::OFFSET) else { return example.check().map_err(|error| error.to_string()) };
    let at: usize = offset.parse().map_err(|_| format!("field `{}`: `{offset}` is no number", field::OFFSET))?;
    if example.field(field::DOCUMENT).is_none() {
        return Err(format!("a piece with `{}` and no `{}`", field::OFFSET, field::DOCUMENT));
    }
    if text.get(at..at + example.text.len()) != Some(&example.text) {
        return Err(format!("the row's text at {at} is not the piece's text"));
    }
    example.check().map_err(|error| error.to_string())
}

fn sound(text: &str, prediction: &PredictionBuf, labels: &[String]) -> Verdict {
    let known =
        |label: &String| labels.contains(label).then_some(()).ok_or(format!("`{label}` is no label of the task"));
    let sure =
        |score: f32| (0.0..=1.0).contains(&score).then_some(()).ok_or(format!("score {score} is no probability"));
    for scored in &prediction.spans {
        check_span(text, &scored.span).map_err(|error| error.to_string())?;
        known(&scored.span.label).and_then(|()| sure(scored.score))?;
    }
    prediction.labels.iter().try_for_each(|scored| known(&scored.label).and_then(|()| sure(scored.score)))
}

/// Rows of one length, finite scores of distinct names, whichever rows are scored and in whatever order.
fn tallies(instance: &Instance, answers: &[Answer]) -> Verdict {
    let Instance::Metric(metric) = instance else { return Ok(()) };
    let rows = answers.iter().flatten().map(|row| serde_json::from_value(row.clone()));
    let rows: Vec<Vec<f64>> = rows.collect::<Result<_, _>>().map_err(|error| error.to_string())?;
    if rows.windows(2).any(|pair| pair[0].len() != pair[1].len()) {
        return Err("a tally's rows differ in length".to_owned());
    }
    let score = |rows: &[Vec<f64>]| {
        let views: Vec<_> = rows.iter().map(|row| List::new(row)).collect();
        let failed = |failure| format!("scoring {} rows: the plugin {failure}", rows.len());
        metric.score_rows(&views).map_err(failed)
    };
    let (all, mut backwards) = (score(&rows)?, rows.clone());
    backwards.reverse();
    let turned = score(&backwards)?;
    if all != turned {
        return Err(format!("the order of the rows changes the scores\nas asked: {all:?}\nbackwards: {turned:?}"));
    }
    let _ = (score(&[])?, score(&rows[..rows.len().min(1)])?);
    let names: Vec<_> = all.iter().flatten().map(|score| &score.name).collect();
    let distinct: BTreeSet<_> = names.iter().collect();
    if distinct.len() < names.len() { Err(format!("a score's name comes twice: {names:?}")) } else { Ok(()) }
}

/// A plan that fits the tiny model; a model with no place at all is refused with a code, or suits.
fn plans(instance: &Instance) -> Verdict {
    let Instance::Method(method) = instance else { return Ok(()) };
    let mut bare = tiny_bert();
    bare.sites.clear();
    for model in [tiny_bert(), bare] {
        match method.plan_for(&model).map_err(|failure| format!("a plan: the plugin {failure}"))? {
            Ok(plan) => {
                check::check(&plan, &model).map_err(|error| format!("the plan does not fit its model: {error}"))?
            }
            Err(error) if error.code.is_empty() => return Err(format!("{error:?} has no code")),
            Err(_) => {}
        }
    }
    Ok(())
}
