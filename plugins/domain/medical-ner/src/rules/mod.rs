//! The rule baseline: entities by the endings and heads of their names, by short lists, by doses, by
//! acronyms in brackets behind a name, and by a user's own terms.
//!
//! Every label has a grammar; a label that the rules do not know is found by `terms` alone.

mod grammar;
mod terms;
pub mod words;

use crate::token::{Token, tokens};
use grammar::{Grammar, Shared, set};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use terms::Terms;

/// Finds entities by rules.
pub struct Rules {
    shared: Shared,
    grammars: Vec<(String, Grammar)>,
    doses: Option<String>,
    acronyms: Option<String>,
    terms: Terms,
}

impl Rules {
    /// Rules for these labels, with a user's own terms.
    pub fn new(labels: &[String], own: &BTreeMap<String, Vec<String>>) -> Self {
        let known = |name: &str| labels.iter().find(|label| label.eq_ignore_ascii_case(name)).cloned();
        let makers =
            [("Disease", disease as fn() -> Grammar), ("Drug", drug), ("Symptom", symptom), ("Procedure", procedure)];
        let grammars = makers.into_iter().filter_map(|(name, grammar)| Some((known(name)?, grammar()))).collect();
        let mut terms = Terms::new(own);
        for (name, phrases) in [("Symptom", words::SYMPTOM_PHRASES), ("Drug", words::DRUG_PHRASES)] {
            if let Some(label) = known(name) {
                terms.add(&label, phrases.split(';'));
            }
        }
        Self { shared: Shared::new(), grammars, doses: known("Drug"), acronyms: known("Disease"), terms }
    }

    /// Entities of a text, in order, none over another: label and bytes.
    pub fn find(&self, text: &str) -> Vec<(String, Range<usize>)> {
        let tokens = tokens(text);
        let mut found: Vec<(String, Range<usize>)> = Vec::new();
        for (label, grammar) in &self.grammars {
            let entities = (0..tokens.len()).filter(|&at| tokens[at].is_word);
            let entities = entities.filter_map(|head| grammar.entity(&tokens, head, &self.shared));
            found.extend(entities.map(|range| (label.clone(), bytes(&tokens, range))));
        }
        if let Some(label) = &self.doses {
            found.extend(doses(&tokens).into_iter().map(|at| (label.clone(), tokens[at].range.clone())));
        }
        if let Some(label) = &self.acronyms {
            let names: Vec<_> =
                found.iter().filter(|(found, _)| found == label).map(|(_, range)| range.clone()).collect();
            found.extend(acronyms(text, &tokens, &names).into_iter().map(|range| (label.clone(), range)));
        }
        found.extend(self.terms.find(text));
        self.longest(found)
    }

    /// The longest entities, the first label first where two are equally long.
    fn longest(&self, mut found: Vec<(String, Range<usize>)>) -> Vec<(String, Range<usize>)> {
        let order = |label: &String| self.grammars.iter().position(|(known, _)| known == label).unwrap_or(usize::MAX);
        found.sort_by_key(|(label, range)| (std::cmp::Reverse(range.len()), range.start, order(label), label.clone()));
        let mut taken: BTreeMap<usize, usize> = BTreeMap::new(); // start → end of what is kept
        found.retain(|(_, range)| {
            let overlaps = taken.range(..range.end).next_back().is_some_and(|(_, &end)| end > range.start);
            if !overlaps {
                taken.insert(range.start, range.end);
            }
            !overlaps
        });
        found.sort_by_key(|(_, range)| range.start);
        found
    }
}

fn bytes(tokens: &[Token], range: Range<usize>) -> Range<usize> {
    tokens[range.start].range.start..tokens[range.end - 1].range.end
}

fn disease() -> Grammar {
    Grammar {
        names: set(&[words::DISEASES]),
        heads: set(&[words::DISEASE_HEADS]),
        endings: set(&[words::DISEASE_ENDINGS]),
        not: set(&[words::NOT_DISEASES]),
        acronyms: set(&[words::DISEASE_ACRONYMS]),
        modifiers: set(&[words::DISEASE_MODIFIERS]),
        tails: set(&[words::DISEASE_TAILS]),
        takes_adjectives: true,
        takes_parts: true,
    }
}

fn drug() -> Grammar {
    Grammar {
        names: set(&[words::DRUGS]),
        endings: set(&[words::DRUG_ENDINGS]),
        not: set(&[words::NOT_DRUGS]),
        modifiers: set(&[words::DRUG_SIDES]),
        tails: set(&[words::DRUG_SIDES]),
        ..Grammar::default()
    }
}

fn symptom() -> Grammar {
    Grammar {
        names: set(&[words::SYMPTOMS]),
        heads: set(&[words::SYMPTOM_HEADS]),
        modifiers: set(&[words::SYMPTOM_MODIFIERS]),
        ..Grammar::default()
    }
}

fn procedure() -> Grammar {
    Grammar {
        heads: set(&[words::PROCEDURE_HEADS]),
        endings: set(&[words::PROCEDURE_ENDINGS]),
        not: set(&[words::NOT_PROCEDURES]),
        acronyms: set(&[words::PROCEDURE_ACRONYMS]),
        modifiers: set(&[words::PROCEDURE_MODIFIERS]),
        takes_parts: true,
        ..Grammar::default()
    }
}

/// Words before `5 mg`, `100 micrograms`, `10 units`.
fn doses(tokens: &[Token]) -> Vec<usize> {
    const UNITS: [&str; 9] = ["mg", "mcg", "microgram", "micrograms", "µg", "g", "units", "iu", "mmol"];
    const OTHERS: [&str; 14] = [
        "tablet", "tablets", "capsule", "capsules", "dose", "doses", "about", "weighed", "weighing", "least", "every",
        "around", "total", "further",
    ];
    let is_number =
        |at: usize| tokens.get(at).is_some_and(|token: &Token| token.lower.bytes().all(|b| b.is_ascii_digit()));
    let has_unit = |at: usize| {
        let (number, rest) = tokens[at].lower.split_at(tokens[at].lower.bytes().take_while(u8::is_ascii_digit).count());
        let next = || tokens.get(at + 1).is_some_and(|token| UNITS.contains(&token.lower.as_str()));
        !number.is_empty() && (UNITS.contains(&rest) || (rest.is_empty() && next()))
    };
    let is_drug = |at: &usize| {
        let token = &tokens[*at];
        let is_name = token.is_word && token.lower.len() > 5 && token.lower.chars().all(char::is_alphabetic);
        is_name
            && !OTHERS.contains(&token.lower.as_str())
            && !token.lower.ends_with("ed")
            && !token.lower.ends_with("ing")
    };
    (0..tokens.len().saturating_sub(1)).filter(is_drug).filter(|&at| !is_number(at) && has_unit(at + 1)).collect()
}

/// Most characters in the brackets of an acronym, blanks included.
const LONGEST_ACRONYM: usize = 20;

/// `familial polyposis (FAP)`: what stands in brackets behind a name, if it begins like a word of it,
/// wherever it stands in the text.
fn acronyms(text: &str, tokens: &[Token], names: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut known = BTreeSet::new();
    for name in names {
        let Some(inside) = text[name.end..].trim_start().strip_prefix('(') else { continue };
        let Some((end, _)) = inside.char_indices().take(LONGEST_ACRONYM).find(|(_, c)| matches!(c, ')' | ',' | ';'))
        else {
            continue;
        };
        let short = inside[..end].trim();
        let plain: String = short.chars().filter(|c| !c.is_whitespace()).collect();
        let is_acronym = (2..=8).contains(&plain.len())
            && plain.chars().filter(|c| c.is_uppercase()).count() >= 2
            && plain.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '/');
        let initial = plain.chars().next().map(|c| c.to_lowercase().to_string()).unwrap_or_default();
        let begins = text[name.clone()]
            .to_lowercase()
            .split(|c: char| !c.is_alphanumeric())
            .any(|word| word.starts_with(&initial));
        if is_acronym && begins {
            known.insert(short);
        }
    }
    let starts = tokens.iter().map(|token| token.range.start);
    let ends: BTreeSet<usize> = tokens.iter().map(|token| token.range.end).collect();
    let at = |start: usize| {
        known
            .iter()
            .filter(move |short| text[start..].starts_with(**short))
            .map(move |short| start..start + short.len())
    };
    starts.flat_map(at).filter(|range| ends.contains(&range.end)).collect()
}

/// Whether a text is a word that is no mention by itself. `WAS` may be a syndrome.
pub fn is_stop(text: &str) -> bool {
    let is_acronym = text.len() > 1 && text.chars().all(char::is_uppercase);
    let text = text.to_lowercase();
    const STOPS: [&str; 28] = [
        "a", "an", "and", "are", "as", "at", "by", "for", "from", "has", "in", "is", "no", "not", "of", "on", "or",
        "patient", "patients", "that", "the", "this", "to", "type", "was", "were", "which", "with",
    ];
    !is_acronym && STOPS.contains(&text.as_str())
}
