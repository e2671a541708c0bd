//! The title of a contract.

use super::{pattern, trim};
use regex::Regex;
use std::ops::Range;

/// Finds titles.
pub(super) struct Titles {
    capitals: Regex,
    named: Regex,
    titled: Regex,
}

impl Titles {
    pub(super) fn new() -> Self {
        let noun = "AGREEMENT|CONTRACT|LEASE|ADDENDUM|AMENDMENT|LICENSE|MEMORANDUM OF UNDERSTANDING|TERM SHEET|STATEMENT OF WORK|POLICY|CHARTER|DEED|INDENTURE|GUARANTY|GUARANTEE|WARRANT";
        let word = r"[A-Z0-9][A-Z0-9&/'’.\-]*,?";
        let title = r"[A-Z][A-Za-z&/'’\-]*,?";
        let small = "and|of|for|to|on|the|in|by|with|&";
        let nouns = "Agreement|Contract|Lease|Addendum|Amendment|License|Memorandum|Statement|Schedule|Policy|Charter|Deed|Guaranty|Confirmation";
        let gap = r"(?: {1,2}|\n)";
        Self {
            capitals: pattern(&format!(r"\b(?:{word}{gap}){{1,9}}(?:{noun})S?\b(?:\s+(?:NO\.?|#|N°)\s*\d+)?")),
            named: pattern(&format!(r"\b(?i:this)\s+({title}{gap}(?:(?:{title}|{small}){gap}){{0,8}}(?:{nouns}))\b")),
            titled: pattern(&format!(r"\b{title}{gap}(?:(?:{title}|{small}){gap}){{0,8}}(?:{nouns})\b")),
        }
    }

    /// The first line in capitals that names a kind of contract, else the name behind `this`, else the
    /// first capitalized name.
    pub(super) fn find(&self, segment: &str) -> Vec<Range<usize>> {
        let capitals = self.capitals.find(segment).map(|found| found.range());
        let named = || self.named.captures(segment).and_then(|found| found.get(1)).map(|found| found.range());
        let titled = || self.titled.find(segment).map(|found| found.range());
        let found = capitals.or_else(named).or_else(titled);
        let found = found.map(|range| trim(segment, without_lead(segment, range), &[',', '.', '-']));
        let is_title = |range: &Range<usize>| {
            let words: Vec<_> = segment[range.clone()].split_whitespace().collect();
            words.len() > 1 && !words[0].eq_ignore_ascii_case("this") && !words[0].eq_ignore_ascii_case("the")
        };
        found.into_iter().filter(is_title).collect()
    }
}

/// Words before a title that are no part of it.
const LEADS: [&str; 12] = [
    "EXHIBIT",
    "EX",
    "THIS",
    "THE",
    "OF",
    "COPY",
    "VERSION",
    "EXECUTION",
    "FORM",
    "CONFIDENTIAL",
    "FINAL",
    "CONFORMED",
];

/// `EXHIBIT 10.3 SERVICES AGREEMENT` is the exhibit's number and the title; a second title behind `THIS`
/// is not read on.
fn without_lead(segment: &str, range: Range<usize>) -> Range<usize> {
    let text = &segment[range.clone()];
    let second = text.match_indices("THIS").map(|(at, _)| at).find(|at| *at > 0 && text[..*at].ends_with([' ', '\n']));
    let end = second.map_or(range.end, |at| range.start + text[..at].trim_end().len());
    let mut start = range.start;
    while let Some((word, rest)) = segment[start..end].split_once(char::is_whitespace) {
        let is_number = word.chars().any(|c| c.is_ascii_digit());
        if !is_number && !LEADS.contains(&word) {
            break;
        }
        start = end - rest.trim_start().len();
    }
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_found_in_capitals_or_behind_this() {
        for (text, expected) in [
            ("EXHIBIT 10.4\n\n   CO-BRANDING AGREEMENT\n\n THIS CO-BRANDING", "CO-BRANDING AGREEMENT"),
            ("Exhibit 10.8   TALENT ENDORSEMENT AGREEMENT   THIS SUPPLEMENTAL", "TALENT ENDORSEMENT AGREEMENT"),
            ("This Intellectual Property Agreement (the \"Agreement\")", "Intellectual Property Agreement"),
            ("EXHIBIT 1.1 Strategic Alliance Agreement", "Strategic Alliance Agreement"),
        ] {
            let found = Titles::new().find(text);
            assert_eq!(found.first().map(|range| &text[range.clone()]), Some(expected), "{text}");
        }
        assert!(Titles::new().find("nothing of the kind").is_empty());
    }
}
