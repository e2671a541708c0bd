//! The settings of `unicode`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The form that characters are brought to.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The normal form of Unicode.
    pub form: Form,
    /// What full-width letters and digits (`ＡＢＣ１２３`) and half-width kana (`ｶﾀｶﾅ`) become.
    pub width: Width,
    /// Full-width punctuation (`，：（）`) becomes narrow too. Chinese is written with it: leave it there.
    pub punctuation: bool,
    /// Typographic quotes, dashes and the minus sign become those of a typewriter.
    pub quotes: bool,
    /// With the forms `nfkc` and `nfkd`: characters that hold a digit (`²`, `½`, `①`) stay, because `10²` would become
    /// `102`.
    pub keep_digits: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { form: Form::Nfc, width: Width::Usual, punctuation: false, quotes: false, keep_digits: true }
    }
}

/// A normal form of Unicode (UAX 15).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// Letters and their marks are one character where there is one: `é`.
    Nfc,
    /// The same, and what only looks otherwise becomes the usual letter: `ﬁ` to `fi`, `㎎` to `mg`.
    Nfkc,
    /// Letters and their marks are apart.
    Nfd,
    /// The same, and what only looks otherwise becomes the usual letter.
    Nfkd,
    /// As it is written.
    Keep,
}

/// What characters of unusual width become.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Width {
    /// Letters, digits and the blank narrow, kana wide.
    Usual,
    /// As it is written.
    Keep,
}
