//! What the model got wrong: the first wrong texts, each with its spans side by side.

use engraft_plugin::TaskKind;
use engraft_plugin::text::{ExampleBuf, PredictionBuf, ScoredLabelBuf, SpanBuf};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Wrong predictions of one split.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cases {
    /// Texts with anything wrong.
    pub wrong: usize,
    /// Texts in all.
    pub of: usize,
    /// How often each finding was made, over all texts.
    pub findings: Findings,
    /// The first wrong texts.
    pub shown: Vec<Case>,
}

/// Counts of findings. Spans only; a text's label is right or wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Findings {
    /// Spans found, with their label.
    pub right: usize,
    /// Spans found with another label.
    pub label: usize,
    /// Spans found with other bounds.
    pub boundary: usize,
    /// Gold spans not found.
    pub missed: usize,
    /// Predicted spans where there is none.
    pub spurious: usize,
}

/// One wrong text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Case {
    /// The example's id.
    pub id: String,
    /// The text; of a long one, the part around the first mistake.
    pub text: String,
    /// Where in the whole text it begins, in bytes.
    pub offset: usize,
    /// The bytes of the whole text.
    pub of: usize,
    /// Gold spans that lie in `text`, relative to it; one that reaches beyond is cut.
    pub gold: Vec<CaseSpan>,
    /// Predicted spans, likewise.
    pub predicted: Vec<CaseSpan>,
    /// Mistakes that lie outside of `text`.
    pub hidden: usize,
    /// Gold labels of the whole text.
    pub gold_labels: Vec<String>,
    /// Predicted labels of the whole text.
    pub predicted_labels: Vec<ScoredLabelBuf>,
}

/// A span and what it turned out to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaseSpan {
    /// The span, relative to the case's text.
    #[serde(flatten)]
    pub span: SpanBuf,
    /// What it turned out to be.
    pub finding: Finding,
    /// How sure the model was; none for gold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f32>,
}

/// What a span turned out to be, compared with those of the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// The same on the other side.
    Right,
    /// There with another label.
    Label,
    /// There with other bounds.
    Boundary,
    /// Gold, and nothing predicted.
    Missed,
    /// Predicted, and nothing gold.
    Spurious,
}

/// Compares predictions with gold, text by text: counts all, shows the first `limit` wrong ones.
///
/// # Panics
/// When there are not as many predictions as examples.
pub fn cases(task: TaskKind, gold: &[ExampleBuf], predicted: &[PredictionBuf], limit: usize) -> Cases {
    let mut cases = Cases::default();
    cases.add(task, gold, predicted, limit);
    cases
}

impl Cases {
    /// Compares further predictions with gold: counts all, shows the first `limit` wrong texts of all.
    ///
    /// # Panics
    /// When there are not as many predictions as examples.
    pub fn add(&mut self, task: TaskKind, gold: &[ExampleBuf], predicted: &[PredictionBuf], limit: usize) {
        assert_eq!(gold.len(), predicted.len(), "there is one prediction an example");
        self.of += gold.len();
        for (gold, predicted) in gold.iter().zip(predicted) {
            let case = compare(gold, predicted);
            self.findings.add(&case);
            if is_wrong(task, &case) {
                self.wrong += 1;
                if self.shown.len() < limit {
                    self.shown.push(excerpt(case));
                }
            }
        }
    }
}

impl Findings {
    /// A found span counts once, on the gold side; what is only predicted counts on its own.
    fn add(&mut self, case: &Case) {
        for span in &case.gold {
            match span.finding {
                Finding::Right => self.right += 1,
                Finding::Label => self.label += 1,
                Finding::Boundary => self.boundary += 1,
                Finding::Missed | Finding::Spurious => self.missed += 1,
            }
        }
        self.spurious += case.predicted.iter().filter(|span| span.finding == Finding::Spurious).count();
    }
}

/// The whole text as a case.
fn compare(gold: &ExampleBuf, predicted: &PredictionBuf) -> Case {
    let said: Vec<SpanBuf> = predicted.spans.iter().map(|scored| scored.span.clone()).collect();
    let of_gold = gold.spans.iter().map(|span| CaseSpan {
        span: span.clone(),
        finding: find(span, &said).unwrap_or(Finding::Missed),
        score: None,
    });
    let of_said = predicted.spans.iter().map(|scored| CaseSpan {
        span: scored.span.clone(),
        finding: find(&scored.span, &gold.spans).unwrap_or(Finding::Spurious),
        score: Some(scored.score),
    });
    Case {
        id: gold.id.clone(),
        text: gold.text.clone(),
        offset: 0,
        of: gold.text.len(),
        gold: of_gold.collect(),
        predicted: of_said.collect(),
        hidden: 0,
        gold_labels: gold.labels.clone(),
        predicted_labels: predicted.labels.clone(),
    }
}

/// What a span is to those of the other side, the kindest first; `None` when it touches none.
fn find(span: &SpanBuf, others: &[SpanBuf]) -> Option<Finding> {
    if others.contains(span) {
        return Some(Finding::Right);
    }
    if others.iter().any(|other| other.range() == span.range()) {
        return Some(Finding::Label);
    }
    let touches = |other: &SpanBuf| other.start < span.end && span.start < other.end;
    others.iter().any(|other| touches(other) && other.label == span.label).then_some(Finding::Boundary)
}

fn is_wrong(task: TaskKind, case: &Case) -> bool {
    match task {
        TaskKind::Tokens => mistakes(case).next().is_some(),
        TaskKind::Sequence => case.gold_labels.first() != case.predicted_labels.first().map(|scored| &scored.label),
        _ => {
            let mut gold: Vec<&String> = case.gold_labels.iter().collect();
            let mut said: Vec<&String> = case.predicted_labels.iter().map(|scored| &scored.label).collect();
            gold.sort_unstable();
            said.sort_unstable();
            gold != said
        }
    }
}

/// Where the mistakes lie: gold ones and predicted ones.
fn mistakes(case: &Case) -> impl Iterator<Item = Range<usize>> {
    let all = case.gold.iter().chain(&case.predicted);
    all.filter(|span| span.finding != Finding::Right).map(|span| span.span.range())
}

/// Bytes of text shown whole, and bytes shown around the first mistake of a longer one.
const WHOLE: usize = 900;
const BEFORE: usize = 240;
const AFTER: usize = 480;

/// The case with the part of its text that matters.
fn excerpt(case: Case) -> Case {
    if case.text.len() <= WHOLE {
        return case;
    }
    let start = mistakes(&case).map(|range| range.start).min().unwrap_or(0);
    let from = word_border(&case.text, start.saturating_sub(BEFORE));
    let to = word_border(&case.text, (start + AFTER).min(case.text.len()));
    let hidden = mistakes(&case).filter(|range| range.end <= from || range.start >= to).count();
    let cut = |spans: &[CaseSpan]| spans.iter().filter_map(|span| clip(span, from, to)).collect();
    let (gold, predicted) = (cut(&case.gold), cut(&case.predicted));
    Case { text: case.text[from..to].to_owned(), offset: from, gold, predicted, hidden, ..case }
}

/// The next place at or after `at` where a word begins, if one is near; else the next character.
fn word_border(text: &str, at: usize) -> usize {
    let at = (at..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    let near = text[at..].char_indices().take(24);
    let blank = near.skip(1).find(|(_, letter)| letter.is_whitespace());
    if at == 0 { 0 } else { blank.map_or(at, |(more, letter)| at + more + letter.len_utf8()) }
}

fn clip(span: &CaseSpan, from: usize, to: usize) -> Option<CaseSpan> {
    let (start, end) = (span.span.start as usize, span.span.end as usize);
    let (start, end) = (start.clamp(from, to), end.clamp(from, to));
    let inside = SpanBuf::new(start - from, end - from, span.span.label.clone());
    (start < end).then(|| CaseSpan { span: inside, ..span.clone() })
}

#[cfg(test)]
#[path = "cases_tests.rs"]
mod tests;
