//! Finds phrases in a text and changes them.

use engraft_plugin::Edit;
use std::ops::Range;

/// A phrase and what it becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site<'a> {
    /// Where it stands.
    pub range: Range<usize>,
    /// What it becomes.
    pub into: &'a str,
}

/// Where phrases stand as whole words, the longest first, without regard to the case of letters beyond the first.
pub fn sites<'a>(text: &str, phrases: &[(&'a str, &'a str)], left: &[&str]) -> Vec<Site<'a>> {
    let lower = text.to_ascii_lowercase();
    let mut by_length: Vec<(String, &str)> =
        phrases.iter().map(|(phrase, into)| (phrase.to_ascii_lowercase(), *into)).collect();
    by_length.sort_by_key(|(phrase, _)| std::cmp::Reverse(phrase.len()));
    let mut sites: Vec<Site<'a>> = Vec::new();
    let mut at = 0;
    while let Some(character) = lower[at..].chars().next() {
        let rest = &lower[at..];
        let is_here = |phrase: &str| rest.starts_with(phrase) && is_apart(&lower, at..at + phrase.len());
        if let Some(phrase) = left.iter().find(|phrase| is_here(phrase)) {
            at += phrase.len();
            continue;
        }
        match by_length.iter().find(|(phrase, _)| is_here(phrase)) {
            // `May` with a capital inside a sentence is a month or a name.
            Some((phrase, into)) if !(phrase == "may" && text[at..].starts_with('M')) => {
                sites.push(Site { range: at..at + phrase.len(), into });
                at += phrase.len();
            }
            _ => at += character.len_utf8(),
        }
    }
    sites
}

/// Whether a range does not begin or end within a word of ASCII.
fn is_apart(text: &str, range: Range<usize>) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '\'' || c == '_';
    let inner = &text[range.clone()];
    let joins = |a: Option<char>, b: Option<char>| a.is_some_and(is_part) && b.is_some_and(is_part);
    !joins(text[..range.start].chars().next_back(), inner.chars().next())
        && !joins(inner.chars().next_back(), text[range.end..].chars().next())
}

/// The edit of a site, in the case of the words that stand there: `SHALL`, `Licensor`, `licensor`.
pub fn edit(text: &str, site: &Site<'_>) -> Edit {
    let old = &text[site.range.clone()];
    let mut letters = old.chars().filter(|c| c.is_alphabetic());
    let first_is_capital = letters.next().is_some_and(char::is_uppercase);
    let rest: Vec<char> = letters.collect();
    let is_all_capitals = first_is_capital && !rest.is_empty() && rest.iter().all(|c| c.is_uppercase());
    let is_title = old.split(' ').count() > 1 && old.split(' ').all(|word| word.starts_with(char::is_uppercase));
    let capital = |word: &str| {
        let mut characters = word.chars();
        characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect::<String>())
    };
    let into = if is_all_capitals {
        site.into.to_uppercase()
    } else if is_title {
        site.into.split(' ').map(capital).collect::<Vec<_>>().join(" ")
    } else if first_is_capital {
        capital(site.into)
    } else {
        site.into.to_owned()
    };
    Edit { start: site.range.start as u32, end: site.range.end as u32, text: into }
}
