//! Swaps words for synonyms (synonym replacement of EDA, Wei and Zou 2019, arXiv:1901.11196), from a
//! dictionary in the settings, from lexicons such as WordNet, and from a small built-in one, never touching a labelled
//! span unless told to.
//!
//! Each word or phrase of the text that has an entry is swapped with probability `probability`; which
//! synonym comes is drawn evenly. The longest entry that matches is taken. Capitals are kept, and
//! behind `a` or `an` only a synonym that takes the same article comes. An entry that crosses the edge
//! of a span is left alone. Chinese is matched by characters, the longest entry first.

pub mod english;
pub mod lexicon;
pub mod phrase;
pub mod settings;

pub use settings::Settings;

use engraft_plugin::kind::augmenter::{Augmenter, Variation};
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::text::{Example, Span};
use engraft_plugin::{Case, Edits, Error, Random, Result};
use lexicon::Lexicon;
use phrase::{in_case_of, is_ideograph, takes_an, words};
use serde_json::json;
use std::collections::BTreeMap;
use std::ops::Range;

/// The augmenter `synonym`.
pub struct Synonym {
    settings: Settings,
    /// What may stand for what, keys in lower case with single spaces.
    entries: BTreeMap<String, Vec<String>>,
    /// Words in the longest key.
    longest: usize,
}

impl Plugin for Synonym {
    type Settings = Settings;

    fn about() -> About {
        About {
            id: "synonym",
            summary: "Swaps words for synonyms, leaving labelled spans alone.",
            examples: examples(),
        }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        if !(0.0..=1.0).contains(&settings.probability) {
            let why = format!("`probability`: expected 0 to 1, found {}", settings.probability);
            return Err(Error::new("settings.probability", why));
        }
        let mut entries = if settings.built_in { built_in() } else { BTreeMap::new() };
        for (word, synonyms) in Lexicon::read(&settings.lexicons)?.synonyms(settings.senses) {
            let key = key(&word);
            // A single Chinese character is a part of many words, and rarely the word that a lexicon means.
            if key.chars().nth(1).is_some() || !key.chars().all(is_ideograph) {
                entries.insert(key, synonyms);
            }
        }
        for (word, synonyms) in &settings.dictionary {
            let key = key(word);
            if key.is_empty() || synonyms.iter().any(|synonym| synonym.trim().is_empty()) {
                let why = format!("`dictionary`: expected words with synonyms, found `{word}` = {synonyms:?}");
                return Err(Error::new("settings.dictionary", why));
            }
            entries.insert(key, synonyms.clone());
        }
        let longest = entries.keys().map(|key| key.split(' ').count()).max().unwrap_or(0);
        // What was read of them is in `entries`.
        let settings = Settings { lexicons: Vec::new(), ..settings };
        Ok(Self { settings, entries, longest })
    }
}

fn built_in() -> BTreeMap<String, Vec<String>> {
    let mut entries = BTreeMap::new();
    for group in english::GROUPS {
        for word in *group {
            let others = group.iter().filter(|other| *other != word).map(|&other| other.to_owned());
            entries.insert(key(word), others.collect());
        }
    }
    for (word, synonyms) in english::ONE_WAY {
        entries.entry(key(word)).or_insert_with(|| synonyms.iter().map(|&synonym| synonym.to_owned()).collect());
    }
    entries
}

/// The form in which entries are looked up.
fn key(phrase: &str) -> String {
    let words: Vec<_> = words(phrase).into_iter().map(|word| phrase[word].to_lowercase()).collect();
    words.join(" ")
}

impl Augmenter for Synonym {
    fn augment(&self, example: &Example<'_>, random: &mut Random) -> Result<Vec<Variation>> {
        let matches = self.matches(example.text(), example.spans());
        let mut variations = Vec::new();
        for _ in 0..self.settings.variations {
            let edits = self.swap(example.text(), &matches, random);
            if !edits.is_empty() {
                variations.push(Variation::edits(edits));
            }
        }
        Ok(variations)
    }
}

/// A place in the text and the synonyms that fit it.
type Match<'a> = (Range<usize>, Vec<&'a str>);

impl Synonym {
    fn swap(&self, text: &str, matches: &[Match<'_>], random: &mut Random) -> Edits {
        let mut edits = Edits::none();
        for (range, synonyms) in matches {
            if !random.chance(self.settings.probability) {
                continue;
            }
            if let Some(synonym) = random.choose(synonyms) {
                edits.replace(range.clone(), in_case_of(&text[range.clone()], synonym));
            }
        }
        edits
    }

    /// The places that may be swapped, from left to right, the longest entry first.
    fn matches(&self, text: &str, spans: &[Span<'_>]) -> Vec<Match<'_>> {
        let words = words(text);
        let lower: Vec<String> = words.iter().map(|word| text[word.clone()].to_lowercase()).collect();
        let mut matches = Vec::new();
        let mut at = 0;
        while at < words.len() {
            let found = (1..=self.longest.min(words.len() - at)).rev().find_map(|count| {
                let range = words[at].start..words[at + count - 1].end;
                let is_phrase = words[at..at + count].windows(2).all(|pair| joins(text, &pair[0], &pair[1]));
                let synonyms = self.entries.get(&lower[at..at + count].join(" ")).filter(|_| is_phrase)?;
                (is_free(&range, spans, self.settings.inside_spans)).then_some((count, range, synonyms))
            });
            let Some((count, range, synonyms)) = found else {
                at += 1;
                continue;
            };
            let before = at.checked_sub(1).map(|before| lower[before].as_str());
            let fitting = fitting(&text[range.clone()], synonyms, before);
            if !fitting.is_empty() {
                matches.push((range, fitting));
            }
            at += count;
        }
        matches
    }
}

/// Whether two words may be of one entry: only blanks stand between them, and nothing between Chinese characters.
fn joins(text: &str, one: &Range<usize>, next: &Range<usize>) -> bool {
    let between = &text[one.end..next.start];
    let is_chinese = |word: &Range<usize>| text[word.clone()].starts_with(is_ideograph);
    if between.is_empty() {
        is_chinese(one) || is_chinese(next)
    } else {
        between.chars().all(|character| character == ' ')
    }
}

/// Whether a swap at `range` leaves every label as it is; with `inside_spans`, whether it cuts none.
fn is_free(range: &Range<usize>, spans: &[Span<'_>], inside_spans: bool) -> bool {
    spans.iter().all(|span| {
        let is_apart = range.end <= span.start() || range.start >= span.end();
        let is_inside = span.start() <= range.start && range.end <= span.end();
        is_apart || (inside_spans && is_inside)
    })
}

/// The synonyms that go with the article before them.
fn fitting<'a>(word: &str, synonyms: &'a [String], before: Option<&str>) -> Vec<&'a str> {
    let article = match before {
        Some("an") => Some(true),
        Some("a") => Some(false),
        _ => None,
    };
    let fits = |synonym: &&str| article.is_none_or(|an| takes_an(synonym) == an) && !synonym.eq_ignore_ascii_case(word);
    synonyms.iter().map(String::as_str).filter(fits).collect()
}

fn examples() -> Vec<Case> {
    let text = "An elevated risk of stroke: see your doctor.";
    let spans = json!([{ "start": 20, "end": 26, "label": "Disease" }]);
    let example = json!({ "text": text, "spans": spans });
    vec![
        Case::new(
            "every word that has synonyms is swapped, the span moves along",
            json!({ "example": example, "seed": 1 }),
            json!([{
                "text": "An increased risk of stroke: see your physician.",
                "spans": [{ "start": 21, "end": 27, "label": "Disease" }],
            }]),
        )
        .with(json!({ "probability": 1.0 })),
        Case::new(
            "a dictionary of one's own; a word inside a span stays",
            json!({ "example": example, "seed": 1 }),
            json!([{
                "text": "An elevated danger of stroke: see your doctor.",
                "spans": [{ "start": 22, "end": 28, "label": "Disease" }],
            }]),
        )
        .with(json!({
            "probability": 1.0, "built_in": false,
            "dictionary": { "risk": ["danger"], "stroke": ["infarction"] },
        })),
        Case::new(
            "inside spans too, where one says so",
            json!({ "example": example, "seed": 1 }),
            json!([{
                "text": "An elevated risk of infarction: see your doctor.",
                "spans": [{ "start": 20, "end": 30, "label": "Disease" }],
            }]),
        )
        .with(json!({
            "probability": 1.0, "built_in": false, "inside_spans": true, "dictionary": { "stroke": ["infarction"] },
        })),
        Case::new(
            "lexicons in the forms of WordNet, Chinese too",
            json!({ "example": { "text": "Severe pain, 知识产权" }, "seed": 1 }),
            json!([{ "text": "Terrible pain, 智慧财产权" }]),
        )
        .with(json!({
            "probability": 1.0, "built_in": false,
            "lexicons": [
                "00001000 00 a 02 severe 0 terrible 0 000 | intensely bad\n",
                "13245338-n\tcmn:lemma\t知识产权\n13245338-n\tcmn:lemma\t智慧财产权\n",
            ],
        })),
    ]
}

engraft_plugin::register!(augmenter Synonym);

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_built_in_dictionary_has_every_word_in_one_group_and_enough_of_them() {
        let mut seen = BTreeSet::new();
        for word in english::GROUPS.iter().copied().flatten() {
            assert!(seen.insert(*word), "`{word}` is in two groups");
        }
        for (word, synonyms) in english::ONE_WAY {
            assert!(!synonyms.is_empty() && !synonyms.contains(word), "`{word}`");
        }
        assert!(built_in().len() >= 250, "{} entries", built_in().len());
    }

    #[test]
    fn a_phrase_is_taken_before_the_words_in_it() {
        let dictionary = [("heart", "cor"), ("heart attack", "infarction")];
        let dictionary = dictionary.map(|(word, synonym)| (word.to_owned(), vec![synonym.to_owned()])).into();
        let settings = Settings { dictionary, built_in: false, ..Settings::default() };
        let plugin = Synonym::open(settings, &Setting::default()).unwrap();
        let text = "Heart attack, heart\nattack";
        let found: Vec<_> = plugin.matches(text, &[]).into_iter().map(|(range, _)| &text[range]).collect();
        assert_eq!(found, ["Heart attack", "heart"]);
    }
}
