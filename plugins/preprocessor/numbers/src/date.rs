//! Reads dates, and writes them as ISO 8601 does.

use crate::chinese;
use crate::number::Read;
use crate::settings::Slashes;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Days of a month; February has 29 where the year allows.
fn is_day(year: u32, month: u32, day: u32) -> bool {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    (1..=12).contains(&month) && (1..=days).contains(&day)
}

fn iso(year: u32, month: u32, day: u32) -> Option<String> {
    is_day(year, month, day).then(|| format!("{year:04}-{month:02}-{day:02}"))
}

/// A date at the start of `text`.
pub fn read(text: &str, slashes: Slashes) -> Option<Read> {
    numeric(text, slashes).or_else(|| chinese_date(text, true)).or_else(|| english(text))
}

/// The digits at the start, at most so many: their length and value.
fn number(text: &str, most: usize) -> Option<(usize, u32)> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    let value = text[..length].parse().ok().filter(|_| length > 0 && length <= most)?;
    Some((length, value))
}

/// `2025-3-5`, `2025/03/05`, `2025.3.5`, and with the year at the end.
fn numeric(text: &str, slashes: Slashes) -> Option<Read> {
    let (first, one) = number(text, 4)?;
    let separator = text[first..].chars().next().filter(|c| matches!(c, '-' | '/' | '.'))?;
    let (second, two) = number(&text[first + 1..], 2)?;
    let at = first + 1 + second;
    let rest = text[at..].strip_prefix(separator)?;
    let (third, three) = number(rest, 4)?;
    let length = at + 1 + third;
    let goes_on = text[length..]
        .strip_prefix([separator, '/'])
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    if goes_on {
        return None;
    }
    let form = match (first, third) {
        (4, 1 | 2) => iso(one, two, three)?,
        (1 | 2, 4) => match (slashes, one > 12, two > 12) {
            (Slashes::DayFirst, ..) | (Slashes::Keep, true, false) => iso(three, two, one)?,
            (Slashes::MonthFirst, ..) | (Slashes::Keep, false, true) => iso(three, one, two)?,
            _ => return Some((length, text[..length].to_owned())),
        },
        _ => return None,
    };
    Some((length, form))
}

/// A number before 年, 月 or 日, of digits or numerals.
fn before(text: &str, units: &[char], numerals: bool) -> Option<(usize, u32)> {
    let (length, value) = match number(text, 4) {
        Some(found) => found,
        None if numerals => {
            let run = chinese::run(text);
            let value = match chinese::positional(run) {
                Some(digits) => digits.parse().ok()?,
                None => u32::try_from(chinese::value(run)?).ok()?,
            };
            (run.len(), value)
        }
        None => return None,
    };
    let rest = text[length..].trim_start_matches(' ');
    let unit = rest.chars().next().filter(|unit| units.contains(unit) && length > 0)?;
    Some((text.len() - rest.len() + unit.len_utf8(), value))
}

/// `2025年3月5日`, `二〇二五年三月`, `三月五日`. What is no whole date keeps its characters, with digits in them.
pub fn chinese_date(text: &str, numerals: bool) -> Option<Read> {
    let blank = |at: usize| at + text[at..].len() - text[at..].trim_start_matches(' ').len();
    let (year_end, year) = match before(text, &['年'], numerals) {
        Some((end, year)) => (end, Some(year)),
        None => (0, None),
    };
    // 三年 is a span of time: a year has two digits or four.
    let has_year = year.is_some_and(|year| (10..10_000).contains(&year) && !(100..1000).contains(&year));
    let is_positional =
        chinese::positional(chinese::run(text)).is_some() || text.starts_with(|c: char| c.is_ascii_digit());
    if year.is_some() && !(has_year && is_positional) {
        return None;
    }
    let month = before(&text[blank(year_end)..], &['月'], numerals).filter(|&(_, month)| (1..=12).contains(&month));
    let Some((month_length, month)) = month else {
        let year = year.filter(|&year| year >= 1000)?;
        return (!text.starts_with(|c: char| c.is_ascii_digit())).then(|| (year_end, format!("{year}年")));
    };
    let month_end = blank(year_end) + month_length;
    let day = before(&text[blank(month_end)..], &['日', '号', '號'], numerals);
    match (year.filter(|&year| year >= 1000), day) {
        (Some(year), Some((length, day))) => Some((blank(month_end) + length, iso(year, month, day)?)),
        (Some(year), None) => Some((month_end, format!("{year:04}-{month:02}"))),
        (None, Some((length, day))) if year.is_none() && is_day(2024, month, day) => {
            Some((blank(month_end) + length, format!("{month}月{day}日")))
        }
        _ => None,
    }
}

/// `March 5, 2025`, `Mar. 5 2025`, `5 March 2025`, `5th of March, 2025`.
fn english(text: &str) -> Option<Read> {
    let skip = |at: usize, marks: &[char]| at + text[at..].len() - text[at..].trim_start_matches(marks).len();
    let (month, day, at) = if let Some((length, month)) = month(text) {
        let at = skip(length, &['.', ' ']);
        let (length_of_day, day) = ordinal(text.get(at..)?).filter(|_| at > length)?;
        (month, day, at + length_of_day)
    } else {
        let (length, day) = ordinal(text)?;
        let mut at = skip(length, &[' ']);
        if text[at..].starts_with("of ") {
            at += 3;
        }
        let (length_of_month, month) = month(&text[at..]).filter(|_| at > length)?;
        (month, day, at + length_of_month)
    };
    let year_at = skip(at, &['.', ',', ' ']);
    let (length, year) = number(&text[year_at..], 4).filter(|&(length, _)| length == 4 && year_at > at)?;
    Some((year_at + length, iso(year, month, day)?))
}

/// The name of a month, whole or its first three letters.
fn month(text: &str) -> Option<(usize, u32)> {
    let length = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let name = text[..length].to_ascii_lowercase();
    let is_name = |month: &&str| {
        **month == name || (length == 3 && month.starts_with(&name)) || (name == "sept" && **month == *"september")
    };
    let at = MONTHS.iter().position(is_name).filter(|_| length >= 3)?;
    text.starts_with(|c: char| c.is_ascii_uppercase()).then_some((length, at as u32 + 1))
}

/// `5`, `5th`.
fn ordinal(text: &str) -> Option<(usize, u32)> {
    let (length, day) = number(text, 2)?;
    let suffix = ["st", "nd", "rd", "th"].iter().any(|suffix| text[length..].starts_with(suffix));
    Some((length + if suffix { 2 } else { 0 }, day))
}
