//! Examples become clean, by the preprocessors.

use super::adapt::{BATCH, failed};
use crate::Result;
use crate::event::{Event, Observer};
use engraft_plugin::kind::expect_count;
use engraft_plugin::kind::preprocessor::CleanBatch;
use engraft_plugin::register::Opened;
use engraft_plugin::text::{ExampleBuf, Views};
use engraft_plugin::{Answers, Edits, edit};
use std::collections::BTreeMap;

/// A clean example and the edits that made it so; or why there is none.
pub(super) type Cleaned = engraft_plugin::Result<(ExampleBuf, Edits)>;

/// What one preprocessor makes of examples, in their order.
pub(super) fn clean(examples: &[ExampleBuf], plugin: &Opened<dyn CleanBatch>) -> Result<Vec<Cleaned>> {
    let mut cleaned = Vec::with_capacity(examples.len());
    for batch in examples.chunks(BATCH) {
        let answers: Answers<Edits> = plugin.plugin.clean_batch(Views::examples(batch).as_slice());
        let answers = answers.and_then(|a| expect_count(a, batch.len())).map_err(failed(&plugin.id))?;
        let applied = |(example, answer): (&ExampleBuf, engraft_plugin::Result<Edits>)| {
            let edits = answer?;
            edit::apply(example, &edits).map(|clean| (clean, edits))
        };
        cleaned.extend(batch.iter().zip(answers).map(applied));
    }
    Ok(cleaned)
}

/// All preprocessors over a split, part by part. What one refuses is left out.
pub(super) struct Cleaning<'a> {
    plugins: Vec<Refusals<'a>>,
}

/// What one preprocessor refused so far.
struct Refusals<'a> {
    plugin: &'a Opened<dyn CleanBatch>,
    seen: usize,
    refused: usize,
    first: Option<String>,
    /// Words in brackets that came in the place of others, `[NAME]`, by how often; and the texts that have them.
    masks: BTreeMap<String, usize>,
    masked: usize,
}

impl<'a> Cleaning<'a> {
    /// Nothing is cleaned yet.
    pub(super) fn new(plugins: &'a [Opened<dyn CleanBatch>]) -> Self {
        let none = |plugin| Refusals { plugin, seen: 0, refused: 0, first: None, masks: BTreeMap::new(), masked: 0 };
        Self { plugins: plugins.iter().map(none).collect() }
    }

    /// The next examples, clean.
    pub(super) fn clean(&mut self, mut examples: Vec<ExampleBuf>) -> Result<Vec<ExampleBuf>> {
        for of in &mut self.plugins {
            of.seen += examples.len();
            let mut kept = Vec::with_capacity(examples.len());
            for (example, cleaned) in examples.iter().zip(clean(&examples, of.plugin)?) {
                match cleaned {
                    Ok((clean, edits)) => {
                        of.count(&edits);
                        kept.push(clean);
                    }
                    Err(reason) => {
                        of.refused += 1;
                        of.first.get_or_insert_with(|| format!("`{}`: {reason}", example.id));
                    }
                }
            }
            examples = kept;
        }
        Ok(examples)
    }

    /// Tells `observer` how many examples were left out, and why the first of them; and what was masked.
    pub(super) fn tell(&self, split: &str, observer: &mut dyn Observer) -> Result<()> {
        for Refusals { plugin, seen, refused, first, masks, masked } in &self.plugins {
            if !masks.is_empty() {
                let counts: Vec<String> = masks.iter().map(|(mask, count)| format!("{mask} {count}")).collect();
                let message = format!(
                    "{split}: preprocessor `{}` masked parts of {masked} of {seen} texts: {}",
                    plugin.id,
                    counts.join(", ")
                );
                observer.hear(&Event::Note { stage: "data".to_owned(), message })?;
            }
            let Some(first) = first else { continue };
            let message = format!(
                "{split}: {refused} of {seen} examples left out, because preprocessor `{}` refused them; the first was {first}",
                plugin.id
            );
            observer.hear(&Event::Note { stage: "data".to_owned(), message })?;
        }
        Ok(())
    }
}

impl Refusals<'_> {
    /// Counts the masks among what came into a text.
    fn count(&mut self, edits: &Edits) {
        let is_mask = |text: &str| {
            let word = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or_default();
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
        };
        let mut has_one = false;
        for edit in edits.as_slice().iter().filter(|edit| edit.end > edit.start && is_mask(&edit.text)) {
            *self.masks.entry(edit.text.clone()).or_default() += 1;
            has_one = true;
        }
        self.masked += usize::from(has_one);
    }
}
