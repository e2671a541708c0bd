//! Lexicons of synonyms as others publish them: WordNet's files, wordnets of other languages in tabs, lists of one's own.
//!
//! What a text is, is told from its lines:
//!
//! | lines | form |
//! |---|---|
//! | `00002312 00 a 02 abaxial 0 dorsal 4 002 … \| gloss` | WordNet's `data.noun`, `data.verb`, … (wndb(5WN)): sets of synonyms |
//! | `dorsal a 3 4 & ! + ; 3 0 00002312 …` | WordNet's `index.noun`, …: which sets a word is in, the usual sense first |
//! | `02732433-n<tab>cmn:lemma<tab>导水管` | a wordnet of the Open Multilingual Wordnet |
//! | `doctor<tab>physician<tab>medic` | words that may stand for each other |

use engraft_plugin::{Error, Result};
use std::collections::{BTreeMap, BTreeSet};

/// A set of synonyms: its part of speech and its number.
type Set = (char, String);

/// Everything that was read.
#[derive(Clone, Debug, Default)]
pub struct Lexicon {
    words: BTreeMap<Set, Vec<String>>,
    /// The sets of a word, the usual sense first, where an index says.
    order: BTreeMap<String, Vec<Set>>,
    groups: Vec<Vec<String>>,
}

impl Lexicon {
    /// Reads texts, each of one of the forms.
    ///
    /// # Errors
    /// `settings.lexicons` for a text in which no line is of any form.
    pub fn read(texts: &[String]) -> Result<Self> {
        let mut lexicon = Self::default();
        for (number, text) in texts.iter().enumerate() {
            let mut found = 0_usize;
            for line in text.lines().filter(|line| !line.starts_with([' ', '#'])) {
                found += usize::from(lexicon.line(line));
            }
            // WordNet's folder holds lists of exceptions, too: pairs of words that need no reading.
            let is_known = text.lines().filter(|line| !line.trim().is_empty()).all(|line| !line.contains('\t'));
            if found == 0 && !is_known {
                let why = format!(
                    "`lexicons`, text {}: expected WordNet's data or index files, a wordnet in tabs, or words with tabs between",
                    number + 1
                );
                return Err(Error::new("settings.lexicons", why));
            }
        }
        let is_empty = lexicon.words.is_empty() && lexicon.groups.is_empty();
        if is_empty && !texts.is_empty() {
            return Err(Error::new("settings.lexicons", "`lexicons`: no set of synonyms was found in them"));
        }
        Ok(lexicon)
    }

    /// Reads a line, and says whether it is of any form.
    fn line(&mut self, line: &str) -> bool {
        if let Some((head, rest)) = line.split_once('\t') {
            return self.tabs(head, rest);
        }
        self.data(line).or_else(|| self.index(line)).is_some()
    }

    fn tabs(&mut self, head: &str, rest: &str) -> bool {
        let set = head.split_once('-').filter(|(number, kind)| is_number(number, 8) && kind.len() == 1);
        if let (Some((number, kind)), Some((column, word))) = (set, rest.split_once('\t')) {
            if column.ends_with("lemma") {
                let set = (part_of_speech(kind), number.to_owned());
                add(self.words.entry(set).or_default(), word);
            }
            return true;
        }
        let words: Vec<String> =
            std::iter::once(head).chain(rest.split('\t')).map(plain).filter(|w| !w.is_empty()).collect();
        let is_group = words.len() > 1;
        if is_group {
            self.groups.push(words);
        }
        is_group
    }

    /// `offset file type count word id word id …`
    fn data(&mut self, line: &str) -> Option<()> {
        let mut columns = line.split(' ');
        let number = columns.next().filter(|column| is_number(column, 8))?;
        let _file = columns.next().filter(|column| is_number(column, 2))?;
        let kind = columns.next().filter(|column| column.len() == 1)?;
        let count = usize::from_str_radix(columns.next()?, 16).ok()?;
        let words = self.words.entry((part_of_speech(kind), number.to_owned())).or_default();
        for word in columns.step_by(2).take(count) {
            // `galore(ip)`: where an adjective may stand.
            add(words, word.split_once('(').map_or(word, |(word, _)| word));
        }
        Some(())
    }

    /// `lemma type count … offset offset`: as many offsets as the count says.
    fn index(&mut self, line: &str) -> Option<()> {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let &[lemma, kind, count, ..] = columns.as_slice() else { return None };
        let count: usize = count.parse().ok()?;
        let offsets = columns.get(columns.len().checked_sub(count)?..)?;
        if kind.len() != 1 || count == 0 || !offsets.iter().all(|offset| is_number(offset, 8)) {
            return None;
        }
        let sets = offsets.iter().map(|offset| (part_of_speech(kind), (*offset).to_owned()));
        self.order.entry(plain(lemma).to_lowercase()).or_default().extend(sets);
        Some(())
    }

    /// What may stand for each word: the others of its sets. Of a word that an index orders, only so many sets of each
    /// part of speech count; all at 0.
    pub fn synonyms(&self, senses: usize) -> BTreeMap<String, Vec<String>> {
        let mut synonyms: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (set, words) in &self.words {
            for word in words {
                if words.len() > 1 && self.counts(word, set, senses) {
                    extend(synonyms.entry(word.clone()).or_default(), words, word);
                }
            }
        }
        for group in &self.groups {
            for word in group {
                extend(synonyms.entry(word.clone()).or_default(), group, word);
            }
        }
        synonyms
    }

    fn counts(&self, word: &str, set: &Set, senses: usize) -> bool {
        let Some(order) = self.order.get(&word.to_lowercase()).filter(|_| senses > 0) else { return true };
        order.iter().filter(|(kind, _)| *kind == set.0).take(senses).any(|other| other == set)
    }
}

/// Adjectives that only follow a head (`s`) are adjectives.
fn part_of_speech(kind: &str) -> char {
    match kind.chars().next() {
        Some('s') => 'a',
        other => other.unwrap_or(' '),
    }
}

fn is_number(column: &str, digits: usize) -> bool {
    column.len() == digits && column.bytes().all(|byte| byte.is_ascii_digit())
}

/// A lemma as it is written in texts: `_` is a blank, `+` parts Chinese words.
fn plain(lemma: &str) -> String {
    lemma.trim().replace('_', " ").replace('+', "")
}

fn add(words: &mut Vec<String>, lemma: &str) {
    let word = plain(lemma);
    if word.chars().any(char::is_alphabetic) && !words.contains(&word) {
        words.push(word);
    }
}

fn extend(into: &mut Vec<String>, words: &[String], word: &String) {
    let known: BTreeSet<String> = into.iter().cloned().collect();
    into.extend(words.iter().filter(|&other| other != word && !known.contains(other)).cloned());
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATA: &str = "  1 This software and database is being provided to you\n\
        00001000 00 a 02 high 0 elevated 0 001 & 00002000 a 0000 | of great height  \n\
        00002000 00 s 03 high 1 gamy(p) 0 gamey 0 000 | having a tainted smell  \n\
        00003000 00 a 01 alone 0 000 | by itself  \n";
    const INDEX: &str = "high a 2 1 & 2 2 00001000 00002000  \ngamy a 1 1 & 1 0 00002000  \n";

    fn synonyms(texts: &[&str], senses: usize, word: &str) -> Vec<String> {
        let texts: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
        Lexicon::read(&texts).unwrap().synonyms(senses).remove(word).unwrap_or_default()
    }

    #[test]
    fn wordnet_gives_the_other_words_of_the_usual_sense() {
        assert_eq!(synonyms(&[DATA, INDEX], 1, "high"), ["elevated"]);
        assert_eq!(synonyms(&[DATA, INDEX], 0, "high"), ["elevated", "gamy", "gamey"]);
        assert_eq!(synonyms(&[DATA], 1, "high"), ["elevated", "gamy", "gamey"]);
        assert!(synonyms(&[DATA, INDEX], 0, "alone").is_empty());
    }

    #[test]
    fn a_wordnet_in_tabs_and_a_list_of_words_are_read() {
        let tabs = "# Chinese Open Wordnet\tcmn\n13247228-n\tcmn:lemma\t智慧+财产\n13247228-n\tcmn:lemma\t智慧财产权\n";
        assert_eq!(synonyms(&[tabs], 0, "智慧财产"), ["智慧财产权"]);
        assert_eq!(synonyms(&["doctor\tphysician\tmedic\n"], 0, "physician"), ["doctor", "medic"]);
    }

    #[test]
    fn a_text_without_synonyms_is_refused_and_one_that_belongs_to_wordnet_is_not() {
        let read = |texts: &[&str]| Lexicon::read(&texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>());
        assert_eq!(read(&["a\t\n"]).unwrap_err().code, "settings.lexicons");
        assert_eq!(read(&["abaci abacus\n"]).unwrap_err().code, "settings.lexicons");
        assert!(read(&[DATA, "abaci abacus\n"]).is_ok());
    }
}
