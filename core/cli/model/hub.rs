//! Models of a Hugging Face hub, over HTTPS.
//!
//! The hub is asked once what the revision holds; the files are then fetched at that very commit, and
//! checked against the lengths and hashes that the hub gave.

use super::cache::{Stored, hash_file};
use crate::error::{Failure, Result};
use crate::output::Screen;
use crate::progress;
use serde::Deserialize;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::Duration;
use ureq::config::RedirectAuthHeaders;

/// Where models come from when `HF_ENDPOINT` names no other place.
const ENDPOINT: &str = "https://huggingface.co";
/// How often a file is asked for, each time from where the last connection broke.
const ATTEMPTS: usize = 4;
/// Files beside the weights that a model may need.
const SIDE_FILES: [&str; 11] = [
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "tokenizer.model",
    "sentencepiece.bpe.model",
    "spiece.model",
    "generation_config.json",
];

/// What the hub says of a revision.
#[derive(Debug, Deserialize)]
struct Listing {
    sha: String,
    siblings: Vec<Remote>,
}

/// A file of the hub.
#[derive(Debug, Deserialize)]
struct Remote {
    #[serde(rename = "rfilename")]
    name: String,
    size: Option<u64>,
    lfs: Option<Lfs>,
}

/// A large file's own word about itself.
#[derive(Debug, Deserialize)]
struct Lfs {
    sha256: String,
}

/// Fetches the model files of a repository into `folder`.
///
/// # Errors
/// `model.hub`: no such model, no right to it, no network, no weights, or other bytes than announced.
pub(super) fn fetch(repository: &str, revision: &str, folder: &Path, screen: &Screen) -> Result<()> {
    let hub = Hub::new();
    let listing = hub.list(repository, revision)?;
    let files = wanted(&listing.siblings).map_err(|why| refuse(repository, &why))?;
    let bar = progress::transfer(screen, files.iter().filter_map(|file| file.size).sum());
    for file in files {
        let target = folder.join(&file.name);
        let address = format!("{}/{repository}/resolve/{}/{}", hub.endpoint, listing.sha, file.name);
        hub.download(&address, &target, &bar).map_err(|why| refuse(repository, &format!("`{}`: {why}", file.name)))?;
        let found = hash_file(&target).map_err(|error| Failure::writing(&target, &error))?;
        check(file, &found).map_err(|why| refuse(repository, &format!("`{}`: {why}", file.name)))?;
    }
    bar.finish_and_clear();
    Ok(())
}

fn refuse(repository: &str, why: &str) -> Failure {
    Failure::run("model.hub", format!("model `hub:{repository}`: {why}"))
}

/// The files to fetch: configuration, weights as safetensors, whatever there is of a tokenizer.
fn wanted(all: &[Remote]) -> Result<Vec<&Remote>, String> {
    let has = |name: &str| all.iter().any(|file| file.name == name);
    if !has("config.json") {
        return Err("expected a `config.json`, found none".to_owned());
    }
    let is_whole = has("model.safetensors");
    if !is_whole && !has("model.safetensors.index.json") {
        let others: Vec<&str> =
            all.iter().map(|file| file.name.as_str()).filter(|name| name.ends_with(".bin")).collect();
        let found = if others.is_empty() { "none".to_owned() } else { format!("only {}", others.join(", ")) };
        return Err(format!("expected weights as safetensors, found {found}"));
    }
    let is_shard = |name: &str| {
        name == "model.safetensors.index.json"
            || (name.starts_with("model-") && name.ends_with(".safetensors") && !name.contains('/'))
    };
    let is_weights = |name: &str| if is_whole { name == "model.safetensors" } else { is_shard(name) };
    let is_wanted = |name: &str| name == "config.json" || is_weights(name) || SIDE_FILES.contains(&name);
    Ok(all.iter().filter(|file| is_wanted(&file.name)).collect())
}

/// Compares a fetched file with what the hub announced.
fn check(file: &Remote, found: &Stored) -> Result<(), String> {
    if let Some(size) = file.size.filter(|&size| size != found.bytes) {
        return Err(format!("expected {size} bytes, found {}", found.bytes));
    }
    match &file.lfs {
        Some(lfs) if lfs.sha256 != found.sha256 => {
            Err(format!("expected SHA-256 {}, found {}", lfs.sha256, found.sha256))
        }
        _ => Ok(()),
    }
}

/// A hub and how it is reached.
struct Hub {
    endpoint: String,
    token: Option<String>,
    agent: ureq::Agent,
}

impl Hub {
    fn new() -> Self {
        let get = |name: &str| std::env::var(name).ok().map(|value| value.trim().to_owned()).filter(|v| !v.is_empty());
        let agent = ureq::Agent::config_builder()
            .user_agent(concat!("engraft/", env!("CARGO_PKG_VERSION")))
            .redirect_auth_headers(RedirectAuthHeaders::SameHost)
            .timeout_connect(Some(Duration::from_secs(30)))
            .timeout_recv_response(Some(Duration::from_secs(60)))
            .timeout_per_read(Some(Duration::from_secs(60)))
            .build()
            .new_agent();
        let endpoint = get("HF_ENDPOINT").unwrap_or_else(|| ENDPOINT.to_owned());
        Self { endpoint: endpoint.trim_end_matches('/').to_owned(), token: get("HF_TOKEN"), agent }
    }

    fn get(&self, address: &str, from: u64) -> Result<ureq::http::Response<ureq::Body>, ureq::Error> {
        let mut request = self.agent.get(address);
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        if from > 0 {
            request = request.header("Range", format!("bytes={from}-"));
        }
        request.call()
    }

    /// What a revision holds.
    fn list(&self, repository: &str, revision: &str) -> Result<Listing> {
        let revision = revision.replace('/', "%2F");
        let address = format!("{}/api/models/{repository}/revision/{revision}?blobs=true", self.endpoint);
        let answer = self.get(&address, 0).and_then(|mut response| response.body_mut().read_to_string());
        let text = answer.map_err(|error| {
            let failure = refuse(repository, &format!("{} answered: {error}", self.endpoint));
            match error {
                ureq::Error::StatusCode(401 | 403) => failure.help(match &self.token {
                    Some(_) => "HF_TOKEN has no right to this model: ask for access on the hub, or set another token",
                    None => "there is no such model, or it asks for a token: set HF_TOKEN",
                }),
                ureq::Error::StatusCode(404) => failure.help("check owner, name and revision"),
                _ => failure.help("check the network, or set HF_ENDPOINT to a mirror, or [model] source to a folder"),
            }
        })?;
        serde_json::from_str(&text)
            .map_err(|error| refuse(repository, &format!("{} answered no list of files: {error}", self.endpoint)))
    }

    /// Fetches one file; goes on where a connection broke.
    fn download(&self, address: &str, target: &Path, bar: &indicatif::ProgressBar) -> Result<(), String> {
        let mut have = 0;
        for attempt in 1.. {
            match self.append(address, target, &mut have, bar) {
                Ok(()) => break,
                Err(Broken::Off(why)) if attempt < ATTEMPTS => tracing::warn!("{address}: {why}; trying again"),
                Err(Broken::Off(why) | Broken::Refused(why)) => return Err(why),
            }
        }
        Ok(())
    }

    fn append(&self, address: &str, target: &Path, have: &mut u64, bar: &indicatif::ProgressBar) -> Result<(), Broken> {
        let mut response = self.get(address, *have).map_err(|error| match error {
            ureq::Error::StatusCode(code) if code < 500 => Broken::Refused(error.to_string()),
            _ => Broken::Off(error.to_string()),
        })?;
        let mut file = if response.status() == 206 {
            OpenOptions::new().append(true).open(target)
        } else {
            bar.dec(std::mem::take(have));
            File::create(target)
        }
        .map_err(|error| Broken::Refused(error.to_string()))?;
        let announced = response.body().content_length();
        let start = *have;
        let mut body = response.body_mut().with_config().limit(u64::MAX).reader();
        let mut buffer = vec![0; 1 << 18];
        loop {
            let read = body.read(&mut buffer).map_err(|error: io::Error| Broken::Off(error.to_string()))?;
            if read == 0 {
                break;
            }
            file.write_all(&buffer[..read]).map_err(|error| Broken::Refused(error.to_string()))?;
            *have += read as u64;
            bar.inc(read as u64);
        }
        match announced.filter(|&length| length != *have - start) {
            Some(length) => Err(Broken::Off(format!("expected {length} bytes, found {}", *have - start))),
            None => file.sync_all().map_err(|error| Broken::Refused(error.to_string())),
        }
    }
}

/// Why a file did not come.
enum Broken {
    /// The connection broke: worth another try.
    Off(String),
    /// The hub or the disk refused: not worth one.
    Refused(String),
}
