//! An index of names by their pieces of three characters: finds names that are spelled a little otherwise.
//!
//! The likeness of two names is Dice's, 2·|A∩B| / (|A| + |B|) over the sets of their pieces. A name at least `t` like a
//! query of n pieces shares at least t·n / (2 − t) of them, so it holds one of the n − that + 1 rarest: only those are
//! looked up.

use std::collections::BTreeMap;

/// Three characters.
type Piece = [char; 3];

/// Names, found by likeness.
#[derive(Clone, Debug, Default)]
pub struct Index {
    names: Vec<Vec<Piece>>,
    holders: BTreeMap<Piece, Vec<u32>>,
}

/// The pieces of a name, in order and each once. The ends count: a blank stands before and behind.
fn pieces(name: &str) -> Vec<Piece> {
    let characters: Vec<char> = [' '].into_iter().chain(name.chars()).chain([' ']).collect();
    let mut pieces: Vec<Piece> = characters.windows(3).map(|w| [w[0], w[1], w[2]]).collect();
    pieces.sort_unstable();
    pieces.dedup();
    pieces
}

impl Index {
    /// Adds a name, the next number.
    pub fn add(&mut self, name: &str) {
        let number = self.names.len() as u32;
        let pieces = pieces(name);
        for piece in &pieces {
            self.holders.entry(*piece).or_default().push(number);
        }
        self.names.push(pieces);
    }

    /// The name most like the query and its likeness, if that is at least `least`; of several the first.
    pub fn nearest(&self, query: &str, least: f64) -> Option<(usize, f64)> {
        let query = pieces(query);
        let holders = |piece: &Piece| self.holders.get(piece).map_or(&[][..], Vec::as_slice);
        let shared = (least * query.len() as f64 / (2.0 - least)).ceil() as usize;
        let mut rarest = query.clone();
        rarest.sort_by_key(|piece| holders(piece).len());
        rarest.truncate((query.len() + 1).saturating_sub(shared.max(1)));
        let mut candidates: Vec<u32> = rarest.iter().flat_map(|piece| holders(piece).iter().copied()).collect();
        candidates.sort_unstable();
        candidates.dedup();
        let mut best: Option<(usize, f64)> = None;
        for number in candidates {
            let name = &self.names[number as usize];
            let both = common(&query, name);
            let likeness = 2.0 * both as f64 / (query.len() + name.len()) as f64;
            if likeness >= best.map_or(least, |(_, best)| best.next_up()) {
                best = Some((number as usize, likeness));
            }
        }
        best
    }
}

/// How many pieces two sorted lists share.
fn common(a: &[Piece], b: &[Piece]) -> usize {
    let (mut at, mut other, mut count) = (0, 0, 0);
    while at < a.len() && other < b.len() {
        match a[at].cmp(&b[other]) {
            std::cmp::Ordering::Less => at += 1,
            std::cmp::Ordering::Greater => other += 1,
            std::cmp::Ordering::Equal => (at, other, count) = (at + 1, other + 1, count + 1),
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_the_one_that_comparing_with_all_finds() {
        let names =
            ["rheumatoid arthritis", "osteoarthritis", "reactive arthritis", "gout", "gouty arthritis", "arteritis"];
        let mut index = Index::default();
        names.iter().for_each(|name| index.add(name));
        for query in ["rheumatiod arthritis", "osteo arthritis", "gouty artritis", "arthritis", "goutt", "xyz"] {
            for least in [0.3, 0.5, 0.7, 0.9] {
                let dice = |name: &str| {
                    let (a, b) = (pieces(query), pieces(name));
                    let both = a.iter().filter(|piece| b.contains(piece)).count();
                    2.0 * both as f64 / (a.len() + b.len()) as f64
                };
                let best = names.iter().map(|name| dice(name)).fold(0.0, f64::max);
                let found = index.nearest(query, least);
                assert_eq!(found.map(|(_, likeness)| likeness), (best >= least).then_some(best), "{query} {least}");
                if let Some((number, likeness)) = found {
                    assert_eq!(dice(names[number]), likeness);
                }
            }
        }
    }
}
