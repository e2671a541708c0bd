//! Round numbers along an axis.

use crate::report::number;

/// A range of values that begins and ends at round numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Axis {
    /// The first mark, in steps.
    first: i64,
    /// The last mark, in steps.
    last: i64,
    /// Between two marks.
    step: f64,
}

impl Axis {
    /// Holds all values with about `marks` marks; from 0 on where the values come near it. `None` without
    /// any (finite) value.
    pub(super) fn of(values: impl Iterator<Item = f64>, marks: usize) -> Option<Self> {
        let (low, high) = values
            .filter(|value| value.is_finite())
            .fold(None, |range: Option<(f64, f64)>, v| Some(range.map_or((v, v), |(a, b)| (a.min(v), b.max(v)))))?;
        let low = if low > 0.0 && low < 0.5 * high { 0.0 } else { low };
        let span = if high > low { high - low } else { high.abs().max(1e-12) };
        let step = round_up(span / marks as f64);
        // A hair of tolerance keeps 0.30000000000000004 from asking for one mark more.
        let (first, last) = ((low / step + 1e-9).floor(), (high / step - 1e-9).ceil());
        let last = if last > first { last } else { first + 1.0 };
        Some(Self { first: first as i64, last: last as i64, step })
    }

    /// The marks' values.
    pub(super) fn marks(&self) -> impl Iterator<Item = f64> + '_ {
        (self.first..=self.last).map(|n| n as f64 * self.step)
    }

    /// Where a value lies, 0 at the first mark and 1 at the last.
    pub(super) fn share(&self, value: f64) -> f64 {
        (value / self.step - self.first as f64) / (self.last - self.first) as f64
    }

    /// A mark as text; all marks of an axis have as many decimals.
    pub(super) fn label(&self, value: f64) -> String {
        let most = self.first.abs().max(self.last.abs()) as f64 * self.step;
        let decimals = (-self.step.log10().floor()).max(0.0) as usize;
        match decimals {
            _ if value == 0.0 => "0".to_owned(),
            0 if most < 1e6 => number::count_of(value),
            1..=4 => format!("{value:.decimals$}").replace('-', "−"),
            _ => number::plain(value),
        }
    }
}

/// The next of …, 0.1, 0.2, 0.5, 1, 2, 5, 10, …
fn round_up(value: f64) -> f64 {
    let power = 10f64.powf(value.log10().floor());
    let round = [1.0, 2.0, 5.0, 10.0].into_iter().find(|round| round * power >= value * (1.0 - 1e-9));
    round.unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(values: &[f64]) -> Vec<String> {
        let axis = Axis::of(values.iter().copied(), 4).unwrap();
        axis.marks().map(|mark| axis.label(mark)).collect()
    }

    #[test]
    fn marks_are_round_and_hold_the_values() {
        assert_eq!(labels(&[0.08, 2.31]), ["0", "1", "2", "3"]);
        assert_eq!(labels(&[0.71, 0.862]), ["0.70", "0.75", "0.80", "0.85", "0.90"]);
        assert_eq!(labels(&[0.0, 5e-4]), ["0", "0.0002", "0.0004", "0.0006"]);
        assert_eq!(labels(&[0.0, 5e-5]), ["0", "2e-5", "4e-5", "6e-5"]);
        assert_eq!(labels(&[1.0, 12_000.0]), ["0", "5,000", "10,000", "15,000"]);
        assert_eq!(labels(&[-0.3, 0.1]), ["−0.3", "−0.2", "−0.1", "0", "0.1"]);
    }

    #[test]
    fn one_value_and_none_make_no_trouble() {
        assert_eq!(Axis::of([f64::NAN, f64::INFINITY].into_iter(), 4), None);
        for value in [0.0, 3.0, -2.5, 1e-9, 1e12] {
            let axis = Axis::of([value].into_iter(), 4).unwrap();
            assert!((0.0..=1.0).contains(&axis.share(value)), "{value} {axis:?}");
        }
    }
}
