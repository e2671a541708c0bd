//! Takes the markup out of HTML and leaves what a browser would show.
//!
//! Tags and comments go, entities are decoded, `script`, `style` and other elements of `drop` go with
//! all they contain. A tag that begins or ends a block leaves a line break, a table cell a space, so
//! that words stay apart. Malformed HTML is read as browsers read it (WHATWG, "Tokenization"), except
//! that a tag without its `>` is text: `p <0.05` and `a <b` lose nothing.
//!
//! Everything is an edit: spans move along, and a span that would be cut refuses the record.

pub mod entity;
pub mod scan;
pub mod settings;

pub use settings::Settings;

use engraft_plugin::kind::preprocessor::Preprocessor;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::text::Example;
use engraft_plugin::{Case, Edits, Error, Result};
use scan::{Piece, Scanner};
use serde_json::json;

/// The preprocessor `html-clean`.
pub struct HtmlClean {
    settings: Settings,
}

impl Plugin for HtmlClean {
    type Settings = Settings;

    fn about() -> About {
        About {
            id: "html-clean",
            summary: "Takes the markup out of HTML: tags, comments, scripts; decodes entities.",
            examples: examples(),
        }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        let is_name = |name: &String| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if let Some(bad) = settings.drop.iter().find(|name| !is_name(name)) {
            let why = format!("`drop`: expected names of elements such as `script`, found `{bad}`");
            return Err(Error::new("settings.drop", why));
        }
        let drop = settings.drop.iter().map(|name| name.to_ascii_lowercase()).collect();
        Ok(Self { settings: Settings { drop, ..settings } })
    }
}

/// Elements that begin and end on a line of their own.
const BLOCKS: [&str; 38] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "br",
    "caption",
    "center",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hr",
    "html",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "title",
    "tr",
];

impl Preprocessor for HtmlClean {
    fn clean(&self, example: &Example<'_>) -> Result<Edits> {
        let text = example.text();
        let mut edits = Edits::none();
        let mut shown = String::with_capacity(text.len()); // what stands before the piece, when cleaned
        let mut at = 0;
        for (range, piece) in Scanner::new(text, &self.settings.drop) {
            shown.push_str(&text[at..range.start]);
            at = range.end;
            let into = match &piece {
                Piece::Entity(decoded) => decoded.as_str(),
                Piece::Nothing => "",
                Piece::Tag(name) => self.between(name, &shown),
            };
            shown.push_str(into);
            edits.replace(range, into);
        }
        Ok(edits)
    }
}

impl HtmlClean {
    /// What a tag leaves: once for several in a row, and nothing before the first text.
    fn between(&self, name: &str, shown: &str) -> &str {
        let into = match name {
            "td" | "th" => &self.settings.cell,
            "ul" | "tbody" | "thead" | "tfoot" => &self.settings.block,
            name if BLOCKS.binary_search(&name).is_ok() => &self.settings.block,
            _ => return "",
        };
        if shown.is_empty() || shown.ends_with(into) || shown.ends_with(&self.settings.block) { "" } else { into }
    }
}

fn examples() -> Vec<Case> {
    vec![
        Case::new(
            "inline tags leave nothing, blocks a line break, and the span moves along",
            json!({
                "text": "<p>Patient has <b>severe</b> asthma.</p><p>No fever.</p>",
                "spans": [{ "start": 29, "end": 35, "label": "Disease" }],
            }),
            json!({
                "text": "Patient has severe asthma.\nNo fever.\n",
                "spans": [{ "start": 19, "end": 25, "label": "Disease" }],
            }),
        ),
        Case::new(
            "entities are decoded, scripts and comments go with what they contain",
            json!({ "text": "Smith &amp; Co.<!-- draft --> owes &#8364;5<script>if (a < b) alert('</p>')</script>" }),
            json!({ "text": "Smith & Co. owes €5" }),
        ),
        Case::new(
            "what is no markup stays",
            json!({ "text": "p <0.05, AT&T, x < y and 1 &lt 2" }),
            json!({ "text": "p <0.05, AT&T, x < y and 1 < 2" }),
        ),
        Case::new(
            "cells of a table stay apart",
            json!({ "text": "<table><tr><td>HbA1c</td><td>7.2</td></tr></table>" }),
            json!({ "text": "HbA1c | 7.2 | \n" }),
        )
        .with(json!({ "cell": " | " })),
    ]
}

engraft_plugin::register!(preprocessor HtmlClean);
