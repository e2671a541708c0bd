//! Links names of a text to an ontology: a code, a name, other names of the same thing.

use crate::index::Index;
use crate::lexicon::Lexicon;
use crate::token::{is_ideograph, key, key_of};
use engraft_plugin::{Error, Result};
use std::ops::Range;

/// An ontology, found by name and by likeness.
#[derive(Clone, Debug, Default)]
pub struct Ontology {
    /// Code and first name.
    concepts: Vec<(String, String)>,
    /// Names with the number of their concept.
    exact: Lexicon,
    index: Index,
    concept_of: Vec<usize>,
    longest: usize,
    least: f64,
}

/// Characters of the shortest name that is found by likeness: below, one other letter makes another word.
const SHORTEST: usize = 6;

impl Ontology {
    /// Reads lines of a code, a name, and other names.
    ///
    /// # Errors
    /// `settings.ontology` for a line without a name.
    pub fn read(text: &str, least: f64) -> Result<Self> {
        let exact = Lexicon::read("", "ontology", true)?;
        let mut ontology = Self { exact, least, ..Self::default() };
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let columns: Vec<&str> = line.split('\t').map(str::trim).filter(|column| !column.is_empty()).collect();
            let [code, name, others @ ..] = columns.as_slice() else {
                let why = format!(
                    "`ontology`, line {}: expected a code and a name with a tab between, found `{line}`",
                    number + 1
                );
                return Err(Error::new("settings.ontology", why));
            };
            let concept = ontology.concepts.len();
            ontology.concepts.push(((*code).to_owned(), (*name).to_owned()));
            for name in std::iter::once(name).chain(others) {
                ontology.exact.add(name, &concept.to_string());
                let (key, count) = key_of(name, true);
                ontology.longest = ontology.longest.max(count);
                if least < 1.0 {
                    ontology.index.add(&key);
                    ontology.concept_of.push(concept);
                }
            }
        }
        Ok(ontology)
    }

    /// The concept whose name stands at the start of `tokens`: of how many tokens, its code and first name. A name of
    /// several concepts is none.
    pub fn at(&self, text: &str, tokens: &[Range<usize>]) -> Option<(usize, &str, &str)> {
        let told = |count: usize, concept: usize| {
            let (code, name) = &self.concepts[concept];
            (count, code.as_str(), name.as_str())
        };
        if let Some((count, concepts)) = self.exact.longest_at(text, tokens) {
            let [only] = concepts else { return None };
            return only.parse().ok().map(|concept| told(count, concept));
        }
        if self.least >= 1.0 {
            return None;
        }
        let mut best: Option<(usize, usize, f64)> = None;
        for count in 1..=self.longest.min(tokens.len()) {
            let last = &text[tokens[count - 1].clone()];
            if last.chars().all(|c| !c.is_alphanumeric()) {
                if matches!(last, "-" | "'" | "’" | "/") { continue } else { break }
            }
            let query = key(text, &tokens[..count], true);
            if query.chars().count() < SHORTEST || query.chars().all(is_ideograph) {
                continue;
            }
            if let Some((number, likeness)) = self.index.nearest(&query, self.least)
                && best.is_none_or(|(.., other)| likeness > other)
            {
                best = Some((count, self.concept_of[number], likeness));
            }
        }
        best.map(|(count, concept, _)| told(count, concept))
    }
}
