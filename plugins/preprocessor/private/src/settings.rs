//! The settings of `private`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is personal, and what comes in its place.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// What is looked for.
    pub find: Vec<Sort>,
    /// Names of people, found wherever they stand as whole words: `{ lines = "names.txt" }` takes them from a file.
    pub names: Vec<String>,
    /// Regular expressions of one's own, by the word of their mask: `BED = 'bed \d+'`. Where one has a group, the first
    /// group is what goes.
    pub patterns: BTreeMap<String, Vec<String>>,
    /// What comes in the place of what is found.
    pub into: Into,
    /// From which surrogates are drawn. Who knows it can tell which surrogate stands for a name that he guesses.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        use Sort::{Address, Card, Id, Mail, Name, Phone, Record};
        Self {
            find: vec![Mail, Id, Card, Phone, Record, Address, Name],
            names: Vec::new(),
            patterns: BTreeMap::new(),
            into: Into::Mask,
            seed: 0,
        }
    }
}

/// A sort of personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Sort {
    /// Addresses of mail.
    Mail,
    /// National numbers with the right check digit: resident identity cards (China), NHS numbers; social security
    /// numbers (United States).
    Id,
    /// Payment cards (Luhn) and accounts (IBAN) with the right check digits.
    Card,
    /// Telephone numbers: Chinese, American, any with a country code.
    Phone,
    /// Numbers behind `MRN`, `patient id`, 病历号, 住院号 and the like.
    Record,
    /// Streets with a number, and what stands behind 地址 or 住址.
    Address,
    /// Names behind a title or a heading (`Dr. Smith`, `姓名：李四`), before a Chinese title (王医生), and those listed.
    Name,
    /// Dates. Surrogates are shifted by the same number of days within a document.
    Date,
}

impl Sort {
    /// The word of its mask.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Mail => "MAIL",
            Self::Id => "ID",
            Self::Card => "CARD",
            Self::Phone => "PHONE",
            Self::Record => "RECORD",
            Self::Address => "ADDRESS",
            Self::Name => "NAME",
            Self::Date => "DATE",
        }
    }
}

/// What comes in the place of personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Into {
    /// A word in brackets: `[NAME]`.
    Mask,
    /// Something of the same form, the same for the same everywhere.
    Surrogate,
}
