//! A split goes all the way from windows to scores, a group of examples at a time.

use super::infer::{Inferred, infer};
use super::{Groups, Scored, Scoring, check_decides, documents, refine, rules};
use crate::Result;
use crate::backend::session::Session;
use crate::batch::feed::Feeder;
use crate::batch::{Limits, Windows, windows};
use crate::data::{Corpus, Split};
use crate::model::Field;
use crate::report::Cases;
use crate::run::Run;
use crate::tokenize::{self, Item, Opinion, Tokenizer};
use engraft_plugin::Task;
use std::iter::Peekable;
use std::path::Path;

/// A split that is scored.
pub struct ScoredSplit<'a> {
    /// Its examples.
    pub split: &'a Split,
    /// Their windows.
    pub windows: Windows,
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
    /// Documents that were scored.
    pub texts: usize,
    /// What was predicted wrong of them.
    pub cases: Cases,
    /// What grafts told of each window.
    pub told: Vec<Vec<Vec<f32>>>,
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
    /// Scores the dev and test splits of `corpus`, whose windows wait on the disk of `folder`.
    ///
    /// # Errors
    /// What tokenizer or disk refuse; [`crate::Error::Setting`] when the deciding score does not exist.
    pub fn new(
        folder: &Path,
        run: &'a Run,
        task: &'a Task,
        feeder: Feeder,
        tokenizer: (&Tokenizer, usize),
        corpus: &'a Corpus,
    ) -> Result<Self> {
        let scored = corpus.splits.iter().filter(|split| split.name != "train");
        let asked = feeder.head().asked(task);
        let one = |split| Ok(ScoredSplit { split, windows: windows(folder, run, asked, tokenizer, split, true)? });
        let splits: Vec<ScoredSplit<'_>> = scored.map(one).collect::<Result<_>>()?;
        if let Some(first) = splits.first() {
            check_decides(task, &run.settings.evaluate, &run.plugins.metrics, first.split)?;
        }
        Ok(Self { run, task, feeder, splits })
    }

    /// What a batch holds.
    pub fn limits(&self) -> Limits {
        self.run.settings.evaluate.limits()
    }

    /// Tokens and windows of the largest batch, the most of each: windows of like length share one, so that the longest
    /// may come together.
    ///
    /// # Errors
    /// [`crate::Error::Cache`].
    pub fn largest(&self) -> Result<(usize, usize)> {
        let limits = self.limits();
        let mut most = (0, 0);
        for scored in &self.splits {
            let lengths = (0..scored.windows.len()).map(|at| scored.windows.length(at));
            let mut lengths = lengths.collect::<Result<Vec<usize>>>()?;
            lengths.sort_unstable_by(|a, b| b.cmp(a));
            let first = limits.cut(lengths.iter().copied()).next().unwrap_or(0);
            let windows = limits.cut(lengths.iter().rev().copied()).max().unwrap_or(0);
            most = (most.0.max(lengths[..first].iter().sum()), most.1.max(windows));
        }
        Ok(most)
    }

    /// A split by its name.
    pub fn find(&self, name: &str) -> Option<&ScoredSplit<'a>> {
        self.splits.iter().find(|scored| scored.split.name == name)
    }

    /// Predicts and scores a split, and shows so many wrong texts; `None` where the run has no such split.
    ///
    /// # Errors
    /// What a plugin or the tensor library refuses.
    pub fn split(&self, session: &mut Session, name: &str, shown: usize) -> Result<Option<Outcome>> {
        let Some(ScoredSplit { split, windows }) = self.find(name) else { return Ok(None) };
        let limits = self.limits();
        let field = Field::of(|name| session.parameter(name))?;
        let asked = self.feeder.head().asked(self.task);
        let scale = 1.0 / windows.count.max(1) as f64;
        let mut scoring = Scoring::new(&self.run.plugins.metrics);
        let (mut loss, mut cases, mut told) = (0.0, Cases::default(), Vec::new());
        let mut waiting = windows.iter().peekable();
        for group in Groups::of(split) {
            let (first, examples) = group?;
            let items = items_of(&mut waiting, first, examples.len())?;
            let Inferred { logits, loss: part, told: of_group } = infer(session, &self.feeder, &items, limits, scale)?;
            loss += part;
            told.extend(of_group);
            let predictions = tokenize::decode_with(asked, &examples, &items, &logits, field.as_ref());
            let predictions = refine(&self.run.plugins.domain, &examples, predictions)?;
            let (documents, predictions) = documents(&examples, predictions);
            scoring.add(&documents, &predictions)?;
            cases.add(self.task.kind, &documents, &predictions, shown);
        }
        let scored = scoring.scores()?;
        Ok(Some(Outcome { split: split.name.clone(), loss, scored, rules: None, texts: cases.of, cases, told }))
    }

    /// What the model believes of each answer of a split's gold, examples by their number in it.
    ///
    /// # Errors
    /// [`crate::Error::Setting`] for a head whose answers are not given one by one; what the tensor library refuses.
    pub fn opinions(&self, session: &mut Session, name: &str) -> Result<Vec<Opinion>> {
        let Some(ScoredSplit { split, windows }) = self.find(name) else { return Ok(Vec::new()) };
        if !self.feeder.head().is_linear() {
            let (expected, got) = ("`linear`".to_owned(), "another head".to_owned());
            return Err(crate::Error::Setting { key: "model.head".to_owned(), expected, got });
        }
        let mut all = Vec::new();
        let mut waiting = windows.iter().peekable();
        for group in Groups::of(split) {
            let (first, examples) = group?;
            let items = items_of(&mut waiting, first, examples.len())?;
            let Inferred { logits, .. } = infer(session, &self.feeder, &items, self.limits(), 1.0)?;
            let mut opinions = tokenize::opinions(self.task, &examples, &items, &logits);
            opinions.iter_mut().for_each(|opinion| opinion.example += first);
            all.extend(opinions);
        }
        Ok(all)
    }

    /// The rule engine's scores on a split.
    ///
    /// # Errors
    /// What a plugin refuses.
    pub fn rules(&self, name: &str) -> Result<Option<Scored>> {
        let Some(ScoredSplit { split, .. }) = self.find(name) else { return Ok(None) };
        let mut scoring = Scoring::new(&self.run.plugins.metrics);
        let mut are_rules = false;
        for group in Groups::of(split) {
            let (_, examples) = group?;
            let said = rules(&self.run.plugins.domain, &examples)?;
            are_rules |= said.is_some();
            let said = said.unwrap_or_else(|| vec![Default::default(); examples.len()]);
            let (documents, said) = documents(&examples, said);
            scoring.add(&documents, &said)?;
        }
        if are_rules { scoring.scores().map(Some) } else { Ok(None) }
    }
}

/// The windows of the next `count` examples, which begin with the number `first`; they count from 0.
fn items_of(
    waiting: &mut Peekable<impl Iterator<Item = Result<Item>>>,
    first: usize,
    count: usize,
) -> Result<Vec<Item>> {
    let is_within = |example: usize| example < first + count;
    let mut items = Vec::new();
    while let Some(item) = waiting.next_if(|item| item.as_ref().map_or(true, |item| is_within(item.example))) {
        let mut item = item?;
        item.example -= first;
        items.push(item);
    }
    Ok(items)
}

impl crate::run::EvaluateSettings {
    /// What a batch of evaluation and prediction holds.
    pub fn limits(&self) -> Limits {
        Limits { size: self.batch.max(1), tokens: self.tokens.max(1) }
    }
}
