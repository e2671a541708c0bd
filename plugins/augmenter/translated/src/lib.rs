//! Takes paraphrases from a file of pairs, such as a translation there and back has made (Sennrich, Haddow and Birch 2016,
//! arXiv:1511.06709), and finds the spans again in them.
//!
//! A span is found by its words: the paraphrase must hold them as often as the text does, and they are taken in the same
//! order. Where a mention was translated away, the variation is refused, because nobody can say where its label belongs.

pub mod pairs;
pub mod settings;

pub use settings::Settings;

use engraft_plugin::kind::augmenter::{Augmenter, Variation};
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::text::{Example, Span, SpanBuf};
use engraft_plugin::{Case, Error, Random, Result};
use pairs::Pairs;
use serde_json::json;
use std::ops::Range;

/// The augmenter `translated`.
pub struct Translated {
    settings: Settings,
    pairs: Pairs,
}

impl Plugin for Translated {
    type Settings = Settings;

    fn about() -> About {
        About {
            id: "translated",
            summary: "Takes paraphrases from a file of back-translations, and finds the spans in them.",
            examples: examples(),
        }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        let pairs = Pairs::read(&settings.pairs)?;
        Ok(Self { settings, pairs })
    }
}

impl Augmenter for Translated {
    fn augment(&self, example: &Example<'_>, random: &mut Random) -> Result<Vec<Variation>> {
        let text = example.text();
        let mut parts = vec![(0..text.len(), self.pairs.of(text))];
        if parts[0].1.is_empty() && self.settings.sentences {
            parts = sentences(text, example.spans())
                .into_iter()
                .map(|part| (part.clone(), self.pairs.of(&text[part])))
                .collect();
        }
        if parts.iter().all(|(_, paraphrases)| paraphrases.is_empty()) {
            return Ok(Vec::new());
        }
        let mut made: Vec<(String, Vec<SpanBuf>)> = Vec::new();
        for _ in 0..self.settings.variations {
            let one = paraphrase(example, &parts, random)?;
            if !made.contains(&one) {
                made.push(one);
            }
        }
        Ok(made.into_iter().map(|(text, spans)| Variation::rewrite(text, spans)).collect())
    }
}

/// A text with each part paraphrased that can be.
fn paraphrase(
    example: &Example<'_>,
    parts: &[(Range<usize>, &[String])],
    random: &mut Random,
) -> Result<(String, Vec<SpanBuf>)> {
    let (mut made, mut spans) = (String::new(), Vec::new());
    for (part, paraphrases) in parts {
        let old = &example.text()[part.clone()];
        let inside = || example.spans().iter().filter(|span| part.start <= span.start() && span.end() <= part.end);
        let begin = made.len();
        match random.choose(paraphrases) {
            None => {
                made += old;
                spans.extend(inside().map(|span| {
                    SpanBuf::new(begin + span.start() - part.start, begin + span.end() - part.start, span.label())
                }));
            }
            Some(new) => {
                let blank = old.len() - old.trim_start().len();
                made += &old[..blank];
                let from = made.len();
                made += new;
                made += &old[old.trim_end().len().max(blank)..];
                for span in inside() {
                    let found = find(old, span.start() - part.start..span.end() - part.start, new)?;
                    spans.push(SpanBuf::new(from + found.start, from + found.end, span.label()));
                }
            }
        }
    }
    spans.sort_by_key(|span| (span.start, span.end));
    Ok((made, spans))
}

/// Where the words of a range of `old` stand in `new`: at the same of their occurrences.
fn find(old: &str, range: Range<usize>, new: &str) -> Result<Range<usize>> {
    let words = &old[range.clone()];
    let places = |text: &str| text.match_indices(words).map(|(at, _)| at).collect::<Vec<_>>();
    let (before, after) = (places(old), places(new));
    let number = before.iter().position(|&at| at == range.start);
    match number.filter(|_| before.len() == after.len()) {
        Some(number) => Ok(after[number]..after[number] + words.len()),
        None => {
            let why = format!(
                "`{words}` stands {} times in the text and {} times in its paraphrase",
                before.len(),
                after.len()
            );
            Err(Error::new("translated.lost-span", why))
        }
    }
}

/// Sentences with the blanks behind them; none ends inside a span.
fn sentences(text: &str, spans: &[Span<'_>]) -> Vec<Range<usize>> {
    let (mut parts, mut begin) = (Vec::new(), 0);
    for (at, mark) in text.match_indices(['.', '!', '?', '。', '！', '？', '\n']) {
        let end = at + mark.len();
        if end <= begin {
            continue;
        }
        let is_end = !mark.is_ascii() || text[end..].starts_with(char::is_whitespace) || mark == "\n";
        let next = text.len() - text[end..].trim_start().len();
        let is_cut = spans.iter().any(|span| span.start() < next && next < span.end());
        if is_end && !is_cut {
            parts.push(begin..next);
            begin = next;
        }
    }
    if begin < text.len() {
        parts.push(begin..text.len());
    }
    parts
}

fn examples() -> Vec<Case> {
    let example = json!({
        "text": "The patient has gout. No fever was seen.",
        "spans": [{ "start": 16, "end": 20, "label": "Disease" }],
    });
    vec![
        Case::new(
            "a sentence with a pair becomes its paraphrase, the span is found in it",
            json!({ "example": example, "seed": 1 }),
            json!([{
                "text": "gout was found in the patient. No fever was seen.",
                "spans": [{ "start": 0, "end": 4, "label": "Disease" }],
            }]),
        )
        .with(json!({ "pairs": "The patient has gout.\tgout was found in the patient." })),
        Case::new(
            "a paraphrase that has lost a mention is refused",
            json!({ "example": example, "seed": 1 }),
            json!({ "error": "translated.lost-span" }),
        )
        .with(json!({ "pairs": "The patient has gout.\tThe patient is ill." })),
        Case::new(
            "a text without a pair has no variation",
            json!({ "example": { "text": "x" }, "seed": 1 }),
            json!([]),
        ),
    ]
}

engraft_plugin::register!(augmenter Translated);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_of_two_mentions_is_the_second_in_the_paraphrase() {
        assert_eq!(find("gout and gout", 9..13, "both gout, then gout").unwrap(), 16..20);
        assert_eq!(find("gout", 0..4, "gout and gout").unwrap_err().code, "translated.lost-span");
    }

    #[test]
    fn escaped_signs_are_read() {
        let pairs = Pairs::read("a\\nb\tc\\\\d").unwrap();
        assert_eq!(pairs.of("a\nb"), ["c\\d"]);
        assert_eq!(Pairs::read("a b").unwrap_err().code, "settings.pairs");
    }
}
