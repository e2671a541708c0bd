//! Rows become examples, by the domain adapter.

use crate::{Error, Result};
use engraft_plugin::Failure;
use engraft_plugin::kind::domain::DomainBatch;
use engraft_plugin::kind::expect_count;
use engraft_plugin::register::Opened;
use engraft_plugin::text::{ExampleBuf, RowBuf, Views, field};

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
        for (answer, row) in answers.into_iter().zip(batch) {
            let mut examples = answer.map_err(|reason| refuse(adapted.len(), reason))?;
            examples.iter().try_for_each(|example| check_offset(example, row)).map_err(failed(&domain.id))?;
            examples.iter_mut().for_each(|e| e.spans.sort_by_key(|span| (span.start, span.end)));
            adapted.push(examples);
        }
    }
    Ok(adapted)
}

/// A segment says in its field `offset` where it was cut from its document; the document is put together
/// by it, so it may not lie beyond what the row holds.
fn check_offset(example: &ExampleBuf, row: &RowBuf) -> Result<(), Failure> {
    let (Some(_), Some(offset)) = (example.field(field::DOCUMENT), example.field(field::OFFSET)) else { return Ok(()) };
    let bytes: usize = row.fields.iter().map(|(_, value)| value.len()).sum();
    match offset.trim().parse::<usize>() {
        Ok(offset) if offset <= bytes => Ok(()),
        _ => Err(Failure::Answer(format!(
            "example `{}`: expected a field `offset` of at most {bytes}, the bytes of its row, found `{offset}`",
            example.id
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_that_claims_to_lie_beyond_its_row_is_refused() {
        let row = RowBuf { id: "r".to_owned(), fields: vec![("text".to_owned(), "four".to_owned())] };
        for (offset, holds) in [("0", true), ("4", true), ("5", false), ("1000000000000000000", false), ("-1", false)] {
            let mut example = ExampleBuf::new("e", "four");
            example.fields =
                vec![(field::DOCUMENT.to_owned(), "r".to_owned()), (field::OFFSET.to_owned(), offset.to_owned())];
            assert_eq!(check_offset(&example, &row).is_ok(), holds, "{offset}");
        }
    }
}
