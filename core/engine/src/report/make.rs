//! Makes a report of what a run was and did, and hears its events while it runs.

use super::content::{Evaluate, Method, Model, Optimize, Outcome, Plugin, Split, Stage, Timing};
use super::{Board, Curve, Events, Report, peak_memory};
use crate::backend::Machine;
use crate::batch::{Examples, Windows};
use crate::evaluate::{Scorer, decides};
use crate::event::{Event, Observer};
use crate::method::formulas;
use crate::model::Network;
use crate::optimize::Learner;
use crate::run::Run;
use crate::train::Trained;
use crate::{Result, data, evaluate};
use engraft_plugin::plan::Plan;
use engraft_plugin::register::Opened;
use engraft_plugin::{Task, TaskKind};

/// All who hear a run: its file of events, TensorBoard, the user.
pub struct Observers<'a> {
    events: Events,
    board: Option<Board>,
    user: &'a mut dyn Observer,
}

impl<'a> Observers<'a> {
    /// Opens the files of a run that begins, or resumes after `from` steps.
    ///
    /// # Errors
    /// [`crate::Error::Unwritable`].
    pub fn open(run: &Run, from: usize, user: &'a mut dyn Observer) -> Result<Self> {
        let board =
            run.settings.report.tensorboard.then(|| Board::open(run.out.join("tensorboard"), from)).transpose()?;
        Ok(Self { events: Events::open(run.out.join("events.jsonl"), from)?, board, user })
    }
}

impl Observer for Observers<'_> {
    fn hear(&mut self, event: &Event) -> Result<()> {
        if matches!(event, Event::Estimate(_)) {
            return self.user.hear(event);
        }
        self.events.hear(event)?;
        if let Some(board) = &mut self.board {
            board.hear(event)?;
        }
        self.user.hear(event)
    }
}

/// What a report is made of.
#[allow(missing_docs, reason = "each is what its type says")]
pub struct Inputs<'a> {
    pub run: &'a Run,
    pub task: &'a Task,
    pub plan: &'a Plan,
    pub network: &'a Network,
    pub machine: &'a Machine,
    pub learner: &'a Learner,
    pub examples: &'a Examples<'a>,
    pub scorer: &'a Scorer<'a>,
    pub trained: &'a Trained,
    pub outcome: Option<evaluate::Outcome>,
    pub stages: Vec<Stage>,
}

/// Makes the report of a run that is done.
///
/// # Errors
/// What is wrong with the run's events, or with the name of the deciding score.
pub fn make(inputs: Inputs<'_>) -> Result<Report> {
    let Inputs { run, task, plan, network, learner, examples, scorer, trained, .. } = inputs;
    let curve = Curve::read(run.out.join("events.jsonl"))?;
    let result = inputs.outcome.map(|outcome| Outcome {
        examples: outcome.texts,
        labels: task.labels.clone(),
        loss: Some(outcome.loss),
        cases: outcome.cases,
        split: outcome.split,
        model: outcome.scored,
        rules: outcome.rules,
    });
    let (decides, higher_is_better) = match &result {
        Some(result) => decides(task, &run.settings.evaluate, &result.model)?,
        None => (task.decides.clone().unwrap_or_default(), true),
    };
    let train = split(task, examples.split, &examples.windows);
    let scored = scorer.splits.iter().map(|s| split(task, s.split, &s.windows));
    let config = &network.config;
    let augment = if run.plugins.augment.is_empty() { serde_json::Value::Null } else { trained.tally.told() };
    Ok(Report {
        name: run.name.clone(),
        seed: run.seed,
        device: inputs.machine.name(),
        plugins: plugins(run),
        settings: serde_json::to_value(&run.settings).unwrap_or_default(),
        notes: curve.notes,
        splits: std::iter::once(train).chain(scored).collect(),
        augment,
        model: Model {
            source: run.settings.model.source.clone(),
            architecture: format!("{}, {} layers of {}", config.family.prefix(), config.layers, config.hidden),
        },
        method: Method {
            name: plan.method.clone(),
            formulas: formulas(plan),
            trained: learner.trained,
            parameters: learner.total,
        },
        optimize: Optimize {
            planned: trained.planned,
            made: trained.progress.step,
            stopped: curve.stopped,
            curve: curve.steps,
        },
        evaluate: Evaluate {
            decides,
            higher_is_better,
            best_step: trained.progress.best.map(|(_, step)| step),
            curve: curve.evaluations,
            result,
        },
        timing: Timing {
            stages: inputs.stages,
            tokens_per_second: (trained.seconds > 0.0).then(|| trained.tokens as f64 / trained.seconds),
            peak_memory: peak_memory(),
            batches: Some(trained.batches),
            plugins: metered(run),
        },
        ..Report::default()
    })
}

/// What calls into plugins behind a border took, a line for each plugin.
fn metered(run: &Run) -> Vec<Stage> {
    fn told<T: ?Sized>(kind: &str, opened: &Opened<T>) -> Option<Stage> {
        let seconds = opened.meter.as_ref()?.time().as_secs_f64();
        Some(Stage { name: format!("{kind}/{}", opened.id), seconds })
    }
    let plugins = &run.plugins;
    let mut all = vec![told("domain", &plugins.domain)];
    all.extend(plugins.preprocess.iter().map(|p| told("preprocessor", p)));
    all.extend(plugins.augment.iter().map(|p| told("augmenter", p)));
    all.push(told("method", &plugins.method));
    all.extend(plugins.metrics.iter().map(|p| told("metric", p)));
    let mut lines: Vec<Stage> = all.into_iter().flatten().collect();
    // Instances of one plugin are counted together.
    lines.dedup_by(|a, b| a.name == b.name);
    lines
}

/// The plugins that took part, in the order of the walk.
fn plugins(run: &Run) -> Vec<Plugin> {
    fn told<T: ?Sized>(kind: &str, opened: &Opened<T>) -> Plugin {
        let Opened { id, version, settings, .. } = opened;
        Plugin { kind: kind.to_owned(), id: id.clone(), version: version.clone(), settings: settings.clone() }
    }
    let plugins = &run.plugins;
    let mut all = vec![told("domain", &plugins.domain)];
    all.extend(plugins.preprocess.iter().map(|p| told("preprocessor", p)));
    all.extend(plugins.augment.iter().map(|p| told("augmenter", p)));
    all.push(told("method", &plugins.method));
    all.extend(plugins.metrics.iter().map(|p| told("metric", p)));
    all
}

fn split(task: &Task, split: &data::Split, windows: &Windows) -> Split {
    let census = &split.census;
    Split {
        name: split.name.clone(),
        examples: split.examples.len(),
        documents: (census.documents > 0).then_some(census.documents),
        labels: if task.kind == TaskKind::Tokens { &census.spans } else { &census.labels }.clone(),
        tokens: windows.tokens,
        windows: windows.len(),
        spans_lost: windows.lost.spans,
    }
}
