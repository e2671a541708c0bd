//! Runs the examples of a descriptor.

use crate::form::{is_same, prune};
use crate::item::{Item, ask, vary};
use crate::model::{tiny_bert, tiny_bert_with};
use crate::subject::{Subject, Verdict};
use crate::trained;
use engraft_plugin::abi::view::List;
use engraft_plugin::kind::Kind;
use engraft_plugin::kind::augmenter::Variation;
use engraft_plugin::kind::metric::Score;
use engraft_plugin::plan::{Dims, Parameter, Plan, check};
use engraft_plugin::register::Instance;
use engraft_plugin::text::{ExampleBuf, PredictionBuf, RowBuf};
use engraft_plugin::{Case, Edits, Result, Task, edit};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

impl Subject<'_> {
    /// Runs each example of the descriptor and compares it with what it promises.
    ///
    /// The forms are those of [`Case`]. What is empty need not be written; of a metric's scores only those
    /// that `expect` names are compared.
    ///
    /// # Errors
    /// Names each example that gives something else, what was expected and what came.
    pub fn examples(&self) -> Verdict {
        let mut wrong = Vec::new();
        for case in &self.descriptor.examples {
            match outcome(self, case) {
                Err(why) => wrong.push(format!("example “{}”\n  {why}", case.title)),
                Ok(found) => {
                    let found = found.unwrap_or_else(|error| json!({ "error": error.code, "message": error.message }));
                    let found = prune(&select(self.descriptor.kind, &case.expect, found));
                    let expected = prune(&case.expect);
                    if !is_same(&expected, &found) {
                        let title = &case.title;
                        wrong.push(format!("example “{title}”\n  expected {expected}\n  found    {found}"));
                    }
                }
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
    }
}

/// The part of an answer that an example speaks of: an error's code, the scores named.
fn select(kind: Kind, expected: &Value, found: Value) -> Value {
    let Some(expected) = expected.as_object() else { return found };
    if kind != Kind::Metric && !expected.contains_key("error") {
        return found;
    }
    match found {
        Value::Object(mut map) if expected.keys().all(|key| map.contains_key(key)) => {
            map.retain(|key, _| expected.contains_key(key));
            Value::Object(map)
        }
        other => other,
    }
}

/// What comes of one example, in the form of its `expect`, or the plugin's refusal of settings or input.
///
/// # Errors
/// When the input has not the form of the kind, or the plugin fails.
pub(crate) fn outcome(subject: &Subject<'_>, case: &Case) -> Result<Result<Value>, String> {
    let asked = match subject.descriptor.kind {
        Kind::Metric => serde_json::from_value(case.input.clone()).map(|Pairs { task, .. }| Some(task)),
        _ => Ok(None),
    };
    match subject.open(&case.settings, asked.map_err(|error| misformed(&error, &case.input))?) {
        Ok(instance) => answer(&instance, case.input.clone()),
        Err(refused) => Ok(Err(refused)),
    }
}

fn answer(instance: &Instance, input: Value) -> Result<Result<Value>, String> {
    match instance {
        Instance::Domain(_) => domain(instance, input),
        Instance::Preprocessor(_) => {
            let example: ExampleBuf = read(input)?;
            let edits = one(instance, Item::Clean(example.clone()))?;
            given(edits, |edits: Edits| edit::apply(&example, &edits).map(|cleaned| json!(cleaned)))
        }
        Instance::Augmenter(_) => {
            let Seeded { example, seed } = read(input)?;
            let variations = one(instance, Item::Augment(example.clone(), seed))?;
            given(variations, |variations: Vec<Variation>| {
                let varied: Result<Vec<_>> = variations.iter().map(|variation| vary(&example, variation)).collect();
                varied.map(|examples| json!(examples))
            })
        }
        Instance::Metric(_) => scores(instance, read::<Pairs>(input)?.pairs),
        Instance::Method(method) => {
            let Asked { model, grafts } = read(input.clone())?;
            if model != "tiny-bert" || grafts.values().any(|form| !trained::NAMES.contains(&form.as_str())) {
                let forms = trained::NAMES.join(", ");
                let expected = format!("{{\"model\": \"tiny-bert\"}}, with `grafts` by name and form ({forms})");
                return Err(format!("expected the input {expected}, found {input}"));
            }
            let model = tiny_bert_with(grafts.into_iter().map(|(name, form)| (name, trained::trained(&form))));
            let plan = method.plan_for(&model).map_err(|failure| format!("the plugin {failure}"))?;
            match plan.and_then(|plan| check::check(&plan, &model).map(|()| plan)) {
                Ok(plan) => summary(&plan).map(Ok),
                Err(refused) => Ok(Err(refused)),
            }
        }
    }
}

/// What a method is asked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    model: String,
    #[serde(default)]
    grafts: BTreeMap<String, String>,
}

/// What is made of an answer, when there is one.
fn given<T: DeserializeOwned>(
    answer: Result<Value>,
    make: impl FnOnce(T) -> Result<Value>,
) -> Result<Result<Value>, String> {
    match answer {
        Ok(value) => Ok(make(read(value)?)),
        Err(refused) => Ok(Err(refused)),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pairs {
    task: Task,
    pairs: Vec<GoldAndPredicted>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GoldAndPredicted {
    gold: ExampleBuf,
    predicted: PredictionBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seeded {
    example: ExampleBuf,
    seed: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ToRefine {
    example: ExampleBuf,
    prediction: PredictionBuf,
}

fn read<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_json::from_value(value.clone()).map_err(|error| misformed(&error, &value))
}

fn misformed(error: &serde_json::Error, value: &Value) -> String {
    format!("not of the form of this kind: {error}\n  {value}")
}

fn one(instance: &Instance, item: Item) -> Result<Result<Value>, String> {
    ask(instance, &[item])?.pop().ok_or_else(|| "one item, no answer".to_owned())
}

fn domain(instance: &Instance, mut input: Value) -> Result<Result<Value>, String> {
    if let Some(example) = input.get_mut("rules") {
        return one(instance, Item::Rules(read(example.take())?));
    }
    if let Some(pair) = input.get_mut("refine") {
        let ToRefine { example, prediction } = read(pair.take())?;
        return one(instance, Item::Refine(example, prediction));
    }
    one(instance, Item::Adapt(read::<RowBuf>(input)?))
}

fn scores(instance: &Instance, pairs: Vec<GoldAndPredicted>) -> Result<Result<Value>, String> {
    let items: Vec<_> = pairs.into_iter().map(|pair| Item::Tally(pair.gold, pair.predicted)).collect();
    let rows: Vec<Value> = match ask(instance, &items)?.into_iter().collect() {
        Ok(rows) => rows,
        Err(refused) => return Ok(Err(refused)),
    };
    let rows: Vec<Vec<f64>> = rows.into_iter().map(read).collect::<Result<_, _>>()?;
    let rows: Vec<_> = rows.iter().map(|row| List::new(row)).collect();
    let Instance::Metric(metric) = instance else {
        return Err(format!("expected a metric, found a {}", instance.kind()));
    };
    let scores = metric.score_rows(&rows).map_err(|failure| format!("scoring: the plugin {failure}"))?;
    let named = |scores: Vec<Score>| scores.into_iter().map(|score| (score.name, json!(score.value))).collect();
    Ok(scores.map(|scores| Value::Object(named(scores))))
}

/// How many sites each graft takes, how many numbers train (the head apart), how the result is written.
fn summary(plan: &Plan) -> Result<Value, String> {
    let model = tiny_bert();
    let (mut grafts, mut trained) = (Map::new(), 0);
    for graft in &plan.grafts {
        let sites = model.sites.iter().filter(|s| s.kind == graft.at.kind && graft.at.select.matches(&s.name));
        let mut count = 0;
        for site in sites {
            count += 1;
            let dims = check::symbols(plan, &model, site);
            let trains = graft.parameters.iter().filter(|parameter| parameter.train);
            for parameter in trains {
                trained += size(parameter, &dims)?;
            }
        }
        grafts.insert(graft.name.clone(), json!(count));
    }
    let is_head = |name: &str| model.head.iter().any(|head| name.starts_with(&format!("{head}.")));
    let base = model.parameters.iter().filter(|p| !is_head(&p.name));
    let base = base.filter(|p| plan.trains.iter().any(|train| train.select.matches(&p.name)));
    trained += base.map(|p| p.shape.iter().product::<usize>()).sum::<usize>();
    let shared = plan.shared.iter().filter(|parameter| parameter.train);
    for parameter in shared {
        let dims = model.dims.iter().chain(&plan.dims).map(|(name, n)| (name.clone(), *n)).collect();
        trained += size(parameter, &dims)?;
    }
    Ok(json!({ "grafts": grafts, "trained": trained, "saved": plan.save.format }))
}

/// How many numbers a parameter of a plan holds.
fn size(parameter: &Parameter, dims: &Dims) -> Result<usize, String> {
    Ok(check::shape_of(parameter, dims)?.iter().product())
}
