//! Check digits: they tell a number that means somebody from one that only looks so.

/// A resident identity card (GB 11643): the weighted sum of 17 digits and the last sign, modulo 11, is 1.
pub fn is_resident_id(text: &str) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let digits: Vec<u32> =
        text.chars().map(|c| if c.eq_ignore_ascii_case(&'x') { 10 } else { c.to_digit(10).unwrap_or(99) }).collect();
    let [body @ .., last] = digits.as_slice() else { return false };
    let sum: u32 = body.iter().zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
    digits.len() == 18 && (sum + last) % 11 == 1
}

/// A social security number: no group is all zeros, and some areas are never given.
pub fn is_social_security(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    !(parts[0] == "000" || parts[0] == "666" || parts[0].starts_with('9') || parts[1] == "00" || parts[2] == "0000")
}

/// A number of the National Health Service: weights 10 to 2, modulo 11.
pub fn is_health_service(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    let sum: u32 = digits.iter().take(9).zip((2..=10).rev()).map(|(digit, weight)| digit * weight).sum();
    digits.len() == 10 && digits.iter().any(|&d| d > 0) && (11 - sum % 11) % 11 == digits[9]
}

/// Luhn: from the right every second digit is doubled, its digits are added.
pub fn is_card(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    let double = |digit: u32| if digit > 4 { 2 * digit - 9 } else { 2 * digit };
    let sum: u32 = digits.iter().rev().enumerate().map(|(n, &d)| if n % 2 == 1 { double(d) } else { d }).sum();
    (13..=19).contains(&digits.len()) && sum.is_multiple_of(10) && digits.iter().any(|&d| d > 0)
}

/// An account (ISO 13616): with its head at the end and letters as numbers, it is 1 modulo 97.
pub fn is_account(text: &str) -> bool {
    let signs: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    if !(15..=34).contains(&signs.len()) || !signs.is_ascii() {
        return false;
    }
    let turned = signs[4..].chars().chain(signs[..4].chars());
    turned.fold(0, |rest, c| {
        let value = c.to_digit(36).unwrap_or(0);
        (if value > 9 { rest * 100 } else { rest * 10 } + value) % 97
    }) == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers are those that the standards and their authorities print as examples.
    #[test]
    fn right_check_digits_are_told_from_wrong_ones() {
        for (check, right, wrong) in [
            (is_resident_id as fn(&str) -> bool, "11010519491231002X", "110105194912310021"),
            (is_health_service, "943 476 5919", "943 476 5918"),
            (is_card, "4111 1111 1111 1111", "4111 1111 1111 1112"),
            (is_account, "GB29 NWBK 6016 1331 9268 19", "GB29 NWBK 6016 1331 9268 18"),
            (is_account, "DE89370400440532013000", "DE89370400440532013001"),
            (is_social_security, "219-09-9999", "666-09-9999"),
        ] {
            assert!(check(right), "{right}");
            assert!(!check(wrong), "{wrong}");
        }
    }
}
