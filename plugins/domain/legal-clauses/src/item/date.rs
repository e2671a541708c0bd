//! Dates as contracts write them.

use super::{pattern, trim};
use regex::Regex;
use std::ops::Range;

/// Finds dates.
pub(super) struct Dates {
    date: Regex,
    lead: Regex,
}

const MONTH: &str = "(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)[a-z]*\\.?";

impl Dates {
    pub(super) fn new() -> Self {
        let ordinal = r"(?:\s?(?:s\s?t|n\s?d|r\s?d|t\s?h))?";
        let forms = [
            format!(r"\d{{1,2}}{ordinal}\s+day\s+(?:of\s+)?{MONTH},?\s+(?:of\s+)?\d{{4}}"),
            format!(r"{MONTH}\s+\d{{1,2}}{ordinal},?\s+\d{{4}}"),
            format!(r"\d{{1,2}}{ordinal}\s+(?:of\s+)?{MONTH},?\s+\d{{4}}"),
            r"\d{1,2}[/.-]\d{1,2}[/.-](?:\d{4}|\d{2})\b".to_owned(),
            r"[_\[\]●•·. ]*\s*day\s+of\s+[_\[\]●•·. ]*,?\s*(?:\d{4}|20_+)".to_owned(),
            format!(r"{MONTH}\s+[_\[\]●•·]+,?\s+\d{{4}}"),
            format!(r"{MONTH},?\s+\d{{4}}"),
        ];
        Self {
            date: pattern(&format!("(?i){}", forms.join("|"))),
            lead: pattern(
                r"(?i)(?:dated?|as\s+of|made|entered|effective|executed|signed|on\s+this|this)\W{0,4}(?:\w+\W+){0,6}$",
            ),
        }
    }

    /// The date that stands behind `dated`, `as of` and their like, else the first.
    pub(super) fn find(&self, segment: &str) -> Vec<Range<usize>> {
        let dates: Vec<_> = self.date.find_iter(segment).map(|found| found.range()).collect();
        let led = dates.iter().find(|date| self.lead.is_match(&segment[..date.start]));
        let chosen = led.or(dates.first()).map(|date| trim(segment, date.clone(), &['(', ')', '_', '.']));
        chosen.into_iter().filter(|date| !date.is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_found_in_the_forms_of_contracts() {
        for (text, expected) in [
            ("is entered into as of March 18, 2010 (the", "March 18, 2010"),
            ("made this 13th day of October, 1999 by", "13th day of October, 1999"),
            ("made on 1 October 2019 BETWEEN", "1 October 2019"),
            ("entered into as of 9/28/2004 by and among", "9/28/2004"),
            ("effective this ______ day of ________________, 2013, by", "day of ________________, 2013"),
            ("Lease of May 1, 1990, and this Agreement dated as of June 2, 2001", "June 2, 2001"),
        ] {
            let found = Dates::new().find(text);
            assert_eq!(found.first().map(|range| &text[range.clone()]), Some(expected), "{text}");
        }
        assert!(Dates::new().find("no date, may be 12 of them").is_empty());
    }
}
