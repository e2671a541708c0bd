//! Collapses white space and drops what cannot be seen, without ever joining two words.
//!
//! A *gap* is a run of characters that are white space (Unicode `White_Space`), control characters or
//! invisible ones. A gap that separates becomes one space, or line breaks as `newlines` says; a gap of
//! characters that only format (soft hyphen, byte order mark, word joiner, direction marks) becomes
//! nothing. Zero-width space separates, so it becomes a space. Zero-width joiner and non-joiner stay
//! between characters beyond ASCII: emoji, Persian and the Indic scripts are spelled with them.
//!
//! Where a span begins or ends inside a gap, the gap is edited in parts, so that no edit crosses the
//! edge: the span sheds its white space and stays.

pub mod gap;
pub mod settings;

pub use settings::{Newlines, Settings};

use engraft_plugin::kind::preprocessor::Preprocessor;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::text::Example;
use engraft_plugin::{Case, Edits, Result};
use gap::{Gap, gaps};
use serde_json::json;

/// The preprocessor `whitespace`.
pub struct Whitespace {
    settings: Settings,
}

impl Plugin for Whitespace {
    type Settings = Settings;

    fn about() -> About {
        About {
            id: "whitespace",
            summary: "Collapses white space and drops invisible characters, never joining words.",
            examples: examples(),
        }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        Ok(Self { settings })
    }
}

impl Preprocessor for Whitespace {
    fn clean(&self, example: &Example<'_>) -> Result<Edits> {
        let text = example.text();
        let mut edits = Edits::none();
        for gap in gaps(text, self.settings.invisible) {
            let into = self.replacement(&gap, text.len());
            if text[gap.range.clone()] != *into {
                edits.replace_around(gap.range, into, example.spans());
            }
        }
        Ok(edits)
    }
}

impl Whitespace {
    fn replacement(&self, gap: &Gap, length: usize) -> &'static str {
        let is_at_edge = gap.range.start == 0 || gap.range.end == length;
        if !gap.separates || (is_at_edge && self.settings.trim) {
            return "";
        }
        match (self.settings.newlines, gap.newlines) {
            (Newlines::Spaces, _) | (_, 0) => " ",
            (Newlines::Lines, _) | (Newlines::Paragraphs, 1) => "\n",
            (Newlines::Paragraphs, _) => "\n\n",
        }
    }
}

fn examples() -> Vec<Case> {
    vec![
        Case::new(
            "runs of blanks become one, and the span moves along",
            json!({ "text": "no\u{a0} \tfever today ", "spans": [{ "start": 6, "end": 11, "label": "Symptom" }] }),
            json!({ "text": "no fever today", "spans": [{ "start": 3, "end": 8, "label": "Symptom" }] }),
        ),
        Case::new(
            "soft hyphens go, a zero-width space becomes a space, emoji stay whole",
            json!({ "text": "dia\u{ad}betes\u{200b}type 2 👩\u{200d}⚕️" }),
            json!({ "text": "diabetes type 2 👩\u{200d}⚕️" }),
        ),
        Case::new(
            "paragraphs stay apart",
            json!({ "text": "Findings:\r\nnone\r\n \r\n\r\nPlan" }),
            json!({ "text": "Findings:\nnone\n\nPlan" }),
        ),
        Case::new(
            "all on one line",
            json!({ "text": "Findings:\r\nnone\n\nPlan" }),
            json!({ "text": "Findings: none Plan" }),
        )
        .with(json!({ "newlines": "spaces" })),
    ]
}

engraft_plugin::register!(preprocessor Whitespace);

#[cfg(test)]
mod tests {
    use super::*;
    use engraft_plugin::edit;
    use engraft_plugin::text::{ExampleBuf, SpanBuf, Views};

    fn clean(text: &str, span: (usize, usize)) -> Result<String> {
        let plugin = Whitespace { settings: Settings::default() };
        let mut example = ExampleBuf::new("1", text);
        example.spans = vec![SpanBuf::new(span.0, span.1, "S")];
        let edits = plugin.clean(&Views::examples([&example]).as_slice()[0])?;
        let cleaned = edit::apply(&example, &edits)?;
        Ok(format!("{}|{}", cleaned.text, &cleaned.text[cleaned.spans[0].range()]))
    }

    #[test]
    fn a_span_that_begins_or_ends_inside_a_gap_sheds_it() {
        assert_eq!(clean("the   gout  now", (4, 11)), Ok("the gout now|gout".into()));
    }

    #[test]
    fn a_span_of_nothing_but_blanks_is_refused() {
        assert_eq!(clean("the   gout", (4, 5)).unwrap_err().code, "edit.empties-span");
    }
}
