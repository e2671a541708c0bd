//! `engraft.domain/1`, called.

use super::answers::{batch, only, single, take_item, texts};
use super::instance::{Foreign, Opener, incomplete, open_plain};
use super::{Fault, check};
use engraft_plugin::abi::answer;
use engraft_plugin::abi::table::{Ask, Domain1, Examples, Fail, Predictions, Texts};
use engraft_plugin::kind::Kind;
use engraft_plugin::kind::domain::DomainBatch;
use engraft_plugin::register::Instance;
use engraft_plugin::text::{Example, ExampleBuf, Pair, Prediction, PredictionBuf, Row};
use engraft_plugin::{Answers, Failure, Result, Task};
use std::ffi::c_void;
use std::sync::Arc;

struct Functions {
    task: unsafe extern "C" fn(*const c_void, *const Texts, *const Fail) -> i32,
    adapt: Ask<Row<'static>, Examples>,
    rules: Ask<Example<'static>, Predictions>,
    refine: Ask<Pair<'static>, Predictions>,
}

/// Opens the domain adapter `id` through its table.
pub(super) fn opener(table: Domain1, id: String) -> Result<Opener, Fault> {
    let Domain1 {
        open: Some(open),
        task: Some(task),
        adapt: Some(adapt),
        rules: Some(rules),
        refine: Some(refine),
        close: Some(close),
    } = table
    else {
        return Err(incomplete(Kind::Domain));
    };
    Ok(Box::new(move |settings, setting| {
        let this = open_plain(open, &id, settings, setting)?;
        Ok(Instance::Domain(Arc::new(Foreign::new(Functions { task, adapt, rules, refine }, this, close))))
    }))
}

impl DomainBatch for Foreign<Functions> {
    fn task(&self) -> Result<Task, Failure> {
        // SAFETY: the library's own function and instance; the sinks live through the call.
        let told = single(Vec::new(), texts, |texts, fail| unsafe { (self.functions.task)(self.this, texts, fail) })?;
        let task = only(told.map_err(|refused| Failure::Answer(format!("no task: {refused}")))?)?;
        serde_json::from_str(&task).map_err(|error| Failure::Answer(format!("a task that cannot be read: {error}")))
    }

    // Spans of what it reads are checked by the engine, which knows file and line of the row.
    fn adapt_batch(&self, rows: &[Row<'_>]) -> Answers<Vec<ExampleBuf>> {
        batch(
            rows.len(),
            |host| Examples { host, put: take_examples },
            |examples, fail| {
                // SAFETY: the library's own function and instance; batch and sinks live through the call.
                unsafe { (self.functions.adapt)(self.this, rows.as_ptr().cast(), rows.len(), examples, fail) }
            },
        )
    }

    fn rules_batch(&self, examples: &[Example<'_>]) -> Answers<Option<PredictionBuf>> {
        let answers = batch(
            examples.len(),
            |host| Predictions { host, put: take_prediction },
            |predictions, fail| {
                // SAFETY: the library's own function and instance; batch and sinks live through the call.
                unsafe {
                    (self.functions.rules)(self.this, examples.as_ptr().cast(), examples.len(), predictions, fail)
                }
            },
        )?;
        check::each(examples, answers, |example, answer: &Option<PredictionBuf>| {
            answer.as_ref().map_or(Ok(()), |prediction| check::prediction(example.text(), prediction))
        })
    }

    fn refine_batch(&self, predicted: &[(Example<'_>, Prediction<'_>)]) -> Answers<PredictionBuf> {
        let pairs: Vec<Pair<'_>> =
            predicted.iter().map(|&(example, prediction)| Pair::new(example, prediction)).collect();
        let answers: Answers<Option<PredictionBuf>> = batch(
            pairs.len(),
            |host| Predictions { host, put: take_prediction },
            |predictions, fail| {
                // SAFETY: the library's own function and instance; batch and sinks live through the call.
                unsafe { (self.functions.refine)(self.this, pairs.as_ptr().cast(), pairs.len(), predictions, fail) }
            },
        );
        let none = || Failure::Answer("no prediction where one was to be mended".to_owned());
        let some = |answer: Result<Option<PredictionBuf>>| {
            answer.map(|a| a.ok_or_else(none)).map_or_else(|e| Ok(Err(e)), |a| a.map(Ok))
        };
        let answers = answers?.into_iter().map(some).collect::<Result<_, Failure>>()?;
        check::each(predicted, answers, |(example, _), prediction| check::prediction(example.text(), prediction))
    }
}

unsafe extern "C" fn take_examples(host: *mut c_void, item: u32, examples: *const Example<'_>, count: usize) -> i32 {
    // SAFETY: `host` is that of a batch of examples; the header asks for examples that are there.
    unsafe {
        take_item(host, item, || {
            answer::list(examples, count)?.iter().map(|e| answer::example(e)).collect::<Result<Vec<_>, _>>()
        })
    }
}

unsafe extern "C" fn take_prediction(host: *mut c_void, item: u32, prediction: *const Prediction<'_>) -> i32 {
    // SAFETY: `host` is that of a batch of predictions; the header asks for a prediction that is there, or null.
    unsafe { take_item(host, item, || prediction.as_ref().map(|p| answer::prediction(p)).transpose()) }
}
