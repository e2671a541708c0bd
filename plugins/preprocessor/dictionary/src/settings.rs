//! The settings of `dictionary`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which words become which. Each list is a text of lines with tabs, and `{ file = "terms.tsv" }` takes it from a file.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Lines of an abbreviation and what it means, a tab between. An abbreviation with several meanings stays.
    pub abbreviations: String,
    /// How an abbreviation is expanded.
    pub expand: Expand,
    /// Finds abbreviations in other capitals too: `ra` and `RA`.
    pub any_case: bool,
    /// Lines of a term and the one to use in its place, a tab between; read without regard to case.
    pub terms: String,
    /// Lines of a code, a name, and other names of the same thing, tabs between.
    pub ontology: String,
    /// What a name of the ontology becomes.
    pub link: Link,
    /// From which likeness on a misspelled name is linked: the share of three-letter pieces that both have (Dice). At 1
    /// only what is written as in the ontology.
    pub likeness: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            abbreviations: String::new(),
            expand: Expand::Replace,
            any_case: false,
            terms: String::new(),
            ontology: String::new(),
            link: Link::Name,
            likeness: 1.0,
        }
    }
}

/// How an abbreviation is expanded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Expand {
    /// By what it means: `rheumatoid arthritis`.
    Replace,
    /// What it means follows in brackets: `RA (rheumatoid arthritis)`.
    Append,
}

/// What a name of the ontology becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Link {
    /// The first name of its line.
    Name,
    /// The name as it is, and the code behind it: `gout [M10]`.
    Code,
    /// The first name of its line, and the code behind it.
    Both,
}
