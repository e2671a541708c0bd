//! Models of a hub: fetched from a server that stands in for it, on this machine.

use crate::harness::{Answer, answer, command};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

/// A hub with one model, `acme/tiny`.
struct Hub {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

/// What a hub answers.
#[derive(Clone, Default)]
struct Shelf {
    /// The files of the model.
    files: BTreeMap<String, Vec<u8>>,
    /// A token without which nothing is answered.
    token: Option<&'static str>,
    /// A file whose first connection breaks after so many bytes.
    breaks: Option<(&'static str, usize)>,
    /// A file that is announced with another hash.
    lies: Option<&'static str>,
}

impl Shelf {
    fn with(names: &[&str]) -> Self {
        let content = |name: &str| format!("the content of {name}, ").repeat(40).into_bytes();
        Self { files: names.iter().map(|name| ((*name).to_owned(), content(name))).collect(), ..Self::default() }
    }

    fn listing(&self) -> String {
        let files = self.files.iter().map(|(name, bytes)| {
            let is_lie = self.lies.is_some_and(|lie| lie == name);
            let hash: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            let hash = if is_lie { "0".repeat(64) } else { hash };
            let lfs = name.ends_with(".safetensors").then(|| json!({ "sha256": hash, "size": bytes.len() }));
            json!({ "rfilename": name, "size": bytes.len(), "lfs": lfs })
        });
        json!({ "sha": SHA, "siblings": files.collect::<Vec<_>>() }).to_string()
    }
}

impl Hub {
    fn open(mut shelf: Shelf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = format!("http://{}", listener.local_addr().expect("it is bound"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that goes away is its own affair.
                let _ = serve(stream, &mut shelf, &log);
            }
        });
        Self { address, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no thread panicked").clone()
    }

    fn pull(&self, folder: &Path, source: &str, token: &str) -> Answer {
        let mut command = command(folder, &["model", "pull", source]);
        command.env("HF_ENDPOINT", &self.address);
        if !token.is_empty() {
            command.env("HF_TOKEN", token);
        }
        answer(command.output().expect("the binary starts"))
    }
}

fn serve(mut stream: TcpStream, shelf: &mut Shelf, log: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    let (mut token, mut from) = (None, 0);
    for line in lines.map_while(Result::ok).take_while(|line| !line.is_empty()) {
        let (name, value) = line.split_once(": ").unwrap_or_default();
        match name.to_lowercase().as_str() {
            "authorization" => token = value.strip_prefix("Bearer ").map(str::to_owned),
            "range" => from = value.trim_start_matches("bytes=").trim_end_matches('-').parse().unwrap_or(0),
            _ => (),
        }
    }
    let from_where = if from > 0 { format!(" from {from}") } else { String::new() };
    log.lock().expect("no thread panicked").push(format!("{path}{from_where}"));
    let mut send = |status: &str, body: &[u8], length: usize| {
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes())?;
        stream.write_all(body)
    };
    if shelf.token.is_some() && shelf.token != token.as_deref() {
        return send("401 Unauthorized", b"", 0);
    }
    if path.starts_with("/api/models/acme/tiny/revision/main?")
        || path.starts_with("/api/models/acme/tiny/revision/v1%2Fbeta?")
    {
        let listing = shelf.listing();
        return send("200 OK", listing.as_bytes(), listing.len());
    }
    let name = path.strip_prefix(&format!("/acme/tiny/resolve/{SHA}/")).unwrap_or_default();
    let Some(bytes) = shelf.files.get(name) else { return send("404 Not Found", b"", 0) };
    match shelf.breaks {
        Some((file, at)) if file == name => {
            shelf.breaks = None;
            send("200 OK", &bytes[..at], bytes.len())
        }
        _ if from > 0 => send("206 Partial Content", &bytes[from..], bytes.len() - from),
        _ => send("200 OK", bytes, bytes.len()),
    }
}

fn place(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("it can be made");
    folder
}

const FILES: [&str; 4] = ["config.json", "model.safetensors", "tokenizer.json", "pytorch_model.bin"];

#[test]
fn a_model_is_fetched_at_one_commit_without_what_it_does_not_need_and_only_once() {
    let folder = place("hub");
    let hub = Hub::open(Shelf::with(&FILES));
    let out = hub.pull(&folder, "hub:acme/tiny", "").ok();
    let model = PathBuf::from(out.trim());
    assert_eq!(fs::read(model.join("model.safetensors")).ok(), Shelf::with(&FILES).files.remove("model.safetensors"));
    assert!(!model.join("pytorch_model.bin").exists());
    let asked = hub.asked();
    assert_eq!(asked.len(), 4, "{asked:?}");
    assert!(asked[1..].iter().all(|path| path.starts_with(&format!("/acme/tiny/resolve/{SHA}/"))), "{asked:?}");

    assert_eq!(hub.pull(&folder, "hub:acme/tiny", "").ok(), out);
    assert_eq!(hub.asked().len(), 4, "what is cached is not fetched again");
}

#[test]
fn a_revision_with_a_slash_and_sharded_weights_are_fetched() {
    let shards = [
        "config.json",
        "model.safetensors.index.json",
        "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors",
    ];
    let hub = Hub::open(Shelf::with(&shards));
    let out = hub.pull(&place("hub-shards"), "hub:acme/tiny@v1/beta", "").ok();
    for name in shards {
        assert!(Path::new(out.trim()).join(name).is_file(), "{name}");
    }
}

#[test]
fn a_connection_that_breaks_is_taken_up_where_it_broke() {
    let hub = Hub::open(Shelf { breaks: Some(("model.safetensors", 100)), ..Shelf::with(&FILES) });
    let out = hub.pull(&place("hub-breaks"), "hub:acme/tiny", "").ok();
    let fetched = fs::read(Path::new(out.trim()).join("model.safetensors")).expect("it is there");
    assert_eq!(Some(fetched), Shelf::with(&FILES).files.remove("model.safetensors"));
    assert!(hub.asked().iter().any(|path| path.ends_with("/model.safetensors from 100")), "{:?}", hub.asked());
}

#[test]
fn other_bytes_than_announced_are_refused_and_nothing_is_kept() {
    let folder = place("hub-lies");
    let hub = Hub::open(Shelf { lies: Some("model.safetensors"), ..Shelf::with(&FILES) });
    hub.pull(&folder, "hub:acme/tiny", "").refused(1, &["model.hub", "`model.safetensors`: expected SHA-256 000"]);
    assert_eq!(fs::read_dir(folder.join("home/models")).expect("it is there").count(), 0);
}

#[test]
fn a_private_model_asks_for_a_token_and_takes_the_right_one() {
    let folder = place("hub-token");
    let hub = Hub::open(Shelf { token: Some("secret"), ..Shelf::with(&FILES) });
    hub.pull(&folder, "hub:acme/tiny", "").refused(1, &["model.hub", "401", "set HF_TOKEN"]);
    hub.pull(&folder, "hub:acme/tiny", "wrong").refused(1, &["model.hub", "HF_TOKEN has no right"]);
    hub.pull(&folder, "hub:acme/tiny", "secret").ok();
}

#[test]
fn a_model_that_is_not_there_has_no_weights_or_no_hub_is_refused() {
    let folder = place("hub-missing");
    let hub = Hub::open(Shelf::with(&["config.json", "pytorch_model.bin"]));
    hub.pull(&folder, "hub:acme/other", "").refused(1, &["model.hub", "404", "check owner, name and revision"]);
    hub.pull(&folder, "hub:acme/tiny", "")
        .refused(1, &["expected weights as safetensors, found only pytorch_model.bin"]);
    let closed = Hub { address: "http://127.0.0.1:9".to_owned(), asked: Arc::default() };
    closed.pull(&folder, "hub:acme/tiny", "").refused(1, &["model.hub", "check the network"]);
}

#[test]
fn both_offline_switches_forbid_the_hub() {
    let folder = place("hub-offline");
    for variable in ["ENGRAFT_OFFLINE", "HF_HUB_OFFLINE"] {
        let mut command = command(&folder, &["model", "pull", "hub:acme/tiny"]);
        answer(command.env(variable, "1").output().expect("it starts")).refused(1, &["model.offline", variable]);
    }
}
