//! One word of a row of logits.
//!
//! ```text
//! p(word) ∝ exp((logit − largest) / temperature)    over the words that the hole allows, the top k of them
//! ```

use crate::tokenize::Words;
use engraft_plugin::kind::augmenter::Hole;
use engraft_plugin::{Error, Random, Result, math};
use std::collections::HashSet;

/// What a hole may become, each word with the sum of the weights up to it.
pub(super) struct Choice {
    words: Vec<(u32, f64)>,
}

impl Choice {
    /// The words that a hole allows, weighed by `logits`; `begins` says whether a blank stands before it.
    ///
    /// # Errors
    /// `hole.no-word` when none is left.
    pub(super) fn of(logits: &[f32], words: &Words, hole: &Hole, begins: bool) -> Result<Self> {
        let excluded: HashSet<u32> = hole
            .exclude
            .iter()
            .filter_map(|word| words.tokens.get(&word.trim().to_lowercase()))
            .flatten()
            .copied()
            .collect();
        let all = if begins { &words.begin } else { &words.join };
        let logit = |id: u32| logits.get(id as usize).copied().filter(|logit| logit.is_finite());
        let allowed = all.iter().filter(|id| !excluded.contains(id));
        let mut found: Vec<(u32, f32)> = allowed.filter_map(|&id| Some((id, logit(id)?))).collect();
        let top = if hole.temperature == 0.0 { 1 } else { hole.top_k as usize };
        if top > 0 && top < found.len() {
            found.select_nth_unstable_by(top - 1, |a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            found.truncate(top);
            found.sort_unstable_by_key(|&(id, _)| id); // what was selected comes in no order
        }
        let Some(largest) = found.iter().map(|&(_, logit)| logit).max_by(f32::total_cmp) else {
            return Err(Error::new("hole.no-word", "no word of the model's vocabulary is left for it"));
        };
        let temperature = f64::from(if hole.temperature == 0.0 { 1.0 } else { hole.temperature });
        let mut sum = 0.0;
        let weigh = |(id, logit): (u32, f32)| {
            sum += math::exp((f64::from(logit) - f64::from(largest)) / temperature);
            (id, sum)
        };
        Ok(Self { words: found.into_iter().map(weigh).collect() })
    }

    /// One of them.
    pub(super) fn draw(&self, random: &mut Random) -> u32 {
        let sum = self.words.last().map_or(0.0, |&(_, sum)| sum);
        let at = random.uniform() * sum;
        let place = self.words.partition_point(|&(_, up_to)| up_to <= at);
        self.words[place.min(self.words.len() - 1)].0
    }
}

/// A word in the case of the one that it replaces: as the model has it, but for a capital that the other has.
pub(super) fn cased(word: &str, replaced: &str) -> String {
    let mut letters = replaced.chars().filter(|letter| letter.is_alphabetic());
    if !letters.next().is_some_and(char::is_uppercase) {
        return word.to_owned();
    }
    let mut rest = letters.peekable();
    if rest.peek().is_some() && rest.all(char::is_uppercase) {
        return word.to_uppercase();
    }
    let mut own = word.chars();
    own.next().map_or_else(String::new, |letter| letter.to_uppercase().chain(own).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokenize::testing::word_pieces;

    fn drawn(hole: &Hole, favor: &[(&str, f32)]) -> Vec<String> {
        let tokenizer = word_pieces();
        let words = tokenizer.words().unwrap();
        let mut logits = vec![-4.0; words.texts.len()];
        for (word, logit) in favor {
            logits[words.tokens[*word][0] as usize] = *logit;
        }
        let choice = Choice::of(&logits, &words, hole, true).unwrap();
        (0..4000).map(|seed| words.texts[choice.draw(&mut Random::new(seed)) as usize].clone()).collect()
    }

    fn share(drawn: &[String], word: &str) -> f64 {
        drawn.iter().filter(|one| *one == word).count() as f64 / drawn.len() as f64
    }

    #[test]
    fn words_come_as_often_as_the_model_says_at_the_temperature() {
        let favor = [("fever", 4.0), ("the", 3.0)];
        let hole = Hole::at(0..1).top_k(2);
        for (temperature, expected) in [(1.0, 0.731), (0.5, 0.881), (2.0, 0.622), (0.0, 1.0)] {
            let found = share(&drawn(&hole.clone().temperature(temperature), &favor), "fever"); // 1 / (1 + e^(-1/t))
            assert!((found - expected).abs() < 0.02, "{temperature}: {found}");
        }
    }

    #[test]
    fn words_that_are_excluded_never_come_and_make_room_for_the_next() {
        let favor = [("fever", 9.0), ("the", 8.0), ("a", 7.0)];
        let hole = Hole::at(0..1).top_k(2).exclude(["Fever"]);
        let found = drawn(&hole, &favor);
        assert_eq!(share(&found, "the") + share(&found, "a"), 1.0);
        assert!(share(&found, "a") > 0.1);
    }

    #[test]
    fn a_hole_without_a_word_is_refused() {
        let words = word_pieces().words().unwrap();
        let hole = Hole::at(0..1).exclude(words.tokens.keys().cloned());
        let error = Choice::of(&vec![0.0; words.texts.len()], &words, &hole, true).err().unwrap();
        assert_eq!(error.code, "hole.no-word");
        assert!(Choice::of(&vec![f32::NAN; words.texts.len()], &words, &Hole::at(0..1), true).is_err());
    }

    #[test]
    fn a_word_takes_the_capitals_of_the_one_it_replaces() {
        for (word, replaced, expected) in [
            ("pain", "fever", "pain"),
            ("pain", "Fever", "Pain"),
            ("pain", "FEVER", "PAIN"),
            ("pain", "I", "Pain"),
            ("Paris", "rome", "Paris"),
            ("痛", "发", "痛"),
            ("pain", "", "pain"),
        ] {
            assert_eq!(cased(word, replaced), expected);
        }
    }
}
