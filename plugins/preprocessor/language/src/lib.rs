//! Tells the language of a text: keeps those of some languages, marks texts with their code.
//!
//! A record that has a field `language` is believed. Other texts are told by script and by their three-letter pieces
//! (`whatlang`, 70 languages); a text of few words is often unknown. A preprocessor cannot write fields, so the tag goes
//! into the text, where a model can read it.

pub mod code;
pub mod settings;

pub use settings::Settings;

use code::{code, language};
use engraft_plugin::kind::preprocessor::Preprocessor;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::text::{Example, field};
use engraft_plugin::{Case, Edits, Error, Result};
use serde_json::json;
use whatlang::{Detector, Lang};

/// The preprocessor `language`.
pub struct Language {
    settings: Settings,
    keep: Vec<Lang>,
    detector: Detector,
}

impl Plugin for Language {
    type Settings = Settings;

    fn about() -> About {
        About {
            id: "language",
            summary: "Tells the language of a text: keeps some languages, marks texts with their code.",
            examples: examples(),
        }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        if !(0.0..=1.0).contains(&settings.sure) {
            return Err(Error::new("settings.sure", format!("`sure`: expected 0 to 1, found {}", settings.sure)));
        }
        let keep = languages("keep", &settings.keep)?;
        let among = languages("among", &settings.among)?;
        let detector = if among.is_empty() { Detector::new() } else { Detector::with_allowlist(among) };
        Ok(Self { settings, keep, detector })
    }
}

fn languages(key: &str, tags: &[String]) -> Result<Vec<Lang>> {
    let one = |tag: &String| {
        language(tag).ok_or_else(|| {
            let known: Vec<&str> = Lang::all().iter().map(|&known| code(known)).collect();
            let why = format!("`{key}`: `{tag}` is no language that can be told; there are {}", known.join(", "));
            Error::new(format!("settings.{key}"), why)
        })
    };
    tags.iter().map(one).collect()
}

impl Preprocessor for Language {
    fn clean(&self, example: &Example<'_>) -> Result<Edits> {
        let found = self.tell(example);
        let is_kept = match found {
            Some(found) => self.keep.is_empty() || self.keep.contains(&found),
            None => self.keep.is_empty() || !self.settings.refuse_unknown,
        };
        let name = found.map_or("und", code); // BCP 47: undetermined
        if !is_kept {
            let keep: Vec<&str> = self.keep.iter().map(|&kept| code(kept)).collect();
            let why = format!("expected a text in {}, found one in `{name}`", keep.join(" or "));
            return Err(Error::new("language.other", why));
        }
        let mut edits = Edits::none();
        if !self.settings.mark.is_empty() {
            edits.replace(0..0, self.settings.mark.replace("{language}", name));
        }
        Ok(edits)
    }
}

impl Language {
    /// The language of a text, by its field or by what stands in it.
    fn tell(&self, example: &Example<'_>) -> Option<Lang> {
        let stated = example.field(field::LANGUAGE).and_then(language);
        stated.or_else(|| {
            let found = self.detector.detect(example.text())?;
            (found.confidence() >= self.settings.sure).then(|| found.lang())
        })
    }
}

fn examples() -> Vec<Case> {
    let german = "Der Patient klagt über Kopfschmerzen und leichtes Fieber seit gestern Abend.";
    vec![
        Case::new(
            "a text is marked with its language, its spans move along",
            json!({ "text": "患者发热三天", "spans": [{ "start": 6, "end": 12, "label": "Symptom" }] }),
            json!({ "text": "<zh> 患者发热三天", "spans": [{ "start": 11, "end": 17, "label": "Symptom" }] }),
        )
        .with(json!({ "mark": "<{language}> " })),
        Case::new(
            "a text of a language that is not kept is refused",
            json!({ "text": german }),
            json!({ "error": "language.other" }),
        )
        .with(json!({ "keep": ["en", "zh"] })),
        Case::new(
            "a stated language is believed",
            json!({ "text": "Fieber", "fields": [["language", "de-AT"]] }),
            json!({ "text": "Fieber", "fields": [["language", "de-AT"]] }),
        )
        .with(json!({ "keep": ["de"], "refuse_unknown": true })),
        Case::new("an unknown code is named", json!({ "text": "" }), json!({ "error": "settings.keep" }))
            .with(json!({ "keep": ["klingon"] })),
    ]
}

engraft_plugin::register!(preprocessor Language);
