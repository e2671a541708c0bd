//! Augment: training examples get variations.
//!
//! Augmenters see the originals, each example with a seed of its own, so that what they make of it does
//! not depend on how the data is batched. Here their variations are applied, checked and counted.

mod distance;
mod fill;
mod finish;
mod tally;
mod vary;

pub use fill::Filler;
pub use tally::{Counts, Tally};

use crate::Result;
use crate::data::{BATCH, Census, Spool, failed};
use engraft_plugin::kind::augmenter::{AugmentBatch, Work};
use engraft_plugin::kind::expect_count;
use engraft_plugin::register::Opened;
use engraft_plugin::seed;
use engraft_plugin::text::{ExampleBuf, Views};
use finish::finish;
use std::ops::ControlFlow;
use vary::{Labels, vary};

/// Hands `sink` the variations that every augmenter makes of each original in this epoch, in the order of the
/// augmenters and of the originals, a batch of originals at a time.
///
/// A variation that leaves the text as it is, is dropped; one whose edits would cut a span, whose spans
/// do not fit its text, or whose labels no original has (`census` knows theirs), is refused. `tally` counts all of it.
/// `filler` fills the holes of augmenters to which the run grants it.
///
/// # Errors
/// [`Error::PluginFailure`](crate::Error::PluginFailure); [`Error::Ungranted`](crate::Error::Ungranted) and those of the
/// filler; whatever `sink` answers. Its `Break` ends the work.
#[allow(clippy::too_many_arguments, reason = "what an epoch is made of, and where it goes")]
pub fn augment(
    examples: &Spool<ExampleBuf>,
    census: &Census,
    augmenters: &[Opened<dyn AugmentBatch>],
    filler: &Filler,
    run_seed: u64,
    epoch: usize,
    tally: &mut Tally,
    sink: &mut dyn FnMut(Vec<ExampleBuf>) -> Result<ControlFlow<()>>,
) -> Result<ControlFlow<()>> {
    let labels = Labels::of(census);
    let epoch = epoch.to_string();
    for (at, augmenter) in augmenters.iter().enumerate() {
        // Two instances of one plugin draw different numbers, and are counted apart.
        let name = match augmenters[..at].iter().filter(|other| other.id == augmenter.id).count() {
            0 => augmenter.id.clone(),
            before => format!("{}#{}", augmenter.id, before + 1),
        };
        let made = tally.of(&name);
        for batch in examples.chunks(BATCH) {
            let batch = batch?;
            let views = Views::examples(&batch);
            let seed = |example: &ExampleBuf| seed(run_seed, &[&name, &example.id, &epoch]);
            let work: Vec<Work<'_>> =
                views.as_slice().iter().zip(&batch).map(|(view, e)| Work { example: *view, seed: seed(e) }).collect();
            let answers = augmenter.plugin.augment_batch(&work);
            let answers = answers.and_then(|a| expect_count(a, batch.len())).map_err(failed(&augmenter.id))?;
            let answers = finish(augmenter, filler, &work, answers, made)?;
            let mut varied = Vec::new();
            for (example, answer) in batch.iter().zip(answers) {
                match answer {
                    Err(reason) => made.refuse(&reason),
                    Ok(variations) => {
                        for (number, variation) in variations.into_iter().enumerate() {
                            let id = format!("{}+{name}.{number}", example.id);
                            let varied_text = variation.and_then(|variation| vary(example, variation, id, &labels));
                            made.add(&example.text, varied_text, &mut varied);
                        }
                    }
                }
            }
            if sink(varied)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
    }
    Ok(ControlFlow::Continue(()))
}

#[cfg(test)]
mod tests {
    use super::fill::fixture;
    use super::*;
    use crate::Error;
    use crate::batch::Limits;
    use crate::data::Spooling;
    use crate::data::testing::opened;
    use crate::run::Device;
    use engraft_plugin::kind::augmenter::{Augmenter, Hole, Holes, Variation};
    use engraft_plugin::register::Grant;
    use engraft_plugin::text::{Example, SpanBuf};
    use engraft_plugin::{Answers, Edits, Random};
    use std::sync::Arc;

    /// Does to a text what the text says.
    struct Obeys;

    impl Augmenter for Obeys {
        fn augment(&self, example: &Example<'_>, random: &mut Random) -> engraft_plugin::Result<Vec<Variation>> {
            let edit = |start: usize, end: usize, text: &str| {
                let mut edits = Edits::none();
                edits.replace(start..end, text);
                Variation::edits(edits)
            };
            let rewrite = |end, label| vec![Variation::rewrite("new", vec![SpanBuf::new(0, end, label)])];
            Ok(match example.text() {
                "draw" => vec![edit(0, 4, &random.bits().to_string())],
                "cut gout" => vec![edit(2, 6, "")],
                "keep gout" => vec![edit(0, 4, "keep"), edit(0, 4, "hold")],
                "rewrite" => rewrite(3, "Disease"),
                "outside" => rewrite(9, "Disease"),
                "label" => rewrite(3, "Drug"),
                "other" => vec![Variation { labels: Some(vec!["no".to_owned()]), ..edit(0, 5, "others") }],
                "fail" => panic!("as told"),
                "the mild gout" => vec![Variation::holes(Holes::from(vec![Hole::at(4..8)]).variants(20))],
                "the cut gout" => vec![Variation::holes(vec![Hole::at(4..10)])],
                "the cold gout" => vec![Variation::holes(vec![Hole::at(4..8).temperature(-1.0)]), edit(4, 8, "hot")],
                _ => return Err(engraft_plugin::Error::new("obeys.no-order", "found none")),
            })
        }
    }

    struct Silent;

    impl AugmentBatch for Silent {
        fn augment_batch(&self, _batch: &[Work<'_>]) -> Answers<Vec<Variation>> {
            Ok(Vec::new())
        }
    }

    fn obeys() -> Opened<dyn AugmentBatch> {
        let plugin: Arc<dyn AugmentBatch> = Arc::new(Obeys);
        opened("obeys", plugin)
    }

    fn examples(texts: &[&str]) -> Vec<ExampleBuf> {
        let example = |(number, text): (usize, &&str)| {
            let mut example = ExampleBuf::new(number.to_string(), *text);
            example.labels = vec!["yes".to_owned()];
            example.spans.extend(text.find("gout").map(|at| SpanBuf::new(at, at + 4, "Disease")));
            example
        };
        texts.iter().enumerate().map(example).collect()
    }

    /// The originals, and behind them their variations.
    fn varied(
        originals: &[ExampleBuf],
        augmenters: &[Opened<dyn AugmentBatch>],
        run_seed: u64,
        epoch: usize,
        tally: &mut Tally,
    ) -> Result<Vec<ExampleBuf>> {
        let mut all = originals.to_vec();
        let mut spooling = Spooling::new(&std::env::temp_dir())?;
        originals.iter().try_for_each(|example| spooling.push(example))?;
        let spool = spooling.finish()?;
        let filler = Filler::of(fixture("bert"), Device::Cpu, Limits { size: 32, tokens: 4096 });
        let done =
            augment(&spool, &Census::of(originals), augmenters, &filler, run_seed, epoch, tally, &mut |batch| {
                all.extend(batch);
                Ok(ControlFlow::Continue(()))
            })?;
        assert!(done.is_continue());
        Ok(all)
    }

    #[test]
    fn variations_follow_the_originals_with_their_spans_moved() {
        let mut tally = Tally::default();
        let all = varied(&examples(&["keep gout", "rewrite"]), &[obeys()], 1, 0, &mut tally).unwrap();
        let told: Vec<_> = all.iter().map(|e| (e.id.as_str(), e.text.as_str())).collect();
        assert_eq!(told, [("0", "keep gout"), ("1", "rewrite"), ("0+obeys.1", "hold gout"), ("1+obeys.0", "new")]);
        assert_eq!((all[2].spans.clone(), all[2].labels.as_slice()), (all[0].spans.clone(), &["yes".to_owned()][..]));
        assert_eq!(&all[3].text[all[3].spans[0].range()], "new");
        let counts = Counts { variants: 2, unchanged: 1, changed: 2, words: 3, ..Counts::default() };
        assert_eq!(tally.0["obeys"], counts);
        assert_eq!(tally.told()["obeys"]["distance"], 0.667);
    }

    #[test]
    fn what_does_not_fit_is_refused_and_counted_by_its_reason() {
        let mut tally = Tally::default();
        let originals = examples(&["cut gout", "outside", "label", "other", "?", "?"]);
        assert_eq!(varied(&originals, &[obeys()], 1, 0, &mut tally).unwrap(), originals);
        let refused: Vec<_> = tally.0["obeys"].refused.iter().map(|(code, count)| (code.as_str(), *count)).collect();
        let expected =
            [("edit.cuts-span", 1), ("obeys.no-order", 2), ("span.outside", 1), ("variation.unknown-label", 2)];
        assert_eq!(refused, expected);
    }

    #[test]
    fn what_is_drawn_depends_on_run_example_and_epoch_and_not_on_the_batch() {
        let draw = |originals: &[ExampleBuf], run_seed, epoch| {
            let all = varied(originals, &[obeys()], run_seed, epoch, &mut Tally::default()).unwrap();
            all.last().unwrap().text.clone()
        };
        let mut many = examples(&vec!["?"; 300]);
        let one = ExampleBuf::new("x", "draw");
        many.push(one.clone());
        let alone = [one];
        assert_eq!(draw(&many, 1, 0), draw(&alone, 1, 0));
        assert_ne!(draw(&alone, 1, 0), draw(&alone, 1, 1));
        assert_ne!(draw(&alone, 1, 0), draw(&alone, 2, 0));
        assert_ne!(draw(&alone, 1, 0), draw(&[ExampleBuf::new("y", "draw")], 1, 0));
    }

    fn granted() -> Opened<dyn AugmentBatch> {
        Opened { grants: vec![Grant::FillMask], ..obeys() }
    }

    #[test]
    fn holes_become_variations_whose_spans_have_moved() {
        let (mut tally, originals) = (Tally::default(), examples(&["the mild gout"]));
        let all = varied(&originals, &[granted()], 1, 0, &mut tally).unwrap();
        let counts = &tally.0["obeys"];
        assert_eq!((counts.holes, counts.variants + counts.unchanged), (20, 20));
        for (number, variant) in all[1..].iter().enumerate() {
            assert_eq!(&variant.text[variant.spans[0].range()], "gout");
            assert!(variant.text.starts_with("the ") && variant.text != originals[0].text, "{}", variant.text);
            assert!(number > 19 || variant.id.starts_with("0+obeys."));
        }
        let texts: std::collections::BTreeSet<_> = all[1..].iter().map(|variant| &variant.text).collect();
        assert!(texts.len() > 5, "{texts:?}");
        assert_eq!(varied(&originals, &[granted()], 1, 0, &mut Tally::default()).unwrap(), all);
        assert_ne!(varied(&originals, &[granted()], 1, 1, &mut Tally::default()).unwrap(), all);
    }

    #[test]
    fn a_hole_that_cuts_a_span_or_cannot_be_is_refused_and_the_others_of_its_text_stay() {
        let (mut tally, originals) = (Tally::default(), examples(&["the cut gout", "the cold gout"]));
        let all = varied(&originals, &[granted()], 1, 0, &mut tally).unwrap();
        assert_eq!(all.last().unwrap().text, "the hot gout");
        let refused: Vec<_> = tally.0["obeys"].refused.iter().map(|(code, count)| (code.as_str(), *count)).collect();
        assert_eq!(refused, [("edit.cuts-span", 1), ("hole.temperature", 1)]);
    }

    #[test]
    fn holes_without_the_grant_end_the_run_by_a_word_to_add() {
        let error = varied(&examples(&["the mild gout"]), &[obeys()], 1, 0, &mut Tally::default()).unwrap_err();
        assert_eq!(error.code(), "plugin.ungranted");
        assert!(error.help().unwrap().contains("grant = [\"fill-mask\"]"), "{error}");
    }

    #[test]
    fn two_instances_of_one_augmenter_draw_apart() {
        let mut tally = Tally::default();
        let all = varied(&examples(&["draw"]), &[obeys(), obeys()], 1, 0, &mut tally).unwrap();
        assert_ne!(all[1].text, all[2].text);
        assert_eq!(tally.0.keys().collect::<Vec<_>>(), ["obeys", "obeys#2"]);
    }

    #[test]
    fn an_augmenter_that_panics_or_miscounts_fails_the_run_by_its_name() {
        let silent: Arc<dyn AugmentBatch> = Arc::new(Silent);
        for (name, text, plugin) in [("obeys", "fail", obeys()), ("silent", "x", opened("silent", silent))] {
            let error = varied(&examples(&[text]), &[plugin], 1, 0, &mut Tally::default()).unwrap_err();
            assert!(matches!(&error, Error::PluginFailure { plugin, .. } if plugin == name), "{error}");
        }
    }
}
