//! Finds short items in a segment: names of parties, dates, a title.

mod date;
mod party;
mod title;

use crate::settings::Item;
use std::ops::Range;

/// Finds items; its patterns are compiled once.
pub struct Items {
    dates: date::Dates,
    parties: party::Parties,
    titles: title::Titles,
}

impl Items {
    /// Compiles the patterns.
    pub fn new() -> Self {
        Self { dates: date::Dates::new(), parties: party::Parties::new(), titles: title::Titles::new() }
    }

    /// The items of a segment, in order.
    pub fn find(&self, item: Item, segment: &str) -> Vec<Range<usize>> {
        match item {
            Item::Date => self.dates.find(segment),
            Item::Party => self.parties.find(segment),
            Item::Title => self.titles.find(segment),
        }
    }
}

impl Default for Items {
    fn default() -> Self {
        Self::new()
    }
}

/// Compiles a pattern of this crate.
pub(crate) fn pattern(pattern: &str) -> regex::Regex {
    regex::Regex::new(pattern).expect("the patterns of this crate are regular expressions")
}

/// A range without white space and the given marks at its ends.
fn trim(text: &str, range: Range<usize>, marks: &[char]) -> Range<usize> {
    let is_edge = |c: char| c.is_whitespace() || marks.contains(&c);
    let inside = &text[range.clone()];
    let start = range.start + (inside.len() - inside.trim_start_matches(is_edge).len());
    let end = range.start + inside.trim_end_matches(is_edge).len();
    if start < end { start..end } else { range.start..range.start }
}
