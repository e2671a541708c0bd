//! The five kinds, each answering what it must not.

use super::any::Any;
use super::bindings::Hostile;
use super::bindings::engraft::text::types::{Edit, Error, Example, Prediction, ScoredSpan, Span};
use super::bindings::exports::engraft::{augmenter::augmenter, domain::domain, method::method};
use super::bindings::exports::engraft::{metric::metric, preprocessor::preprocessor};
use super::deeds::attempt;
use super::{Opened, refused};

fn edit(start: u32, end: u32) -> Edit {
    Edit { start, end, text: "x".to_owned() }
}

fn span(start: u32, end: u32) -> Span {
    Span { start, end, label: "Drug".to_owned() }
}

/// Edits that do not fit the text `aé`, and the last byte of which lies inside a character.
fn edits(mode: &str) -> Vec<Edit> {
    match mode {
        "edit-outside" => vec![edit(1, 4_000_000_000)],
        "edit-inside-character" => vec![edit(0, 2)],
        "edits-overlap" => vec![edit(0, 1), edit(0, 3)],
        "edits-descend" => vec![edit(1, 3), edit(0, 1)],
        _ => Vec::new(),
    }
}

/// Holes that no model can fill.
fn holes(mode: &str) -> augmenter::Holes {
    let hole = |start, end, temperature| augmenter::Hole { start, end, temperature, top_k: 0, exclude: Vec::new() };
    let (holes, variants) = match mode {
        "hole-outside" => (vec![hole(1, 4_000_000_000, 1.0)], 1),
        "hole-inside-character" => (vec![hole(0, 2, 1.0)], 1),
        "holes-overlap" => (vec![hole(0, 1, 1.0), hole(0, 3, 1.0)], 1),
        "hole-nan" => (vec![hole(0, 1, f32::NAN)], 1),
        "hole-cold" => (vec![hole(0, 1, -1.0)], 1),
        "hole-none" => (Vec::new(), 1),
        "hole-many" => (vec![hole(1, 1, 1.0); 100_000], 1),
        "hole-variants" => (vec![hole(0, 1, 1.0)], u32::MAX),
        _ => (vec![hole(0, 1, 1.0)], 2),
    };
    augmenter::Holes { holes, edits: Vec::new(), variants }
}

fn spans(mode: &str) -> Vec<Span> {
    match mode {
        "span-outside" => vec![span(1, 4_000_000_000)],
        "span-inside-character" => vec![span(0, 2)],
        "span-turned" => vec![span(3, 1)],
        _ => Vec::new(),
    }
}

/// As many answers as asked, unless the mode miscounts.
fn counted<T>(mode: &str, mut answers: Vec<Result<T, Error>>) -> Vec<Result<T, Error>> {
    match mode {
        "too-few" => drop(answers.pop()),
        "too-many" => answers.push(Err(refused("one more"))),
        _ => {}
    }
    answers
}

impl preprocessor::Guest for Hostile {
    type Opened = Opened;
}

impl preprocessor::GuestOpened for Opened {
    fn open(_id: String, settings: String) -> Result<preprocessor::Opened, Error> {
        Self::new(&settings).map(preprocessor::Opened::new)
    }
    fn clean(&self, batch: Vec<Example>) -> Vec<Result<Vec<Edit>, Error>> {
        if let Some(mut any) = Any::of(&self.0) {
            return any.answers(batch.len(), Any::edits);
        }
        if self.0 == "flood" {
            let text = "x".repeat(1 << 20);
            return (0..16).map(|_| Ok(vec![Edit { start: 0, end: 0, text: text.clone() }])).collect();
        }
        counted(&self.0, batch.iter().map(|_| attempt(&self.0).map(|()| edits(&self.0))).collect())
    }
}

impl augmenter::Guest for Hostile {
    type Opened = Opened;
}

impl augmenter::GuestOpened for Opened {
    fn open(_id: String, settings: String) -> Result<augmenter::Opened, Error> {
        Self::new(&settings).map(augmenter::Opened::new)
    }
    fn augment(&self, batch: Vec<augmenter::Work>) -> Vec<Result<Vec<augmenter::Variation>, Error>> {
        let variation = |body| augmenter::Variation { body, labels: None };
        if let Some(mut any) = Any::of(&self.0) {
            let one = |any: &mut Any| {
                variation(match any.number() % 3 {
                    0 => augmenter::Body::Rewrite(augmenter::Rewrite { text: any.text(), spans: any.spans() }),
                    1 => augmenter::Body::Edits(any.edits()),
                    _ => augmenter::Body::Holes(any_holes(any)),
                })
            };
            return any.answers(batch.len(), |any| any.list(one));
        }
        let one = |work: augmenter::Work| {
            attempt(&self.0)?;
            if self.0.starts_with("hole") {
                return Ok(vec![variation(augmenter::Body::Holes(holes(&self.0)))]);
            }
            let rewrite = augmenter::Rewrite { text: work.example.text, spans: spans(&self.0) };
            Ok(vec![variation(augmenter::Body::Edits(edits(&self.0))), variation(augmenter::Body::Rewrite(rewrite))])
        };
        counted(&self.0, batch.into_iter().map(one).collect())
    }
}

fn any_holes(any: &mut Any) -> augmenter::Holes {
    let hole = |any: &mut Any| augmenter::Hole {
        start: any.number(),
        end: any.number(),
        temperature: any.float() as f32,
        top_k: any.number(),
        exclude: any.list(Any::text),
    };
    augmenter::Holes { holes: any.list(hole), edits: any.edits(), variants: any.number() }
}

impl metric::Guest for Hostile {
    type Opened = Opened;
}

impl metric::GuestOpened for Opened {
    fn open(_id: String, settings: String, _task: String) -> Result<metric::Opened, Error> {
        Self::new(&settings).map(metric::Opened::new)
    }
    fn tally(&self, batch: Vec<metric::Pair>) -> Vec<Result<Vec<f64>, Error>> {
        if let Some(mut any) = Any::of(&self.0) {
            return any.answers(batch.len(), |any| any.list(Any::float));
        }
        counted(&self.0, batch.iter().map(|_| attempt(&self.0).map(|()| vec![1.0])).collect())
    }
    fn scores(&self, _rows: Vec<Vec<f64>>) -> Result<Vec<metric::Score>, Error> {
        if let Some(mut any) = Any::of(&self.0) {
            return Ok(any.list(|any| metric::Score {
                name: any.text(),
                value: any.float(),
                higher_is_better: any.is(),
            }));
        }
        let value = match self.0.as_str() {
            "nan" => f64::NAN,
            "infinity" => f64::INFINITY,
            _ => 1.0,
        };
        Ok(vec![metric::Score { name: "harm".to_owned(), value, higher_is_better: true }])
    }
}

impl domain::Guest for Hostile {
    type Opened = Opened;
}

impl domain::GuestOpened for Opened {
    fn open(_id: String, settings: String) -> Result<domain::Opened, Error> {
        Self::new(&settings).map(domain::Opened::new)
    }
    fn task(&self) -> String {
        match self.0.as_str() {
            any if any.starts_with("any:7b") => Any::of(any).map(Any::json).unwrap_or_default(),
            "no-task" => "{".to_owned(),
            _ => r#"{"kind":"tokens","labels":["Drug"]}"#.to_owned(),
        }
    }
    fn adapt(&self, batch: Vec<domain::Row>) -> Vec<Result<Vec<Example>, Error>> {
        if let Some(mut any) = Any::of(&self.0) {
            return any.answers(batch.len(), |any| any.list(Any::example));
        }
        let one = |row: domain::Row| {
            attempt(&self.0)?;
            let spans = spans(&self.0);
            Ok(vec![Example { id: row.id, text: "aé".to_owned(), spans, labels: Vec::new(), fields: Vec::new() }])
        };
        counted(&self.0, batch.into_iter().map(one).collect())
    }
    fn rules(&self, batch: Vec<Example>) -> Vec<Result<Option<Prediction>, Error>> {
        if let Some(mut any) = Any::of(&self.0) {
            return any.answers(batch.len(), |any| any.is().then(|| any.prediction()));
        }
        counted(&self.0, batch.iter().map(|_| Ok(Some(prediction(&self.0)))).collect())
    }
    fn refine(&self, batch: Vec<(Example, Prediction)>) -> Vec<Result<Prediction, Error>> {
        if let Some(mut any) = Any::of(&self.0) {
            return any.answers(batch.len(), Any::prediction);
        }
        counted(&self.0, batch.iter().map(|_| Ok(prediction(&self.0))).collect())
    }
}

fn prediction(mode: &str) -> Prediction {
    let spans = spans(mode).into_iter().map(|span| ScoredSpan { span, score: 1.0 }).collect();
    Prediction { spans, labels: Vec::new(), text: None, fields: Vec::new() }
}

impl method::Guest for Hostile {
    type Opened = Opened;
}

impl method::GuestOpened for Opened {
    fn open(_id: String, settings: String) -> Result<method::Opened, Error> {
        Self::new(&settings).map(method::Opened::new)
    }
    fn plan(&self, _model: String) -> Result<String, Error> {
        attempt(&self.0)?;
        if let Some(any) = Any::of(&self.0) {
            return Ok(any.json());
        }
        Ok(match self.0.as_str() {
            "steps" => {
                let step = r#"["s","neg","x"],"#.repeat(1_000_000);
                let steps = step.trim_end_matches(',');
                format!(
                    r#"{{"schema":"engraft.plan/1","method":"harm","grafts":[{{"name":"g","at":{{"kind":"linear","select":"*"}},"steps":[{steps}],"gives":{{"output":"s"}}}}]}}"#
                )
            }
            "no-plan" => r#"{"schema":"engraft.plan/1","method":"harm","surprise":1}"#.to_owned(),
            "nan-plan" => {
                r#"{"schema":"engraft.plan/1","method":"harm","trains":[{"select":"*","lr":NaN}]}"#.to_owned()
            }
            _ => r#"{"schema":"engraft.plan/1","method":"harm"}"#.to_owned(),
        })
    }
}
