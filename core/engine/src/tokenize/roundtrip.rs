//! The promise of this module, as properties: whatever the text, the tokenizer, the unit and the window,
//! decoding the targets gives back the gold spans, less those that were counted as lost.

use super::testing::{byte_pairs, word_pieces};
use super::{Asked, Ends, Item, Lost, Settings, Targets, Tokenizer, Unit, decode, decode_with, windows, windows_blind};
use engraft_plugin::text::{ExampleBuf, SpanBuf};
use engraft_plugin::{Task, TaskKind};
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::BTreeSet;
use std::sync::LazyLock;

static TOKENIZERS: LazyLock<[Tokenizer; 2]> = LazyLock::new(|| [word_pieces(), byte_pairs()]);

/// Pieces that texts are made of: scripts, emoji with joiners and modifiers, marks, controls, blanks,
/// things that look like special tokens.
const PIECES: [&str; 44] = [
    "fever",
    "the",
    "Thé",
    "xyz",
    "12",
    ",",
    "(",
    ")",
    ".",
    "-",
    " ",
    " ",
    " ",
    "  ",
    "\n",
    "\t",
    "\u{a0}",
    "\u{85}",
    "\u{2028}",
    "\u{3000}",
    "\u{200b}",
    "\u{200d}",
    "\u{200f}",
    "\u{feff}",
    "\u{0}",
    "\u{7}",
    "e\u{301}",
    "\u{301}",
    "\u{fe0f}",
    "发热",
    "患者",
    "龘",
    "한글",
    "한",
    "עברית",
    "العربية",
    "क्षि",
    "😀",
    "👩\u{200d}💻",
    "🇩🇪",
    "ﬁ",
    "İ",
    "[SEP]",
    "</s>",
];

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => prop::sample::select(&PIECES[..]).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn a_text_put_together_of_words_has_the_tokens_of_the_text(texts in prop::collection::vec(text(), 1..4)) {
        for tokenizer in &*TOKENIZERS {
            for text in texts.iter().chain(&texts) {
                let (words, whole) = (tokenizer.encode(text).unwrap(), tokenizer.encode_whole(text).unwrap());
                prop_assert_eq!(words, whole);
            }
        }
    }
}

fn settings() -> impl Strategy<Value = (Settings, usize)> {
    (prop::bool::ANY, 3usize..24, 0usize..24).prop_map(|(word, length, overlap)| {
        let unit = if word { Unit::Word } else { Unit::Piece };
        let overlap = overlap.min(length - 3);
        (Settings { max_length: Some(length), overlap: Some(overlap), unit }, length)
    })
}

fn task() -> Task {
    Task::new(TaskKind::Tokens, ["Disease", "Drug"])
}

fn spanned(text: &str, cuts: &[(Index, Index, bool)]) -> ExampleBuf {
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let mut example = ExampleBuf::new("1", text);
    for (from, to, first) in cuts {
        let (a, b) = (*from.get(&places), *to.get(&places));
        if a != b {
            example.spans.push(SpanBuf::new(a.min(b), a.max(b), if *first { "Disease" } else { "Drug" }));
        }
    }
    example.spans.sort_by_key(|span| (span.start, span.end));
    example
}

/// What decoding gives when the model says exactly the targets (and `O` where there is none).
fn echoed(example: &ExampleBuf, items: &[Item]) -> Vec<SpanBuf> {
    let classes = 1 + 2 * task().labels.len();
    let one_hot = |item: &Item| {
        let Targets::Tokens(targets) = &item.targets else { panic!("a token task has token targets") };
        assert_eq!(targets.len(), item.ids.len());
        let mut logits = vec![0.0; targets.len() * classes];
        for (row, target) in targets.iter().enumerate() {
            logits[row * classes + (*target).max(0) as usize] = 20.0;
        }
        logits
    };
    let logits: Vec<Vec<f32>> = items.iter().map(one_hot).collect();
    let decoded = decode(&task(), std::slice::from_ref(example), items, &logits);
    decoded[0].spans.iter().map(|scored| scored.span.clone()).collect()
}

fn check(example: &ExampleBuf, items: &[Item], lost: &Lost, length: usize) -> Result<(), TestCaseError> {
    let echoed = echoed(example, items);
    let gold: Vec<&SpanBuf> = example.spans.iter().collect();
    prop_assert!(echoed.iter().all(|span| gold.contains(&span)), "{:?} of {:?}", echoed, gold);
    prop_assert_eq!(echoed.iter().collect::<BTreeSet<_>>().len(), echoed.len());
    prop_assert_eq!((echoed.len() + lost.spans, gold.len()), (gold.len(), lost.of));
    for item in items {
        let Targets::Tokens(targets) = &item.targets else { panic!("a token task has token targets") };
        let owned: BTreeSet<usize> = item.units.iter().filter(|u| u.owned).map(|u| u.token as usize).collect();
        prop_assert!((0..targets.len()).all(|row| targets[row] < 0 || owned.contains(&row)));
        prop_assert!(item.ids.len() <= length && item.units.iter().any(|unit| unit.owned));
        prop_assert!(item.units.iter().all(|unit| (unit.token as usize) < item.ids.len() - 1 && unit.token > 0));
    }
    Ok(())
}

/// Logits that say exactly the ends that a window is asked for.
fn said(item: &Item, columns: usize) -> Vec<f32> {
    let Targets::Ends { shares, .. } = &item.targets else { panic!("a task of ends has such targets") };
    let mut logits = vec![0.0; item.ids.len() * columns];
    for (row, column, _) in shares.iter().filter(|(.., share)| *share > 0.0) {
        logits[*row as usize * columns + *column as usize] = 20.0;
    }
    logits
}

/// Every unit, by its bytes, and how many windows own it.
fn owners(items: &[Item]) -> Vec<((u32, u32), usize)> {
    let mut units: Vec<_> = items.iter().flat_map(|item| &item.units).map(|u| (u.start, u.end)).collect();
    units.sort_unstable();
    units.dedup();
    let owned = |unit: &(u32, u32)| {
        items.iter().flat_map(|i| &i.units).filter(|u| u.owned && (u.start, u.end) == *unit).count()
    };
    units.iter().map(|unit| (*unit, owned(unit))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn decoding_the_targets_gives_back_the_gold_less_the_lost(
        text in text(), cuts in prop::collection::vec(any::<(Index, Index, bool)>(), 0..8),
        (settings, length) in settings(), which in 0usize..2,
    ) {
        let example = spanned(&text, &cuts);
        let examples = std::slice::from_ref(&example);
        let (items, lost) = windows(&TOKENIZERS[which], &settings, length, (&task()).into(), examples).unwrap();
        check(&example, &items, &lost, length)?;
        let (items, lost) = windows_blind(&TOKENIZERS[which], &settings, length, (&task()).into(), examples).unwrap();
        check(&example, &items, &lost, length)?;
    }

    #[test]
    fn decoding_the_ends_gives_back_the_gold_less_the_lost(
        text in text(), cuts in prop::collection::vec(any::<(Index, Index, bool)>(), 0..8),
        (settings, length) in settings(), which in 0usize..2,
    ) {
        let example = spanned(&text, &cuts);
        let (task, examples) = (task(), std::slice::from_ref(&example));
        let asked = Asked { task: &task, ends: Some(Ends::default()) };
        let (items, lost) = windows(&TOKENIZERS[which], &settings, length, asked, examples).unwrap();
        let logits: Vec<Vec<f32>> = items.iter().map(|item| said(item, asked.outputs())).collect();
        let decoded = &decode_with(asked, examples, &items, &logits, None)[0].spans;
        let echoed: BTreeSet<&SpanBuf> = decoded.iter().map(|scored| &scored.span).collect();
        prop_assert!(echoed.iter().all(|span| example.spans.contains(span)), "{:?} of {:?}", echoed, example.spans);
        prop_assert_eq!((echoed.len(), decoded.len() + lost.spans), (decoded.len(), lost.of), "{:?}", lost.examples);
        prop_assert_eq!(lost.of, example.spans.len());
    }

    /// Spans made of the units themselves: none may be lost, for the tags can hold them all.
    #[test]
    fn no_span_is_lost_that_begins_and_ends_with_units(
        text in text(), cuts in prop::collection::vec(any::<Index>(), 0..12), (settings, length) in settings(),
        which in 0usize..2,
    ) {
        let mut example = ExampleBuf::new("1", text);
        let build = |e: &ExampleBuf| {
            windows(&TOKENIZERS[which], &settings, length, (&task()).into(), std::slice::from_ref(e)).unwrap()
        };
        let owners = owners(&build(&example).0);
        prop_assert!(owners.iter().all(|(_, windows)| *windows == 1), "every unit is owned by one window: {:?}", owners);
        prop_assert!(owners.windows(2).all(|pair| pair[0].0.1 <= pair[1].0.0), "units are disjoint: {:?}", owners);
        prop_assume!(!owners.is_empty());
        let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(owners.len())).collect();
        ends.sort_unstable();
        ends.dedup();
        for pair in ends.chunks_exact(2) {
            example.spans.push(SpanBuf { start: owners[pair[0]].0.0, end: owners[pair[1]].0.1, label: "Drug".to_owned() });
        }
        let (items, lost) = build(&example);
        prop_assert_eq!(lost.spans, 0, "{:?}", lost.examples);
        prop_assert_eq!(echoed(&example, &items), example.spans.clone());
    }

    /// Where the windows share enough tokens, all units of an entity are owned by one window.
    #[test]
    fn every_entity_is_owned_by_one_window_when_the_overlap_holds_it(
        words in prop::collection::vec(prop::sample::select(&["a", "bc", "发", "热", "def"][..]), 1..60),
        at in any::<Index>(), width in 1usize..4,
    ) {
        // An entity of at most 3 units of at most 3 tokens in an overlap of 20.
        let settings = Settings { max_length: Some(34), overlap: Some(20), unit: Unit::Word };
        let first = at.index(words.len());
        let past = (first + width).min(words.len());
        let start = words[..first].iter().map(|word| word.len() + 1).sum::<usize>();
        let end = start + words[first..past].join(" ").len();
        let mut example = ExampleBuf::new("1", words.join(" "));
        example.spans = vec![SpanBuf::new(start, end, "Drug")];
        let (items, lost) = windows(&TOKENIZERS[0], &settings, 34, (&task()).into(), std::slice::from_ref(&example)).unwrap();
        prop_assert_eq!(lost.spans, 0);
        let inside = |u: &super::UnitAt| u.owned && u.start as usize >= start && u.end as usize <= end;
        let owning = items.iter().filter(|item| item.units.iter().any(inside)).count();
        prop_assert_eq!(owning, 1);
    }
}

#[test]
fn chinese_emoji_and_marks_are_tagged_where_they_stand() {
    let mut example = ExampleBuf::new("1", "患者 Thé\u{301} 发热 👩\u{200d}💻 !");
    example.spans = vec![SpanBuf::new(7, 13, "Drug"), SpanBuf::new(14, 20, "Disease"), SpanBuf::new(21, 32, "Drug")];
    for (which, unit) in [(0, Unit::Word), (0, Unit::Piece), (1, Unit::Word), (1, Unit::Piece)] {
        let settings = Settings { max_length: Some(12), overlap: Some(4), unit };
        let build = windows(&TOKENIZERS[which], &settings, 64, (&task()).into(), std::slice::from_ref(&example));
        let (items, lost) = build.unwrap();
        assert_eq!(lost.examples, Vec::<String>::new(), "tokenizer {which}, {unit:?}");
        assert_eq!(echoed(&example, &items), example.spans);
    }
}
