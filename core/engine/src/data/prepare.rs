//! New text, ready to be predicted on, with the way back to the text as given.

use super::adapt::adapt;
use super::clean::clean;
use super::map::OffsetMap;
use crate::run::Plugins;
use crate::{Error, Result};
use engraft_plugin::text::{ExampleBuf, PredictionBuf, RowBuf};

/// An example as given and as the model sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    /// The number of the row it came from; a row may give several examples.
    pub row: usize,
    /// As the domain adapter read it.
    pub original: ExampleBuf,
    /// After all preprocessors. Gold spans are left out of it, so that they neither stop an edit nor show
    /// a preprocessor what is to be predicted.
    pub clean: ExampleBuf,
    /// From the clean text to the original.
    pub map: OffsetMap,
}

impl Prepared {
    /// A prediction for the clean text as one for the original.
    #[must_use]
    pub fn restore(&self, prediction: &PredictionBuf) -> PredictionBuf {
        self.map.restore(prediction)
    }
}

/// Adapts and cleans rows for prediction: nothing is demanded of their spans and labels.
///
/// # Errors
/// [`Error::Refused`] when the domain adapter or a preprocessor refuses a row (its id stands in the
/// reason); [`Error::PluginFailure`].
pub fn prepare(rows: &[RowBuf], plugins: &Plugins) -> Result<Vec<Prepared>> {
    let refused = |plugin: &str, id: &str, mut reason: engraft_plugin::Error| {
        reason.message = format!("record `{id}`: {}", reason.message);
        Error::Refused { plugin: plugin.to_owned(), reason }
    };
    let adapted = adapt(rows, &plugins.domain, |at, reason| refused(&plugins.domain.id, &rows[at].id, reason))?;
    let numbered =
        adapted.into_iter().enumerate().flat_map(|(row, examples)| examples.into_iter().map(move |e| (row, e)));
    let (places, originals): (Vec<usize>, Vec<ExampleBuf>) = numbered.unzip();
    let mut current: Vec<ExampleBuf> =
        originals.iter().map(|e| ExampleBuf { spans: Vec::new(), ..e.clone() }).collect();
    let mut maps = vec![OffsetMap::default(); current.len()];
    for plugin in &plugins.preprocess {
        for (at, cleaned) in clean(&current, plugin)?.into_iter().enumerate() {
            let (example, edits) = cleaned.map_err(|reason| refused(&plugin.id, &originals[at].id, reason))?;
            maps[at].push(&edits);
            current[at] = example;
        }
    }
    let parts = places.into_iter().zip(originals).zip(current.into_iter().zip(maps));
    Ok(parts.map(|((row, original), (clean, map))| Prepared { row, original, clean, map }).collect())
}

/// The clean examples of [`prepare`] alone.
///
/// # Errors
/// Those of [`prepare`].
pub fn adapt_rows(rows: &[RowBuf], plugins: &Plugins) -> Result<Vec<ExampleBuf>> {
    Ok(prepare(rows, plugins)?.into_iter().map(|prepared| prepared.clean).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::testing::{plugins, tags};
    use engraft_plugin::text::{ScoredSpanBuf, SpanBuf};
    use engraft_plugin::{Task, TaskKind};

    fn row(text: &str, spans: &str) -> RowBuf {
        let fields = [("text", text), ("spans", spans)].map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec();
        RowBuf { id: "r".to_owned(), fields }
    }

    fn prepared(rows: &[RowBuf]) -> Result<Vec<Prepared>> {
        prepare(rows, &plugins(&Task::new(TaskKind::Tokens, ["Disease"]), vec![tags(), tags()]))
    }

    #[test]
    fn a_prediction_on_clean_text_is_given_back_for_the_text_as_written() {
        let rows = [row("😀 <b>发热</b> a", "[[3,9,\"x\"]]"), row("a|<i>b", "[]")];
        let prepared = prepared(&rows).unwrap();
        assert_eq!(prepared.iter().map(|p| p.row).collect::<Vec<_>>(), [0, 1, 1]);
        let first = &prepared[0];
        assert_eq!(
            (first.clean.text.as_str(), first.clean.spans.len(), first.original.spans.len()),
            ("😀 发热 a", 0, 1)
        );
        let span = ScoredSpanBuf { span: SpanBuf::new(5, 11, "Disease"), score: 1.0 };
        let restored = first.restore(&PredictionBuf { spans: vec![span], ..Default::default() });
        assert_eq!(&first.original.text[restored.spans[0].span.range()], "发热");
    }

    #[test]
    fn nothing_is_demanded_of_the_labels_of_new_text() {
        assert!(prepared(&[row("a", "[[0,99,\"no such label\"]]")]).is_ok());
    }

    #[test]
    fn a_refused_row_is_named() {
        let error = prepared(&[row("no!", "[]")]).unwrap_err();
        assert_eq!(error.to_string(), "plugin `tags`: tags.shouting: record `r`: found `!`");
    }
}
