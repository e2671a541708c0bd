//! The random field against the counting out of every sequence of tags.

use super::{Chain, Crf, CrfGrad, CrfTableGrad, UNKNOWN, may_begin, may_follow};
use crate::kernel::run;
use candle_core::{Device, Tensor};
use proptest::prelude::*;

const CPU: Device = Device::Cpu;

/// All sequences of tags that are valid inside a text; at its beginning too where `strict`.
fn sequences(rows: usize, tags: usize, strict: bool) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for row in 0..rows {
        let longer = |tags_so_far: &Vec<usize>| {
            let last = tags_so_far.last().copied();
            let fits =
                move |tag: &usize| last.map_or(!strict || row > 0 || may_begin(*tag), |from| may_follow(from, *tag));
            let so_far = tags_so_far.clone();
            (0..tags).filter(fits).map(move |tag| [so_far.clone(), vec![tag]].concat()).collect::<Vec<_>>()
        };
        all = all.iter().flat_map(longer).collect();
    }
    all
}

fn score(sequence: &[usize], emissions: &[f64], table: &[f64], k: usize) -> f64 {
    let seen: f64 = sequence.iter().enumerate().map(|(row, &tag)| emissions[row * k + tag]).sum();
    let steps: f64 = sequence.windows(2).map(|pair| table[pair[0] * k + pair[1]]).sum();
    let (Some(&first), Some(&last)) = (sequence.first(), sequence.last()) else { return 0.0 };
    seen + steps + table[k * k + first] + table[(k + 1) * k + last]
}

/// A text: tags, what is known of each row (a tag, [`UNKNOWN`], or less: no part of the chain), emissions and table.
fn texts() -> impl Strategy<Value = (usize, Vec<i64>, Vec<f64>, Vec<f64>)> {
    (prop_oneof![Just(1usize), Just(3), Just(5)], 1..6usize).prop_flat_map(|(k, rows)| {
        let numbers = |n| prop::collection::vec(-3.0..3.0, n);
        (Just(k), prop::collection::vec(-2..k as i64, rows), numbers(rows * k), numbers((k + 2) * k))
    })
}

/// The rows of the chain and their emissions.
fn chain(known: &[i64], emissions: &[f64], k: usize) -> (Vec<usize>, Vec<f64>) {
    let rows: Vec<usize> = (0..known.len()).filter(|&row| known[row] >= UNKNOWN).collect();
    let flat = rows.iter().flat_map(|&row| emissions[row * k..][..k].to_vec()).collect();
    (rows, flat)
}

proptest! {
    #[test]
    fn likelihood_and_gradients_are_those_of_counting_out((k, known, emissions, table) in texts()) {
        let (rows, chained) = chain(&known, &emissions, k);
        let every = sequences(rows.len(), k, false);
        let agrees = |s: &&Vec<usize>| s.iter().zip(&rows).all(|(&t, &row)| known[row] < 0 || known[row] == t as i64);
        let gold: Vec<Vec<usize>> = every.iter().filter(agrees).cloned().collect();
        let is_learned = rows.iter().any(|&row| known[row] >= 0);
        // A gold that no valid sequence has is not made by any tokenizer.
        prop_assume!(!gold.is_empty());
        let weight = |s: &Vec<usize>| score(s, &chained, &table, k).exp();
        let sum = |of: &[Vec<usize>]| of.iter().map(weight).sum::<f64>();
        let (all, agreeing) = (sum(&every), sum(&gold));
        let expected = if is_learned { 0.5 * (all.ln() - agreeing.ln()) } else { 0.0 };

        let crf = Crf { bounds: vec![0, known.len()], classes: known.clone() };
        let e = Tensor::from_slice(&emissions, (known.len(), k), &CPU).unwrap();
        let t = Tensor::from_slice(&table, (k + 2, k), &CPU).unwrap();
        let (scale, one) = (Tensor::new(0.5f64, &CPU).unwrap(), Tensor::new(1f64, &CPU).unwrap());
        let loss: f64 = run(&crf, [&e, &t, &scale]).unwrap().to_scalar().unwrap();
        prop_assert!((loss - expected).abs() < 1e-9, "{} against {}", loss, expected);

        let mut d_emissions = vec![0.0; emissions.len()];
        let mut d_table = vec![0.0; table.len()];
        for (of, total, sign) in [(&every, all, 0.5), (&gold, agreeing, -0.5)] {
            for s in of.iter().filter(|s| is_learned && !s.is_empty()) {
                let p = sign * weight(s) / total;
                rows.iter().zip(s).for_each(|(&row, &tag)| d_emissions[row * k + tag] += p);
                s.windows(2).for_each(|pair| d_table[pair[0] * k + pair[1]] += p);
                d_table[k * k + s[0]] += p;
                d_table[(k + 1) * k + s[s.len() - 1]] += p;
            }
        }
        let flat = |t: Tensor| t.flatten_all().unwrap().to_vec1::<f64>().unwrap();
        for (found, expected) in [
            (flat(run(&CrfGrad(crf.clone()), [&e, &t, &scale, &one]).unwrap()), d_emissions),
            (flat(run(&CrfTableGrad(crf), [&e, &t, &scale, &one]).unwrap()), d_table),
        ] {
            for (a, b) in found.iter().zip(&expected) {
                prop_assert!((a - b).abs() < 1e-9, "{:?} against {:?}", found, expected);
            }
        }
    }

    #[test]
    fn the_best_tags_and_their_probabilities_are_those_of_counting_out((k, known, emissions, table) in texts()) {
        let rows = known.len();
        let chain = Chain { emissions: &emissions, table: &table, tags: k, begins_anywhere: false };
        let every = sequences(rows, k, true);
        let best = chain.best();
        prop_assert!(every.contains(&best), "{:?} is valid", best);
        let top = every.iter().map(|s| score(s, &emissions, &table, k)).fold(f64::NEG_INFINITY, f64::max);
        prop_assert!((score(&best, &emissions, &table, k) - top).abs() < 1e-9);
        let total: f64 = every.iter().map(|s| score(s, &emissions, &table, k).exp()).sum();
        let lattice = chain.lattice(|_, _| true);
        prop_assert!((lattice.log_z - total.ln()).abs() < 1e-9);
        for (at, probability) in lattice.marginals().enumerate() {
            let with = every.iter().filter(|s| s[at / k] == at % k);
            let expected = with.map(|s| score(s, &emissions, &table, k).exp()).sum::<f64>() / total;
            prop_assert!((probability - expected).abs() < 1e-9);
        }
    }
}

#[test]
fn texts_are_scored_each_by_itself() {
    let crf = |bounds: &[usize], classes: &[i64]| Crf { bounds: bounds.to_vec(), classes: classes.to_vec() };
    let e = Tensor::from_iter((0..18).map(|x| f64::from(x * x % 7)), &CPU).unwrap().reshape((6, 3)).unwrap();
    let t = Tensor::from_iter((0..15).map(|x| f64::from(x % 4)), &CPU).unwrap().reshape((5, 3)).unwrap();
    let one = Tensor::new(1f64, &CPU).unwrap();
    let loss =
        |crf: &Crf, e: &Tensor| run(crf, [&e.contiguous().unwrap(), &t, &one]).unwrap().to_scalar::<f64>().unwrap();
    let classes = [0, 1, 2, 1, -1, 0];
    let both = loss(&crf(&[0, 4, 6], &classes), &e);
    let apart = loss(&crf(&[0, 4], &classes[..4]), &e.narrow(0, 0, 4).unwrap())
        + loss(&crf(&[0, 2], &classes[4..]), &e.narrow(0, 4, 2).unwrap());
    assert!((both - apart).abs() < 1e-12);
}
