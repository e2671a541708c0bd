//! Reads a sentence of one of two forms: who does what, and what is done by whom. Everything else is no such sentence.

use crate::verb::Verb;
use std::ops::Range;

/// Tense and mood, with `not` where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mood {
    /// `pays`, `pay`
    Present,
    /// `paid`
    Past,
    /// `shall pay`: the modal verb.
    Modal(String),
}

/// A sentence that can turn: ranges are bytes of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause<'v> {
    /// What stands before the verb.
    pub subject: Range<usize>,
    /// The verb.
    pub verb: &'v Verb,
    /// Its tense or mood.
    pub mood: Mood,
    /// Whether `not` stands with it.
    pub negated: bool,
    /// What stands behind the verb: whom it is done to, or who does it.
    pub other: Range<usize>,
    /// Further words up to the full stop; empty where there are none.
    pub rest: Range<usize>,
    /// Whether the sentence is passive.
    pub passive: bool,
}

/// Words that begin a noun phrase; they lose their capital inside a sentence.
pub const DETERMINERS: [&str; 40] = [
    "the",
    "a",
    "an",
    "this",
    "that",
    "these",
    "those",
    "his",
    "her",
    "its",
    "their",
    "our",
    "my",
    "your",
    "all",
    "each",
    "every",
    "both",
    "some",
    "any",
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "several",
    "many",
    "most",
    "few",
    "such",
    "another",
    "patients",
    "doctors",
    "physicians",
    "nurses",
    "researchers",
    "investors",
    "analysts",
];
const MODALS: [&str; 7] = ["shall", "will", "must", "may", "can", "should", "could"];
const PREPOSITIONS: [&str; 22] = [
    "in", "on", "at", "for", "with", "after", "before", "during", "from", "to", "under", "within", "until", "upon",
    "into", "through", "without", "since", "against", "between", "pursuant", "over",
];
/// Words with which a sentence has more than one clause, or is read in more than one way.
const REFUSED: [&str; 34] = [
    "and", "or", "but", "that", "which", "who", "whom", "whose", "because", "when", "while", "if", "unless",
    "although", "as", "than", "where", "nor", "so", "not", "be", "been", "being", "was", "were", "is", "are", "has",
    "have", "had", "does", "do", "did", "by",
];
const PRONOUNS: [&str; 7] = ["i", "he", "she", "we", "they", "you", "it"];

/// The clause of a sentence, if it is of one of the two forms.
pub fn parse<'v>(text: &str, sentence: Range<usize>, verbs: &'v [Verb]) -> Option<Clause<'v>> {
    let body = text[sentence.clone()].trim_end().strip_suffix('.')?;
    if body.contains([',', ';', ':', '(', ')', '"', '!', '?', '\n', '“', '”', '[', ']']) || body.contains("  ") {
        return None;
    }
    let mut words: Vec<Range<usize>> = Vec::new();
    let mut at = sentence.start;
    for word in body.split(' ') {
        words.push(at..at + word.len());
        at += word.len() + 1;
    }
    // `May` with a capital is a month: the modal verb has none within a sentence.
    let form = |word: &str| if word == "May" { word.to_owned() } else { word.to_lowercase() };
    let lower: Vec<String> = words.iter().map(|word| form(&text[word.clone()])).collect();
    let (place, mut clause) = verb(&lower, verbs)?;
    let range = |from: usize, to: usize| words[from].start..words[to - 1].end;
    if !is_phrase(text, &words[..place.start], &lower[..place.start], true) {
        return None;
    }
    clause.subject = range(0, place.start);
    let behind = place.end..words.len();
    let split = behind.clone().find(|&at| PREPOSITIONS.contains(&lower[at].as_str())).unwrap_or(behind.end);
    if !is_phrase(text, &words[behind.start..split], &lower[behind.start..split], false) {
        return None;
    }
    if lower[split..].iter().any(|word| REFUSED.contains(&word.as_str()) || MODALS.contains(&word.as_str())) {
        return None;
    }
    clause.other = range(behind.start, split);
    clause.rest = if split < words.len() { range(split, words.len()) } else { clause.other.end..clause.other.end };
    Some(clause)
}

/// The only verb of a sentence: the words that belong to it, and a clause that waits for the rest.
fn verb<'v>(lower: &[String], verbs: &'v [Verb]) -> Option<(Range<usize>, Clause<'v>)> {
    let clause =
        |verb, mood, negated, passive| Clause { subject: 0..0, verb, mood, negated, other: 0..0, rest: 0..0, passive };
    let by = |form: fn(&Verb) -> &str, word: &str| verbs.iter().find(|verb| form(verb) == word);
    let first = (1..lower.len()).find(|&at| {
        let word = lower[at].as_str();
        MODALS.contains(&word)
            || ["was", "were", "is", "are", "did", "does", "do"].contains(&word)
            || by(|v| &v.past, word).is_some()
            || by(|v| &v.third, word).is_some()
    })?;
    let word = lower[first].as_str();
    let negated = lower.get(first + 1).is_some_and(|next| next == "not");
    let next = first + 1 + usize::from(negated);
    let at = |place: usize| lower.get(place).map(String::as_str);
    if MODALS.contains(&word) {
        let mood = Mood::Modal(word.to_owned());
        if at(next) == Some("be") {
            let found = by(|v| &v.participle, at(next + 1)?)?;
            return (at(next + 2) == Some("by")).then(|| (first..next + 3, clause(found, mood, negated, true)));
        }
        return Some((first..next + 1, clause(by(|v| &v.base, at(next)?)?, mood, negated, false)));
    }
    match word {
        "was" | "were" | "is" | "are" => {
            let found = by(|v| &v.participle, at(next)?)?;
            let mood = if word.starts_with('w') { Mood::Past } else { Mood::Present };
            (at(next + 1) == Some("by")).then(|| (first..next + 2, clause(found, mood, negated, true)))
        }
        "did" | "does" | "do" => {
            let found = by(|v| &v.base, at(next)?).filter(|_| negated)?;
            let mood = if word == "did" { Mood::Past } else { Mood::Present };
            Some((first..next + 1, clause(found, mood, true, false)))
        }
        _ if negated => None,
        _ => match by(|v| &v.past, word) {
            Some(found) => Some((first..next, clause(found, Mood::Past, false, false))),
            None => Some((first..next, clause(by(|v| &v.third, word)?, Mood::Present, false, false))),
        },
    }
}

/// Whether words are a plain noun phrase: a determiner or a name first, nothing in it that is read in another way.
fn is_phrase(text: &str, words: &[Range<usize>], lower: &[String], is_first: bool) -> bool {
    let Some(first) = lower.first() else { return false };
    let is_pronoun = PRONOUNS.contains(&first.as_str()) && lower.len() == 1 && is_first;
    let begins = |word: &Range<usize>| text[word.clone()].starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit());
    // In the first place of a sentence every word has a capital: a name has them all.
    let is_name = if is_first { words.iter().all(begins) } else { begins(&words[0]) };
    let is_plain = |word: &String| {
        let refused = [&REFUSED[..], &MODALS[..], &PREPOSITIONS[..]].iter().any(|list| list.contains(&word.as_str()));
        !refused && !word.ends_with("ing") && !word.ends_with("ly")
    };
    let rest = if DETERMINERS.contains(&first.as_str()) { &lower[1..] } else { lower };
    let is_begun = is_pronoun || is_name || DETERMINERS.contains(&first.as_str());
    is_begun && lower.len() <= 8 && rest.iter().all(is_plain) && (is_pronoun || !rest.is_empty() || lower.len() > 1)
}

/// Whether a noun phrase is of several.
pub fn is_plural(phrase: &str) -> bool {
    let lower = phrase.to_lowercase();
    let words: Vec<&str> = lower.split(' ').collect();
    let head = words.iter().position(|&word| word == "of").map_or(words.last(), |of| words.get(of.saturating_sub(1)));
    match words[0] {
        "a" | "an" | "this" | "that" | "each" | "every" | "another" | "one" | "he" | "she" | "it" => false,
        "these" | "those" | "both" | "two" | "three" | "four" | "five" | "six" | "several" | "many" | "few" | "we"
        | "they" | "you" | "i" | "all" => true,
        _ => {
            let head = head.copied().unwrap_or_default();
            let is_s =
                head.ends_with('s') && !["ss", "us", "is", "'s", "ics", "itis"].iter().any(|end| head.ends_with(end));
            is_s || ["people", "children", "men", "women", "data", "criteria"].contains(&head)
        }
    }
}
