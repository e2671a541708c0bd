//! Brings characters to one form: a normal form of Unicode, usual widths, plain quotes.
//!
//! The text is cut where its parts can be normalized on their own, and each part that changes is one edit. Where a span
//! begins or ends inside a part (between a letter and its mark), the part is cut there.

pub mod segment;
pub mod settings;

pub use settings::{Form, Settings, Width};

use engraft_plugin::kind::preprocessor::Preprocessor;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::text::Example;
use engraft_plugin::{Case, Edits, Result};
use segment::segments;
use serde_json::json;
use unicode_normalization::UnicodeNormalization;

/// The preprocessor `unicode`.
pub struct Unicode {
    settings: Settings,
}

impl Plugin for Unicode {
    type Settings = Settings;

    fn about() -> About {
        About {
            id: "unicode",
            summary: "Brings characters to one form: normal forms, full and half width, quotes.",
            examples: examples(),
        }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        Ok(Self { settings })
    }
}

impl Preprocessor for Unicode {
    fn clean(&self, example: &Example<'_>) -> Result<Edits> {
        let mut edits = Edits::none();
        for (at, part) in segments(example.text()) {
            if part.len() == 1 {
                continue; // ASCII is its own form
            }
            let into = self.form(part);
            if into != part {
                edits.replace_around(at..at + part.len(), &into, example.spans());
            }
        }
        Ok(edits)
    }
}

impl Unicode {
    fn form(&self, part: &str) -> String {
        let mut made = String::with_capacity(part.len());
        for character in part.chars() {
            self.resize(character, &mut made);
        }
        let holds_digit = |c: char| !c.is_ascii() && c.is_numeric() && c.nfkd().any(|d| d.is_ascii_digit());
        let form = match self.settings.form {
            Form::Nfkc if self.settings.keep_digits && made.chars().any(holds_digit) => Form::Nfc,
            Form::Nfkd if self.settings.keep_digits && made.chars().any(holds_digit) => Form::Nfd,
            // These forms would take the width of punctuation away, which has a setting of its own.
            Form::Nfkc if !self.settings.punctuation && made.chars().all(is_wide_punctuation) => Form::Nfc,
            Form::Nfkd if !self.settings.punctuation && made.chars().all(is_wide_punctuation) => Form::Nfd,
            form => form,
        };
        match form {
            Form::Nfc => made.nfc().collect(),
            Form::Nfkc => made.nfkc().collect(),
            Form::Nfd => made.nfd().collect(),
            Form::Nfkd => made.nfkd().collect(),
            Form::Keep => made,
        }
    }

    /// One character in its usual width and plain form.
    fn resize(&self, character: char, made: &mut String) {
        let is_usual = self.settings.width == Width::Usual;
        match character {
            '\u{3000}' if is_usual => made.push(' '),
            '\u{ff01}'..='\u{ff5e}' => {
                let narrow = char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character);
                let applies = if narrow.is_ascii_alphanumeric() { is_usual } else { self.settings.punctuation };
                made.push(if applies { narrow } else { character });
            }
            // Half-width kana with their sound marks: ｶﾞ is ガ.
            '\u{ff61}'..='\u{ff9f}' if is_usual => made.extend(character.nfkc()),
            '‘' | '’' | '‚' | '‛' | '′' if self.settings.quotes => made.push('\''),
            '“' | '”' | '„' | '‟' | '″' if self.settings.quotes => made.push('"'),
            '‐' | '‑' | '‒' | '–' | '−' if self.settings.quotes => made.push('-'),
            '—' | '―' if self.settings.quotes => made.push_str("--"),
            _ => made.push(character),
        }
    }
}

/// Punctuation in the width of Chinese characters.
fn is_wide_punctuation(character: char) -> bool {
    matches!(character, '\u{ff01}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff20}' | '\u{ff3b}'..='\u{ff40}' | '\u{ff5b}'..='\u{ff60}')
}

fn examples() -> Vec<Case> {
    vec![
        Case::new(
            "a letter and its mark become one character, full-width letters and digits narrow",
            json!({ "text": "cafe\u{301}：ＡＢＣ１２", "spans": [{ "start": 9, "end": 24, "label": "Code" }] }),
            json!({ "text": "café：ABC12", "spans": [{ "start": 8, "end": 13, "label": "Code" }] }),
        ),
        Case::new(
            "what only looks otherwise becomes the usual letters; what holds a digit stays",
            json!({ "text": "ﬁne, 5㎎/10²" }),
            json!({ "text": "fine, 5mg/10²" }),
        )
        .with(json!({ "form": "nfkc" })),
        Case::new(
            "quotes and dashes of a typewriter",
            json!({ "text": "“don’t” −3" }),
            json!({ "text": "\"don't\" -3" }),
        )
        .with(json!({ "quotes": true })),
    ]
}

engraft_plugin::register!(preprocessor Unicode);

#[cfg(test)]
mod tests {
    use super::*;
    use engraft_plugin::edit;
    use engraft_plugin::text::{ExampleBuf, SpanBuf, Views};

    fn clean(settings: Settings, example: &ExampleBuf) -> ExampleBuf {
        let edits = Unicode { settings }.clean(&Views::examples([example]).as_slice()[0]).unwrap();
        edit::apply(example, &edits).unwrap()
    }

    #[test]
    fn half_width_kana_with_sound_marks_become_one_character() {
        assert_eq!(clean(Settings::default(), &ExampleBuf::new("1", "ｶﾞﾝ 一　二")).text, "ガン 一 二");
    }

    #[test]
    fn a_span_that_ends_between_a_letter_and_its_mark_keeps_the_letter() {
        let mut example = ExampleBuf::new("1", "cafe\u{301}");
        example.spans = vec![SpanBuf::new(0, 4, "S")];
        let cleaned = clean(Settings::default(), &example);
        assert_eq!((cleaned.text.as_str(), cleaned.spans[0].range()), ("café", 0..3));
    }

    #[test]
    fn superscripts_become_digits_only_where_one_says_so() {
        let all = Settings { form: Form::Nfkc, keep_digits: false, ..Settings::default() };
        assert_eq!(clean(all, &ExampleBuf::new("1", "10²，½")).text, "102，1\u{2044}2");
    }
}
