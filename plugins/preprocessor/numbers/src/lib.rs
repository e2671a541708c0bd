//! Writes numbers and dates in one form, so that a model meets few forms of one thing: `1,250,000`, `125万` and `1.25
//! million` become `1250000`, dates `2025-03-05`.
//!
//! Numbers are read before anything is dropped: a cleaner that first strips symbols makes 125亿 of 12.5亿 and 32 of −3.2%.
//! What can be read in two ways stays as it is: `03/04/2025` unless told, `两三千`, `一百二`, version numbers.

pub mod chinese;
pub mod date;
pub mod number;
pub mod settings;

pub use settings::{Settings, Slashes};

use engraft_plugin::kind::preprocessor::Preprocessor;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::text::Example;
use engraft_plugin::{Case, Edits, Result};
use number::Read;
use serde_json::json;

/// The preprocessor `numbers`.
pub struct Numbers {
    settings: Settings,
}

impl Plugin for Numbers {
    type Settings = Settings;

    fn about() -> About {
        About {
            id: "numbers",
            summary: "Writes numbers and dates in one form, Chinese numerals and units included.",
            examples: examples(),
        }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        Ok(Self { settings })
    }
}

impl Preprocessor for Numbers {
    fn clean(&self, example: &Example<'_>) -> Result<Edits> {
        let text = example.text();
        let mut edits = Edits::none();
        let (mut at, mut before) = (0, '\0');
        while let Some(character) = text[at..].chars().next() {
            let length = match self.read(text, at, before) {
                Some((length, form)) => {
                    if text[at..at + length] != form {
                        edits.replace_around(at..at + length, &form, example.spans());
                    }
                    length
                }
                None => skipped(&text[at..], character),
            };
            before = text[at..at + length].chars().next_back().unwrap_or(before);
            at += length;
        }
        Ok(edits)
    }
}

impl Numbers {
    /// What begins at `at`, and its one form.
    fn read(&self, text: &str, at: usize, before: char) -> Option<Read> {
        let rest = &text[at..];
        let first = rest.chars().next()?;
        let is_apart = !before.is_ascii_alphanumeric();
        if first.is_ascii_digit() || first.is_ascii_uppercase() {
            if !is_apart {
                return None;
            }
            let date = self.settings.dates.then(|| date::read(rest, self.settings.slashes)).flatten();
            let number = || number::read(rest, &self.settings).filter(|_| first.is_ascii_digit());
            let found = date.or_else(number)?;
            // `5mg` is a number with its unit, `12a4` is a code.
            let is_code = rest[found.0..].starts_with(|c: char| c.is_ascii_alphabetic())
                && rest[found.0..]
                    .trim_start_matches(|c: char| c.is_ascii_alphabetic())
                    .starts_with(|c: char| c.is_ascii_digit());
            return (!is_code).then_some(found);
        }
        if first == '−' && self.settings.grouping && !before.is_alphanumeric() {
            let digits = &rest['−'.len_utf8()..];
            let (length, form) = number::read(digits, &self.settings)?;
            return Some(('−'.len_utf8() + length, format!("-{form}")));
        }
        if !chinese::is_numeral(first) || chinese::is_numeral(before) || before.is_ascii_digit() {
            return None;
        }
        let date = self.settings.dates.then(|| date::chinese_date(rest, self.settings.chinese)).flatten();
        date.or_else(|| self.settings.chinese.then(|| number::read_chinese(rest)).flatten())
    }
}

/// What holds nothing that is read: a whole run of digits and points (`1.1.1`), a whole word, a run of numerals.
fn skipped(text: &str, first: char) -> usize {
    let end = if first.is_ascii_digit() {
        text.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | ',')).unwrap_or(text.len())
    } else if first.is_ascii_alphabetic() {
        text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len())
    } else {
        chinese::run(text).len()
    };
    end.max(first.len_utf8())
}

fn examples() -> Vec<Case> {
    vec![
        Case::new(
            "Chinese units, numerals and dates",
            json!({
                "text": "二〇二五年三月五日收入12.5亿元，增长百分之三十",
                "spans": [{ "start": 33, "end": 43, "label": "Amount" }],
            }),
            json!({
                "text": "2025-03-05收入1250000000元，增长30%",
                "spans": [{ "start": 16, "end": 29, "label": "Amount" }],
            }),
        ),
        Case::new(
            "marks between thousands, units of size, the minus sign, dates",
            json!({ "text": "On March 5, 2025: $1,250,000.50, 2.5 million, −3.2%" }),
            json!({ "text": "On 2025-03-05: $1250000.50, 2500000, -3.2%" }),
        ),
        Case::new(
            "what can be read in two ways stays",
            json!({ "text": "03/04/2025, v1.1.1, B12, 两三千, 万一" }),
            json!({ "text": "03/04/2025, v1.1.1, B12, 两三千, 万一" }),
        ),
        Case::new(
            "unless one says which way",
            json!({ "text": "03/04/2025: 1.250,5" }),
            json!({ "text": "2025-04-03: 1250.5" }),
        )
        .with(json!({ "slashes": "day-first", "decimal_comma": true })),
    ]
}

engraft_plugin::register!(preprocessor Numbers);
