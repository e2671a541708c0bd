//! Expands abbreviations, writes terms in one form and links names to an ontology, all from files.
//!
//! From left to right, the longest entry first: abbreviations, then terms, then the ontology. What one of them changed is
//! not changed again. Words are whole words; Chinese is matched by characters.

pub mod index;
pub mod lexicon;
pub mod ontology;
pub mod settings;
pub mod token;

pub use settings::{Expand, Link, Settings};

use engraft_plugin::kind::preprocessor::Preprocessor;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::text::Example;
use engraft_plugin::{Case, Edits, Error, Result};
use lexicon::Lexicon;
use ontology::Ontology;
use serde_json::json;
use std::ops::Range;
use token::tokens;

/// The preprocessor `dictionary`.
pub struct Dictionary {
    settings: Settings,
    abbreviations: Lexicon,
    terms: Lexicon,
    ontology: Ontology,
}

impl Plugin for Dictionary {
    type Settings = Settings;

    fn about() -> About {
        About {
            id: "dictionary",
            summary: "Expands abbreviations, writes terms in one form, links names to an ontology.",
            examples: examples(),
        }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        if !(0.5..=1.0).contains(&settings.likeness) {
            let why = format!("`likeness`: expected 0.5 to 1, found {}", settings.likeness);
            return Err(Error::new("settings.likeness", why));
        }
        let abbreviations = Lexicon::read(&settings.abbreviations, "abbreviations", settings.any_case)?;
        let terms = Lexicon::read(&settings.terms, "terms", true)?;
        let ontology = Ontology::read(&settings.ontology, settings.likeness)?;
        Ok(Self { settings, abbreviations, terms, ontology })
    }
}

impl Preprocessor for Dictionary {
    fn clean(&self, example: &Example<'_>) -> Result<Edits> {
        let text = example.text();
        let tokens = tokens(text);
        let mut edits = Edits::none();
        let mut at = 0;
        while at < tokens.len() {
            let Some((count, into)) = self.becomes(text, &tokens[at..]) else {
                at += 1;
                continue;
            };
            let range = tokens[at].start..tokens[at + count - 1].end;
            match into {
                Into::Words(words) if words != text[range.clone()] => {
                    edits.replace_around(range, &words, example.spans());
                }
                Into::Behind(words) => {
                    edits.replace(range.end..range.end, words);
                }
                Into::Words(_) => {}
            }
            at += count;
        }
        Ok(edits)
    }
}

/// What becomes of words.
enum Into {
    /// These words come in their place.
    Words(String),
    /// These words follow.
    Behind(String),
}

impl Dictionary {
    /// How many of the first tokens become what.
    fn becomes(&self, text: &str, tokens: &[Range<usize>]) -> Option<(usize, Into)> {
        if let Some((count, meanings)) = self.abbreviations.longest_at(text, tokens) {
            let [meaning] = meanings else { return None };
            let into = match self.settings.expand {
                Expand::Replace => Into::Words(meaning.clone()),
                Expand::Append => Into::Behind(format!(" ({meaning})")),
            };
            return Some((count, into));
        }
        if let Some((count, [term, ..])) = self.terms.longest_at(text, tokens) {
            return Some((count, Into::Words(term.clone())));
        }
        let (count, code, name) = self.ontology.at(text, tokens)?;
        let into = match self.settings.link {
            Link::Name => Into::Words(name.to_owned()),
            Link::Code => Into::Behind(format!(" [{code}]")),
            Link::Both => Into::Words(format!("{name} [{code}]")),
        };
        Some((count, into))
    }
}

fn examples() -> Vec<Case> {
    let lists = json!({
        "abbreviations": "RA\trheumatoid arthritis\nMS\tmultiple sclerosis\nMS\tmitral stenosis",
        "terms": "heart attack\tmyocardial infarction\n心梗\t心肌梗死",
    });
    vec![
        Case::new(
            "an abbreviation is expanded, a span goes with it; one with several meanings stays",
            json!({ "text": "RA, not MS or ra.", "spans": [{ "start": 0, "end": 2, "label": "Disease" }] }),
            json!({
                "text": "rheumatoid arthritis, not MS or ra.",
                "spans": [{ "start": 0, "end": 20, "label": "Disease" }],
            }),
        )
        .with(lists.clone()),
        Case::new(
            "terms in one form, the longest first",
            json!({ "text": "Heart attack; 急性心梗" }),
            json!({ "text": "myocardial infarction; 急性心肌梗死" }),
        )
        .with(lists),
        Case::new(
            "names of an ontology, misspelled ones too, get their code",
            json!({ "text": "rheumatiod arthritis and gout" }),
            json!({ "text": "rheumatoid arthritis [M06] and gout [M10]" }),
        )
        .with(json!({
            "ontology": "M06\trheumatoid arthritis\tRA\nM10\tgout\tpodagra", "link": "both", "likeness": 0.8,
        })),
        Case::new("a line without its tab is refused", json!({ "text": "x" }), json!({ "error": "settings.terms" }))
            .with(json!({ "terms": "heart attack = myocardial infarction" })),
    ]
}

engraft_plugin::register!(preprocessor Dictionary);
