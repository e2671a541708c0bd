//! Rows become examples, by the domain adapter.

use crate::{Error, Result};
use engraft_plugin::kind::domain::DomainBatch;
use engraft_plugin::kind::expect_count;
use engraft_plugin::register::Opened;
use engraft_plugin::text::{ExampleBuf, RowBuf, Views};

/// How many rows or examples a plugin is handed at once.
pub(crate) const BATCH: usize = 256;

/// What a plugin that broke its promise ends the run with.
pub(crate) fn failed(plugin: &str) -> impl Fn(engraft_plugin::Failure) -> Error + '_ {
    |failure| Error::PluginFailure { plugin: plugin.to_owned(), failure }
}

/// The examples of each row, their spans in ascending order; `refuse` turns a row's refusal (by its
/// number) into the error that ends the reading.
pub(super) fn adapt(
    rows: &[RowBuf],
    domain: &Opened<dyn DomainBatch>,
    refuse: impl Fn(usize, engraft_plugin::Error) -> Error,
) -> Result<Vec<Vec<ExampleBuf>>> {
    let mut adapted = Vec::with_capacity(rows.len());
    for batch in rows.chunks(BATCH) {
        let answers = domain.plugin.adapt_batch(Views::rows(batch).as_slice());
        let answers = answers.and_then(|a| expect_count(a, batch.len())).map_err(failed(&domain.id))?;
        for answer in answers {
            let mut examples = answer.map_err(|reason| refuse(adapted.len(), reason))?;
            examples.iter_mut().for_each(|e| e.spans.sort_by_key(|span| (span.start, span.end)));
            adapted.push(examples);
        }
    }
    Ok(adapted)
}
