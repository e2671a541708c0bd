//! What a call costs by each loader, over the linked one: `cargo bench --bench loaders -- FILE…`.
//!
//! The files are builds of one preprocessor, `nothing` (benches/loaders/nothing) or another that changes nothing: a
//! native library, components. Batches of 256 texts with three spans each, of two lengths, so that the cost of an
//! example and that of a byte can be told apart. Medians of rounds in which the loaders take turns.

use engraft_host::{Catalogue, Entry, component, native};
use engraft_nothing as _;
use engraft_plugin::kind::{Kind, Setting};
use engraft_plugin::text::{ExampleBuf, SpanBuf, Views};
use std::path::Path;
use std::time::Instant;

const BATCH: usize = 256;
const ROUNDS: usize = 41;
const CALLS: usize = 40;

fn main() {
    let files: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let cache = tempfile::tempdir().expect("there is room");
    let linked = Catalogue::linked().expect("linked plugins keep the contract");
    let mut entries = vec![("linked".to_owned(), linked.find(Kind::Preprocessor, "nothing").expect("linked").clone())];
    for file in &files {
        entries.push((file.clone(), open(Path::new(file), cache.path())));
    }
    let (short, long) = (times(&entries, 120), times(&entries, 1200));
    println!("| loader | ns an example of 120 bytes | over linked | ns a byte more |\n|---|---|---|---|");
    for (at, (name, entry)) in entries.iter().enumerate() {
        let (over, slope) = (short[at] - short[0], ((long[at] - short[at]) - (long[0] - short[0])) / 1080.0);
        println!("| {} {name} | {:.0} | {over:.0} | {slope:.2} |", entry.origin.loader(), short[at]);
    }
    for file in files.iter().filter(|file| file.ends_with(".wasm")) {
        loads(Path::new(file), cache.path());
    }
}

fn open(file: &Path, cache: &Path) -> Entry {
    let entries = if file.extension().is_some_and(|extension| extension == "wasm") {
        component::open(file, &options(cache)).expect("it opens")
    } else {
        native::open(file, &native::hash(file).expect("it is there"), &cache.join("libraries")).expect("it opens")
    };
    entries.into_iter().find(|entry| entry.descriptor.kind == Kind::Preprocessor).expect("it holds a preprocessor")
}

fn options(cache: &Path) -> component::Options {
    component::Options { cache: Some(cache.join("components")), ..component::Options::default() }
}

/// Nanoseconds an example, of texts this long, by loader.
fn times(entries: &[(String, Entry)], length: usize) -> Vec<f64> {
    let text = "The patient has gout and takes aspirin daily. ".repeat(length / 40 + 1)[..length].to_owned();
    let spans = [(4, 11, "Person"), (16, 20, "Disease"), (31, 38, "Drug")];
    let spans: Vec<SpanBuf> = spans.map(|(start, end, label)| SpanBuf::new(start, end, label)).into();
    let example = |n: usize| ExampleBuf { spans: spans.clone(), ..ExampleBuf::new(n.to_string(), &text) };
    let examples: Vec<ExampleBuf> = (0..BATCH).map(example).collect();
    let views = Views::examples(&examples);
    let open = |(_, entry): &(String, Entry)| {
        entry.open_preprocessor(serde_json::json!({}), &Setting::default()).expect("it opens").plugin
    };
    let plugins: Vec<_> = entries.iter().map(open).collect();
    let mut rounds = vec![Vec::new(); plugins.len()];
    for _ in 0..ROUNDS {
        for (plugin, rounds) in plugins.iter().zip(&mut rounds) {
            let start = Instant::now();
            for _ in 0..CALLS {
                let answers = plugin.clean_batch(views.as_slice()).expect("it does not fail");
                assert!(answers.len() == BATCH && answers[0].is_ok());
            }
            rounds.push(start.elapsed().as_secs_f64() * 1e9 / (CALLS * BATCH) as f64);
        }
    }
    rounds.into_iter().map(median).collect()
}

/// How long an installed component takes to load, and what ten of them take of memory.
fn loads(file: &Path, cache: &Path) {
    let bytes = std::fs::read(file).expect("it is there");
    let start = Instant::now();
    let hash = native::hash(file).expect("it is there");
    let hashing = start.elapsed();
    let times = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        component::load("bench", &bytes, &options(cache)).expect("it opens");
        start.elapsed().as_secs_f64() * 1e3
    });
    let loading = median(times.collect());
    let before = resident();
    let open = |_| {
        let entry = open(file, cache);
        entry.open_preprocessor(serde_json::json!({}), &Setting::default()).expect("it opens")
    };
    let ten: Vec<_> = (0..10).map(open).collect();
    let taken = resident().saturating_sub(before) / 1024;
    println!(
        "{}: {} KiB ({}…), reading and hashing {:.1} ms, loading with it {loading:.1} ms, ten opened take {taken} MiB",
        file.display(),
        bytes.len() / 1024,
        &hash[..8],
        hashing.as_secs_f64() * 1e3,
    );
    drop(ten);
}

/// Resident memory, in KiB.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
