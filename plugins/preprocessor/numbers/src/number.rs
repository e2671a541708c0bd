//! Reads numbers of digits, their units of size, and Chinese numerals.

use crate::chinese;
use crate::settings::Settings;

/// What is read at a place: how many bytes, and its one form.
pub type Read = (usize, String);

/// A number of ASCII digits at the start of `text`: its length, digits before the point, digits behind.
pub struct Digits<'a> {
    /// Bytes.
    pub length: usize,
    whole: String,
    part: &'a str,
}

/// The number at the start of `text`, grouped or not. `None` for what is no number: `1.1.1`, `10.0.0.1`, `3,45,6`.
pub fn digits(text: &str, decimal_comma: bool) -> Option<Digits<'_>> {
    let (group, point) = if decimal_comma { ('.', ',') } else { (',', '.') };
    let run = &text[..text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',').unwrap_or(text.len())];
    let run = run.trim_end_matches(['.', ',']);
    let (whole, part) = run.split_once(point).unwrap_or((run, ""));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if run.contains(point) && !is_digits(part) {
        return None;
    }
    let mut groups = whole.split(group);
    let first = groups.next().filter(|first| is_digits(first))?;
    let mut all = first.to_owned();
    for next in groups {
        if next.len() != 3 || !is_digits(next) || first.len() > 3 {
            return None;
        }
        all += next;
    }
    Some(Digits { length: run.len(), whole: all, part })
}

impl Digits<'_> {
    /// The number with its point moved by so many places to the right.
    pub fn shifted(&self, places: usize) -> String {
        let kept = places.min(self.part.len());
        let mut whole = format!("{}{}{}", self.whole, &self.part[..kept], "0".repeat(places - kept));
        if places > 0 {
            let significant = whole.trim_start_matches('0');
            whole = if significant.is_empty() { "0".to_owned() } else { significant.to_owned() };
        }
        match &self.part[kept..] {
            "" => whole,
            rest => format!("{whole}.{rest}"),
        }
    }
}

/// A number of digits, with its unit of size where there is one.
pub fn read(text: &str, settings: &Settings) -> Option<Read> {
    let number = digits(text, settings.decimal_comma)?;
    let rest = &text[number.length..];
    if settings.magnitudes {
        let units = chinese::run(rest);
        if !units.is_empty() {
            return chinese_units(text, number, settings);
        }
        if let Some((length, places)) = word_of_size(rest) {
            return Some((number.length + length, number.shifted(places)));
        }
    }
    let form = if settings.grouping { number.shifted(0) } else { text[..number.length].to_owned() };
    Some((number.length, form))
}

/// `12.5亿`, `3万5千`: parts of digits and units, each less than the one before.
fn chinese_units(text: &str, first: Digits<'_>, settings: &Settings) -> Option<Read> {
    let (mut at, mut total, mut least) = (0, 0_u128, usize::MAX);
    let mut number = first;
    loop {
        let rest = &text[at + number.length..];
        let run = chinese::run(rest);
        let places: Option<Vec<usize>> = run.chars().map(chinese::places).collect();
        let places: usize = places.filter(|places| !places.is_empty())?.iter().sum();
        let end = at + number.length + run.len();
        let goes_on = text[end..].starts_with(|c: char| c.is_ascii_digit());
        if at == 0 && !goes_on {
            return (places <= 24).then(|| (end, number.shifted(places)));
        }
        if places >= least || places > 24 || !number.part.is_empty() {
            return None;
        }
        total = total.checked_add(number.shifted(places).parse().ok()?)?;
        (at, least) = (end, places);
        if !goes_on {
            return Some((end, total.to_string()));
        }
        number = digits(&text[end..], settings.decimal_comma)?;
    }
}

/// ` million` and the like, behind a blank or a hyphen: its length and the places it moves the point by.
fn word_of_size(text: &str) -> Option<(usize, usize)> {
    let body = text.strip_prefix([' ', '-', '\u{a0}'])?;
    let blank = text.len() - body.len();
    let end = body.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(body.len());
    let places = match body[..end].to_ascii_lowercase().as_str() {
        "thousand" => 3,
        "million" | "mn" | "mio" => 6,
        "billion" | "bn" => 9,
        "trillion" | "tn" => 12,
        _ => return None,
    };
    let is_word = !body[end..].starts_with(|c: char| c.is_alphanumeric());
    is_word.then_some((blank + end, places))
}

/// A Chinese numeral: with units, as a share of a hundred, or before 万 and 亿 with a decimal point.
pub fn read_chinese(text: &str) -> Option<Read> {
    if let Some(share) = text.strip_prefix("百分之") {
        let (length, form) = with_point(share).or_else(|| plain(share))?;
        return Some(("百分之".len() + length, form + "%"));
    }
    let run = chinese::run(text);
    if run.chars().count() > 1 {
        let has_unit = run.chars().any(|c| chinese::places(c).is_some());
        let has_zero = run.contains(['〇', '零']) && run.chars().count() > 2;
        if has_unit {
            return Some((run.len(), chinese::value(run)?.to_string()));
        }
        if has_zero && !text[run.len()..].starts_with('点') {
            return Some((run.len(), chinese::positional(run)?));
        }
    }
    // 三点五亿, but not the hour in 三点五十分.
    let (length, form) = with_point(text)?;
    let unit = text[length..].chars().next()?;
    let places = chinese::places(unit).filter(|&places| places >= 4)?;
    let number = digits(&form, false)?;
    Some((length + unit.len_utf8(), number.shifted(places)))
}

fn plain(text: &str) -> Option<Read> {
    let run = chinese::run(text);
    let value = chinese::value(run).filter(|_| !run.is_empty())?;
    Some((run.len(), value.to_string()))
}

/// `三点五`.
fn with_point(text: &str) -> Option<Read> {
    let (length, whole) = plain(text).or_else(|| text.starts_with('零').then(|| ('零'.len_utf8(), "0".to_owned())))?;
    let rest = text[length..].strip_prefix('点')?;
    let run = chinese::run(rest);
    let end = run.find(|c| chinese::places(c).is_some()).unwrap_or(run.len());
    let part = chinese::positional(&run[..end]).filter(|part| !part.is_empty())?;
    Some((length + '点'.len_utf8() + end, format!("{whole}.{part}")))
}
