//! A run, call by call, in the order of the walk.

use crate::backend::Machine;
use crate::batch::feed::Feeder;
use crate::batch::{self, Examples};
use crate::checkpoint::Store;
use crate::data::Corpus;
use crate::estimate::{self, Estimate};
use crate::evaluate::{Outcome, Scorer};
use crate::event::{Event, Observer};
use crate::method::graft::Saved;
use crate::model::weights;
use crate::model::{Config, Dropouts, Loss, Network, Observed};
use crate::optimize::Learner;
use crate::report::Report;
use crate::report::content::Stage;
use crate::run::{Plugins, Run};
use crate::suspects::HELD;
use crate::tokenize::{Lost, Opinion, Targets, Tokenizer};
use crate::{Error, Result, data, method, model, report, train};
use candle_core::Tensor;
use engraft_plugin::{Task, TaskKind};

pub use crate::predict::{Answer, Evaluation, Predictor, Split, evaluate};

/// Trains, evaluates, saves and reports.
///
/// # Errors
/// See [`Error`]: whatever is wrong with the request, the data, a plugin, the disk.
pub fn train(run: &Run, observer: &mut dyn Observer) -> Result<Report> {
    match walk(run, Goal::Report, observer)? {
        Reached::Report(report) => Ok(*report),
        _ => unreachable!("it was to go on to the report"),
    }
}

/// What [`train()`] would take: all is made ready, a few steps are timed, nothing stays.
///
/// # Errors
/// Those of [`train()`].
pub fn estimate(run: &Run, observer: &mut dyn Observer) -> Result<Estimate> {
    match aside(run, Goal::Estimate, observer)? {
        Reached::Estimate(estimate) => Ok(estimate),
        _ => unreachable!("it was to end at the estimate"),
    }
}

/// The training program after each pass, for the largest batch of the run, as text; nothing is trained.
///
/// # Errors
/// Those of [`train()`].
pub fn explain(run: &Run, observer: &mut dyn Observer) -> Result<String> {
    match aside(run, Goal::Program, observer)? {
        Reached::Program(program) => Ok(program),
        _ => unreachable!("it was to end at the program"),
    }
}

/// Goes a part of the way in a folder that does not stay.
fn aside(run: &Run, goal: Goal, observer: &mut dyn Observer) -> Result<Reached> {
    let folder = tempfile::tempdir().map_err(|error| Error::writing(std::env::temp_dir(), error))?;
    let run = Run { out: folder.path().to_owned(), resume: false, ..run.clone() };
    walk(&run, goal, observer)
}

/// How far a run goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Goal {
    Program,
    Estimate,
    Opinions,
    Report,
}

/// How far it went.
enum Reached {
    Program(String),
    Estimate(Estimate),
    Opinions(Vec<Opinion>),
    Report(Box<Report>),
}

/// Trains on a corpus's training split, and says what the model believes of the gold that it holds out.
pub(crate) fn opinions(run: &Run, corpus: Corpus, observer: &mut dyn Observer) -> Result<Vec<Opinion>> {
    match walk_on(run, Goal::Opinions, Some(corpus), observer)? {
        Reached::Opinions(opinions) => Ok(opinions),
        _ => unreachable!("it was to end at the opinions"),
    }
}

fn walk(run: &Run, goal: Goal, observer: &mut dyn Observer) -> Result<Reached> {
    walk_on(run, goal, None, observer)
}

/// Walks on a corpus that is read already, or reads the run's.
fn walk_on(run: &Run, goal: Goal, corpus: Option<Corpus>, observer: &mut dyn Observer) -> Result<Reached> {
    run.settings.check()?;
    let machine = Machine::open(run.device)?;
    let task = task(&run.plugins)?;
    let store = Store::open(&run.out, &fingerprint(run))?;
    let resumed = if run.resume { store.newest()? } else { refuse_existing(run, &store)? };
    let from = resumed.as_ref().map_or(0, |loaded| loaded.progress.step);
    let mut observers = report::Observers::open(run, from, observer)?;

    let mut clock = Clock::default();

    // data → augment → tokenize
    let corpus = match corpus {
        Some(corpus) => corpus,
        None => data::load(&run.out, &run.settings.data, &task, &run.plugins, &mut observers)?,
    };
    clock.lap("data");
    let mut config = Config::read(&run.model)?;
    config.head = run.settings.model.head();
    let tokenizer = Tokenizer::open(&run.model, config.vocab)?;
    let tokens = (&tokenizer, config.max_tokens());
    let train = corpus.split("train").expect("a corpus has a training split");
    let examples = Examples::new(&run.out, run, &task, tokens, train)?;
    tell_lost("train", &examples.windows.lost, &mut observers)?;
    let loss = Loss::of(&run.settings.optimize.loss, &task, config.head.is_linear(), &examples.windows)?;
    let mut told: Vec<(&str, String)> = examples.told()?.into_iter().map(|message| ("batch", message)).collect();
    told.extend(loss.told().map(|message| ("optimize", message)));
    for (stage, message) in &told {
        observers.hear(&Event::Note { stage: (*stage).to_owned(), message: message.clone() })?;
    }
    config.loss = loss.focal;
    // batch
    let feeder = Feeder::new(&machine, &config, &task);
    let mut scorer = Scorer::new(&run.out, run, &task, feeder, tokens, &corpus)?;
    for scored in &scorer.splits {
        tell_lost(&scored.split.name, &scored.windows.lost, &mut observers)?;
    }
    clock.lap("tokenize");
    // model → method
    let before = report::held_memory();
    let mut bare = Network::new(&config, &Dropouts::default(), &task, None)?;
    let mut tensors = weights::read_folder(&run.model)?;
    let trained_before = method::trained::open_all(&run.settings.model.grafts, &mut bare, (&run.model, &tensors))?;
    let mut plan = method::plan(&run.plugins, &bare)?;
    method::resolve(&mut plan, &tokenizer)?;
    method::warn(&plan, run.settings.optimize.learning_rate, &mut observers)?;
    let network = Network::new(&config, &dropouts(run, &config), &task, Some(&plan))?;
    scorer.feeder = scorer.feeder.with(network.added);
    tensors.extend(trained_before.values(&network)?);
    let mut all = weights::gather(&network, &tensors, &run.model, &machine, run.seed, false)?;
    if task.kind == TaskKind::MultiLabel {
        let targets = examples.windows.iter().filter_map(|item| match item.map(|item| item.targets) {
            Ok(Targets::Labels(labels)) => Some(Ok(labels)),
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        });
        model::prior::begin_at_prior(&network, &tensors, &mut all, targets)?;
    }
    clock.lap("model");
    // optimize
    let training = machine.training(&run.settings.optimize);
    let inference = machine.multiplying(run.settings.evaluate.precision);
    let cache = run.settings.optimize.cache.map(|bytes| bytes.0 as usize);
    drop(tensors);
    let mut learner = Learner::with_cache(&network, &plan, all.clone(), (&training, &inference), cache)?;
    // What trains lies with the learner now: the values that were read need not stay beside it.
    for (value, parameter) in all.iter_mut().zip(&network.parameters) {
        if learner.trains(&parameter.name) {
            *value = Tensor::zeros(0, value.dtype(), value.device())?;
        }
    }
    if cache.is_some() && learner.kept().is_none() {
        let message = "nothing is kept in `cache`: the first layers train, or drop out".to_owned();
        observers.hear(&Event::Note { stage: "optimize".to_owned(), message })?;
    }
    let progress = match resumed {
        None => crate::checkpoint::Progress::default(),
        Some(loaded) => {
            learner
                .restore(loaded.tensors, &loaded.steps)
                .map_err(|reason| Error::Checkpoint { path: run.out.join("checkpoints"), reason })?;
            loaded.progress
        }
    };
    let (planned, first) = batch::plan(run, &examples, progress.epoch)?;
    if goal == Goal::Program {
        let (tokens, windows) = planned.largest;
        let told: String = told.iter().map(|(stage, message)| format!("{stage}: {message}\n")).collect();
        return Ok(Reached::Program(told + &learner.training().explain(tokens, windows)));
    }
    let before = before.map(|held| held + examples.filler.held());
    let evaluated = scorer.largest()?;
    let memory = estimate::memory(run, &planned, &learner, evaluated, before);
    crate::kernel::memory::keep_pages();
    learner.reserve(planned.largest, evaluated);
    let mut estimate = Estimate { steps: planned.steps, tokens: planned.tokens, memory, time: None };
    if goal == Goal::Estimate {
        let measure = |steps: &mut _| estimate::measure(run, &planned, &mut learner, &scorer, steps);
        (estimate.time, _) = batch::ahead(run, &examples, &progress, first, measure)?;
        return Ok(Reached::Estimate(estimate));
    }
    observers.hear(&Event::Estimate(estimate))?;
    let planned = (planned, first);
    let trained = train::train(run, &examples, planned, &mut learner, &scorer, (&store, progress), &mut observers)?;
    clock.lap("optimize");
    if goal == Goal::Opinions {
        return Ok(Reached::Opinions(scorer.opinions(learner.inference()?, HELD)?));
    }
    // evaluate → checkpoint → report
    let saved = Saved {
        network: &network,
        plan: &plan,
        task: &task,
        base_folder: &run.model,
        base_source: &run.settings.model.source,
    };
    saved.write(&run.out, &learner.weights()?, &all)?;
    let outcome = report_split(run, &scorer, &mut learner, &mut observers, trained.progress.step)?;
    if let Some(outcome) = &outcome {
        tell_observed(&network.observed, outcome, &mut observers)?;
    }
    clock.lap("evaluate");
    let report = report::make(report::Inputs {
        run,
        task: &task,
        plan: &plan,
        network: &network,
        machine: &machine,
        learner: &learner,
        examples: &examples,
        scorer: &scorer,
        trained: &trained,
        outcome,
        stages: clock.stages,
    })?;
    report::write(&run.out, &report)?;
    Ok(Reached::Report(Box::new(report)))
}

/// Seconds of each stage.
struct Clock {
    since: std::time::Instant,
    stages: Vec<Stage>,
}

impl Default for Clock {
    fn default() -> Self {
        Self { since: std::time::Instant::now(), stages: Vec::new() }
    }
}

impl Clock {
    /// Ends a stage; the next begins.
    fn lap(&mut self, name: &str) {
        let seconds = self.since.elapsed().as_secs_f64();
        self.stages.push(Stage { name: name.to_owned(), seconds });
        self.since = std::time::Instant::now();
    }
}

/// The task, as the domain adapter states it.
///
/// # Errors
/// [`Error::PluginFailure`].
pub fn task(plugins: &Plugins) -> Result<Task> {
    let domain = &plugins.domain;
    domain.plugin.task().map_err(|failure| Error::PluginFailure { plugin: domain.id.clone(), failure })
}

/// A folder that holds a run is neither overwritten nor mixed.
fn refuse_existing(run: &Run, store: &Store) -> Result<Option<crate::checkpoint::Loaded>> {
    if store.steps().is_empty() { Ok(None) } else { Err(Error::RunExists { path: run.out.clone() }) }
}

/// What a resume must agree with: all that decides the weights.
fn fingerprint(run: &Run) -> String {
    let plugins = &run.plugins;
    let settings = |id: &str, version: &str, settings: &serde_json::Value| format!("{id} {version} {settings}\n");
    let mut text = format!("{} {}\n", run.seed, run.device);
    text += &serde_json::to_string(&run.settings).unwrap_or_default();
    text += &settings(&plugins.domain.id, &plugins.domain.version, &plugins.domain.settings);
    text += &settings(&plugins.method.id, &plugins.method.version, &plugins.method.settings);
    plugins.preprocess.iter().for_each(|p| text += &settings(&p.id, &p.version, &p.settings));
    plugins.augment.iter().for_each(|p| text += &settings(&p.id, &p.version, &p.settings));
    plugins.metrics.iter().for_each(|p| text += &settings(&p.id, &p.version, &p.settings));
    text
}

fn dropouts(run: &Run, config: &Config) -> Dropouts {
    let model = &run.settings.model;
    let own = config.dropouts;
    Dropouts {
        hidden: model.dropout.unwrap_or(own.hidden),
        attention: model.attention_dropout.unwrap_or(own.attention),
        classifier: model.dropout.unwrap_or(own.classifier),
    }
}

fn tell_lost(split: &str, lost: &Lost, observer: &mut dyn Observer) -> Result<()> {
    if lost.of == 0 {
        return Ok(()); // nothing to lose: the task has no spans, or the split none
    }
    let mut message = format!("{split}: {} of {} gold spans lost at this tokenizer and window", lost.spans, lost.of);
    if let Some(first) = lost.examples.first() {
        message += &format!("; for example {first}");
    }
    observer.hear(&Event::Note { stage: "tokenize".to_owned(), message })
}

/// What grafts told of a split's texts, in the mean.
fn tell_observed(observed: &[Observed], outcome: &Outcome, observer: &mut dyn Observer) -> Result<()> {
    for (name, numbers) in model::mean(observed, &outcome.told) {
        let share = |(label, number): (&String, &f64)| format!("{label} {number:.3}");
        let numbers: Vec<String> = numbers.iter().map(share).collect();
        let message = format!("`{name}` on {}: {}", outcome.split, numbers.join(", "));
        observer.hear(&Event::Note { stage: "evaluate".to_owned(), message })?;
    }
    Ok(())
}

/// The split that the report is made on (test, else dev), beside the rules.
fn report_split(
    run: &Run,
    scorer: &Scorer<'_>,
    learner: &mut Learner,
    observer: &mut dyn Observer,
    step: usize,
) -> Result<Option<Outcome>> {
    for name in ["test", "dev"] {
        if let Some(mut outcome) = scorer.split(learner.inference()?, name, run.settings.report.cases)? {
            outcome.rules = scorer.rules(name)?;
            let scores = outcome.scored.values();
            observer.hear(&Event::Evaluated { split: name.to_owned(), step, loss: outcome.loss, scores })?;
            return Ok(Some(outcome));
        }
    }
    Ok(None)
}
