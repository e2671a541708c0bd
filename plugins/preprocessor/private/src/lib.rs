//! Masks personal data: names, national numbers, cards, telephones, mail, addresses, medical record numbers, dates.
//!
//! It finds by patterns, by check digits and by a list of names, and runs without a network. It finds what has a form,
//! and no more: a name that stands in running text without a title is found only if it is listed. A text is not
//! anonymous because this has run over it.

pub mod checksum;
pub mod find;
pub mod patterns;
pub mod settings;
pub mod surrogate;

pub use settings::{Into, Settings, Sort};

use engraft_plugin::kind::preprocessor::Preprocessor;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::text::{Example, field};
use engraft_plugin::{Case, Edits, Error, Result};
use find::Finder;
use serde_json::json;
use surrogate::surrogate;

/// The preprocessor `private`.
pub struct Private {
    settings: Settings,
    finder: Finder,
}

impl Plugin for Private {
    type Settings = Settings;

    fn about() -> About {
        About { id: "private", summary: "Masks personal data, or puts surrogates in its place.", examples: examples() }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        let is_word = |word: &String| !word.is_empty() && word.chars().all(|c| c.is_ascii_uppercase() || c == '_');
        if let Some(word) = settings.patterns.keys().find(|word| !is_word(word)) {
            let why = format!("`patterns`: expected a word of capitals for the mask, `BED`, found `{word}`");
            return Err(Error::new("settings.patterns", why));
        }
        let finder = Finder::new(&settings)?;
        Ok(Self { settings, finder })
    }
}

impl Preprocessor for Private {
    fn clean(&self, example: &Example<'_>) -> Result<Edits> {
        let document = example.field(field::DOCUMENT).unwrap_or_else(|| example.id());
        let mut edits = Edits::none();
        for found in self.finder.find(example.text()) {
            let into = match self.settings.into {
                Into::Mask => format!("[{}]", found.word),
                Into::Surrogate => {
                    surrogate(found.sort, &example.text()[found.range.clone()], self.settings.seed, document)
                }
            };
            edits.replace_around(found.range, &into, example.spans());
        }
        Ok(edits)
    }
}

fn examples() -> Vec<Case> {
    vec![
        Case::new(
            "names, numbers, mail and telephones become masks, the span moves along",
            json!({
                "text": "Dr. Jane Smith (jane@clinic.org, MRN: 4711-22) sees gout.",
                "spans": [{ "start": 52, "end": 56, "label": "Disease" }],
            }),
            json!({
                "text": "Dr. [NAME] ([MAIL], MRN: [RECORD]) sees gout.",
                "spans": [{ "start": 40, "end": 44, "label": "Disease" }],
            }),
        ),
        Case::new(
            "Chinese records; a number whose check digit is wrong is none",
            json!({ "text": "姓名：张三，身份证11010519491231002X，电话13800138000，编号110105194912310021" }),
            json!({ "text": "姓名：[NAME]，身份证[ID]，电话[PHONE]，编号110105194912310021" }),
        ),
        Case::new(
            "listed names, patterns of one's own",
            json!({ "text": "Ann Lee in bed 12, Annie stays." }),
            json!({ "text": "[NAME] in [BED], Annie stays." }),
        )
        .with(json!({ "names": ["Ann Lee", "Ann"], "patterns": { "BED": ["bed [0-9]+"] } })),
        Case::new(
            "surrogates: the same for the same",
            json!({ "text": "Mr. Smith called. Mr. Smith left on 2024-03-01." }),
            json!({ "text": "Mr. Eastman called. Mr. Eastman left on 2024-03-01." }),
        )
        .with(json!({ "into": "surrogate", "seed": 7 })),
    ]
}

engraft_plugin::register!(preprocessor Private);
