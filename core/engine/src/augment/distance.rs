//! How far a variation lies from its source: the least number of words put in, taken out or exchanged (Levenshtein over
//! words; of Chinese, over characters).

/// Words on either side beyond which the middle is compared as bags: the table of the exact count grows as their product.
const MOST: usize = 2000;

/// Words that differ, and words of the longer text.
pub(super) fn distance(old: &str, new: &str) -> (usize, usize) {
    let (old, new) = (words(old), words(new));
    let longer = old.len().max(new.len());
    let before = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[before..], &new[before..]);
    let behind = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[..old.len() - behind], &new[..new.len() - behind]);
    let changed = if old.len().max(new.len()) > MOST { bags(old, new) } else { levenshtein(old, new) };
    (changed, longer)
}

fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for run in text.split_whitespace() {
        let mut begin = 0;
        for (at, character) in run.char_indices() {
            if ('\u{2e80}'..='\u{9fff}').contains(&character) {
                words.extend(Some(&run[begin..at]).filter(|word| !word.is_empty()));
                begin = at + character.len_utf8();
                words.push(&run[at..begin]);
            }
        }
        words.extend(Some(&run[begin..]).filter(|word| !word.is_empty()));
    }
    words
}

fn levenshtein(old: &[&str], new: &[&str]) -> usize {
    let mut row: Vec<usize> = (0..=new.len()).collect();
    for (at, a) in old.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], at + 1);
        for (other, b) in new.iter().enumerate() {
            let exchanged = diagonal + usize::from(a != b);
            diagonal = row[other + 1];
            row[other + 1] = exchanged.min(diagonal + 1).min(row[other] + 1);
        }
    }
    row[new.len()]
}

/// Words of the longer side that the other has not: never more than the exact count.
fn bags(old: &[&str], new: &[&str]) -> usize {
    let (mut a, mut b) = (old.to_vec(), new.to_vec());
    a.sort_unstable();
    b.sort_unstable();
    let (mut at, mut other, mut both) = (0, 0, 0);
    while at < a.len() && other < b.len() {
        match a[at].cmp(b[other]) {
            std::cmp::Ordering::Less => at += 1,
            std::cmp::Ordering::Greater => other += 1,
            std::cmp::Ordering::Equal => (at, other, both) = (at + 1, other + 1, both + 1),
        }
    }
    old.len().max(new.len()) - both
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_put_in_taken_out_or_exchanged_count_one_each() {
        for (old, new, expected) in [
            ("a b c", "a b c", (0, 3)),
            ("a b c", "a x c", (1, 3)),
            ("a b c d", "b c d e", (2, 4)),
            ("患者发热", "病人发烧", (3, 4)),
            ("", "a", (1, 1)),
            ("b a", "a b", (2, 2)),
        ] {
            assert_eq!(distance(old, new), expected, "{old} {new}");
        }
    }

    #[test]
    fn very_long_texts_are_compared_as_bags() {
        let old: Vec<String> = (0..3000).map(|n| n.to_string()).collect();
        let mut new = old.clone();
        new.reverse();
        assert_eq!(distance(&old.join(" "), &new.join(" ")), (0, 3000));
    }
}
