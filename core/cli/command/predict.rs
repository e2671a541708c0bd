//! `engraft predict`: texts in, spans and labels out.

use super::highlight::render;
use crate::args::PredictArgs;
use crate::engine::Trained;
use crate::error::{Failure, Result};
use crate::output::Screen;
use crate::{engine, grafts, run_folder};
use engraft_engine::data;
use engraft_engine::pipeline::Answer;
use engraft_engine::run::Run;
use engraft_plugin::text::{RowBuf, field};
use serde_json::{Map, Value, json};
use std::io::{self, BufRead};
use std::path::Path;

/// Rows that are predicted at once: what is read is answered before more is read. Whoever types lines or pipes them
/// waits for few of them; a file is there as a whole.
const LINES: usize = 64;
const RECORDS: usize = 2048;

pub(super) fn run(args: PredictArgs, screen: &Screen) -> Result<()> {
    let (run, trained) = open(&args, screen)?;
    let form = match (args.logits, args.json) {
        (true, _) => Form::Logits,
        (false, true) => Form::Json,
        (false, false) => Form::Text,
    };
    let batch = if args.file.is_some() { RECORDS } else { LINES };
    let mut out = Answers { trained, screen, form, batch, waiting: Vec::new() };
    match &args.file {
        Some(file) if data::Format::of(file).is_some() => {
            let trained_on = &run.settings.data;
            let settings = data::Settings {
                offsets: trained_on.offsets,
                encoding: trained_on.encoding,
                fields: trained_on.fields.clone(),
                ..data::Settings::default()
            };
            let mut failed = None;
            let read = data::read(file, &settings, &mut |_, row| {
                if failed.is_none() {
                    failed = out.take(row).err();
                }
                Ok(())
            });
            failed.map_or(Ok(()), Err)?;
            read?;
        }
        Some(file) => {
            let text = std::fs::read(file).map_err(|error| Failure::reading(file, "text file", &error))?;
            let text = String::from_utf8(text).map_err(|error| {
                let at = error.utf8_error().valid_up_to();
                let line = error.as_bytes()[..at].iter().filter(|&&byte| byte == b'\n').count() + 1;
                Failure::usage("data.encoding", format!("`{}` line {line}: expected UTF-8", file.display()))
            })?;
            let name = file.file_stem().map_or("1".into(), |name| name.to_string_lossy());
            out.take(row(&name, text))?;
        }
        None if args.texts.is_empty() => {
            for (number, line) in io::stdin().lock().lines().enumerate() {
                let line = line.map_err(|error| Failure::reading(Path::new("-"), "standard input", &error))?;
                if !line.trim().is_empty() {
                    out.take(row(&(number + 1).to_string(), line))?;
                }
            }
        }
        None => {
            for (number, text) in args.texts.into_iter().enumerate() {
                out.take(row(&(number + 1).to_string(), text))?;
            }
        }
    }
    out.answer()
}

/// The run, and the model that predicts: what it trained, or what stands in its place.
fn open(args: &PredictArgs, screen: &Screen) -> Result<(Run, Trained)> {
    let sets = &args.set.set;
    let base = engine::base(args.any_base);
    if let Some(model) = &args.model {
        let run = run_folder::open_untrained(&args.run, sets, screen)?;
        let trained = Trained::of_model(&run, model)?;
        return Ok((run, trained));
    }
    let Some(graft) = &args.graft else {
        let run = run_folder::open(&args.run, None, sets, screen)?;
        let trained = Trained::open(&run)?;
        return Ok((run, trained));
    };
    // A name that the run has goes before a folder of that name.
    let named = run_folder::find(&args.run, None).ok().and_then(|out| grafts::find(&out, &graft.to_string_lossy()));
    let (run, folder) = match named {
        Some(folder) => (run_folder::open(&args.run, None, sets, screen)?, folder),
        None if graft.is_dir() => (run_folder::open_untrained(&args.run, sets, screen)?, graft.clone()),
        None => {
            let out = run_folder::find(&args.run, None)?;
            return Err(grafts::unknown(&out, &graft.to_string_lossy()));
        }
    };
    let trained = Trained::with_graft(&run, &folder, base)?;
    Ok((run, trained))
}

fn row(id: &str, text: String) -> RowBuf {
    RowBuf { id: id.to_owned(), fields: vec![(field::TEXT.to_owned(), text)] }
}

/// How answers are printed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Json,
    Logits,
}

/// Predicts rows as they come and prints the answers in their order.
struct Answers<'a> {
    trained: Trained,
    screen: &'a Screen,
    form: Form,
    batch: usize,
    waiting: Vec<RowBuf>,
}

impl Answers<'_> {
    fn take(&mut self, row: RowBuf) -> Result<()> {
        self.waiting.push(row);
        if self.waiting.len() < self.batch { Ok(()) } else { self.answer() }
    }

    fn answer(&mut self) -> Result<()> {
        let rows = std::mem::take(&mut self.waiting);
        for answer in self.trained.predict(&rows)? {
            match self.form {
                Form::Text => self.screen.print(&render(&answer, self.screen))?,
                form => self.screen.print_line(&to_json(&answer, form))?,
            }
        }
        Ok(())
    }
}

fn to_json(answer: &Answer, form: Form) -> Value {
    let prediction = &answer.prediction;
    let cut = |range| answer.text.get(range).unwrap_or_default();
    let spans: Vec<Value> = prediction
        .spans
        .iter()
        .map(|one| {
            let span = &one.span;
            json!({ "start": span.start, "end": span.end, "label": span.label, "score": one.score, "text": cut(span.range()) })
        })
        .collect();
    let fields: Map<String, Value> =
        prediction.fields.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
    let mut json = json!({
        "id": answer.id,
        "text": answer.text,
        "spans": spans,
        "labels": prediction.labels,
        "fields": fields,
    });
    if !answer.told.is_empty() {
        json["observed"] = json!(answer.told);
    }
    if form == Form::Logits {
        json["tokens"] = json!(answer.tokens);
        json["logits"] = json!(answer.logits);
    }
    json
}
