//! Questions and answers in the form of SQuAD 1.1 and 2.0, which is CUAD's.
//!
//! A paragraph becomes a record: its answers become spans. The label of an answer is the end of its question's id
//! behind `__` (as CUAD names its clauses), else the question. All questions, those without an answer too, stay in the
//! field `questions`. Offsets count characters. Articles are read one at a time.

use crate::read::{Flow, Item, Reading};
use crate::record::{byte, short};
use crate::source::Checked;
use crate::units::Units;
use crate::{Error, Offsets, Place, Record, Result, Span};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value, json};
use std::cell::RefCell;
use std::fmt;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

pub(crate) fn read(path: &Arc<Path>, reading: &mut Reading<'_>) -> Flow {
    let input = RefCell::new(Checked::open(path, reading.options.encoding)?);
    let mut ended = None;
    let visitor = Top { path, input: &input, reading, ended: &mut ended };
    let mut json = serde_json::Deserializer::from_reader(std::io::BufReader::with_capacity(1, Shared(&input)));
    let done = json.deserialize_map(visitor).and_then(|()| json.end());
    match (ended, done) {
        (Some(flow), _) => flow,
        (None, Ok(())) => Ok(ControlFlow::Continue(())),
        (None, Err(error)) if error.is_io() => Err(Error::carried(path, error.into())),
        (None, Err(error)) => {
            let message = error.to_string();
            let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
            let place = Place::new(path, error.line().max(1), error.column().max(1));
            place.refuse("row.bad-json", format!("expected an object with a list `data` of articles: {message}"))
        }
    }
}

/// The input, which the parser reads and whose line the visitor asks.
struct Shared<'a>(&'a RefCell<Checked>);

impl Read for Shared<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().read(out)
    }
}

/// The outermost object; `ended` is why the reading ended before the file did.
struct Top<'a, 'b> {
    path: &'a Arc<Path>,
    input: &'a RefCell<Checked>,
    reading: &'a mut Reading<'b>,
    ended: &'a mut Option<Flow>,
}

impl<'de> Visitor<'de> for Top<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let (path, input, reading, ended) = (self.path, self.input, self.reading, self.ended);
        let mut has_data = false;
        while let Some(key) = map.next_key::<String>()? {
            if key == "data" {
                has_data = true;
                map.next_value_seed(Articles { path, input, reading, ended })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        if has_data { Ok(()) } else { Err(serde::de::Error::custom("it has no `data`")) }
    }
}

struct Articles<'a, 'b> {
    path: &'a Arc<Path>,
    input: &'a RefCell<Checked>,
    reading: &'a mut Reading<'b>,
    ended: &'a mut Option<Flow>,
}

impl<'de> DeserializeSeed<'de> for Articles<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Articles<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of articles")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut articles: A) -> Result<(), A::Error> {
        loop {
            let place = Place::new(self.path, self.input.borrow().line(), 0);
            let Some(article) = articles.next_element::<Map<String, Value>>()? else { return Ok(()) };
            match records(article, &place, self.reading) {
                Ok(ControlFlow::Continue(())) => {}
                stopped => {
                    *self.ended = Some(stopped);
                    return Err(serde::de::Error::custom("ended"));
                }
            }
        }
    }
}

fn records(mut article: Map<String, Value>, place: &Place, reading: &mut Reading<'_>) -> Flow {
    let title = article.get("title").and_then(Value::as_str).map_or_else(|| place.id(), str::to_owned);
    let Some(Value::Array(paragraphs)) = article.shift_remove("paragraphs") else {
        return place.refuse("row.bad-json", "expected an article with a list `paragraphs`");
    };
    for (at, paragraph) in paragraphs.into_iter().enumerate() {
        let id = if at == 0 { title.clone() } else { format!("{title}#{}", at + 1) };
        let record = record(paragraph, id, place, reading)?;
        if reading.give(place.clone(), Item::Record(record))?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

fn record(paragraph: Value, id: String, place: &Place, reading: &mut Reading<'_>) -> Result<Record> {
    let Value::Object(mut members) = paragraph else {
        return place.refuse("row.bad-json", format!("expected a paragraph, found {}", short(&paragraph)));
    };
    let Some(Value::String(text)) = members.shift_remove("context") else {
        return place.refuse("row.no-text", "expected a text in `context`");
    };
    let Some(Value::Array(asked)) = members.shift_remove("qas") else {
        return place.refuse("row.bad-json", "expected a list of questions in `qas`");
    };
    let units = Units::of(&text, reading.offsets);
    let (mut spans, mut questions) = (Vec::<Span>::new(), Vec::new());
    for question in asked {
        let Value::Object(mut question) = question else {
            return place.refuse("row.bad-json", format!("expected a question, found {}", short(&question)));
        };
        let own = question.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let asked = question.get("question").and_then(Value::as_str).unwrap_or_default();
        let label = own.rsplit_once("__").map_or(asked, |(_, label)| label).to_owned();
        let answers = match question.shift_remove("answers") {
            Some(Value::Array(answers)) => answers,
            _ => Vec::new(),
        };
        for answer in &answers {
            let span = answered(&text, answer, &label, &own, &units, place)?;
            if spans.contains(&span) {
                reading.note("answers that stand twice under one question; one is read");
            } else {
                spans.push(span);
            }
        }
        questions.push(Value::Object(question));
    }
    let mut fields = match members.shift_remove("fields") {
        Some(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    let labels =
        members.shift_remove("labels").and_then(|labels| serde_json::from_value(labels).ok()).unwrap_or_default();
    fields.extend(members);
    if !questions.is_empty() {
        fields.insert("questions".to_owned(), Value::Array(questions));
    }
    Ok(Record { id, text, spans, labels, fields, ..Record::default() })
}

fn answered(text: &str, answer: &Value, label: &str, question: &str, units: &Units<'_>, place: &Place) -> Result<Span> {
    let (Some(start), Some(stated)) = (answer["answer_start"].as_u64(), answer["text"].as_str()) else {
        return place.refuse(
            "row.bad-spans",
            format!("expected an answer with answer_start and text, found {}", short(answer)),
        );
    };
    let start = byte(units, start, place)?;
    if stated.is_empty() || !text[start..].starts_with(stated) {
        let found: String = text[start..].chars().take(stated.chars().count().min(60)).collect();
        return place.refuse("span.text", format!("expected the answer `{stated}` of `{question}`, found `{found}`"));
    }
    let mut span = Span::new(start, start + stated.len(), label);
    if !question.is_empty() {
        span.extra.insert("question".to_owned(), json!(question));
    }
    Ok(span)
}

/// A record as an article of one paragraph: its own questions, and one for each label that no question has.
pub(crate) fn article(record: &Record, unit: Offsets) -> Value {
    let units = Units::of(&record.text, unit);
    let answer =
        |span: &Span| json!({"text": &record.text[span.start..span.end], "answer_start": units.offset(span.start)});
    let mut asked: Vec<Value> = Vec::new();
    let own = record.fields.get("questions").and_then(Value::as_array).cloned().unwrap_or_default();
    let id_of = |question: &Value| question.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let ids: Vec<String> = own.iter().map(id_of).collect();
    let question_of = |span: &Span| {
        span.extra
            .get("question")
            .and_then(Value::as_str)
            .filter(|id| ids.iter().any(|own| own == id))
            .map(str::to_owned)
    };
    for (question, id) in own.iter().zip(&ids) {
        let answers: Vec<Value> =
            record.spans.iter().filter(|span| question_of(span).as_ref() == Some(id)).map(answer).collect();
        let mut question = question.clone();
        question["answers"] = Value::Array(answers);
        asked.push(question);
    }
    let mut labels: Vec<&str> = Vec::new();
    for span in record.spans.iter().filter(|span| question_of(span).is_none()) {
        if !labels.contains(&&*span.label) {
            labels.push(&span.label);
        }
    }
    for label in labels {
        let spans = record.spans.iter().filter(|span| span.label == label && question_of(span).is_none());
        let answers: Vec<Value> = spans.map(answer).collect();
        let id = format!("{}__{label}", record.id);
        asked.push(json!({"id": id, "question": label, "answers": answers, "is_impossible": false}));
    }
    let mut paragraph = json!({"context": record.text, "qas": asked});
    if !record.labels.is_empty() {
        paragraph["labels"] = json!(record.labels);
    }
    let fields: Map<String, Value> =
        record.fields.iter().filter(|(key, _)| *key != "questions").map(|(k, v)| (k.clone(), v.clone())).collect();
    if !fields.is_empty() {
        paragraph["fields"] = Value::Object(fields);
    }
    json!({"title": record.id, "paragraphs": [paragraph]})
}
