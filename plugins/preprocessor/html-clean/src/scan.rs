//! Finds the markup in a text. Linear in the text, whatever it holds.

use crate::entity::decode;
use std::ops::Range;

/// What stands in the place of some markup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// A start or end tag, by its name in lower case.
    Tag(String),
    /// A character reference, decoded.
    Entity(String),
    /// Something that is not shown: a comment, a declaration, a dropped element.
    Nothing,
}

/// Walks over the markup of a text: each item is where it lies and what it is.
pub struct Scanner<'a> {
    text: &'a str,
    drop: &'a [String],
    at: usize,
    /// The last `>`, `"` and `'`: a tag beyond them is never closed, and nobody need look for the end again.
    last: [Option<usize>; 3],
}

impl<'a> Scanner<'a> {
    /// A walk over `text` that takes elements of these names whole.
    pub fn new(text: &'a str, drop: &'a [String]) -> Self {
        Self { text, drop, at: 0, last: ['>', '"', '\''].map(|mark| text.rfind(mark)) }
    }

    fn markup(&self, start: usize) -> Option<(usize, Piece)> {
        let rest = &self.text[start..];
        if rest.starts_with('&') {
            return decode(rest).map(|(length, decoded)| (start + length, Piece::Entity(decoded)));
        }
        if rest.starts_with(']') {
            return rest.starts_with("]]>").then_some((start + 3, Piece::Nothing));
        }
        if rest.starts_with("<![CDATA[") {
            return Some((start + 9, Piece::Nothing));
        }
        if let Some(comment) = rest.strip_prefix("<!--") {
            let end = comment.find("-->").map_or(self.text.len(), |end| start + 4 + end + 3);
            return Some((end, Piece::Nothing));
        }
        let mark = rest[1..].chars().next()?;
        if mark == '!' || mark == '?' {
            return self.close(start).map(|end| (end, Piece::Nothing));
        }
        let name_at = start + 1 + usize::from(mark == '/');
        let name = name(&self.text[name_at..])?;
        let end = self.end_of_tag(name_at + name.len())?;
        let name = name.to_ascii_lowercase();
        let is_closed_at_once = self.text[..end].ends_with("/>");
        if mark != '/' && !is_closed_at_once && self.drop.contains(&name) {
            return Some((self.end_of_element(&name, end), Piece::Nothing));
        }
        Some((end, Piece::Tag(name)))
    }

    /// One past the next `>`.
    fn close(&self, from: usize) -> Option<usize> {
        self.last[0].filter(|&last| last >= from)?;
        self.text[from..].find('>').map(|end| from + end + 1)
    }

    /// One past the `>` that ends a tag; a `>` in quotes does not, unless the quote is never closed.
    fn end_of_tag(&self, from: usize) -> Option<usize> {
        self.last[0].filter(|&last| last >= from)?;
        let mut at = from;
        while let Some(found) = self.text[at..].find(['>', '"', '\'']) {
            let mark = at + found;
            let quote = match self.text.as_bytes()[mark] {
                b'>' => return Some(mark + 1),
                b'"' => 1,
                _ => 2,
            };
            let is_value = self.text[from..mark].trim_end().ends_with('=');
            at = match self.last[quote] {
                Some(last) if is_value && last > mark => {
                    let inside = &self.text[mark + 1..=last];
                    mark + 1 + inside.find(['"', '\''][quote - 1])? + 1
                }
                _ => mark + 1,
            };
        }
        self.close(from)
    }

    /// Whether the tag whose name ends at `from` is `<name … />`.
    fn is_closed_at_once(&self, from: usize) -> bool {
        self.end_of_tag(from).is_some_and(|end| self.text[..end].ends_with("/>"))
    }

    /// One past the end tag of an element whose start tag ends at `from`, others of its name inside
    /// counted; the end of the text if there is none, as browsers do.
    fn end_of_element(&self, name: &str, from: usize) -> usize {
        let is_raw = name == "script" || name == "style";
        let mut depth = 1usize;
        let mut at = from;
        while let Some(found) = self.text[at..].find('<') {
            let mark = at + found;
            at = mark + 1;
            let is_end = self.text[at..].starts_with('/');
            let tag = &self.text[at + usize::from(is_end)..];
            let head = tag.get(..name.len()).filter(|head| head.eq_ignore_ascii_case(name));
            let is_same =
                head.is_some() && !tag[name.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-');
            match (is_same, is_end) {
                (true, true) => depth -= 1,
                (true, false) if !is_raw && !self.is_closed_at_once(at + name.len()) => depth += 1,
                _ => {}
            }
            if depth == 0 {
                return self.close(mark).unwrap_or(self.text.len());
            }
        }
        self.text.len()
    }
}

/// The name at the start of a tag: a letter, then letters, digits, `-`, `:` and `_`.
fn name(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '_'))).unwrap_or(text.len());
    let name = &text[..end];
    name.starts_with(|c: char| c.is_ascii_alphabetic()).then_some(name)
}

impl Iterator for Scanner<'_> {
    type Item = (Range<usize>, Piece);

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(found) = self.text[self.at..].find(['<', '&', ']']) {
            let start = self.at + found;
            if let Some((end, piece)) = self.markup(start) {
                self.at = end;
                return Some((start..end, piece));
            }
            self.at = start + 1;
        }
        self.at = self.text.len();
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(text: &str) -> String {
        let drop = ["script", "style", "svg"].map(str::to_owned);
        let (mut out, mut at) = (String::new(), 0);
        for (range, piece) in Scanner::new(text, &drop) {
            out.push_str(&text[at..range.start]);
            at = range.end;
            match piece {
                Piece::Tag(name) => out.push_str(&format!("[{name}]")),
                Piece::Entity(decoded) => out.push_str(&decoded),
                Piece::Nothing => out.push('_'),
            }
        }
        out + &text[at..]
    }

    #[test]
    fn a_closing_mark_in_quotes_does_not_end_a_tag() {
        assert_eq!(left(r#"<a title="x > y">z</a>"#), "[a]z[a]");
        assert_eq!(left("<a title='>' b=\"'\">z"), "[a]z");
    }

    #[test]
    fn a_quote_that_is_never_closed_does_not_swallow_the_text() {
        assert_eq!(left(r#"<a title="x>kept"#), "[a]kept");
        assert_eq!(left("<p class=it's>kept</p>"), "[p]kept[p]");
    }

    #[test]
    fn what_looks_like_a_tag_and_is_never_closed_is_text() {
        assert_eq!(left("a <b and p<0.05"), "a <b and p<0.05");
        assert_eq!(left("<<p>>"), "<[p]>");
    }

    #[test]
    fn dropped_elements_go_whole_nested_ones_too() {
        assert_eq!(left("a<script>x='</p>' && '<b>'</SCRIPT >b"), "a_b");
        assert_eq!(left("a<svg><g><svg/></g></svg>b"), "a_b");
        assert_eq!(left("a<svg><svg>x</svg>y</svg>b"), "a_b");
        assert_eq!(left("a<style>never closed"), "a_");
        assert_eq!(left("a<svg/>b<scripts>c"), "a[svg]b[scripts]c");
    }

    #[test]
    fn comments_declarations_and_data_sections_are_not_shown() {
        assert_eq!(left("<!DOCTYPE html><?xml version='1'?>a<!-- > -->b<![CDATA[c]]>"), "__a_b_c_");
    }
}
