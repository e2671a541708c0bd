//! What the behavior tests share: the binary, and a folder with a small run in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The binary under test.
pub(crate) fn engraft() -> Command {
    Command::new(env!("CARGO_BIN_EXE_engraft"))
}

/// The project's fixtures.
pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// A fresh folder with `run.toml` and 24 training texts on the smallest model.
pub(crate) fn workspace(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the folder can be made");
    let diseases = ["gout", "asthma", "anemia", "measles", "mumps", "sepsis"];
    let line = |at: usize| {
        let disease = diseases[at % diseases.len()];
        let text = format!("patient {} has {disease} today, no fever.", ["a", "b", "c", "d"][at % 4]);
        let start = text.find(disease).expect("it is in the text");
        let end = start + disease.len();
        format!(
            "{{\"id\":\"{at}\",\"text\":\"{text}\",\"spans\":[{{\"start\":{start},\"end\":{end},\"label\":\"Disease\"}}]}}\n"
        )
    };
    fs::write(folder.join("train.jsonl"), (0..24).map(line).collect::<String>()).expect("it can be written");
    fs::write(folder.join("dev.jsonl"), (24..32).map(line).collect::<String>()).expect("it can be written");
    fs::write(folder.join("run.toml"), run(&fixtures().join("tiny"))).expect("it can be written");
    folder
}

fn run(model: &Path) -> String {
    format!(
        r#"
name = "tiny"
[domain]
use = "medical-ner"
labels = ["Disease"]
[data]
train = "train.jsonl"
dev = "dev.jsonl"
[[augment]]
use = "synonym"
[tokenize]
overlap = 8
[batch]
size = 2
[model]
source = {model:?}
[method]
use = "full"
[[metric]]
use = "entity-f1"
[optimize]
epochs = 6
learning_rate = 1e-3
accumulate = 2
[checkpoint]
every = 3
"#
    )
}
