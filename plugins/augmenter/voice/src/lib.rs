//! Turns active sentences of English passive and passive ones active, by rules.
//!
//! `Licensee shall pay the fee within ten days.` becomes `The fee shall be paid by Licensee within ten days.` A sentence
//! turns only if all of it is understood: one verb that is known, plain noun phrases around it, prepositional phrases
//! behind. Spans move along; a span that lies across the parts refuses the variation.

pub mod parse;
pub mod settings;
pub mod verb;

pub use settings::Settings;

use engraft_plugin::edit::Pieces;
use engraft_plugin::kind::augmenter::{Augmenter, Variation};
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::text::Example;
use engraft_plugin::{Case, Error, Random, Result};
use parse::{Clause, DETERMINERS, Mood, is_plural, parse};
use serde_json::json;
use std::ops::Range;
use verb::Verb;

/// The augmenter `voice`.
pub struct Voice {
    settings: Settings,
    verbs: Vec<Verb>,
}

impl Plugin for Voice {
    type Settings = Settings;

    fn about() -> About {
        About {
            id: "voice",
            summary: "Turns active sentences of English passive, and passive ones active.",
            examples: examples(),
        }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        if !(0.0..=1.0).contains(&settings.probability) {
            let why = format!("`probability`: expected 0 to 1, found {}", settings.probability);
            return Err(Error::new("settings.probability", why));
        }
        let is_verb = |verb: &&String| verb.len() < 3 || !verb.bytes().all(|byte| byte.is_ascii_lowercase());
        if let Some(bad) = settings.verbs.iter().find(is_verb) {
            let why = format!("`verbs`: expected verbs as they stand in a dictionary, `onboard`, found `{bad}`");
            return Err(Error::new("settings.verbs", why));
        }
        let verbs = Verb::all(&settings.verbs);
        Ok(Self { settings, verbs })
    }
}

impl Augmenter for Voice {
    fn augment(&self, example: &Example<'_>, random: &mut Random) -> Result<Vec<Variation>> {
        let text = example.text();
        let clauses: Vec<Clause<'_>> = sentences(text)
            .into_iter()
            .filter_map(|sentence| parse(text, sentence, &self.verbs))
            .filter(|clause| if clause.passive { self.settings.active } else { self.settings.passive })
            .filter(|clause| pronoun(&text[clause.subject.clone()], clause.passive).is_some())
            .collect();
        let mut variations = Vec::new();
        for _ in 0..self.settings.variations {
            let turned: Vec<&Clause<'_>> =
                clauses.iter().filter(|_| random.chance(self.settings.probability)).collect();
            if !turned.is_empty() {
                variations.push(turn(example, &turned)?);
            }
        }
        Ok(variations)
    }
}

/// Lines of text cut at full stops.
fn sentences(text: &str) -> Vec<Range<usize>> {
    let (mut sentences, mut begin) = (Vec::new(), 0);
    for (at, mark) in text.match_indices(['.', '\n']) {
        let end = at + mark.len();
        let is_end = mark == "\n" || text[end..].is_empty() || text[end..].starts_with(char::is_whitespace);
        if is_end && end > begin {
            let blank = text[begin..end].len() - text[begin..end].trim_start().len();
            sentences.push(begin + blank..end);
            begin = end;
        }
    }
    sentences
}

/// What a pronoun becomes in the other place: `he` to `him`. `None` for one that has no other place, the words
/// themselves for what is no pronoun.
fn pronoun(words: &str, passive: bool) -> Option<&str> {
    match (words.to_lowercase().as_str(), passive) {
        ("i", false) => Some("me"),
        ("he", false) => Some("him"),
        ("she", false) => Some("her"),
        ("we", false) => Some("us"),
        ("they", false) => Some("them"),
        // As the object it would read the same, and of a passive sentence the pronoun would come first.
        ("i" | "he" | "she" | "we" | "they", true) => None,
        _ => Some(words),
    }
}

/// The text with these sentences turned.
fn turn(example: &Example<'_>, clauses: &[&Clause<'_>]) -> Result<Variation> {
    let text = example.text();
    let mut pieces = Pieces::of(example);
    let mut done = 0;
    for clause in clauses {
        let (subject, other) = (clause.subject.clone(), clause.other.clone());
        pieces.keep(done..subject.start);
        pieces.keep_in_case(other.clone(), true);
        let words = verb(clause, is_plural(&text[other.clone()]));
        pieces.put(" ").put(&words).put(" ");
        let old = &text[subject.clone()];
        match pronoun(old, clause.passive).filter(|&new| new != old) {
            Some(new) => {
                pieces.put(new);
            }
            None => {
                let first = old.split(' ').next().unwrap_or_default().to_lowercase();
                if DETERMINERS.contains(&first.as_str()) || matches!(first.as_str(), "it" | "you") {
                    pieces.keep_in_case(subject, false);
                } else {
                    pieces.keep(subject);
                }
            }
        }
        if !clause.rest.is_empty() {
            pieces.put(" ").keep(clause.rest.clone());
        }
        done = clause.other.end.max(clause.rest.end);
    }
    pieces.keep(done..text.len());
    let (text, spans) = pieces.finish()?;
    Ok(Variation::rewrite(text, spans))
}

/// The words of the verb in the other voice; `plural` is what now comes before it.
fn verb(clause: &Clause<'_>, plural: bool) -> String {
    let Verb { base, third, past, participle } = clause.verb;
    let not = if clause.negated { " not" } else { "" };
    match (&clause.mood, clause.passive, plural) {
        (Mood::Modal(modal), false, _) => format!("{modal}{not} be {participle} by"),
        (Mood::Past, false, true) => format!("were{not} {participle} by"),
        (Mood::Past, false, false) => format!("was{not} {participle} by"),
        (Mood::Present, false, true) => format!("are{not} {participle} by"),
        (Mood::Present, false, false) => format!("is{not} {participle} by"),
        (Mood::Modal(modal), true, _) => format!("{modal}{not} {base}"),
        (Mood::Past, true, _) if clause.negated => format!("did not {base}"),
        (Mood::Past, true, _) => past.clone(),
        (Mood::Present, true, true) if clause.negated => format!("do not {base}"),
        (Mood::Present, true, false) if clause.negated => format!("does not {base}"),
        (Mood::Present, true, true) => base.clone(),
        (Mood::Present, true, false) => third.clone(),
    }
}

fn examples() -> Vec<Case> {
    let seeded = |text: &str| json!({ "example": { "text": text }, "seed": 1 });
    let always = json!({ "probability": 1.0 });
    vec![
        Case::new(
            "an active sentence turns passive, its spans move along",
            json!({
                "example": {
                    "text": "BP 120/80. The patient received the warfarin in May.",
                    "spans": [{ "start": 36, "end": 44, "label": "Drug" }],
                },
                "seed": 1,
            }),
            json!([{
                "text": "BP 120/80. The warfarin was received by the patient in May.",
                "spans": [{ "start": 15, "end": 23, "label": "Drug" }],
            }]),
        )
        .with(always.clone()),
        Case::new(
            "duties of a contract, and those one has not",
            seeded("Licensee shall not disclose the terms of this Agreement."),
            json!([{ "text": "The terms of this Agreement shall not be disclosed by Licensee." }]),
        )
        .with(always.clone()),
        Case::new(
            "a passive sentence that names who acts turns active",
            seeded("The claims were rejected by the court in 2020."),
            json!([{ "text": "The court rejected the claims in 2020." }]),
        )
        .with(always.clone()),
        Case::new(
            "a sentence that is not wholly understood stays",
            seeded("The patient received aspirin, and he left."),
            json!([]),
        )
        .with(always),
    ]
}

engraft_plugin::register!(augmenter Voice);

#[cfg(test)]
mod tests {
    use super::*;
    use engraft_plugin::kind::augmenter::Body;
    use engraft_plugin::text::{ExampleBuf, SpanBuf, Views};

    fn turned(text: &str) -> Option<String> {
        let settings = Settings { probability: 1.0, ..Settings::default() };
        let plugin = Voice::open(settings, &Setting::default()).unwrap();
        let example = ExampleBuf::new("1", text);
        let views = Views::examples([&example]);
        let variation = plugin.augment(&views.as_slice()[0], &mut Random::new(1)).unwrap().pop()?;
        let Body::Rewrite { text, .. } = variation.body else { panic!("it rewrites") };
        Some(text)
    }

    #[test]
    fn sentences_turn_and_turn_back() {
        for (active, passive) in [
            ("The court affirmed the judgment.", "The judgment was affirmed by the court."),
            ("The nurse did not see the children.", "The children were not seen by the nurse."),
            ("Tenant may terminate this Lease at the end.", "This Lease may be terminated by Tenant at the end."),
            ("The board approves the budgets.", "The budgets are approved by the board."),
        ] {
            assert_eq!(turned(active).as_deref(), Some(passive));
            assert_eq!(turned(passive).as_deref(), Some(active));
        }
        assert_eq!(turned("He signed the form.").as_deref(), Some("The form was signed by him."));
    }

    #[test]
    fn what_is_not_wholly_understood_stays() {
        for text in [
            "The patient received aspirin and the doctor left.",
            "He has signed the form.",
            "The patient was seen.",
            "The patient improved.",
            "Running caused the pain.",
            "The form was signed by him.",
            "",
        ] {
            assert_eq!(turned(text), None, "{text}");
        }
    }

    #[test]
    fn a_span_across_the_parts_refuses_the_variation() {
        let plugin = Voice::open(Settings { probability: 1.0, ..Settings::default() }, &Setting::default()).unwrap();
        let mut example = ExampleBuf::new("1", "The court affirmed the judgment.");
        example.spans = vec![SpanBuf::new(4, 18, "S")];
        let views = Views::examples([&example]);
        let refused = plugin.augment(&views.as_slice()[0], &mut Random::new(1)).unwrap_err();
        assert_eq!(refused.code, "pieces.cuts-span");
    }
}
