//! Translations there and back, by a server that stands in for a model, on this machine.

use crate::harness::{Answer, answer, command};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// What was asked: the key, and the body.
type Asked = Arc<Mutex<Vec<(Option<String>, Value)>>>;

/// A server whose answers are made of the task and the text.
struct Server {
    address: String,
    asked: Asked,
}

/// A status, and what the model says.
type Reply = (u16, String);

impl Server {
    /// `reply` gets the number of the request, the task and the text.
    fn open(reply: impl Fn(usize, &str, &str) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = format!("http://{}/v1", listener.local_addr().expect("it is bound"));
        let asked = Asked::default();
        let log = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that goes away is its own affair.
                let _ = serve(stream, &reply, &log);
            }
        });
        Self { address, asked }
    }

    fn asked(&self) -> Vec<(Option<String>, Value)> {
        self.asked.lock().expect("no thread panicked").clone()
    }

    fn translate(&self, folder: &Path, more: &[&str]) -> Answer {
        let args = ["data", "translate", "texts.jsonl", "pairs.tsv", "--endpoint", &self.address, "--model", "tiny"];
        answer(command(folder, &[&args, more].concat()).env("A_KEY", "secret").output().expect("the binary starts"))
    }
}

fn serve(stream: TcpStream, reply: &dyn Fn(usize, &str, &str) -> Reply, log: &Asked) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut key, mut length, mut line) = (None, 0, String::new());
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let (name, value) = line.trim_end().split_once(": ").unwrap_or_default();
        match name.to_lowercase().as_str() {
            "authorization" => key = Some(value.to_owned()),
            "content-length" => length = value.parse().unwrap_or(0),
            _ if line.trim().is_empty() => break,
            _ => (),
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body: Value = serde_json::from_slice(&body)?;
    let number = {
        let mut log = log.lock().expect("no thread panicked");
        log.push((key, body.clone()));
        log.len()
    };
    let said = |at: usize| body["messages"][at]["content"].as_str().unwrap_or_default();
    let (status, text) = reply(number, said(0), said(1));
    let answer = json!({ "choices": [{ "message": { "role": "assistant", "content": text } }] }).to_string();
    let head =
        format!("HTTP/1.1 {status} So\r\nRetry-After: 0\r\nContent-Length: {}\r\nConnection: close", answer.len());
    write!(reader.get_mut(), "{head}\r\n\r\n{answer}")
}

/// A model that says what it was asked for: into German upper case, into French with a word more, back as it came.
fn model(task: &str, text: &str) -> Reply {
    let text = if task.contains("from English into German") {
        text.to_uppercase()
    } else if task.contains("from English into French") {
        format!("{text} Voilà.")
    } else {
        text.to_owned()
    };
    (200, text)
}

fn place(name: &str, records: &[Value]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("it can be made");
    let lines: String = records.iter().map(|record| format!("{record}\n")).collect();
    fs::write(folder.join("texts.jsonl"), lines).expect("it can be written");
    folder
}

fn gout() -> Vec<Value> {
    let span = json!({ "start": 8, "end": 12, "label": "Disease" });
    vec![
        json!({ "text": "She has gout.", "spans": [span] }),
        json!({ "text": "No fever.\nNo cough." }),
        json!({ "text": "She has gout.", "spans": [span] }),
    ]
}

fn pairs(folder: &Path) -> Vec<String> {
    let mut lines: Vec<String> =
        fs::read_to_string(folder.join("pairs.tsv")).expect("it was written").lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn texts_go_there_and_back_once_and_labeled_words_are_named() {
    let folder = place("translate", &gout());
    let server = Server::open(|_, task, text| model(task, text));
    let both = ["--through", "German", "--through", "French", "--key", "A_KEY", "--json"];
    let report = server.translate(&folder, &both).json();
    assert_eq!(report, json!({ "texts": 2, "before": 0, "added": 4, "unchanged": 0, "lost": 1 }));
    let expected = [
        "No fever.\\nNo cough.\tNO FEVER.\\nNO COUGH.",
        "No fever.\\nNo cough.\tNo fever.\\nNo cough. Voilà.",
        "She has gout.\tSHE HAS GOUT.",
        "She has gout.\tShe has gout. Voilà.",
    ];
    assert_eq!(pairs(&folder), expected);
    let asked = server.asked();
    assert_eq!(asked.len(), 8);
    assert!(asked.iter().all(|(key, body)| key.as_deref() == Some("Bearer secret") && body["model"] == "tiny"));
    let names = |body: &Value| body["messages"][0]["content"].as_str().is_some_and(|task| task.contains(": gout."));
    assert_eq!(asked.iter().filter(|(_, body)| names(body)).count(), 4, "{asked:?}");

    let again = server.translate(&folder, &both).json();
    assert_eq!((&again["before"], &again["added"]), (&json!(4), &json!(0)));
    assert_eq!(server.asked().len(), 8, "what is there is not asked for again");
}

#[test]
fn a_command_that_was_stopped_goes_on_where_it_was() {
    let folder = place("translate-resume", &gout());
    let server = Server::open(|_, task, text| model(task, text));
    let both = ["--through", "German", "--through", "French"];
    server.translate(&folder, &both).ok();
    let whole = pairs(&folder);
    // As a kill leaves it: a text without its second pair, half a line of the next.
    fs::write(folder.join("pairs.tsv"), "She has gout.\tSHE HAS GOUT.\nNo fever.\\nNo").expect("it can be written");
    let out = server.translate(&folder, &both).ok();
    assert!(out.starts_with("2 texts, 3 pairs added to 1 in pairs.tsv"), "{out}");
    assert_eq!(pairs(&folder), whole);
}

#[test]
fn a_busy_server_is_asked_again_and_one_that_refuses_is_not() {
    let folder = place("translate-busy", &gout()[..1]);
    let busy = Server::open(|number, task, text| if number == 1 { (429, String::new()) } else { model(task, text) });
    busy.translate(&folder, &["--through", "German"]).ok();
    assert_eq!(busy.asked().len(), 3);

    let folder = place("translate-refused", &gout());
    let refuses =
        Server::open(|_, task, text| if text.contains("fever") { (404, String::new()) } else { model(task, text) });
    let answer = refuses.translate(&folder, &["--through", "German", "--jobs", "1"]);
    answer.refused(1, &["data.endpoint", "answered 404", "the same command goes on from there"]);
    assert_eq!(pairs(&folder), ["She has gout.\tSHE HAS GOUT."], "what was answered before is kept");
}

#[test]
fn offline_texts_stay_on_this_machine() {
    let folder = place("translate-offline", &gout());
    let server = Server::open(|_, task, text| model(task, text));
    let run = |endpoint: &str| {
        let args = ["data", "translate", "texts.jsonl", "pairs.tsv", "--endpoint", endpoint, "--model", "tiny"];
        let mut command = command(&folder, &[&args[..], &["--through", "German"]].concat());
        answer(command.env("ENGRAFT_OFFLINE", "1").output().expect("the binary starts"))
    };
    run("https://models.example.org/v1").refused(1, &["data.endpoint", "ENGRAFT_OFFLINE", "models.example.org"]);
    assert!(!folder.join("pairs.tsv").exists());
    run(&server.address).ok();
    run("models.example.org").refused(2, &["data.request", "--endpoint"]);
}
