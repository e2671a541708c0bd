//! A variation becomes an example, or is refused.

use crate::data::Census;
use engraft_plugin::kind::augmenter::{Body, Variation};
use engraft_plugin::text::ExampleBuf;
use engraft_plugin::{Error, Result, edit};
use std::collections::HashSet;

/// The labels that the originals have: an augmenter cannot know of others.
pub(super) struct Labels<'a> {
    spans: HashSet<&'a str>,
    texts: HashSet<&'a str>,
}

impl<'a> Labels<'a> {
    pub(super) fn of(census: &'a Census) -> Self {
        Self {
            spans: census.spans.keys().map(String::as_str).collect(),
            texts: census.labels.keys().map(String::as_str).collect(),
        }
    }

    fn check(&self, example: &ExampleBuf) -> Result<()> {
        let refuse = |label: &str| {
            Err(Error::new(
                "variation.unknown-label",
                format!("label `{label}` occurs in no original of the training data"),
            ))
        };
        if let Some(span) = example.spans.iter().find(|span| !self.spans.contains(span.label.as_str())) {
            return refuse(&span.label);
        }
        match example.labels.iter().find(|label| !self.texts.contains(label.as_str())) {
            Some(label) => refuse(label),
            None => Ok(()),
        }
    }
}

/// The example that a variation makes; `None` when its text is the original's.
pub(super) fn vary(
    original: &ExampleBuf,
    variation: Variation,
    id: String,
    labels: &Labels<'_>,
) -> Result<Option<ExampleBuf>> {
    let mut varied = match variation.body {
        Body::Edits(edits) => edit::apply(original, &edits)?,
        Body::Rewrite { text, mut spans } => {
            spans.sort_by_key(|span| (span.start, span.end));
            ExampleBuf { text, spans, ..original.clone() }
        }
        _ => return Err(Error::new("variation.unknown-form", "this engine does not know this form of variation")),
    };
    if varied.text == original.text {
        return Ok(None);
    }
    varied.check()?;
    if let Some(own) = variation.labels {
        varied.labels = own;
    }
    labels.check(&varied)?;
    varied.id = id;
    Ok(Some(varied))
}
