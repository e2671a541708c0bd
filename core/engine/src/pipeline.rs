//! A run, call by call, in the order of the walk.

use crate::backend::Machine;
use crate::batch::feed::Feeder;
use crate::checkpoint::Store;
use crate::evaluate::infer::infer;
use crate::evaluate::{self, Scored};
use crate::event::{Event, Observer};
use crate::method::graft::Saved;
use crate::model::weights;
use crate::model::{Config, Dropouts, Field, Head, Network};
use crate::optimize::Learner;
use crate::report::Report;
use crate::report::content::Stage;
use crate::run::{Plugins, Run};
use crate::tokenize::{self, Item, Lost, Tokenizer};
use crate::{Error, Result, augment, data, method, model, report, train};
use engraft_plugin::text::{ExampleBuf, PredictionBuf};
use engraft_plugin::{Random, Task, TaskKind, seed};
use std::borrow::Cow;
use std::cell::RefCell;

pub use crate::predict::{Answer, Evaluation, Predictor, Split, evaluate};

/// Trains, evaluates, saves and reports.
///
/// # Errors
/// See [`Error`]: whatever is wrong with the request, the data, a plugin, the disk.
pub fn train(run: &Run, observer: &mut dyn Observer) -> Result<Report> {
    let machine = Machine::open(run.device)?;
    let task = task(&run.plugins)?;
    let store = Store::open(&run.out, &fingerprint(run))?;
    let resumed = if run.resume { store.newest()? } else { refuse_existing(run, &store)? };
    let from = resumed.as_ref().map_or(0, |loaded| loaded.progress.step);
    let mut observers = report::Observers::open(run, from, observer)?;

    let mut clock = Clock::default();

    // data → augment → tokenize
    let corpus = data::load(&run.settings.data, &task, &run.plugins, &mut observers)?;
    clock.lap("data");
    let mut config = Config::read(&run.model)?;
    config.head = Head { kind: run.settings.model.head, lstm: run.settings.model.lstm };
    let tokenizer = Tokenizer::open(&run.model, config.vocab)?;
    let examples = Examples::new(run, &task, &tokenizer, &config, &corpus, &mut observers)?;
    // batch
    let feeder = Feeder::new(&machine, &config, &task);
    let mut scorer = Scorer::new(run, &task, feeder, &tokenizer, &config, &corpus, &mut observers)?;
    clock.lap("tokenize");
    // model → method
    let bare = Network::new(&config, &Dropouts::default(), &task, None)?;
    let plan = method::plan(&run.plugins, &bare)?;
    let network = Network::new(&config, &dropouts(run, &config), &task, Some(&plan))?;
    scorer.feeder = scorer.feeder.with(network.added);
    let tensors = weights::read_folder(&run.model)?;
    let mut all = weights::gather(&network, &tensors, &run.model, &machine, run.seed, false)?;
    if task.kind == TaskKind::MultiLabel {
        let targets = examples.items().iter().filter_map(Item::labels);
        model::prior::begin_at_prior(&network, &tensors, &mut all, targets)?;
    }
    clock.lap("model");
    // optimize
    let mut learner = Learner::new(&network, &plan, all.clone(), &machine.training(run.settings.optimize.precision))?;
    let progress = match resumed {
        None => crate::checkpoint::Progress::default(),
        Some(loaded) => {
            learner
                .restore(&loaded.tensors, &loaded.steps)
                .map_err(|reason| Error::Checkpoint { path: run.out.join("checkpoints"), reason })?;
            loaded.progress
        }
    };
    let trained = train::train(run, &examples, &mut learner, &scorer, &store, progress, &mut observers)?;
    clock.lap("optimize");
    // evaluate → checkpoint → report
    let saved = Saved {
        network: &network,
        plan: &plan,
        task: &task,
        base_folder: &run.model,
        base_source: &run.settings.model.source,
    };
    saved.write(&run.out, &learner.weights()?, &all)?;
    let outcome = scorer.report_split(&mut learner, &mut observers, trained.progress.step)?;
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
    Ok(report)
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

/// The training examples: windows, epoch by epoch.
pub struct Examples<'a> {
    run: &'a Run,
    task: &'a Task,
    tokenizer: &'a Tokenizer,
    max_tokens: usize,
    originals: &'a [ExampleBuf],
    /// The windows of the originals.
    items: Vec<Item>,
    /// Spans that no tag sequence can hold.
    pub lost: Lost,
    /// What the augmenters did, of every epoch that was asked for.
    pub tally: RefCell<augment::Tally>,
}

impl<'a> Examples<'a> {
    fn new(
        run: &'a Run,
        task: &'a Task,
        tokenizer: &'a Tokenizer,
        config: &Config,
        corpus: &'a data::Corpus,
        observer: &mut dyn Observer,
    ) -> Result<Self> {
        let originals = corpus.split("train").map(|split| &split.examples[..]).unwrap_or_default();
        let max_tokens = config.max_tokens();
        let (items, lost) = tokenize::windows(tokenizer, &run.settings.tokenize, max_tokens, task, originals)?;
        tell_lost("train", &lost, observer)?;
        let tally = RefCell::default();
        Ok(Self { run, task, tokenizer, max_tokens, originals, items, lost, tally })
    }

    /// The windows of an epoch: those of the originals, or with what the augmenters make of them; without
    /// those that `batch.unlabeled` leaves out.
    ///
    /// # Errors
    /// [`Error::PluginFailure`] of an augmenter.
    pub fn epoch(&self, epoch: usize) -> Result<Cow<'_, [Item]>> {
        if self.run.plugins.augment.is_empty() {
            return Ok(self.keep(epoch, Cow::Borrowed(&self.items)));
        }
        let mut tally = augment::Tally::default();
        let varied = augment::augment(self.originals, &self.run.plugins.augment, self.run.seed, epoch, &mut tally)?;
        *self.tally.borrow_mut() = tally;
        let (items, _) =
            tokenize::windows(self.tokenizer, &self.run.settings.tokenize, self.max_tokens, self.task, &varied)?;
        Ok(self.keep(epoch, Cow::Owned(items)))
    }

    /// All windows with a label, and the share of the others that the run keeps.
    fn keep<'i>(&self, epoch: usize, items: Cow<'i, [Item]>) -> Cow<'i, [Item]> {
        let share = self.run.settings.batch.unlabeled;
        if share >= 1.0 {
            return items;
        }
        let mut random = Random::new(seed(self.run.seed, &["unlabeled", &epoch.to_string()]));
        let mut is_kept = |item: &&Item| random.chance(share) || !item.targets.is_unlabeled();
        Cow::Owned(items.iter().filter(|item| is_kept(item)).cloned().collect())
    }

    /// Optimizer steps of each epoch, at so many windows a step.
    ///
    /// # Errors
    /// As [`epoch`](Self::epoch).
    pub fn steps_of_epochs(&self, windows: usize) -> Result<Vec<usize>> {
        let steps = |epoch| Ok(self.epoch(epoch)?.len().div_ceil(windows.max(1)));
        (0..self.run.settings.optimize.epochs).map(steps).collect()
    }

    /// The texts before augmentation.
    pub const fn originals(&self) -> &[ExampleBuf] {
        self.originals
    }

    /// Their windows.
    pub fn items(&self) -> &[Item] {
        &self.items
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

/// A split that is scored.
pub struct ScoredSplit<'a> {
    /// `dev` or `test`.
    pub name: String,
    /// Its examples.
    pub examples: &'a [ExampleBuf],
    /// Their windows.
    pub items: Vec<Item>,
    /// Spans that no tag sequence can hold.
    pub lost: Lost,
}

/// What a model makes of a split.
pub struct Outcome {
    /// The split.
    pub split: String,
    /// The mean loss.
    pub loss: f64,
    /// The scores.
    pub scored: Scored,
    /// The scores of the domain's rules on the same documents.
    pub rules: Option<Scored>,
    /// The documents.
    pub documents: Vec<ExampleBuf>,
    /// What was predicted of them.
    pub predictions: Vec<PredictionBuf>,
}

/// Scores the splits of a run.
pub struct Scorer<'a> {
    run: &'a Run,
    /// The task.
    pub task: &'a Task,
    /// Makes batches.
    pub feeder: Feeder,
    /// The splits.
    pub splits: Vec<ScoredSplit<'a>>,
}

impl<'a> Scorer<'a> {
    fn new(
        run: &'a Run,
        task: &'a Task,
        feeder: Feeder,
        tokenizer: &Tokenizer,
        config: &Config,
        corpus: &'a data::Corpus,
        observer: &mut dyn Observer,
    ) -> Result<Self> {
        let mut splits = Vec::new();
        for split in corpus.splits.iter().filter(|split| split.name != "train") {
            let settings = &run.settings.tokenize;
            let (items, lost) =
                tokenize::windows_blind(tokenizer, settings, config.max_tokens(), task, &split.examples)?;
            tell_lost(&split.name, &lost, observer)?;
            splits.push(ScoredSplit { name: split.name.clone(), examples: &split.examples, items, lost });
        }
        if let Some(split) = splits.first() {
            evaluate::check_decides(task, &run.settings.evaluate, &run.plugins.metrics, split.examples)?;
        }
        Ok(Self { run, task, feeder, splits })
    }

    /// Predicts and scores a split; `None` where the run has no such split.
    ///
    /// # Errors
    /// What a plugin or the tensor library refuses.
    pub fn split(&self, learner: &mut Learner, name: &str) -> Result<Option<Outcome>> {
        let Some(split) = self.splits.iter().find(|split| split.name == name) else { return Ok(None) };
        let batch = self.run.settings.evaluate.batch;
        let (logits, loss) = infer(learner.inference(), &self.feeder, &split.items, batch)?;
        let field = Field::of(|name| learner.weight(name))?;
        let predictions = tokenize::decode_with(self.task, split.examples, &split.items, &logits, field.as_ref());
        let predictions = evaluate::refine(&self.run.plugins.domain, split.examples, predictions)?;
        let (documents, predictions) = evaluate::documents(split.examples, predictions);
        let scored = evaluate::score(&self.run.plugins.metrics, &documents, &predictions)?;
        Ok(Some(Outcome { split: split.name.clone(), loss, scored, rules: None, documents, predictions }))
    }

    /// The rule engine's scores on a split.
    fn rules(&self, name: &str) -> Result<Option<Scored>> {
        let Some(split) = self.splits.iter().find(|split| split.name == name) else { return Ok(None) };
        let Some(predictions) = evaluate::rules(&self.run.plugins.domain, split.examples)? else { return Ok(None) };
        let (documents, predictions) = evaluate::documents(split.examples, predictions);
        evaluate::score(&self.run.plugins.metrics, &documents, &predictions).map(Some)
    }

    /// The split that the report is made on (test, else dev), beside the rules.
    fn report_split(&self, learner: &mut Learner, observer: &mut dyn Observer, step: usize) -> Result<Option<Outcome>> {
        for name in ["test", "dev"] {
            if let Some(mut outcome) = self.split(learner, name)? {
                outcome.rules = self.rules(name)?;
                let scores = outcome.scored.values();
                observer.hear(&Event::Evaluated { split: name.to_owned(), step, loss: outcome.loss, scores })?;
                return Ok(Some(outcome));
            }
        }
        Ok(None)
    }
}
