//! Labeling functions, as a file says them: words, patterns and fields that speak for a label.

use super::Votes;
use crate::{Error, Record, Result};
use regex::Regex;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::Path;

/// The labeling functions of a file.
#[derive(Debug)]
pub struct Functions {
    /// The labels, in the order of the file; without such a list, those that functions name, by name.
    pub labels: Vec<String>,
    /// The functions, in the order of the file.
    pub all: Vec<Function>,
}

/// A function: it votes for its label, or abstains.
#[derive(Debug)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// The label that it votes for, by number.
    pub label: usize,
    field: Option<String>,
    keywords: Vec<Keyword>,
    pattern: Option<Regex>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    labels: Option<Vec<String>>,
    function: Vec<Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    name: String,
    label: String,
    field: Option<String>,
    #[serde(default)]
    keywords: Vec<String>,
    pattern: Option<String>,
}

impl Functions {
    /// Reads a TOML file of functions.
    ///
    /// # Errors
    /// [`Error::MissingFile`], [`Error::Unreadable`]; [`Error::Functions`] with what is wrong and where.
    pub fn open(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|error| Error::reading(path, error))?;
        Self::parse(&text).map_err(|reason| Error::Functions { path: path.to_owned(), reason })
    }

    /// Functions of such a text.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn parse(text: &str) -> std::result::Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        let named: BTreeSet<&String> = file.function.iter().map(|table| &table.label).collect();
        let labels = file.labels.clone().unwrap_or_else(|| named.into_iter().cloned().collect());
        if file.function.is_empty() || labels.len() < 2 {
            return Err("expected functions for two labels at least".to_owned());
        }
        let mut names = BTreeSet::new();
        let mut all = Vec::new();
        for table in &file.function {
            let Some(label) = labels.iter().position(|label| *label == table.label) else {
                let known = labels.join(", ");
                return Err(format!("function `{}`: expected a label of {known}, found `{}`", table.name, table.label));
            };
            if !names.insert(&table.name) {
                return Err(format!("function `{}` stands there twice", table.name));
            }
            all.push(Function::new(table, label)?);
        }
        Ok(Self { labels, all })
    }

    /// What every function says of every record.
    pub fn vote(&self, records: &[Record]) -> Votes {
        let row = |record: &Record| self.all.iter().map(|function| function.vote(record)).collect();
        Votes { labels: self.labels.len(), rows: records.iter().map(row).collect() }
    }
}

impl Function {
    fn new(table: &Table, label: usize) -> std::result::Result<Self, String> {
        let Table { name, field, keywords, pattern, .. } = table;
        if keywords.iter().all(|keyword| keyword.trim().is_empty()) && pattern.is_none() {
            return Err(format!("function `{name}`: expected `keywords` or a `pattern`, found neither"));
        }
        let pattern = pattern.as_deref().map(Regex::new).transpose();
        let pattern = pattern.map_err(|error| format!("function `{name}`: {error}"))?;
        let keywords = keywords.iter().filter(|keyword| !keyword.trim().is_empty()).map(|k| Keyword::new(k));
        Ok(Self { name: name.clone(), label, field: field.clone(), keywords: keywords.collect(), pattern })
    }

    /// Its label, where one of its keywords stands in the text (or field), or its pattern matches.
    pub fn vote(&self, record: &Record) -> Option<usize> {
        let text = match &self.field {
            None => Cow::Borrowed(&*record.text),
            Some(field) => Cow::Owned(record.field(field)?),
        };
        let is_there = self.keywords.iter().any(|keyword| keyword.is_in(&text))
            || self.pattern.as_ref().is_some_and(|pattern| pattern.is_match(&text));
        is_there.then_some(self.label)
    }
}

/// A word or phrase, whatever its case.
#[derive(Debug)]
struct Keyword {
    pattern: Regex,
    begins_word: bool,
    ends_word: bool,
}

impl Keyword {
    fn new(keyword: &str) -> Self {
        // White space of any kind and length stands for a blank.
        let words: Vec<String> = keyword.split_whitespace().map(regex::escape).collect();
        let pattern = Regex::new(&format!("(?i){}", words.join(r"\s+"))).expect("what is escaped is a pattern");
        let keyword = keyword.trim();
        let of = |letter: Option<char>| letter.is_some_and(is_spaced);
        Self { pattern, begins_word: of(keyword.chars().next()), ends_word: of(keyword.chars().next_back()) }
    }

    /// Whether it stands there as whole words; a script that is written without blanks has no words to be whole.
    fn is_in(&self, text: &str) -> bool {
        let mut from = 0;
        while let Some(found) = self.pattern.find_at(text, from) {
            let before = text[..found.start()].chars().next_back().is_some_and(is_spaced);
            let behind = text[found.end()..].chars().next().is_some_and(is_spaced);
            if !(self.begins_word && before || self.ends_word && behind) {
                return true;
            }
            let first = text[found.start()..].chars().next().map_or(1, char::len_utf8);
            from = found.start() + first;
        }
        false
    }
}

/// Whether a letter belongs to a script that puts blanks between its words.
fn is_spaced(letter: char) -> bool {
    letter.is_alphanumeric() && !matches!(letter, '\u{2e80}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
labels = ["good", "bad"]
[[function]]
name = "praise"
label = "good"
keywords = ["great", "well done", "很好"]
[[function]]
name = "stars"
label = "bad"
field = "stars"
pattern = '^[12]$'
"#;

    fn votes(text: &str, stars: Option<u32>) -> Vec<Option<usize>> {
        let fields = stars.map(|stars| ("stars".to_owned(), stars.into())).into_iter().collect();
        let record = Record { text: text.to_owned(), fields, ..Record::default() };
        Functions::parse(FILE).unwrap().vote(&[record]).rows.remove(0)
    }

    #[test]
    fn whole_words_speak_whatever_their_case_and_parts_of_words_do_not() {
        assert_eq!(votes("Great!", None), [Some(0), None]);
        assert_eq!(votes("greater, greatest, ungreat", None), [None, None]);
        assert_eq!(votes("greater but great", None), [Some(0), None]);
        assert_eq!(votes("well\n  done", None), [Some(0), None]);
    }

    #[test]
    fn chinese_words_are_found_inside_a_text_and_beside_latin_letters() {
        assert_eq!(votes("效果很好的药", None), [Some(0), None]);
        assert_eq!(votes("药great药", None), [Some(0), None]);
    }

    #[test]
    fn a_pattern_may_look_at_a_field_and_abstains_without_it() {
        assert_eq!(votes("fine", Some(1)), [None, Some(1)]);
        assert_eq!(votes("fine", Some(12)), [None, None]);
        assert_eq!(votes("1", None), [None, None]);
    }

    #[test]
    fn a_file_that_cannot_be_right_is_refused_by_function() {
        let said = |text: &str| Functions::parse(text).unwrap_err();
        assert!(
            said(&FILE.replace("label = \"bad\"", "label = \"worse\""))
                .contains("`stars`: expected a label of good, bad")
        );
        assert!(said(&FILE.replace("[12]", "[12")).contains("function `stars`"));
        assert!(said(&FILE.replace("\"stars\"\nlabel", "\"praise\"\nlabel")).contains("twice"));
        assert!(said(&FILE.replace("pattern = '^[12]$'", "")).contains("found neither"));
        assert!(said("function = []").contains("two labels"));
        assert!(said(&FILE.replace("field", "feild")).contains("feild"));
    }
}
