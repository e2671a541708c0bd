//! Puts the sentences of a text in another order.
//!
//! Spans move with their sentence; none is cut, because no sentence ends inside one. Sentences that point back stay behind
//! the one that they point to. A model that should learn the order of a text's parts is not helped by this.

pub mod sentence;
pub mod settings;

pub use settings::Settings;

use engraft_plugin::edit::Pieces;
use engraft_plugin::kind::augmenter::{Augmenter, Variation};
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::text::Example;
use engraft_plugin::{Case, Random, Result};
use sentence::{is_linked, sentences};
use serde_json::json;
use std::ops::Range;

/// The augmenter `reorder`.
pub struct Reorder {
    settings: Settings,
}

impl Plugin for Reorder {
    type Settings = Settings;

    fn about() -> About {
        About { id: "reorder", summary: "Puts the sentences of a text in another order.", examples: examples() }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        Ok(Self { settings })
    }
}

impl Augmenter for Reorder {
    fn augment(&self, example: &Example<'_>, random: &mut Random) -> Result<Vec<Variation>> {
        let text = example.text();
        let blocks = self.blocks(text, sentences(text, example.spans()));
        let fixed = usize::from(self.settings.keep_first).min(blocks.len());
        if blocks.len() < fixed + 2 {
            return Ok(Vec::new());
        }
        let mut variations = Vec::new();
        for _ in 0..self.settings.variations {
            let mut order: Vec<&Range<usize>> = blocks.iter().collect();
            random.shuffle(&mut order[fixed..]);
            if order.iter().zip(&blocks).all(|(now, before)| *now == before) {
                continue;
            }
            variations.push(rewrite(example, &order)?);
        }
        Ok(variations)
    }
}

impl Reorder {
    /// Sentences, those that point back joined to the one before.
    fn blocks(&self, text: &str, sentences: Vec<Range<usize>>) -> Vec<Range<usize>> {
        let mut blocks: Vec<Range<usize>> = Vec::new();
        for sentence in sentences {
            let is_linked = self.settings.keep_linked && is_linked(&text[sentence.clone()]);
            match blocks.last_mut().filter(|_| is_linked) {
                Some(last) => last.end = sentence.end,
                None => blocks.push(sentence),
            }
        }
        blocks
    }
}

/// The blocks in their new order. What stands between blocks stays between the places: the last block of the old text has
/// no blank behind it.
fn rewrite(example: &Example<'_>, order: &[&Range<usize>]) -> Result<Variation> {
    let text = example.text();
    let gap = |block: &Range<usize>| text[block.clone()].trim_end().len() + block.start..block.end;
    // A span may reach into the blanks behind its sentence; such a block moves as a whole.
    let is_reached =
        |gap: &Range<usize>| example.spans().iter().any(|span| span.start() < gap.end && gap.start < span.end());
    let mut old: Vec<&Range<usize>> = order.to_vec();
    old.sort_by_key(|block| block.start);
    let mut pieces = Pieces::of(example);
    for (place, block) in order.iter().enumerate() {
        let own = gap(block);
        if is_reached(&own) {
            pieces.keep((*block).clone());
            continue;
        }
        let here = gap(old[place]);
        pieces.keep(block.start..own.start);
        pieces.put(&text[here]);
    }
    let (text, spans) = pieces.finish()?;
    Ok(Variation::rewrite(text, spans))
}

fn examples() -> Vec<Case> {
    let spans = json!([{ "start": 25, "end": 29, "label": "Disease" }]);
    let example = json!({ "text": "No fever. History of old gout. It is treated. BP normal.", "spans": spans });
    vec![
        Case::new(
            "sentences change places, a span goes along, what points back stays behind its sentence",
            json!({ "example": example, "seed": 1 }),
            json!([{
                "text": "No fever. BP normal. History of old gout. It is treated.",
                "spans": [{ "start": 36, "end": 40, "label": "Disease" }],
            }]),
        ),
        Case::new("one sentence has one order", json!({ "example": { "text": "No fever." }, "seed": 1 }), json!([])),
    ]
}

engraft_plugin::register!(augmenter Reorder);

#[cfg(test)]
mod tests {
    use super::*;
    use engraft_plugin::kind::augmenter::Body;
    use engraft_plugin::text::{ExampleBuf, SpanBuf, Views};
    use std::collections::BTreeSet;

    #[test]
    fn every_order_has_the_sentences_of_the_text_and_the_words_of_its_spans() {
        let mut example = ExampleBuf::new("1", "A发热。 B没有。\nC gout.  D end");
        let gout = example.text.find("gout").unwrap();
        example.spans = vec![SpanBuf::new(1, 7, "S"), SpanBuf::new(gout, gout + 4, "D")];
        let plugin = Reorder { settings: Settings { variations: 40, ..Settings::default() } };
        let views = Views::examples([&example]);
        let mut seen = BTreeSet::new();
        for variation in plugin.augment(&views.as_slice()[0], &mut Random::new(1)).unwrap() {
            let Body::Rewrite { text, spans } = variation.body else { panic!("it rewrites") };
            let mut letters: Vec<char> = text.chars().collect();
            let mut old: Vec<char> = example.text.chars().collect();
            letters.sort_unstable();
            old.sort_unstable();
            assert_eq!(letters, old, "{text}");
            for span in spans {
                assert_eq!(&text[span.range()], if span.label == "S" { "发热" } else { "gout" });
            }
            seen.insert(text);
        }
        assert!(seen.len() > 10, "{seen:?}");
    }
}
