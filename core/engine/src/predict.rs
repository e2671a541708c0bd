//! Predict: a trained model, opened for new texts.

use crate::backend::Machine;
use crate::backend::session::Session;
use crate::batch::feed::Feeder;
use crate::evaluate::infer::{Inferred, infer};
use crate::evaluate::{self, Scored, Scorer};
use crate::kernel::pool;
use crate::method::graft;
use crate::method::open::{Base, Grafted, open};
use crate::model::weights;
use crate::model::{Config, Dropouts, Field, HeadKind, Network, Observed, Told, mean};
use crate::pipeline::task;
use crate::program::differentiate::Gradients;
use crate::program::simplify::without_dropout;
use crate::run::Run;
use crate::tokenize::{self, Item, Tokenizer};
use crate::{Error, Result, data};
use engraft_plugin::Task;
use engraft_plugin::text::{ExampleBuf, PredictionBuf, RowBuf, SpanBuf, field};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// What is predicted of a row.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The row's id.
    pub id: String,
    /// The text as it was given.
    pub text: String,
    /// Spans with byte offsets in that text, labels, fields.
    pub prediction: PredictionBuf,
    /// Token ids of each window.
    pub tokens: Vec<Vec<u32>>,
    /// Logits of each window: (tokens × tags), or (labels), flattened.
    pub logits: Vec<Vec<f32>>,
    /// What grafts tell of it (the decision of a gate), in the mean over its windows.
    pub told: Told,
}

/// Rows that a worker takes at once.
const CHUNK: usize = 32;

/// Workers over many rows, at most: each reads, tokenizes, computes and decodes by itself on one thread, and waits for no
/// other.
const WORKERS: usize = 16;

/// What a forward pass leaves: windows, what the model makes of each, a prediction for each example.
type Forward = (Vec<Item>, Inferred, Vec<PredictionBuf>);

/// A trained model.
pub struct Predictor {
    run: Run,
    task: Task,
    /// One for each worker; they share their weights.
    sessions: Vec<Session>,
    /// What chooses the tags of a text together, where the head has it.
    field: Option<Field>,
    /// What grafts tell.
    observed: Vec<Observed>,
    feeder: Feeder,
    tokenizer: Tokenizer,
    max_tokens: usize,
}

impl Predictor {
    /// Opens what a run left in its folder: `model` or `graft`.
    ///
    /// # Errors
    /// [`Error::MissingFile`] when the run has not ended yet; what is wrong with the weights.
    pub fn open(run: &Run) -> Result<Self> {
        let (model, graft) = (run.out.join("model"), run.out.join("graft"));
        if model.join("model.safetensors").exists() {
            return Self::from_folders(run, &model, None);
        }
        if graft::weights_of(&graft).is_some() {
            return Self::from_folders(run, &run.model, Some(&graft));
        }
        Err(Error::MissingFile { what: "trained model".to_owned(), path: model })
    }

    /// Opens a model folder and, it may be, a graft folder on it (ours or PEFT's).
    ///
    /// # Errors
    /// What is wrong with either.
    pub fn from_folders(run: &Run, model: &Path, graft: Option<&Path>) -> Result<Self> {
        Self::on_base(run, model, graft, Base::Same)
    }

    /// As [`from_folders`](Self::from_folders), on any base model that the graft's shapes fit where `base` says so.
    ///
    /// # Errors
    /// What is wrong with either folder.
    pub fn on_base(run: &Run, model: &Path, graft: Option<&Path>, base: Base) -> Result<Self> {
        let machine = Machine::open(run.device)?.multiplying(run.settings.evaluate.precision);
        let task = task(&run.plugins)?;
        let (mut config, task, network, tensors) = match graft {
            None => {
                let config = Config::read(model)?;
                let network = Network::new(&config, &Dropouts::default(), &task, None)?;
                (config, task, network, weights::read_folder(model)?)
            }
            Some(folder) => {
                let Grafted { config, task, network, tensors, .. } = open(model, folder, Some(&task), base)?;
                (config, task, network, tensors)
            }
        };
        let tokenizer = Tokenizer::open(model, config.vocab)?;
        let all = weights::gather(&network, &tensors, graft.unwrap_or(model), &machine, run.seed, true)?;
        let place = |name: &str| network.parameters.iter().position(|p| p.name == name);
        let field = Field::of(|name| place(name).map(|at| all[at].clone()))?;
        let outputs = network.outputs();
        let still = without_dropout(&network.program);
        let new = || Session::new(machine.clone(), still.clone(), outputs.clone(), Gradients::default());
        let mut sessions: Vec<Session> = std::iter::repeat_with(new).take(pool::threads().min(WORKERS)).collect();
        for (parameter, weight) in network.parameters.iter().zip(all) {
            let weight = weight.to_device(&machine.device)?;
            for session in &mut sessions {
                session.set(parameter.id, weight.clone());
                session.fix(parameter.id);
            }
        }
        if let Some((first, others)) = sessions.split_first_mut() {
            others.iter_mut().for_each(|session| session.share(first));
        }
        // Which spans are given is chosen when they are asked for, not when the model is trained.
        if config.head.kind == HeadKind::Span && run.settings.model.head == HeadKind::Span {
            config.head = run.settings.model.head();
        }
        let feeder = Feeder::new(&machine, &config, &task).with(network.added);
        crate::kernel::memory::keep_pages();
        let (max_tokens, observed) = (config.max_tokens(), network.observed);
        Ok(Self { run: run.clone(), task, sessions, field, observed, feeder, tokenizer, max_tokens })
    }

    /// The task, with its labels.
    pub const fn task(&self) -> &Task {
        &self.task
    }

    /// Predicts rows; one answer each, in order.
    ///
    /// # Errors
    /// What a plugin refuses of a row, or the tensor library.
    pub fn predict(&mut self, rows: &[RowBuf]) -> Result<Vec<Answer>> {
        let mut sessions = std::mem::take(&mut self.sessions);
        let answers = self.share(rows, &mut sessions);
        self.sessions = sessions;
        answers
    }

    /// Hands the rows out to workers, chunk by chunk.
    fn share(&self, rows: &[RowBuf], sessions: &mut [Session]) -> Result<Vec<Answer>> {
        // A session computes alone only when there is work for all of them: else the threads share what there is.
        let chunks: Vec<&[RowBuf]> = rows.chunks(CHUNK).collect();
        if chunks.len() < sessions.len().max(2) {
            return self.chunk(rows, &mut sessions[0]);
        }
        let is_alone = sessions.len() == pool::threads();
        let next = AtomicUsize::new(0);
        let done: Vec<Mutex<Option<Result<Vec<Answer>>>>> = chunks.iter().map(|_| Mutex::new(None)).collect();
        std::thread::scope(|scope| {
            for session in sessions {
                let (next, done, chunks) = (&next, &done, &chunks);
                scope.spawn(move || {
                    while let Some((rows, place)) = {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        chunks.get(at).zip(done.get(at))
                    } {
                        let mut answer = || self.chunk(rows, session);
                        let answers = if is_alone { pool::alone(answer) } else { answer() };
                        if answers.is_err() {
                            // Nothing behind it is asked for any more.
                            next.store(chunks.len(), Ordering::Relaxed);
                        }
                        *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(answers);
                    }
                });
            }
        });
        let mut all = Vec::with_capacity(rows.len());
        for chunk in done {
            match chunk.into_inner().unwrap_or_else(PoisonError::into_inner) {
                Some(answers) => all.extend(answers?),
                // What came before an error was taken before it; so the error stands further on.
                None => continue,
            }
        }
        Ok(all)
    }

    fn chunk(&self, rows: &[RowBuf], session: &mut Session) -> Result<Vec<Answer>> {
        let prepared = data::prepare(rows, &self.run.plugins)?;
        let clean: Vec<ExampleBuf> = prepared.iter().map(|p| p.clean.clone()).collect();
        let (items, inferred, predictions) = self.run_on(&clean, session)?;
        let windows = || items.iter().zip(inferred.logits.iter().zip(&inferred.told));
        let mut answers: Vec<Answer> = rows.iter().map(answer).collect();
        for (at, (prepared, prediction)) in prepared.iter().zip(&predictions).enumerate() {
            let restored = prepared.restore(prediction);
            let into = &mut answers[prepared.row];
            let offset = offset(&prepared.original);
            if offset.is_none() && into.text.is_empty() {
                into.text.clone_from(&prepared.original.text);
            }
            extend(&mut into.prediction, restored, offset.unwrap_or(0));
            for (item, (logits, _)) in windows().filter(|(item, _)| item.example == at) {
                into.tokens.push(item.ids.clone());
                into.logits.push(logits.clone());
            }
        }
        if !self.observed.is_empty() {
            for (number, answer) in answers.iter_mut().enumerate() {
                let own = windows().filter(|(item, _)| prepared[item.example].row == number);
                answer.told = mean(&self.observed, own.map(|(_, (_, told))| told));
            }
        }
        Ok(answers)
    }

    fn run_on(&self, examples: &[ExampleBuf], session: &mut Session) -> Result<Forward> {
        let settings = &self.run.settings.tokenize;
        let asked = self.feeder.head().asked(&self.task);
        let (items, _) = tokenize::windows_blind(&self.tokenizer, settings, self.max_tokens, asked, examples)?;
        let limits = self.run.settings.evaluate.limits();
        let inferred = infer(session, &self.feeder, &items, limits, 1.0)?;
        let predictions = tokenize::decode_with(asked, examples, &items, &inferred.logits, self.field.as_ref());
        let predictions = evaluate::refine(&self.run.plugins.domain, examples, predictions)?;
        Ok((items, inferred, predictions))
    }
}

fn answer(row: &RowBuf) -> Answer {
    let text = row.fields.iter().find(|(name, _)| name == field::TEXT).map(|(_, text)| text.clone());
    Answer {
        id: row.id.clone(),
        text: text.unwrap_or_default(),
        prediction: PredictionBuf::default(),
        tokens: Vec::new(),
        logits: Vec::new(),
        told: Told::new(),
    }
}

/// Where an example begins in its document's text, if it was cut from one.
fn offset(example: &ExampleBuf) -> Option<usize> {
    example.field(field::OFFSET)?.parse().ok()
}

/// Adds what was predicted of a piece to what was predicted of its document.
fn extend(into: &mut PredictionBuf, piece: PredictionBuf, offset: usize) {
    into.spans.extend(piece.spans.into_iter().map(|mut scored| {
        let range = scored.span.range();
        scored.span = SpanBuf::new(range.start + offset, range.end + offset, scored.span.label);
        scored
    }));
    into.fields.extend(piece.fields);
    into.text = into.text.take().or(piece.text);
    for label in piece.labels {
        match into.labels.iter_mut().find(|known| known.label == label.label) {
            Some(known) => known.score = known.score.max(label.score),
            None => into.labels.push(label),
        }
    }
}

/// What is evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Split {
    /// The run's dev split.
    Dev,
    /// The run's test split.
    Test,
    /// Another file of the same form.
    File(std::path::PathBuf),
}

/// A trained model's scores on a split.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// Texts scored.
    pub texts: usize,
    /// The mean loss.
    pub loss: f64,
    /// The model's scores.
    pub model: Scored,
    /// The rule engine's, where the domain has one.
    pub rules: Option<Scored>,
    /// What grafts told of the texts, in the mean.
    pub told: Told,
}

/// Scores the model that a run left.
///
/// # Errors
/// As [`Predictor::open`], and what is wrong with the split.
pub fn evaluate(run: &Run, split: &Split, observer: &mut dyn crate::event::Observer) -> Result<Evaluation> {
    let predictor = Predictor::open(run)?;
    let settings = &run.settings.data;
    let missing = |name: &str| Error::Setting {
        key: format!("data.{name}"),
        expected: "a file".to_owned(),
        got: "nothing".to_owned(),
    };
    let (name, path) = match split {
        Split::Dev => ("dev", settings.dev.clone().ok_or_else(|| missing("dev"))?),
        Split::Test => ("test", settings.test.clone().ok_or_else(|| missing("test"))?),
        Split::File(path) => ("file", path.clone()),
    };
    let Predictor { task, mut sessions, observed, feeder, tokenizer, max_tokens, .. } = predictor;
    // A run may lie where nothing can be written.
    let folder = if tempfile::tempfile_in(&run.out).is_ok() { run.out.clone() } else { std::env::temp_dir() };
    let split = data::load_split(&folder, name, &path, settings, &task, &run.plugins, observer)?;
    let corpus = data::Corpus { splits: vec![split] };
    let scorer = Scorer::new(&folder, run, &task, feeder, (&tokenizer, max_tokens), &corpus)?;
    let outcome = scorer.split(&mut sessions[0], name, 0)?.expect("the corpus has this split");
    let rules = scorer.rules(name)?;
    let (texts, told) = (corpus.splits[0].examples.len(), mean(&observed, &outcome.told));
    Ok(Evaluation { texts, loss: outcome.loss, model: outcome.scored, rules, told })
}
