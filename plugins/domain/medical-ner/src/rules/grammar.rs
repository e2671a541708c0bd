//! How the name of an entity is built: a head, what stands before it, what follows it.

use super::words;
use crate::token::Token;
use std::collections::BTreeSet;
use std::ops::Range;

/// Words of a list.
pub(super) type Words = BTreeSet<&'static str>;

/// The grammar of one kind of entity.
#[derive(Default)]
pub(super) struct Grammar {
    /// Heads that stand alone.
    pub(super) names: Words,
    /// Heads that need something before them.
    pub(super) heads: Words,
    /// Endings of heads that stand alone, and words with such an ending that are none.
    pub(super) endings: Words,
    pub(super) not: Words,
    /// Heads in capitals.
    pub(super) acronyms: Words,
    /// What may stand before a head.
    pub(super) modifiers: Words,
    /// What may follow it.
    pub(super) tails: Words,
    /// Whether adjectives and names of people may stand before a head: `Duchenne muscular dystrophy`.
    pub(super) takes_adjectives: bool,
    /// Whether a part of the body may follow: `CT chest`, `fracture of the hip`.
    pub(super) takes_parts: bool,
}

/// What all grammars share.
pub(super) struct Shared {
    pub(super) anatomy: Words,
    pub(super) general: Words,
}

impl Shared {
    pub(super) fn new() -> Self {
        Self { anatomy: set(&[words::ANATOMY]), general: set(&[words::GENERAL]) }
    }
}

pub(super) fn set(lists: &[&'static str]) -> Words {
    lists.iter().flat_map(|list| list.split_whitespace()).collect()
}

/// Endings of adjectives that diseases are named by.
const ADJECTIVES: [&str; 10] = ["al", "ic", "ar", "ous", "ary", "ian", "oid", "otic", "atory", "tive"];

/// Endings of enzymes and proteins, before `deficiency`.
const SUBSTANCES: [&str; 9] = ["ase", "in", "ogen", "one", "ate", "ose", "yl", "ol", "acid"];

/// Words that a hyphen ties to a name before a head.
const TIED: [&str; 9] =
    ["related", "induced", "acquired", "associated", "linked", "onset", "responsive", "resistant", "dependent"];

/// Words that begin sentences and name nothing.
const STARTERS: [&str; 24] = [
    "although", "among", "another", "because", "both", "each", "family", "given", "known", "many", "more", "most",
    "only", "other", "patients", "several", "since", "some", "such", "until", "when", "where", "whether", "while",
];

impl Grammar {
    /// The tokens of the entity whose head is at `head`, if there is one.
    pub(super) fn entity(&self, tokens: &[Token], head: usize, shared: &Shared) -> Option<Range<usize>> {
        let token = &tokens[head];
        let stands_alone = self.names.contains(token.lower.as_str())
            || (token.is_acronym && self.acronyms.contains(token.lower.to_uppercase().as_str()))
            || self.has_ending(&token.lower);
        let needs_more = self.heads.contains(token.lower.as_str());
        if !stands_alone && !needs_more {
            return None;
        }
        let start = self.start(tokens, head, shared);
        if !stands_alone && start == head {
            return None;
        }
        Some(start..self.end(tokens, head, shared))
    }

    fn has_ending(&self, word: &str) -> bool {
        let fits = |ending: &str| word.len() > ending.len() + 1 && word.ends_with(ending);
        self.endings.iter().any(|ending| fits(ending)) && !self.not.contains(word)
    }

    /// The first token of the phrase that ends in `head`.
    fn start(&self, tokens: &[Token], head: usize, shared: &Shared) -> usize {
        let mut start = head;
        while let Some(next) = self.step_left(tokens, start, head, shared) {
            start = next;
        }
        // A number, a small word or a mark begins no phrase: `2 diabetes` without `type`.
        while start < head && (!tokens[start].is_word || tokens[start].lower.bytes().all(|b| b.is_ascii_digit())) {
            start += 1;
        }
        start
    }

    /// One word further to the left, over a hyphen, an apostrophe or an `and` between like words.
    fn step_left(&self, tokens: &[Token], start: usize, head: usize, shared: &Shared) -> Option<usize> {
        let before = start.checked_sub(1)?;
        let belongs = |at: usize| self.belongs(tokens, at, head, shared);
        let is_acronym = tokens[head].is_acronym && !self.heads.contains(tokens[head].lower.as_str());
        let back = |count: usize| start.checked_sub(count).filter(|&at| tokens[at].is_word);
        match tokens[before].lower.as_str() {
            "-" | "–" => back(2).filter(|&at| belongs(at) || self.hyphenates(tokens, at, start, is_acronym, shared)),
            "/" if !is_acronym => back(2).filter(|&at| belongs(at)),
            // Alzheimer's disease: the tokens are `Alzheimer`, `'`, `s`
            "s" if back(3).is_some_and(|at| is_apostrophe(&tokens[before - 1]) && tokens[at].is_capital) => back(3),
            // Graves' disease
            "'" | "’" if back(2).is_some_and(|at| tokens[at].is_capital && tokens[at].lower.ends_with('s')) => {
                back(2)
            }
            // alcohol-related pancreatitis
            word if TIED.contains(&word) && back(3).is_some() && tokens[before - 1].lower == "-" => back(3),
            "and" | "or" | "," if !is_acronym => self.over_conjunction(tokens, start, shared),
            // von Willebrand disease
            "von" | "van" | "der" | "de" | "la" if tokens[start].is_capital || tokens[start].lower == "der" => {
                Some(before)
            }
            _ if tokens[before].is_word && belongs(before) => Some(before),
            _ => None,
        }
    }

    /// Whether a hyphen ties the word at `at` to the phrase behind it: `Tay-Sachs`, `X-linked`, `ataxia-telangiectasia`.
    fn hyphenates(&self, tokens: &[Token], at: usize, start: usize, is_acronym: bool, shared: &Shared) -> bool {
        let (token, word) = (&tokens[at], tokens[at].lower.as_str());
        if is_acronym {
            return word.len() == 1 && token.is_capital;
        }
        let is_name = self.names.contains(word) || self.has_ending(word);
        is_name || token.is_capital || word.len() <= 5 || self.belongs(tokens, start, start, shared)
    }

    /// `breast and ovarian cancer`, `breast , ovarian and / or colon cancer`: parts of the body on both sides.
    fn over_conjunction(&self, tokens: &[Token], start: usize, shared: &Shared) -> Option<usize> {
        let is_part = |at: usize| shared.anatomy.contains(tokens[at].lower.as_str());
        let mut at = start.checked_sub(1)?;
        while matches!(tokens[at].lower.as_str(), "and" | "or" | "," | "/") {
            at = at.checked_sub(1)?;
        }
        (is_part(start) && is_part(at) && start - at <= 4).then_some(at)
    }

    /// Whether the word at `at` may be part of the phrase that ends in `head`.
    fn belongs(&self, tokens: &[Token], at: usize, head: usize, shared: &Shared) -> bool {
        let (token, word) = (&tokens[at], tokens[at].lower.as_str());
        let is_head = self.takes_adjectives && at + 1 == head && self.heads.contains(word);
        if self.modifiers.contains(word) || shared.anatomy.contains(word) || is_head {
            return true;
        }
        let is_number = word.len() <= 3 && word.bytes().all(|b| b.is_ascii_digit() || b"iv".contains(&b));
        if is_number {
            let before = at.checked_sub(1).map(|before| tokens[before].lower.as_str());
            return matches!(before, Some("type" | "stage" | "grade" | "factor" | "-" | "group"));
        }
        if !self.takes_adjectives || shared.general.contains(word) {
            return false;
        }
        let is_deficiency = tokens[head].lower.starts_with("deficien");
        let has_digit = word.bytes().any(|b| b.is_ascii_digit());
        let is_symbol = (token.is_acronym || has_digit) && (at + 1 == head || is_deficiency);
        let is_substance = is_deficiency && word.len() > 4 && SUBSTANCES.iter().any(|ending| word.ends_with(ending));
        let is_adjective = word.len() > 4 && ADJECTIVES.iter().any(|ending| word.ends_with(ending));
        let begins_sentence = at == 0 || tokens[at - 1].lower == ".";
        let is_starter = begins_sentence && (at + 1 < head || STARTERS.contains(&word));
        let is_name =
            token.is_capital && !token.is_acronym && !is_starter && word.len() > 3 && !tokens[head].is_acronym;
        is_substance
            || is_adjective
            || is_name
            || (is_symbol && (is_deficiency || self.heads.contains(tokens[head].lower.as_str())))
    }

    /// One past the last token of the phrase whose head is at `head`.
    fn end(&self, tokens: &[Token], head: usize, shared: &Shared) -> usize {
        let word = |at: usize| tokens.get(at).map_or("", |token: &Token| token.lower.as_str());
        let is_part = |at: usize| shared.anatomy.contains(word(at));
        let mut end = head + 1;
        while self.tails.contains(word(end)) {
            end += 1;
        }
        let is_number = |text: &str| {
            !text.is_empty() && text.len() <= 3 && text.bytes().all(|b| b.is_ascii_digit() || b"iv".contains(&b))
        };
        if word(end) == "type" && (is_number(word(end + 1)) || word(end + 1).len() == 1 && tokens[end + 1].is_word) {
            end += 2;
        }
        if word(head).starts_with("deficien") && word(end) == "of" {
            return self.substance(tokens, end, shared).unwrap_or(end);
        }
        if self.takes_parts {
            let mut at = end;
            while matches!(word(at), "of" | "the" | "in") {
                at += 1;
            }
            let has_link = at == end || word(end) == "of";
            if is_part(at) && has_link && (at > end || self.acronyms.contains(word(head).to_uppercase().as_str())) {
                while is_part(at) || (word(at) == "and" && is_part(at + 1)) {
                    at += 1;
                }
                end = at;
            }
        }
        end
    }
}

impl Grammar {
    /// What is lacking behind `deficiency of`: one past its last token.
    fn substance(&self, tokens: &[Token], of: usize, shared: &Shared) -> Option<usize> {
        let is_the = |at: usize| tokens.get(at).is_some_and(|token| token.lower == "the");
        let mut at = of + 1 + usize::from(is_the(of + 1));
        let first = at;
        while let Some(token) = tokens.get(at) {
            let word = token.lower.as_str();
            let is_part = word == "component" || token.is_acronym || word.bytes().any(|b| b.is_ascii_digit());
            let is_substance = word.len() > 3 && SUBSTANCES.iter().any(|ending| word.ends_with(ending));
            let goes_on =
                matches!(word, "-" | "of") && tokens.get(at + 1).is_some_and(|next| next.is_word) && at > first;
            if !(is_part || is_substance || goes_on || self.modifiers.contains(word) || shared.anatomy.contains(word)) {
                break;
            }
            at += 1;
        }
        while at > first && (!tokens[at - 1].is_word || tokens[at - 1].lower == "of") {
            at -= 1;
        }
        (at > first).then_some(at)
    }
}

fn is_apostrophe(token: &Token) -> bool {
    matches!(token.lower.as_str(), "'" | "’")
}
