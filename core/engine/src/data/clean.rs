//! Examples become clean, by the preprocessors.

use super::adapt::{BATCH, failed};
use crate::Result;
use crate::event::{Event, Observer};
use crate::run::Plugins;
use engraft_plugin::kind::expect_count;
use engraft_plugin::kind::preprocessor::CleanBatch;
use engraft_plugin::register::Opened;
use engraft_plugin::text::{ExampleBuf, Views};
use engraft_plugin::{Answers, Edits, edit};

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

/// What all preprocessors make of a split. What one refuses is left out, and `observer` hears how many
/// examples that were, and why the first of them.
pub(super) fn clean_all(
    split: &str,
    mut examples: Vec<ExampleBuf>,
    plugins: &Plugins,
    observer: &mut dyn Observer,
) -> Result<Vec<ExampleBuf>> {
    for plugin in &plugins.preprocess {
        let of = examples.len();
        let (mut kept, mut first) = (Vec::with_capacity(of), None);
        for (example, cleaned) in examples.iter().zip(clean(&examples, plugin)?) {
            match cleaned {
                Ok((clean, _)) => kept.push(clean),
                Err(reason) => {
                    first.get_or_insert_with(|| format!("`{}`: {reason}", example.id));
                }
            }
        }
        if let Some(first) = first {
            let message = format!(
                "{split}: {} of {of} examples left out, because preprocessor `{}` refused them; the first was {first}",
                of - kept.len(),
                plugin.id
            );
            observer.hear(&Event::Note { stage: "data".to_owned(), message })?;
        }
        examples = kept;
    }
    Ok(examples)
}
