//! The rule baseline: patterns by label, and where in the contract a label may stand.

pub mod patterns;

use crate::item::{Items, pattern};
use crate::settings::Item;
use engraft_plugin::{Error, Result};
use patterns::{PATTERNS, Pattern};
use regex::{Regex, RegexBuilder};
use std::collections::BTreeMap;

/// Parties and date stand in the first so many bytes of a contract.
const PREAMBLE: usize = 2500;

/// The title stands in the first so many.
const HEAD: usize = 400;

/// A clause of fewer bytes is no clause.
const SHORTEST: usize = 30;

/// Says by rules which labels a segment has.
pub struct Rules {
    clauses: Vec<(String, Rule)>,
    items: Vec<(String, Item)>,
    date: Regex,
    between: Regex,
    title: Regex,
}

struct Rule {
    any: Regex,
    none: Option<Regex>,
}

impl Rules {
    /// Compiles the patterns of the labels that are looked for.
    ///
    /// # Errors
    /// `settings.patterns` for a user's pattern that is no regular expression.
    pub fn new(labels: &[String], items: &BTreeMap<String, Item>, own: &BTreeMap<String, Vec<String>>) -> Result<Self> {
        let mut clauses = Vec::new();
        for label in labels {
            if let Some(patterns) = own.get(label) {
                clauses.push((label.clone(), Rule { any: own_pattern(label, patterns)?, none: None }));
            } else if let Some(built_in) = PATTERNS.iter().find(|built_in| built_in.label == label) {
                clauses.push((label.clone(), built_in.compile()));
            }
        }
        let is_own = |label: &String| own.contains_key(label);
        let items =
            labels.iter().filter(|label| !is_own(label)).filter_map(|label| Some((label.clone(), *items.get(label)?)));
        Ok(Self {
            clauses,
            items: items.collect(),
            date: pattern(r"(?i)(?:\bdated?\b|\bas of\b|\bmade\b|entered into|\beffective\b|\bexecuted\b|\bsigned\b)"),
            between: pattern(r#"(?i)\b(?:between|among)\b|["“ʺ]part(?:y|ies)\b|entered\s+into\s+by"#),
            title: pattern(r"(?i)\b(?:agreement|contract|lease|addendum|amendment|schedule|statement of work)\b"),
        })
    }

    /// The labels of a segment that begins at `offset` of its contract.
    pub fn labels(&self, segment: &str, offset: usize, items: &Items) -> Vec<&str> {
        let lower = simple(segment);
        let mut labels: Vec<&str> = Vec::new();
        if segment.trim().len() >= SHORTEST {
            labels
                .extend(self.clauses.iter().filter(|(_, rule)| rule.matches(&lower)).map(|(label, _)| label.as_str()));
        }
        let stands = |item: Item| match item {
            Item::Party => offset < PREAMBLE && self.between.is_match(segment),
            Item::Date => offset < PREAMBLE && self.date.is_match(segment),
            Item::Title => offset < HEAD && self.title.is_match(segment),
        };
        let found = self.items.iter().filter(|(_, item)| stands(*item) && !items.find(*item, segment).is_empty());
        labels.extend(found.map(|(label, _)| label.as_str()));
        labels
    }
}

impl Rule {
    fn matches(&self, lower: &str) -> bool {
        self.any.is_match(lower) && !self.none.as_ref().is_some_and(|none| none.is_match(lower))
    }
}

impl Pattern {
    fn compile(&self) -> Rule {
        let joined = |parts: &[&str]| pattern(&parts.join("|"));
        Rule { any: joined(self.any), none: (!self.none.is_empty()).then(|| joined(self.none)) }
    }
}

fn own_pattern(label: &str, patterns: &[String]) -> Result<Regex> {
    let joined = patterns.iter().map(|pattern| format!("(?:{pattern})")).collect::<Vec<_>>().join("|");
    RegexBuilder::new(&joined).size_limit(1 << 22).build().map_err(|error| {
        Error::new("settings.patterns", format!("`patterns` of `{label}`: expected regular expressions: {error}"))
    })
}

/// Lower case, single spaces, plain quotes: what patterns see.
fn simple(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    words.join(" ").to_lowercase().replace(['’', '‘'], "'").replace(['“', '”'], "\"")
}
