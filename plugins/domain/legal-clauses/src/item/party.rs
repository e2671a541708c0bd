//! The parties of a contract: their names, and the short names that the contract gives them.

use super::{pattern, trim};
use regex::Regex;
use std::ops::Range;

/// Finds parties.
pub(super) struct Parties {
    /// Where the list of parties begins.
    lead: Regex,
    /// A name, at the start of what follows.
    name: Regex,
    /// Words between two parties.
    next: Regex,
    /// A company by its form of enterprise, anywhere.
    company: Regex,
    /// A short name in quotes.
    alias: Regex,
    /// Short names that are none of a party.
    other: Regex,
    /// The sentence that names them together.
    together: Regex,
}

impl Parties {
    pub(super) fn new() -> Self {
        let form = r"(?:Inc|INC|L\.?L\.?C|LLC|L\.?L\.?P|L\.?P|Ltd|LTD|Limited|LIMITED|Corp|CORP|Corporation|CORPORATION|Company|COMPANY|Co|CO|PLC|plc|A\.?G|AG|GmbH|GMBH|S\.?A|N\.?V|B\.?V|N\.?A|Trust|TRUST|Bank|BANK|Fund|FUND|University|UNIVERSITY|Foundation|FOUNDATION|Partners|PARTNERS|Association|ASSOCIATION|Group|GROUP|Pty|PTY)\b\.?";
        let word = r"[A-Z0-9][\w&.'’/\-]*";
        let joined = format!(r"{word}(?:\s+(?:(?:of|the|for|de|&|d/?b/?a)\s+)?{word}){{0,7}}");
        let name = format!(r"{joined}(?:,?\s+\(?{form}\)?)*");
        Self {
            lead: pattern(r"(?i)\b(?:by\s+and\s+)?(?:between|among|entered\s+into\s+by)\b(?:\s+and\s+among)?\s*:?\s*"),
            name: pattern(&format!(r"^(?:\(\w{{1,3}}\)\s*)?(?:[Tt]he\s+)?({name})")),
            next: pattern(r#"(?:[,;)"”.]|\s)\s*(?i:and|AND|&)(?:\s*-)?[,:]?\s+"#),
            company: pattern(&format!(r"{word}(?:\s+(?:(?:of|&)\s+)?{word}){{0,6}},?\s+{form}")),
            alias: pattern(
                r#"(?:\([^()"“”]{0,60}|(?i:referred to as|called|known as)\s+(?i:the\s+)?)["“]([^"“”()]{2,40}?)[.,]?["”]"#,
            ),
            other: pattern(
                r"(?i)agreement|effective|date|term\b|part(?:y|ies)|contract|services|product|fcc|sec\b|territory|act\b|software|license[ds]?$",
            ),
            together: pattern(
                r#"(?i)[^.()]*\b(?:each|individually|collectively|together)\b[^.()]{0,120}["“”ʺ]part(?:y|ies)\b[."“”ʺ]*"#,
            ),
        }
    }

    /// Names and short names, in order, none twice.
    pub(super) fn find(&self, segment: &str) -> Vec<Range<usize>> {
        let mut found = self.listed(segment);
        if found.is_empty() {
            found.extend(self.company.find_iter(segment).map(|company| company.range()));
        }
        let aliases = self.alias.captures_iter(segment).filter_map(|captures| captures.get(1));
        found.extend(aliases.filter(|alias| !self.other.is_match(alias.as_str())).map(|alias| alias.range()));
        found.extend(self.together.find_iter(segment).map(|together| together.range()));
        let mut found: Vec<_> = found.into_iter().map(|range| trim(segment, range, &[',', ';', '('])).collect();
        found.retain(|range| range.len() > 1);
        found.sort_unstable_by_key(|range| (range.start, range.end));
        found.dedup_by(|later, earlier| later.start < earlier.end);
        found
    }

    /// The names of a list: behind `between`, and behind each `and` that goes on with a name.
    fn listed(&self, segment: &str) -> Vec<Range<usize>> {
        let Some(lead) = self.lead.find(segment) else { return Vec::new() };
        let mut starts = vec![lead.end()];
        starts.extend(self.next.find_iter(&segment[lead.end()..]).map(|and| lead.end() + and.end()));
        let mut found: Vec<Range<usize>> = Vec::new();
        for start in starts {
            let Some(name) = self.name.captures(&segment[start..]).and_then(|captures| captures.get(1)) else {
                continue;
            };
            let range = start + name.start()..start + name.end();
            let behind = segment[range.end..].trim_start();
            let is_party = behind.starts_with(['(', ',', '"', '“']) || behind.starts_with("a ") || behind.is_empty();
            if found.is_empty() || is_party || self.company.is_match(&segment[range.clone()]) {
                found.push(without_stop(segment, range));
            }
        }
        found
    }
}

/// A full stop behind a name belongs to it only where it shortens a word: `Inc.`, `B.V.`.
fn without_stop(segment: &str, range: Range<usize>) -> Range<usize> {
    let name = &segment[range.clone()];
    let last = name.trim_end_matches('.').rsplit(char::is_whitespace).next().unwrap_or_default();
    let is_short = last.len() <= 4 || last.contains('.');
    if name.ends_with('.') && (!is_short || last == name.trim_end_matches('.')) {
        range.start..range.end - 1
    } else {
        range
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        Parties::new().find(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn names_and_short_names_of_a_preamble_are_found() {
        let text = "made as of May 22, 2000 (the \"Effective Date\"), by and between WOMEN.COM NETWORKS, INC., a Delaware \
                    corporation (\"Women.com\"), and Alan Crane, an individual (the \"Consultant\").";
        assert_eq!(found(text), ["WOMEN.COM NETWORKS, INC.", "Women.com", "Alan Crane", "Consultant"]);
    }

    #[test]
    fn the_sentence_that_names_them_together_is_one() {
        let text = "LBIO and MD Anderson are each a \"Party\" and collectively the \"Parties\".";
        assert_eq!(found(text), ["LBIO and MD Anderson are each a \"Party\" and collectively the \"Parties\"."]);
    }
}
