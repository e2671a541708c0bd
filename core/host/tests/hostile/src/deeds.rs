//! What a program can try against its host.

use super::refused;
use crate::bindings::engraft::text::types::Error;
use std::hint::black_box;
use std::time::{Duration, Instant, SystemTime};

/// Does what the mode says. What only looks around tells what it saw as a refusal.
pub(crate) fn attempt(mode: &str) -> Result<(), Error> {
    match mode {
        "loop" => run_for_ever(),
        "sleep" => std::thread::sleep(Duration::from_secs(3600)),
        "wait" => {
            let begin = Instant::now();
            while begin.elapsed() < Duration::from_secs(3600) {
                std::thread::sleep(Duration::from_secs(3600));
            }
        }
        "grow" => {
            let mut kept: Vec<Vec<u8>> = Vec::new();
            loop {
                kept.push(black_box(vec![1; 16 << 20]));
            }
        }
        "recurse" => {
            black_box(recurse(black_box(1)));
        }
        "trap" => core::arch::wasm32::unreachable(),
        "exit" => std::process::exit(3),
        "panic" => panic!("these are my last words"),
        "print" => loop {
            eprintln!("noise, noise, noise, noise, noise, noise, noise, noise");
        },
        "file" => return Err(saw(std::fs::read_to_string("/etc/hostname"))),
        "granted" => return Err(saw(std::fs::read_to_string("/lexicon/words.txt"))),
        "granted-up" => return Err(saw(std::fs::read_to_string("/lexicon/../secret.txt"))),
        "granted-write" => return Err(saw(std::fs::write("/lexicon/words.txt", "harm"))),
        "granted-new" => return Err(saw(std::fs::write("/lexicon/harm.txt", "harm"))),
        "granted-remove" => return Err(saw(std::fs::remove_file("/lexicon/words.txt"))),
        "granted-link" => return Err(saw(std::fs::read_to_string("/lexicon/link"))),
        "write" => return Err(saw(std::fs::write("harm.txt", "harm"))),
        "network" => return Err(saw(std::net::TcpStream::connect("127.0.0.1:80"))),
        "name" => return Err(saw(std::net::ToSocketAddrs::to_socket_addrs("localhost:80").map(|a| a.count()))),
        "environment" => return Err(refused(format!("{:?}", std::env::vars().collect::<Vec<_>>()))),
        "arguments" => return Err(refused(format!("{:?}", std::env::args().collect::<Vec<_>>()))),
        "clock" => {
            let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            return Err(refused(format!("{since:?}")));
        }
        "input" => {
            let mut line = String::new();
            return Err(saw(std::io::stdin().read_line(&mut line)));
        }
        "random" => {
            use std::hash::{BuildHasher, RandomState};
            return Err(refused(format!("{}", RandomState::new().hash_one(1))));
        }
        _ => {}
    }
    Ok(())
}

pub(crate) fn run_for_ever() -> ! {
    let mut turns = 0_u64;
    loop {
        turns = black_box(turns).wrapping_add(1);
    }
}

fn recurse(depth: u64) -> u64 {
    let here = black_box([depth; 64]);
    if here[0] == u64::MAX { 0 } else { recurse(black_box(depth + 1)) + here[7] }
}

fn saw<T: std::fmt::Debug>(result: std::io::Result<T>) -> Error {
    match result {
        Ok(value) => refused(format!("got in: {value:?}")),
        Err(error) => refused(format!("denied: {error}")),
    }
}
