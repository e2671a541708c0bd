//! Examples become items: windows of token ids with their units and targets.

use super::Settings;
use super::align::{Aligned, align};
use super::asked::Asked;
use super::ends::Gold;
use super::item::{Item, Lost, NOT_SCORED, NOT_TOLD, Targets, UnitAt};
use super::open::{Encoded, Tokenizer};
use super::tags::Tag;
use super::unit::{Unit, units};
use super::window::{Window, cut};
use crate::{Error, Result};
use engraft_plugin::text::ExampleBuf;
use engraft_plugin::{Task, TaskKind};
use rayon::prelude::*;

/// The training windows of examples, in their order. A text that has more tokens than a window holds gets
/// several windows; so that no entity is divided between two of them, the border between their units
/// moves with the gold (where the overlap allows; spans by their ends need no border). Windows that own no unit are left out, and a text
/// without any unit has no item in a token task. Deterministic, and computed in parallel.
///
/// `max_positions` is the most tokens the model takes, special ones included.
///
/// # Errors
/// [`Error::Setting`] when `max_length` is more than the model takes or `overlap` leaves no room;
/// [`Error::Tokenizer`] when the tokenizer refuses a text.
pub fn windows(
    tokenizer: &Tokenizer,
    settings: &Settings,
    max_positions: usize,
    asked: Asked<'_>,
    examples: &[ExampleBuf],
) -> Result<(Vec<Item>, Lost)> {
    build(tokenizer, settings, max_positions, asked, examples, |aligned| &aligned.entities)
}

/// The windows of examples for evaluation and prediction: as [`windows`], but the gold has no say in
/// where they are divided, for a prediction must not depend on it. Targets are there, for the loss.
///
/// # Errors
/// Those of [`windows`].
pub fn windows_blind(
    tokenizer: &Tokenizer,
    settings: &Settings,
    max_positions: usize,
    asked: Asked<'_>,
    examples: &[ExampleBuf],
) -> Result<(Vec<Item>, Lost)> {
    build(tokenizer, settings, max_positions, asked, examples, |_| &[])
}

/// The entities that a border keeps whole.
type Whole = fn(&Aligned) -> &[std::ops::Range<usize>];

fn build(
    tokenizer: &Tokenizer,
    settings: &Settings,
    max_positions: usize,
    asked: Asked<'_>,
    examples: &[ExampleBuf],
    whole: Whole,
) -> Result<(Vec<Item>, Lost)> {
    let Asked { task, ends } = asked;
    let (capacity, overlap) = room(tokenizer, settings, max_positions)?;
    if ends.is_some() && tokenizer.prefix.is_empty() {
        let expected =
            "another than `span`: it wants a token before each text, and this tokenizer puts none".to_owned();
        return Err(Error::Setting { key: "model.head".to_owned(), expected, got: "`span`".to_owned() });
    }
    let one = |(number, example): (usize, &ExampleBuf)| -> Result<(Vec<Item>, Vec<String>)> {
        let encoded = tokenizer.encode(&example.text)?;
        let frame = Frame { tokenizer, encoded: &encoded, number };
        if task.kind != TaskKind::Tokens {
            let windows = cut(encoded.ids.len(), &[], capacity, overlap, &[]);
            let targets = text_targets(task, example);
            return Ok((windows.iter().map(|w| frame.item(w, Vec::new(), targets.clone())).collect(), Vec::new()));
        }
        let units = units(&example.text, &encoded, settings.unit);
        if let Some(ends) = ends {
            let windows = cut(encoded.ids.len(), &units, capacity, overlap, &[]);
            let gold = Gold::of(example, &units, &task.labels, &windows, ends.longest);
            let owning = windows.iter().filter(|window| !window.owned.is_empty());
            let before = tokenizer.prefix.len();
            let targets = |window| gold.targets(window, &units, before, task.labels.len());
            let items = owning.map(|window| frame.item(window, frame.seen(window, &units), targets(window))).collect();
            return Ok((items, gold.lost));
        }
        let aligned = align(example, &units, &task.labels);
        let windows = cut(encoded.ids.len(), &units, capacity, overlap, whole(&aligned));
        let owning = windows.iter().filter(|window| !window.owned.is_empty());
        Ok((owning.map(|window| frame.tagged(window, &units, &aligned.tags)).collect(), aligned.lost))
    };
    let done: Vec<Result<(Vec<Item>, Vec<String>)>> = examples.par_iter().enumerate().map(one).collect();
    let mut items = Vec::with_capacity(done.len());
    let mut lost = Lost::default();
    if task.kind == TaskKind::Tokens {
        lost.of = examples.iter().map(|example| example.spans.len()).sum();
    }
    for result in done {
        let (windows, reasons) = result?;
        items.extend(windows);
        lost.spans += reasons.len();
        lost.tell(reasons);
    }
    Ok((items, lost))
}

/// How many tokens of text a window holds, and how many of them it shares with the next.
fn room(tokenizer: &Tokenizer, settings: &Settings, max_positions: usize) -> Result<(usize, usize)> {
    let refuse = |key: &str, expected: String, got: usize| {
        Err(Error::Setting { key: format!("tokenize.{key}"), expected, got: got.to_string() })
    };
    let special = tokenizer.prefix.len() + tokenizer.suffix.len();
    let length = settings.max_length.unwrap_or(max_positions);
    if length > max_positions {
        return refuse("max_length", format!("at most {max_positions}, which is all the model takes"), length);
    }
    if length <= special {
        return refuse("max_length", format!("more than the {special} special tokens of a window"), length);
    }
    let capacity = length - special;
    let overlap = settings.overlap.unwrap_or_else(|| (capacity / 4).min(64));
    if overlap >= capacity {
        let expected =
            format!("less than {capacity}, the tokens of text in a window (max_length without special tokens)");
        return refuse("overlap", expected, overlap);
    }
    Ok((capacity, overlap))
}

/// What the windows of one text have in common.
struct Frame<'a> {
    tokenizer: &'a Tokenizer,
    encoded: &'a Encoded,
    number: usize,
}

impl Frame<'_> {
    fn item(&self, window: &Window, units: Vec<UnitAt>, targets: Targets) -> Item {
        let text = &self.encoded.ids[window.tokens.clone()];
        let ids = [self.tokenizer.prefix.as_slice(), text, self.tokenizer.suffix.as_slice()].concat();
        Item { example: self.number, ids, units, targets }
    }

    /// The units whose scored token stands in a window.
    fn seen(&self, window: &Window, units: &[Unit]) -> Vec<UnitAt> {
        let (before, end) = (self.tokenizer.prefix.len(), window.tokens.end);
        let first = units.partition_point(|unit| unit.token < window.tokens.start);
        let past = units.partition_point(|unit| unit.token < end);
        let at = |number: usize| {
            let unit = &units[number];
            let row = |token: usize| (token - window.tokens.start + before) as u32;
            let last = (unit.past <= end).then(|| row(unit.past - 1));
            let owned = window.owned.contains(&number);
            UnitAt { token: row(unit.token), last, start: unit.start as u32, end: unit.end as u32, owned }
        };
        (first..past).map(at).collect()
    }

    fn tagged(&self, window: &Window, units: &[Unit], tags: &[Option<Tag>]) -> Item {
        let length = self.tokenizer.prefix.len() + window.tokens.len() + self.tokenizer.suffix.len();
        let mut targets = vec![NOT_SCORED; length]; // (tokens)
        let first = units.partition_point(|unit| unit.token < window.tokens.start);
        let seen = self.seen(window, units);
        for (unit, tag) in seen.iter().zip(&tags[first..]) {
            let told = tag.filter(|_| unit.owned);
            targets[unit.token as usize] = told.map_or(NOT_TOLD, |tag| tag.class() as i64);
        }
        self.item(window, seen, Targets::Tokens(targets))
    }
}

fn text_targets(task: &Task, example: &ExampleBuf) -> Targets {
    match task.kind {
        TaskKind::MultiLabel => {
            Targets::Labels(task.labels.iter().map(|l| f32::from(u8::from(example.labels.contains(l)))).collect())
        }
        _ => match example.labels.as_slice() {
            [label] => {
                task.labels.iter().position(|l| l == label).map_or(Targets::None, |at| Targets::Class(at as i64))
            }
            _ => Targets::None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::Unit as Kind;
    use super::super::testing::word_pieces;
    use super::*;
    use engraft_plugin::text::SpanBuf;

    fn settings(max_length: Option<usize>, overlap: usize) -> Settings {
        Settings { max_length, overlap: Some(overlap), unit: Kind::Word }
    }

    fn build(task: &Task, settings: &Settings, examples: &[ExampleBuf]) -> Result<(Vec<Item>, Lost)> {
        windows(&word_pieces(), settings, 32, task.into(), examples)
    }

    #[test]
    fn the_first_piece_of_a_word_is_scored_and_special_tokens_are_not() {
        let mut example = ExampleBuf::new("1", "abc fever");
        example.spans = vec![SpanBuf::new(4, 9, "x")];
        let task = Task::new(TaskKind::Tokens, ["x"]);
        let (items, lost) = build(&task, &settings(None, 0), &[example]).unwrap();
        assert_eq!((lost.spans, lost.of), (0, 1));
        assert_eq!(items[0].ids.len(), 6); // [CLS] a ##b ##c fever [SEP]
        assert_eq!(items[0].targets, Targets::Tokens(vec![NOT_SCORED, 0, NOT_SCORED, NOT_SCORED, 1, NOT_SCORED]));
    }

    #[test]
    fn a_long_text_with_one_label_gives_it_to_every_window() {
        let example = |id: &str, text: &str, label: &str| ExampleBuf {
            labels: vec![label.to_owned()],
            ..ExampleBuf::new(id, text)
        };
        let examples = [example("1", "a b c d e f", "y"), example("2", "", "x")];
        let (items, _) = build(&Task::new(TaskKind::Sequence, ["x", "y"]), &settings(Some(6), 1), &examples).unwrap();
        let told: Vec<_> = items.iter().map(|item| (item.example, item.ids.len(), item.targets.clone())).collect();
        assert_eq!(told, [(0, 6, Targets::Class(1)), (0, 5, Targets::Class(1)), (1, 2, Targets::Class(0))]);
        let (items, _) = build(&Task::new(TaskKind::MultiLabel, ["x", "y"]), &settings(None, 1), &examples).unwrap();
        assert_eq!(items[0].targets, Targets::Labels(vec![0.0, 1.0]));
    }

    #[test]
    fn new_text_without_a_label_has_no_target() {
        let (items, _) =
            build(&Task::new(TaskKind::Sequence, ["x"]), &settings(None, 0), &[ExampleBuf::new("1", "a")]).unwrap();
        assert_eq!(items[0].targets, Targets::None);
    }

    #[test]
    fn lost_spans_are_counted_and_the_first_are_told() {
        let mut example = ExampleBuf::new("note-7", "fever ".repeat(9));
        example.spans = (0..9).map(|n| SpanBuf::new(6 * n + 1, 6 * n + 5, "x")).collect();
        let (_, lost) = build(&Task::new(TaskKind::Tokens, ["x"]), &settings(None, 0), &[example]).unwrap();
        assert_eq!((lost.spans, lost.of, lost.examples.len()), (9, 9, 5));
        assert_eq!(
            lost.examples[0],
            "`note-7`: x 1..5 \"ever\" begins inside `fever` (try [tokenize] unit = \"piece\")"
        );
    }

    #[test]
    fn a_window_that_the_model_cannot_take_or_that_holds_no_text_is_refused() {
        let task = Task::new(TaskKind::Tokens, ["x"]);
        for (settings, key) in [
            (settings(Some(33), 0), "tokenize.max_length"),
            (settings(Some(2), 0), "tokenize.max_length"),
            (settings(Some(8), 6), "tokenize.overlap"),
            (settings(None, 30), "tokenize.overlap"),
        ] {
            let error = build(&task, &settings, &[]).unwrap_err();
            assert!(matches!(&error, Error::Setting { key: found, .. } if found == key), "{error}");
        }
    }
}
