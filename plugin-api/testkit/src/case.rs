//! Runs the examples of a descriptor.

use crate::form::{is_same, prune};
use crate::item::{Item, ask, vary};
use crate::linked::{find, open};
use crate::model::tiny_bert;
use engraft_plugin::abi::view::List;
use engraft_plugin::kind::augmenter::Variation;
use engraft_plugin::kind::{Kind, Plugin};
use engraft_plugin::plan::{Plan, check};
use engraft_plugin::register::{Instance, Registration};
use engraft_plugin::text::{ExampleBuf, PredictionBuf, RowBuf};
use engraft_plugin::{Case, Edits, Error, Result, Task, edit};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// Runs each example of the descriptor and compares it with what it promises.
///
/// The forms are those of [`Case`]. What is empty need not be written; of a metric's scores only those
/// that `expect` names are compared.
///
/// # Panics
/// Names the example, what was expected and what came.
pub fn examples<P: Plugin>() {
    let (registration, descriptor) = find::<P>();
    let mut wrong = Vec::new();
    for case in &descriptor.examples {
        let found = outcome(registration, descriptor.kind, case);
        let found = found.unwrap_or_else(|error| json!({ "error": error.code, "message": error.message }));
        let (expected, found) = (prune(&case.expect), prune(&select(descriptor.kind, &case.expect, found)));
        if !is_same(&expected, &found) {
            wrong.push(format!("example “{}”\n  expected {expected}\n  found    {found}", case.title));
        }
    }
    assert!(wrong.is_empty(), "{} of `{}`:\n{}", wrong.len(), descriptor.id, wrong.join("\n"));
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

/// What comes of one example, in the form of its `expect`.
///
/// # Errors
/// The plugin's refusal, of the settings or of the input.
///
/// # Panics
/// When the input has not the form of the kind, or the plugin fails.
pub fn outcome(registration: &Registration, kind: Kind, case: &Case) -> Result<Value> {
    outcome_of(|settings, task| open(registration, settings, task), kind, case)
}

/// [`outcome`] of a plugin that came by any loader: `open` makes an instance for settings and a task.
///
/// # Errors
/// As [`outcome`].
///
/// # Panics
/// As [`outcome`].
pub fn outcome_of(open: impl Fn(&Value, Option<Task>) -> Result<Instance>, kind: Kind, case: &Case) -> Result<Value> {
    let input = case.input.clone();
    if kind == Kind::Metric {
        let Pairs { task, pairs } = read(input);
        return scores(&open(&case.settings, Some(task))?, pairs);
    }
    let instance = open(&case.settings, None)?;
    match &instance {
        Instance::Domain(_) => domain(&instance, input),
        Instance::Preprocessor(_) => {
            let example: ExampleBuf = read(input);
            let edits: Edits = read(one(&instance, Item::Clean(example.clone()))?);
            edit::apply(&example, &edits).map(|cleaned| json!(cleaned))
        }
        Instance::Augmenter(_) => {
            let Seeded { example, seed } = read(input);
            let variations: Vec<Variation> = read(one(&instance, Item::Augment(example.clone(), seed))?);
            let varied: Result<Vec<_>> = variations.iter().map(|variation| vary(&example, variation)).collect();
            varied.map(|examples| json!(examples))
        }
        Instance::Method(method) => {
            assert_eq!(input, json!({ "model": "tiny-bert" }), "a method's example is tried on `tiny-bert`");
            let plan = method.plan_for(&tiny_bert()).unwrap_or_else(|failure| panic!("the plugin {failure}"))?;
            check::check(&plan, &tiny_bert())?;
            Ok(summary(&plan))
        }
        Instance::Metric(_) => unreachable!("metrics were opened above, with their task"),
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

fn read<T: DeserializeOwned>(value: Value) -> T {
    let shown = value.to_string();
    serde_json::from_value(value).unwrap_or_else(|error| panic!("not of the form of this kind: {error}\n{shown}"))
}

fn one(instance: &Instance, item: Item) -> Result<Value> {
    ask(instance, &[item]).pop().expect("one item, one answer")
}

fn domain(instance: &Instance, mut input: Value) -> Result<Value> {
    if let Some(example) = input.get_mut("rules") {
        return one(instance, Item::Rules(read(example.take())));
    }
    if let Some(pair) = input.get_mut("refine") {
        let ToRefine { example, prediction } = read(pair.take());
        return one(instance, Item::Refine(example, prediction));
    }
    one(instance, Item::Adapt(read::<RowBuf>(input)))
}

fn scores(instance: &Instance, pairs: Vec<GoldAndPredicted>) -> Result<Value> {
    let items: Vec<_> = pairs.into_iter().map(|pair| Item::Tally(pair.gold, pair.predicted)).collect();
    let rows: Vec<Vec<f64>> = ask(instance, &items).into_iter().map(|row| row.map(read)).collect::<Result<_>>()?;
    let rows: Vec<_> = rows.iter().map(|row| List::new(row)).collect();
    let Instance::Metric(metric) = instance else { panic!("expected a metric, found a {}", instance.kind()) };
    let scores = metric.score_rows(&rows).unwrap_or_else(|failure| panic!("the plugin {failure}"))?;
    let named: Map<_, _> = scores.into_iter().map(|score| (score.name, json!(score.value))).collect();
    Ok(Value::Object(named))
}

/// How many sites each graft takes, how many numbers train (the head apart), how the result is written.
fn summary(plan: &Plan) -> Value {
    let model = tiny_bert();
    let (mut grafts, mut trained) = (Map::new(), 0);
    for graft in &plan.grafts {
        let sites = model.sites.iter().filter(|s| s.kind == graft.at.kind && graft.at.select.matches(&s.name));
        let mut count = 0;
        for site in sites {
            count += 1;
            let dims = check::symbols(plan, &model, site);
            let trains = graft.parameters.iter().filter(|parameter| parameter.train);
            trained += trains.map(|p| size(check::shape_of(p, &dims))).sum::<usize>();
        }
        grafts.insert(graft.name.clone(), json!(count));
    }
    let is_head = |name: &str| model.head.iter().any(|head| name.starts_with(&format!("{head}.")));
    let base = model.parameters.iter().filter(|p| !is_head(&p.name));
    let base = base.filter(|p| plan.trains.iter().any(|train| train.select.matches(&p.name)));
    trained += base.map(|p| p.shape.iter().product::<usize>()).sum::<usize>();
    let shared = plan.shared.iter().filter(|parameter| parameter.train);
    trained += shared.map(|p| size(check::shape_of(p, &plan.dims))).sum::<usize>();
    json!({ "grafts": grafts, "trained": trained, "saved": plan.save.format })
}

fn size(shape: Result<Vec<usize>, String>) -> usize {
    shape.map_err(|why| Error::new("plan.refused", why)).expect("the plan was checked").iter().product()
}
