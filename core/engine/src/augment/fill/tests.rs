//! The words that a masked model finds: its logits are those of transformers, whatever the batch, the threads and the window.

use super::*;
use crate::model::weights;
use engraft_plugin::kind::augmenter::Hole;

/// A tiny model with its masked-word head.
pub(crate) fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/masked").join(name)
}

fn filler() -> Filler {
    Filler::of(fixture("bert"), Device::Cpu, Limits { size: 4, tokens: 64 })
}

fn holes(ranges: &[(usize, usize)]) -> Holes {
    ranges.iter().map(|&(start, end)| Hole::at(start..end)).collect::<Vec<_>>().into()
}

/// The texts that holes become, one filler for all of them.
fn filled(texts: &[(&str, Holes)]) -> Vec<Vec<String>> {
    let asked: Vec<Asked<'_>> =
        texts.iter().enumerate().map(|(at, (text, holes))| Asked { text, holes, seed: at as u64 }).collect();
    let text = |(asked, edits): (&Asked<'_>, Filled)| {
        let original = engraft_plugin::text::ExampleBuf::new("1", asked.text);
        edits.unwrap().iter().map(|edits| engraft_plugin::edit::apply(&original, edits).unwrap().text).collect()
    };
    asked.iter().zip(filler().fill(&asked).unwrap()).map(text).collect()
}

#[test]
fn logits_of_masked_words_are_those_of_transformers() {
    for family in ["bert", "roberta", "distilbert"] {
        let folder = fixture(family);
        let expected = weights::read(&folder.join("expected.safetensors")).unwrap();
        let list = |name: &str| expected[name].to_vec1::<i64>().unwrap().into_iter().map(|n| n as usize);
        let ids: Vec<u32> = list("ids").map(|id| id as u32).collect();
        let bounds: Vec<usize> = list("bounds").collect();
        let masks: Vec<usize> = list("masks").collect();
        let mut model = MaskedModel::open(&folder, Device::Cpu, Limits { size: 2, tokens: 64 }).unwrap();
        let window = |pair: &[usize]| Window {
            ids: ids[pair[0]..pair[1]].to_vec(),
            masks: masks.iter().filter(|&&at| (pair[0]..pair[1]).contains(&at)).map(|at| at - pair[0]).collect(),
        };
        let windows: Vec<Window> = bounds.windows(2).map(window).collect();
        let expected = expected["logits"].to_vec2::<f32>().unwrap(); // (masks, vocab)
        let before = |window: usize| windows[..window].iter().map(|window| window.masks.len()).sum::<usize>();
        let mut seen = 0;
        model
            .logits(&windows, &mut |window, mask, logits| {
                seen += 1;
                let expected = &expected[before(window) + mask];
                assert_eq!(logits.len(), expected.len());
                for (found, expected) in logits.iter().zip(expected) {
                    assert!((found - expected).abs() < 1e-5, "{family}: {found} {expected}");
                }
            })
            .unwrap();
        assert_eq!(seen, masks.len());
    }
}

#[test]
fn a_model_without_the_head_is_refused_with_the_tensors_that_are_missing() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/tiny");
    let filler = Filler::of(folder, Device::Cpu, Limits { size: 4, tokens: 64 });
    let holes = holes(&[(0, 2)]);
    let error = filler.fill(&[Asked { text: "no fever", holes: &holes, seed: 1 }]).err().unwrap();
    assert_eq!(error.code(), "model.no-masked-head");
    let told = error.to_string();
    assert!(told.contains("`cls.predictions.transform.dense.weight` [32, 32]"), "{told}");
    assert!(!told.contains("word_embeddings"), "that one is there: {told}");
    assert_eq!(filler.held(), 0);
}

#[test]
fn every_variant_has_words_of_its_own_and_the_rest_of_the_text_stays() {
    let mut edits = Edits::none();
    edits.replace(0..2, "No");
    let asked = holes(&[(3, 7), (13, 13)]).beside(edits).variants(12);
    let made = filled(&[("no mild fever.", asked)]).remove(0);
    assert_eq!(made.len(), 12);
    let distinct: std::collections::BTreeSet<_> = made.iter().collect();
    assert!(distinct.len() > 6, "{made:?}");
    for text in &made {
        assert!(text.starts_with("No ") && text.contains(" fever") && text.ends_with('.'), "{text}");
    }
}

#[test]
fn what_is_drawn_depends_on_text_and_seed_and_not_on_the_batch_or_the_threads() {
    let one = ("the mild fever", holes(&[(4, 8)]).variants(8));
    let alone = filled(std::slice::from_ref(&one)).remove(0);
    let mut many = vec![one];
    many.extend((0..9).map(|_| ("no severe cough today", holes(&[(3, 9), (10, 15)]).variants(2))));
    assert_eq!(filled(&many)[0], alone);
    assert_eq!(crate::kernel::alone(|| filled(&many)), filled(&many));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert_eq!(pool.install(|| filled(&many)), filled(&many));
}

#[test]
fn holes_of_a_long_text_are_read_in_windows() {
    let text = "the mild fever ".repeat(40); // 120 words, in a model of 40 places
    let places: Vec<_> = (0..40).map(|at| (at * 15 + 4, at * 15 + 8)).collect();
    let made = filled(&[(&text, holes(&places))]).remove(0).remove(0);
    assert!(made.split(' ').filter(|word| *word == "the" || *word == "fever").count() >= 80, "{made}");
    let masked = Masked { ids: vec![0; 100], masks: (0..100).collect(), begins: vec![true; 100] };
    let mut next = 0;
    for (tokens, masks) in cut(&masked, 10) {
        assert_eq!((masks.start, tokens.len()), (next, 10));
        next = masks.end;
        let is_inner = |mask: usize| tokens.contains(&mask) && (!(3..=96).contains(&mask) || mask - tokens.start >= 1);
        assert!(masks.clone().all(is_inner), "{tokens:?} {masks:?}");
    }
    assert_eq!(next, 100);
}
