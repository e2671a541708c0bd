//! Examples become clean, by the preprocessors.

use super::adapt::{BATCH, failed};
use crate::Result;
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
        let answers: Answers<Edits> = plugin.plugin.clean_batch(&Views::examples(batch));
        let answers = answers.and_then(|a| expect_count(a, batch.len())).map_err(failed(&plugin.id))?;
        let applied = |(example, answer): (&ExampleBuf, engraft_plugin::Result<Edits>)| {
            let edits = answer?;
            edit::apply(example, &edits).map(|clean| (clean, edits))
        };
        cleaned.extend(batch.iter().zip(answers).map(applied));
    }
    Ok(cleaned)
}
