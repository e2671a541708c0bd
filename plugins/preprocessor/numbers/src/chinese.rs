//! Reads Chinese numerals: `三千万`, `二〇二五`, `十二`.

/// What a character is to a numeral.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Digit(u128),
    Zero,
    /// 十, 百, 千.
    Unit(u128),
    /// 万.
    Myriad,
    /// 亿.
    Hundredmillion,
}

/// The numerals of everyday and those of bank notes.
fn part(character: char) -> Option<Part> {
    Some(match character {
        '〇' | '零' | '○' => Part::Zero,
        '一' | '壹' => Part::Digit(1),
        '二' | '贰' | '貳' | '两' | '兩' => Part::Digit(2),
        '三' | '叁' | '參' => Part::Digit(3),
        '四' | '肆' => Part::Digit(4),
        '五' | '伍' => Part::Digit(5),
        '六' | '陆' | '陸' => Part::Digit(6),
        '七' | '柒' => Part::Digit(7),
        '八' | '捌' => Part::Digit(8),
        '九' | '玖' => Part::Digit(9),
        '十' | '拾' => Part::Unit(10),
        '百' | '佰' => Part::Unit(100),
        '千' | '仟' => Part::Unit(1000),
        '万' | '萬' => Part::Myriad,
        '亿' | '億' => Part::Hundredmillion,
        _ => return None,
    })
}

/// Whether a character may stand in a numeral.
pub fn is_numeral(character: char) -> bool {
    part(character).is_some()
}

/// The run of numerals at the start of a text.
pub fn run(text: &str) -> &str {
    &text[..text.find(|c| !is_numeral(c)).unwrap_or(text.len())]
}

/// By how many places a unit of size moves the point: 十 by one, 亿 by eight.
pub fn places(character: char) -> Option<usize> {
    match part(character)? {
        Part::Unit(10) => Some(1),
        Part::Unit(100) => Some(2),
        Part::Unit(_) => Some(3),
        Part::Myriad => Some(4),
        Part::Hundredmillion => Some(8),
        _ => None,
    }
}

/// Digits one after the other, without units: `二〇二五` is 2025.
pub fn positional(run: &str) -> Option<String> {
    run.chars()
        .map(|c| match part(c)? {
            Part::Digit(digit) if !matches!(c, '两' | '兩') => char::from_digit(digit as u32, 10),
            Part::Zero => Some('0'),
            _ => None,
        })
        .collect()
}

/// The value of a whole numeral with units. `None` for what is none (`万一`, `千万`), and for what can be read in two
/// ways: `两三千` is a guess, `一百二` may be 102 or 120.
pub fn value(run: &str) -> Option<u128> {
    let (mut all, mut myriads, mut section) = (0_u128, 0_u128, 0_u128);
    let (mut digit, mut least, mut has_zero, mut last) = (None, u128::MAX, false, None);
    for character in run.chars() {
        let part = part(character)?;
        match part {
            Part::Digit(value) if digit.is_none() => digit = Some(value),
            Part::Digit(_) => return None,
            Part::Zero => {
                if digit.is_some() || last.is_none() {
                    return None;
                }
                has_zero = true;
            }
            Part::Unit(unit) => {
                let is_ten_alone = unit == 10 && section == 0 && last.is_none_or(|last| last != Part::Zero);
                let times = digit.take().or(is_ten_alone.then_some(1))?;
                if unit >= least {
                    return None;
                }
                section += times * unit;
                (least, has_zero) = (unit, false);
            }
            Part::Myriad | Part::Hundredmillion => {
                let below = section + digit.take().unwrap_or(0);
                (section, least, has_zero) = (0, u128::MAX, false);
                if part == Part::Myriad {
                    if below == 0 || myriads > 0 {
                        return None;
                    }
                    myriads = below * 10_000;
                } else {
                    if all + myriads + below == 0 || all >= 100_000_000 {
                        return None;
                    }
                    all = (all + myriads + below) * 100_000_000;
                    myriads = 0;
                }
            }
        }
        last = Some(part);
    }
    let follows_large = all + myriads > 0 && section == 0 || (section > 0 && least > 10);
    if digit.is_some() && follows_large && !has_zero {
        return None;
    }
    (last != Some(Part::Zero)).then_some(all + myriads + section + digit.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numerals_with_units_have_their_value() {
        for (run, expected) in [
            ("十", 10),
            ("十二", 12),
            ("二十", 20),
            ("三百零五", 305),
            ("两千", 2000),
            ("三千万", 30_000_000),
            ("一万零一", 10_001),
            ("十万", 100_000),
            ("一百二十三万四千五百六十七", 1_234_567),
            ("二十亿零三百万", 2_003_000_000),
            ("一万亿", 1_000_000_000_000),
            ("壹仟贰佰", 1200),
        ] {
            assert_eq!(value(run), Some(expected), "{run}");
        }
    }

    #[test]
    fn what_is_no_numeral_or_has_two_readings_is_left() {
        for run in ["万一", "千万", "百万", "两三千", "三四十", "一百二", "三万五", "十百", "零五百", "一百零", "亿"]
        {
            assert_eq!(value(run), None, "{run}");
        }
    }

    #[test]
    fn digits_without_units_stand_one_after_the_other() {
        assert_eq!(positional("二〇二五").as_deref(), Some("2025"));
        assert_eq!(positional("两零"), None);
    }
}
