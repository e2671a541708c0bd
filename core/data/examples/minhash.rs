//! Finds near-duplicates among the lines of a file: for `benches/data/minhash.py`.
//!
//!     minhash TEXTS THRESHOLD [SEED] > pairs
//!
//! Each line of the output is a pair, as two numbers of lines from 0. What it cost is said on standard error.

use engraft_data::duplicates::{Likeness, find};
use std::io::Write;
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("expected a file of texts, one a line")?;
    let threshold: f64 = arguments.next().ok_or("expected a threshold")?.parse()?;
    let seed: u64 = arguments.next().map_or(Ok(1), |seed| seed.parse())?;
    let text = std::fs::read_to_string(path)?;
    let texts: Vec<&str> = text.lines().collect();
    let start = Instant::now();
    let found = find(&texts, &Likeness { threshold, seed, ..Likeness::default() });
    eprintln!(
        "{{\"texts\": {}, \"seconds\": {:.3}, \"pairs\": {}}}",
        texts.len(),
        start.elapsed().as_secs_f64(),
        found.pairs.len()
    );
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for pair in found.pairs {
        writeln!(out, "{} {}", pair.first, pair.second)?;
    }
    Ok(())
}
