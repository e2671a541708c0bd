//! Numbers as people read them.

/// A score: three decimals; whole numbers above 1 are counts.
pub(super) fn score(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() > 1.0 { count_of(value) } else { format!("{value:.3}") }
}

/// A number of things, in groups of three: `12,345`.
pub(super) fn count(value: usize) -> String {
    group(&value.to_string())
}

/// A count that comes as a real number.
pub(super) fn count_of(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    if value < 0.0 { format!("−{}", group(&digits)) } else { group(&digits) }
}

fn group(digits: &str) -> String {
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A large count in short: `22.7 M`.
pub(super) fn short(value: usize) -> String {
    match value as f64 {
        v if v >= 1e9 => format!("{:.1} B", v / 1e9),
        v if v >= 1e6 => format!("{:.1} M", v / 1e6),
        v if v >= 1e4 => format!("{:.0} k", v / 1e3),
        _ => count(value),
    }
}

/// The difference of two scores: in points where both lie in 0 to 1.
pub(super) fn difference(of: f64, from: f64) -> String {
    let gap = of - from;
    let sign = if gap < 0.0 { "−" } else { "+" };
    if is_share(of) && is_share(from) {
        return format!("{sign}{:.1} points", gap.abs() * 100.0);
    }
    format!("{sign}{}", score(gap.abs()))
}

/// Whether a score can be read as a share.
pub(super) fn is_share(value: f64) -> bool {
    (0.0..=1.0).contains(&value)
}

/// A share of a whole: `3.1 %`.
pub(super) fn percent(part: usize, whole: usize) -> String {
    let share = 100.0 * part as f64 / whole.max(1) as f64;
    if share > 0.0 && share < 0.1 { "< 0.1 %".to_owned() } else { format!("{share:.1} %") }
}

/// A small or large number: plain between 0.001 and 10,000, else with an exponent.
pub(super) fn plain(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 {
        return "0".to_owned();
    }
    if !(1e-3..1e4).contains(&size) {
        let text = format!("{value:.2e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        return format!("{}e{exponent}", trim(mantissa));
    }
    trim(&format!("{value:.4}")).to_owned()
}

fn trim(decimals: &str) -> &str {
    if decimals.contains('.') { decimals.trim_end_matches('0').trim_end_matches('.') } else { decimals }
}

/// A time: `0.8 s`, `12 s`, `3 min 05 s`, `1 h 02 min`.
pub(super) fn seconds(value: f64) -> String {
    let whole = value.round() as u64;
    match whole {
        0..10 => format!("{value:.1} s"),
        10..60 => format!("{whole} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

/// Memory: `1.4 GiB`.
pub(super) fn bytes(value: u64) -> String {
    let mebibytes = value as f64 / f64::from(1 << 20);
    if mebibytes >= 1024.0 { format!("{:.1} GiB", mebibytes / 1024.0) } else { format!("{mebibytes:.0} MiB") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        let shown =
            [score(0.86249), score(1.0), score(12.0), score(1.5), count(1_234_567), count(12), short(22_713_216)];
        assert_eq!(shown, ["0.862", "1.000", "12", "1.500", "1,234,567", "12", "22.7 M"]);
        assert_eq!([plain(5e-4), plain(0.05), plain(0.0), plain(2.0), plain(1e5)], ["5e-4", "0.05", "0", "2", "1e5"]);
        assert_eq!([seconds(0.84), seconds(59.6), seconds(3725.0)], ["0.8 s", "1 min 00 s", "1 h 02 min"]);
        assert_eq!([percent(1, 3), percent(1, 100_000), percent(0, 0)], ["33.3 %", "< 0.1 %", "0.0 %"]);
        assert_eq!([difference(0.8, 0.9), difference(12.0, 2.0)], ["−10.0 points", "+10"]);
        assert_eq!([bytes(300 << 20), bytes(3 << 29)], ["300 MiB", "1.5 GiB"]);
    }
}
