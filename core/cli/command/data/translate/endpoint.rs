//! A chat model behind an address that speaks OpenAI's protocol, as vLLM, llama.cpp and Ollama do on one's own machine.

use crate::error::{Failure, Result};
use crate::model::is_offline;
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;

/// How often a text is sent, longer and longer after the last time.
const ATTEMPTS: u32 = 5;
/// What the first wait takes.
const WAIT: Duration = Duration::from_millis(500);
/// Waits no longer, whatever the server asks for.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Bytes of an answer at most.
const MOST: u64 = 4 << 20;

/// Where the model answers, and how it is asked.
pub(super) struct Endpoint {
    address: String,
    model: String,
    temperature: f64,
    seed: u64,
    key: Option<String>,
    agent: ureq::Agent,
}

/// What is read of an answer.
#[derive(Deserialize)]
struct Answer {
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    content: Option<String>,
}

/// Why there is no answer.
enum Broken {
    /// It may come when asked again, after so long as the server said.
    Off(String, Option<Duration>),
    Refused(String),
}

/// How a model is asked.
pub(in super::super) struct Model {
    /// As the server calls it.
    pub(in super::super) name: String,
    pub(in super::super) temperature: f64,
    pub(in super::super) seed: u64,
    pub(in super::super) timeout: Duration,
    /// The variable that holds the key.
    pub(in super::super) key: String,
}

impl Endpoint {
    /// The endpoint under a base address, as in `http://localhost:8000/v1`.
    ///
    /// # Errors
    /// `data.request` for an address that is none; `data.endpoint` where nothing may be sent there.
    pub(super) fn new(base: &str, how: &Model) -> Result<Self> {
        let refuse = |found: &str| {
            let why = format!("--endpoint: expected an address as in http://localhost:8000/v1, found `{found}`");
            Failure::usage("data.request", why)
        };
        let uri: ureq::http::Uri = base.parse().map_err(|_| refuse(base))?;
        let (Some("http" | "https"), Some(host)) = (uri.scheme_str(), uri.host()) else { return Err(refuse(base)) };
        if let Some(variable) = is_offline().filter(|_| !is_here(host)) {
            let why = format!("{variable} forbids to send texts to `{host}`");
            let help = format!("name a server on this machine, or unset {variable}");
            return Err(Failure::run("data.endpoint", why).help(help));
        }
        let key = std::env::var(&how.key).ok().map(|key| key.trim().to_owned()).filter(|key| !key.is_empty());
        let mut agent = ureq::Agent::config_builder();
        if is_here(host) {
            // A proxy of the environment would get the texts in this machine's place.
            agent = agent.proxy(None);
        }
        let agent = agent
            .user_agent(concat!("engraft/", env!("CARGO_PKG_VERSION")))
            .http_status_as_error(false)
            .timeout_connect(Some(Duration::from_secs(30)))
            .timeout_global(Some(how.timeout))
            .max_redirects(0)
            .build()
            .new_agent();
        let base = base.trim_end_matches('/').trim_end_matches("/chat/completions");
        let address = format!("{base}/chat/completions");
        Ok(Self { address, model: how.name.clone(), temperature: how.temperature, seed: how.seed, key, agent })
    }

    /// What the model answers to a task and a text.
    ///
    /// # Errors
    /// `data.endpoint`: it refuses, or says nothing that can be used, again and again.
    pub(super) fn ask(&self, task: &str, text: &str) -> Result<String> {
        let mut wait = WAIT;
        for attempt in 1.. {
            let (why, said) = match self.once(task, text) {
                Ok(answer) => return Ok(answer),
                Err(Broken::Off(why, said)) if attempt < ATTEMPTS => (why, said),
                Err(Broken::Off(why, _) | Broken::Refused(why)) => {
                    let help = "what was translated so far is kept: the same command goes on from there";
                    return Err(Failure::run("data.endpoint", format!("{}: {why}", self.address)).help(help));
                }
            };
            tracing::warn!("{}: {why}; trying again", self.address);
            std::thread::sleep(said.unwrap_or(wait).min(LONGEST_WAIT));
            wait *= 2;
        }
        unreachable!("the last attempt returns")
    }

    fn once(&self, task: &str, text: &str) -> Result<String, Broken> {
        let body = json!({
            "model": self.model,
            "messages": [{ "role": "system", "content": task }, { "role": "user", "content": text }],
            "temperature": self.temperature,
            "seed": self.seed,
        });
        let mut request = self.agent.post(&self.address).header("Content-Type", "application/json");
        if let Some(key) = &self.key {
            request = request.header("Authorization", format!("Bearer {key}"));
        }
        let off = |error: ureq::Error| Broken::Off(error.to_string(), None);
        let mut response = request.send(body.to_string()).map_err(off)?;
        let status = response.status().as_u16();
        let after = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
        let said = response.body_mut().with_config().limit(MOST).lossy_utf8(true).read_to_string().map_err(off)?;
        match status {
            200 => answer(&said),
            408 | 409 | 425 | 429 | 500.. => {
                Err(Broken::Off(format!("answered {status}{}", told(&said)), after.map(Duration::from_secs)))
            }
            401 | 403 if self.key.is_none() => {
                Err(Broken::Refused(format!("answered {status}, and no key was sent{}", told(&said))))
            }
            _ => Err(Broken::Refused(format!("answered {status}{}", told(&said)))),
        }
    }
}

/// What the model wrote.
fn answer(said: &str) -> Result<String, Broken> {
    let read: Answer = serde_json::from_str(said)
        .map_err(|error| Broken::Refused(format!("expected an answer with `choices`, found another: {error}")))?;
    let choice = read.choices.into_iter().next();
    match choice {
        Some(Choice { finish_reason: Some(reason), .. }) if reason == "length" => {
            Err(Broken::Refused("the answer was cut: the server gives it too few tokens".to_owned()))
        }
        Some(Choice { message: Message { content: Some(text) }, .. }) if !text.trim().is_empty() => {
            Ok(text.trim().to_owned())
        }
        _ => Err(Broken::Off("the answer is empty".to_owned(), None)),
    }
}

/// The beginning of what a server said of an error.
fn told(said: &str) -> String {
    let said: String = said.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect();
    if said.is_empty() { said } else { format!(": {said}") }
}

/// Whether a host is this machine.
fn is_here(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::{answer, is_here};

    #[test]
    fn only_addresses_of_this_machine_are_here() {
        assert!(["localhost", "127.0.0.1", "127.8.9.1", "[::1]"].into_iter().all(is_here));
        assert!(!["localhost.example.org", "10.0.0.1", "api.example.org", "[::2]", ""].into_iter().any(is_here));
    }

    #[test]
    fn an_answer_is_what_the_first_choice_says() {
        let said = |text: &str| answer(text).ok();
        let whole =
            r#"{"choices": [{"message": {"role": "assistant", "content": " Gicht. "}, "finish_reason": "stop"}]}"#;
        assert_eq!(said(whole).as_deref(), Some("Gicht."));
        let none = [r#"{"choices": []}"#, r#"{"choices": [{"message": {}}]}"#, r#"{"error": "busy"}"#, "", "<html>"];
        assert!(none.into_iter().all(|text| said(text).is_none()));
        let cut = r#"{"choices": [{"message": {"content": "Gi"}, "finish_reason": "length"}]}"#;
        assert!(said(cut).is_none());
    }
}
