//! Puts a record's other fields around its text, so that a model of texts reads structured rows.
//!
//! The fields are those that the domain adapter hands on; those of this repository hand on every column that they do not
//! read themselves. A preprocessor changes a text by edits, so the template's words are two insertions, in front and
//! behind, and no span moves but along.

pub mod parse;
pub mod settings;

pub use settings::Settings;

use engraft_plugin::kind::preprocessor::Preprocessor;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::text::Example;
use engraft_plugin::{Case, Edits, Error, Result};
use parse::{Part, parse};
use serde_json::json;

/// The preprocessor `template`.
pub struct Template {
    before: Vec<Part>,
    after: Vec<Part>,
}

impl Plugin for Template {
    type Settings = Settings;

    fn about() -> About {
        About { id: "template", summary: "Puts a record's other fields around its text.", examples: examples() }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        let (before, after) = parse(&settings.template)
            .map_err(|why| Error::new("settings.template", format!("`template`: {why}: `{}`", settings.template)))?;
        Ok(Self { before, after })
    }
}

impl Preprocessor for Template {
    fn clean(&self, example: &Example<'_>) -> Result<Edits> {
        let mut edits = Edits::none();
        let (before, after) = (words(&self.before, example)?, words(&self.after, example)?);
        if !before.is_empty() {
            edits.replace(0..0, before);
        }
        if !after.is_empty() {
            let end = example.text().len();
            edits.replace(end..end, after);
        }
        Ok(edits)
    }
}

/// Parts with the fields' values in them.
fn words(parts: &[Part], example: &Example<'_>) -> Result<String> {
    let mut made = String::new();
    for part in parts {
        match part {
            Part::Words(words) => made += words,
            Part::Field(name) => made += field(example, name).ok_or_else(|| missing(example, name))?,
            Part::Group(inner) => {
                let is_whole = |part: &Part| !matches!(part, Part::Field(name) if field(example, name).is_none());
                if inner.iter().all(is_whole) {
                    made += &words(inner, example)?;
                }
            }
        }
    }
    Ok(made)
}

/// A field that holds something.
fn field<'a>(example: &Example<'a>, name: &str) -> Option<&'a str> {
    example.field(name).filter(|value| !value.is_empty())
}

fn missing(example: &Example<'_>, name: &str) -> Error {
    let names: Vec<&str> = example.fields().iter().map(|field| field.name()).collect();
    let why = format!("the record has no field `{name}`; it has {names:?} (square brackets make a part optional)");
    Error::new("template.no-field", why)
}

fn examples() -> Vec<Case> {
    let fields = json!([["title", "Discharge"], ["age", "71"]]);
    let settings = json!({ "template": "{title}[, age {age}][, ward {ward}]: {text}" });
    vec![
        Case::new(
            "fields stand before the text, a group without its field is left out",
            json!({ "text": "Known gout.", "spans": [{ "start": 6, "end": 10, "label": "Disease" }], "fields": fields }),
            json!({
                "text": "Discharge, age 71: Known gout.",
                "spans": [{ "start": 25, "end": 29, "label": "Disease" }],
                "fields": fields,
            }),
        )
        .with(settings.clone()),
        Case::new(
            "a field that must be there and is not refuses the record",
            json!({ "text": "Known gout." }),
            json!({ "error": "template.no-field" }),
        )
        .with(settings),
        Case::new(
            "a template without the text is none",
            json!({ "text": "Known gout." }),
            json!({ "error": "settings.template" }),
        )
        .with(json!({ "template": "{title}" })),
    ]
}

engraft_plugin::register!(preprocessor Template);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubled_signs_stand_for_themselves() {
        let (before, after) = parse("{{a}} [[b]] {text}]]").unwrap();
        let words = |parts: &[Part]| {
            let one = |part: &Part| if let Part::Words(words) = part { words.clone() } else { "?".to_owned() };
            parts.iter().map(one).collect::<String>()
        };
        assert_eq!((words(&before).as_str(), words(&after).as_str()), ("{a} [b] ", "]"));
    }

    #[test]
    fn broken_templates_say_what_is_wrong() {
        for (template, why) in [
            ("{text", "has no `}`"),
            ("[{text}]", "outside of square brackets"),
            ("{text}{text}", "twice"),
            ("{text} [a", "has no `]`"),
            ("a } {text}", "without its beginning"),
        ] {
            assert!(parse(template).unwrap_err().contains(why), "{template}");
        }
    }
}
