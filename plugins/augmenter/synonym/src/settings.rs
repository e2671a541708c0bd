//! The settings of `synonym`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which words are swapped for which, and how often.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Words or phrases with what may stand in their place, read without regard to case:
    /// `high = ["elevated", "raised"]`. An entry here takes the place of the built-in one.
    pub dictionary: BTreeMap<String, Vec<String>>,
    /// Lexicons: `{ folder = "wordnet" }` takes WordNet's files, `[{ file = "wn-data-cmn.tab" }]` a wordnet of another
    /// language or lines of words with tabs between. An entry in them takes the place of the built-in one.
    pub lexicons: Vec<String>,
    /// How many senses of a word count for each part of speech, the usual ones first, where WordNet's index files say
    /// which those are; 0 for all. Rarer senses give words that do not fit.
    pub senses: usize,
    /// Uses the built-in English dictionary too (clinical, legal, financial and general words).
    pub built_in: bool,
    /// With which probability each word that has synonyms is swapped.
    pub probability: f64,
    /// How many variations are made of a text; one without any swap is left out.
    pub variations: usize,
    /// Swaps words inside labelled spans too. A swap there changes what is labelled.
    pub inside_spans: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            dictionary: BTreeMap::new(),
            lexicons: Vec::new(),
            senses: 1,
            built_in: true,
            probability: 0.15,
            variations: 1,
            inside_spans: false,
        }
    }
}
