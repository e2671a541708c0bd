//! What comes in the place of personal data: the same for the same, and of the same form.

use crate::checksum::{is_account, is_card, is_health_service, is_resident_id};
use crate::settings::Sort;
use engraft_plugin::{Random, seed};

const FIRST: [&str; 16] = [
    "Alex", "Blair", "Casey", "Dana", "Ellis", "Frances", "Glenn", "Harper", "Jamie", "Kelly", "Lee", "Morgan", "Pat",
    "Quinn", "Robin", "Taylor",
];
const LAST: [&str; 16] = [
    "Archer", "Brook", "Carver", "Dale", "Eastman", "Fields", "Grove", "Hill", "Lake", "Marsh", "North", "Park",
    "Rivers", "Stone", "West", "Wood",
];
const SURNAMES: [&str; 12] = ["安", "柏", "成", "丰", "古", "华", "景", "柳", "梅", "宁", "岳", "竺"];
const GIVEN: [&str; 12] = ["安", "宁", "平", "和", "清", "远", "明", "文", "嘉", "乐", "晨", "新"];

/// Something of the same form. Numbers keep their shape, and are made such that they can be nobody's: national numbers
/// and cards of a valid check digit are not made.
pub fn surrogate(sort: Option<Sort>, found: &str, salt: u64, document: &str) -> String {
    let word = sort.map_or("OTHER", Sort::word);
    let mut random = Random::new(seed(salt, &[word, found]));
    match sort {
        Some(Sort::Name) => name(found, &mut random),
        Some(Sort::Mail) => format!("person{}@example.org", random.below(100_000)),
        Some(Sort::Date) => {
            let days = Random::new(seed(salt, &["days", document])).below(365) as i64 + 1;
            shifted(found, -days).unwrap_or_else(|| "[DATE]".to_owned())
        }
        Some(Sort::Address) if found.is_ascii() => format!("{} Example Street", random.below(999) + 1),
        Some(Sort::Address) => format!("示例路{}号", random.below(999) + 1),
        _ => {
            let made = shape(found, &mut random);
            let is_valid = sort == Some(Sort::Id) || sort == Some(Sort::Card);
            if is_valid { invalid(&made) } else { made }
        }
    }
}

fn name(found: &str, random: &mut Random) -> String {
    let mut choose = |list: &[&'static str]| random.choose(list).copied().unwrap_or_default();
    if found.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)) {
        let surname = choose(&SURNAMES).to_owned();
        return (1..found.chars().count()).fold(surname, |name, _| name + choose(&GIVEN));
    }
    let words = found.split_whitespace().count();
    let mut parts: Vec<&str> = (1..words).map(|_| choose(&FIRST)).collect();
    parts.push(choose(&LAST));
    parts.join(" ")
}

/// Digits become digits and letters letters of their case.
fn shape(found: &str, random: &mut Random) -> String {
    let mut letter = |first: u8, count: usize| char::from(first + random.below(count) as u8);
    found
        .chars()
        .map(|c| match c {
            '0'..='9' => letter(b'0', 10),
            'a'..='z' => letter(b'a', 26),
            'A'..='Z' => letter(b'A', 26),
            other => other,
        })
        .collect()
}

/// A number that no check accepts: it begins with zeros.
fn invalid(made: &str) -> String {
    let mut left = 3;
    let zeroed = made.chars().map(|c| {
        if c.is_ascii_alphanumeric() && left > 0 {
            left -= 1;
            '0'
        } else {
            c
        }
    });
    let made: String = zeroed.collect();
    let is_valid =
        |made: &String| [is_card, is_health_service, is_resident_id, is_account].iter().any(|check| check(made));
    // Each check allows one last digit at most.
    let end = made.len() - made.chars().next_back().map_or(0, char::len_utf8);
    let others = (0..10).map(|digit| format!("{}{digit}", &made[..end]));
    std::iter::once(made.clone()).chain(others).find(|made| !is_valid(made)).unwrap_or_default()
}

/// A date so many days later, in its own form.
fn shifted(found: &str, days: i64) -> Option<String> {
    let numbers: Vec<i64> = found
        .split(|c: char| !c.is_ascii_digit())
        .filter(|part| !part.is_empty())
        .map(|part| part.parse().ok())
        .collect::<Option<_>>()?;
    let &[year, month, day] = numbers.as_slice() else { return None };
    let (year, month, day) = civil(days_of(year, month, day) + days);
    let marks: Vec<&str> = found.split(|c: char| c.is_ascii_digit()).filter(|mark| !mark.is_empty()).collect();
    let last = marks.get(2).copied().unwrap_or_default();
    Some(format!("{year}{}{month:02}{}{day:02}{last}", marks.first()?, marks.get(1)?))
}

/// Days since 1970-01-01, and back (Howard Hinnant, "chrono-compatible low-level date algorithms").
fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_gets_the_same_and_another_seed_another() {
        let of = |salt| surrogate(Some(Sort::Name), "John Smith", salt, "d");
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
        assert_eq!(surrogate(Some(Sort::Name), "张三丰", 1, "d").chars().count(), 3);
    }

    #[test]
    fn made_numbers_keep_their_shape_and_can_be_nobodys() {
        for salt in 0..200 {
            let id = surrogate(Some(Sort::Id), "11010519491231002X", salt, "d");
            assert!(id.len() == 18 && !is_resident_id(&id), "{id}");
            let card = surrogate(Some(Sort::Card), "4111 1111 1111 1111", salt, "d");
            assert!(card.len() == 19 && !is_card(&card), "{card}");
        }
    }

    #[test]
    fn dates_of_a_document_keep_their_distance() {
        let of = |date| surrogate(Some(Sort::Date), date, 5, "d");
        let days = |date: &str| {
            let parts: Vec<i64> = date.split('-').map(|part| part.parse().unwrap()).collect();
            days_of(parts[0], parts[1], parts[2])
        };
        assert_eq!(days(&of("2024-03-01")) - days(&of("2024-02-28")), 2);
        assert_eq!(civil(days_of(2000, 2, 29)), (2000, 2, 29));
        assert!(of("2024年3月1日").ends_with('日'));
    }
}
