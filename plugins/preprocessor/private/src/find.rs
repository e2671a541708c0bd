//! Finds personal data: patterns with check digits, names of a list.

use crate::patterns::{Built, any, built_in};
use crate::settings::{Settings, Sort};
use engraft_plugin::{Error, Result};
use regex::Regex;
use std::collections::BTreeSet;
use std::ops::Range;

/// What was found: where, the word of its mask, its sort where it is a built-in one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where it lies.
    pub range: Range<usize>,
    /// The word of its mask.
    pub word: String,
    /// `None` for a pattern of the user's.
    pub sort: Option<Sort>,
}

/// A pattern and what else must hold of a match.
struct Pattern {
    regex: Regex,
    word: String,
    sort: Option<Sort>,
    check: fn(&str) -> bool,
}

/// Finds personal data, what stands first in the settings first.
pub struct Finder {
    patterns: Vec<Pattern>,
    /// Listed names, and the bytes of the longest.
    names: BTreeSet<String>,
    longest: usize,
}

impl Finder {
    /// Patterns ready to be looked for.
    ///
    /// # Errors
    /// `settings.patterns` for a regular expression that is none, `settings.names` for an empty name.
    pub fn new(settings: &Settings) -> Result<Self> {
        let mut found = Vec::new();
        for (word, list) in &settings.patterns {
            for pattern in list {
                let regex = Regex::new(pattern).map_err(|error| {
                    Error::new(
                        "settings.patterns",
                        format!("`patterns.{word}`: `{pattern}` is no regular expression: {error}"),
                    )
                })?;
                found.push(Pattern { regex, word: word.clone(), sort: None, check: any });
            }
        }
        for &sort in &settings.find {
            for Built { pattern, check } in built_in(sort) {
                let regex = Regex::new(&pattern).expect("built-in patterns are regular expressions");
                found.push(Pattern { regex, word: sort.word().to_owned(), sort: Some(sort), check });
            }
        }
        let names: BTreeSet<String> = settings.names.iter().map(|name| name.trim().to_owned()).collect();
        if names.contains("") {
            return Err(Error::new("settings.names", "`names`: expected names, found an empty one"));
        }
        let longest = names.iter().map(String::len).max().unwrap_or(0);
        Ok(Self { patterns: found, names, longest })
    }

    /// What is personal in a text, in order; where two overlap, the one that was looked for first.
    pub fn find(&self, text: &str) -> Vec<Found> {
        let mut all: Vec<Found> = Vec::new();
        let mut take = |found: Found| {
            let at = all.partition_point(|other| other.range.start < found.range.start);
            let is_free = all.get(at).is_none_or(|next| found.range.end <= next.range.start)
                && (at == 0 || all[at - 1].range.end <= found.range.start);
            if is_free && !found.range.is_empty() {
                all.insert(at, found);
            }
        };
        self.listed(text).into_iter().for_each(&mut take);
        for Pattern { regex, word, sort, check } in &self.patterns {
            for groups in regex.captures_iter(text) {
                let group = groups.get(1).or_else(|| groups.get(0)).expect("a match has the whole of it");
                let is_whole = sort.is_none() || is_apart(text, &group.range());
                if is_whole && check(group.as_str()) {
                    take(Found { range: group.range(), word: word.clone(), sort: *sort });
                }
            }
        }
        all
    }

    /// Names of the list, the longest first where several begin at one place.
    fn listed(&self, text: &str) -> Vec<Found> {
        let mut all = Vec::new();
        if self.names.is_empty() {
            return all;
        }
        let mut at = 0;
        while let Some(character) = text[at..].chars().next() {
            let most = (at + self.longest).min(text.len());
            let ends = (at + 1..=most).rev().filter(|&end| text.is_char_boundary(end));
            let found = ends
                .map(|end| at..end)
                .find(|range| is_apart(text, range) && self.names.contains(&text[range.clone()]));
            match found {
                Some(range) => {
                    at = range.end;
                    all.push(Found { range, word: Sort::Name.word().to_owned(), sort: Some(Sort::Name) });
                }
                None => at += character.len_utf8(),
            }
        }
        all
    }
}

/// Whether a range does not begin or end within a word or number of ASCII. Chinese has no such edges.
fn is_apart(text: &str, range: &Range<usize>) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric();
    let joins = |left: Option<char>, right: Option<char>| left.is_some_and(is_part) && right.is_some_and(is_part);
    let inner = &text[range.clone()];
    !joins(text[..range.start].chars().next_back(), inner.chars().next())
        && !joins(inner.chars().next_back(), text[range.end..].chars().next())
}
