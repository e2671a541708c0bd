//! Words and what becomes of them, found from left to right, the longest first.

use crate::token::{key, key_of};
use engraft_plugin::{Error, Result};
use std::collections::BTreeMap;
use std::ops::Range;

/// What may stand for what.
#[derive(Clone, Debug, Default)]
pub struct Lexicon {
    entries: BTreeMap<String, Vec<String>>,
    /// Most tokens of an entry, by its first token.
    longest: BTreeMap<String, usize>,
    any_case: bool,
}

impl Lexicon {
    /// Reads lines of two columns.
    ///
    /// # Errors
    /// `settings.<name>` for a line that has not two columns.
    pub fn read(text: &str, name: &str, any_case: bool) -> Result<Self> {
        let mut lexicon = Self { any_case, ..Self::default() };
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let columns: Vec<&str> = line.split('\t').map(str::trim).collect();
            let [word, into] = columns.as_slice() else {
                let why = format!(
                    "`{name}`, line {}: expected two columns with a tab between, found {}",
                    number + 1,
                    columns.len()
                );
                return Err(Error::new(format!("settings.{name}"), why));
            };
            if word.is_empty() || into.is_empty() {
                let why =
                    format!("`{name}`, line {}: expected a word and what becomes of it, found `{line}`", number + 1);
                return Err(Error::new(format!("settings.{name}"), why));
            }
            lexicon.add(word, into);
        }
        Ok(lexicon)
    }

    /// Adds an entry; the same word may have several.
    pub fn add(&mut self, word: &str, into: &str) {
        let (key, count) = key_of(word, self.any_case);
        let first = key.split(' ').next().unwrap_or_default().to_owned();
        let longest = self.longest.entry(first).or_default();
        *longest = (*longest).max(count);
        let entry = self.entries.entry(key).or_default();
        if !entry.iter().any(|other| other == into) {
            entry.push(into.to_owned());
        }
    }

    /// The longest entry whose words are the first of `tokens`: how many, and what may come.
    pub fn longest_at(&self, text: &str, tokens: &[Range<usize>]) -> Option<(usize, &[String])> {
        let first = key(text, tokens.get(..1)?, self.any_case);
        let most = (*self.longest.get(&first)?).min(tokens.len());
        (1..=most).rev().find_map(|count| {
            let entry = self.entries.get(&key(text, &tokens[..count], self.any_case))?;
            Some((count, entry.as_slice()))
        })
    }
}
