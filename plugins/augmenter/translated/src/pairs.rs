//! The file of pairs: texts and what came back when they were translated there and back.

use engraft_plugin::{Error, Result};
use std::collections::BTreeMap;

/// Paraphrases by text.
#[derive(Clone, Debug, Default)]
pub struct Pairs(BTreeMap<String, Vec<String>>);

impl Pairs {
    /// Reads lines of two columns.
    ///
    /// # Errors
    /// `settings.pairs` for a line that has not two.
    pub fn read(text: &str) -> Result<Self> {
        let mut pairs: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let columns: Vec<&str> = line.split('\t').collect();
            let [old, new] = columns.as_slice() else {
                let (line, found) = (number + 1, columns.len());
                let why = format!(
                    "`pairs`, line {line}: expected a text and its back-translation with a tab between, found {found} columns"
                );
                return Err(Error::new("settings.pairs", why));
            };
            let (old, new) = (plain(old), plain(new));
            let (old, new) = (old.trim(), new.trim());
            if !old.is_empty() && !new.is_empty() && old != new {
                pairs.entry(old.to_owned()).or_default().push(new.to_owned());
            }
        }
        Ok(Self(pairs))
    }

    /// The paraphrases of a text, blanks around it left aside.
    pub fn of(&self, text: &str) -> &[String] {
        self.0.get(text.trim()).map_or(&[], Vec::as_slice)
    }
}

/// `\n`, `\t` and `\\` as the signs they stand for.
fn plain(column: &str) -> String {
    let mut made = String::with_capacity(column.len());
    let mut characters = column.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('n') => made.push('\n'),
                Some('t') => made.push('\t'),
                Some('r') => made.push('\r'),
                Some('\\') | None => made.push('\\'),
                Some(other) => made.extend(['\\', other]),
            },
            _ => made.push(character),
        }
    }
    made
}
