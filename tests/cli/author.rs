//! What a plugin author does: a new project, its own tests, a check, an installation, a run.

use crate::harness::engraft;
use crate::support::workspace;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A fresh folder.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the folder can be made");
    folder
}

/// Runs cargo in a project that was made, with the versions of this workspace. The project brings the contract along:
/// nothing in it names this repository.
fn cargo(project: &Path, args: &[&str]) {
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock");
    fs::copy(lock, project.join("Cargo.lock")).expect("it can be copied");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("authors");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let output =
        cargo.args(args).env("CARGO_TARGET_DIR", target).current_dir(project).output().expect("cargo is there");
    let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "cargo {args:?} in {}:\n{said}", project.display());
}

#[test]
fn a_new_plugin_in_rust_passes_its_own_tests_whatever_its_kind() {
    let folder = folder("new-rust");
    for kind in ["domain", "preprocessor", "augmenter", "metric", "method"] {
        let name = format!("my-{kind}");
        engraft(&folder, &["plugins", "new", kind, &name]).ok();
        cargo(&folder.join(&name), &["test", "--quiet", "--offline"]);
    }
}

/// Builds a new metric in C as its README says, and answers the library's hash, as the refusal to trust it says.
fn metric_in_c(folder: &Path) -> String {
    engraft(folder, &["plugins", "new", "metric", "all-right", "--language", "c"]).ok();
    let project = folder.join("all-right");
    let mut cc = Command::new("cc");
    cc.args(["-std=c99", "-Wall", "-Werror", "-O2", "-shared", "-fPIC", "-o", "liball_right.so", "all_right.c"]);
    assert!(cc.current_dir(&project).status().expect("a C compiler is there").success());
    let answer = engraft(folder, &["plugins", "install", "all-right/liball_right.so", "--name", "all-right"]);
    let is_hash = |word: &&str| word.len() == 64 && word.chars().all(|c| c.is_ascii_hexdigit());
    let hash = answer.err.split(['"', ' ', '\n']).find(is_hash).expect("it says the hash it has").to_owned();
    answer.refused(2, &["plugin.untrusted", "--sha256"]);
    hash
}

#[test]
fn a_new_metric_in_c_is_checked_installed_by_its_hash_used_and_removed() {
    let folder = workspace("new-c");
    let hash = metric_in_c(&folder);
    engraft(&folder, &["plugins", "check", "all-right/liball_right.so"]).refused(2, &["plugin.untrusted", "--trust"]);
    let verdict = engraft(&folder, &["plugins", "check", "--trust", "--json", "all-right/liball_right.so"]).json();
    assert_eq!(verdict[0]["faults"].as_array().map(Vec::len), Some(0), "{verdict}");

    let install = ["plugins", "install", "all-right/liball_right.so", "--name", "all-right", "--sha256"];
    let said = engraft(&folder, &[&install[..], &[&hash]].concat()).ok();
    assert!(said.contains("metric/all-right 0.1.0") && said.contains(&hash), "{said}");
    engraft(&folder, &[&install[..], &[&hash]].concat()).refused(2, &["plugin.installed", "--replace"]);
    engraft(&folder, &[&install[..], &[&hash, "--replace"]].concat()).ok();
    assert!(engraft(&folder, &["plugins", "verify"]).ok().contains("as installed"));
    // It is not run to be shown: it stands there as it described itself.
    assert!(engraft(&folder, &["plugins", "list"]).ok().contains("all-right"));
    let shown = engraft(&folder, &["plugins", "show", "metric/all-right"]).ok();
    assert!(shown.contains("0.1.0") && shown.contains("Settings"), "{shown}");

    // The manifest beside a library is no reason to trust it: the run names the hash.
    let run = fs::read_to_string(folder.join("run.toml")).expect("it is there");
    let named = format!("{run}\n[[metric]]\nuse = \"all-right\"\n\n[[plugin]]\nname = \"all-right\"\n");
    fs::write(folder.join("run.toml"), &named).expect("it can be written");
    engraft(&folder, &["config", "check", "run.toml"]).refused(2, &["plugin.untrusted", &hash]);
    fs::write(folder.join("run.toml"), format!("{named}sha256 = \"{hash}\"\n")).expect("it can be written");
    let report = engraft(&folder, &["train", "run.toml", "--out", "out", "--json"]).json();
    assert!(report["evaluate"]["result"]["model"]["scores"]["all-right.exact"]["value"].is_number(), "{report}");

    let library = folder.join("home/plugins/all-right/liball_right.so");
    let mut changed = fs::read(&library).expect("it is there");
    changed.push(0);
    fs::write(&library, changed).expect("it can be written");
    engraft(&folder, &["plugins", "verify"]).refused(1, &["plugin.hash"]);
    engraft(&folder, &["config", "check", "run.toml"]).refused(2, &["plugin.hash"]);

    engraft(&folder, &["plugins", "remove", "all-right"]).ok();
    engraft(&folder, &["plugins", "remove", "all-right"]).refused(2, &["plugin.not-installed"]);
    engraft(&folder, &["config", "check", "run.toml"]).refused(2, &["plugin.not-installed", "`all-right`"]);
}

#[test]
fn what_cannot_be_installed_is_refused_with_a_code_and_leaves_nothing() {
    let folder = folder("install-refused");
    let install = |source: &str| engraft(&folder, &["plugins", "install", source, "--name", "bad"]);
    install("missing.wasm").refused(2, &["file.missing"]);
    fs::write(folder.join("no.wasm"), "\0asm and no more").expect("it can be written");
    install("no.wasm").refused(2, &["plugin.component"]);
    fs::write(folder.join("half.zip"), "PK\x03\x04").expect("it can be written");
    install("half.zip").refused(2, &["plugin.archive"]);
    fs::create_dir_all(folder.join("empty")).expect("it can be made");
    install("empty").refused(2, &["plugin.manifest", "found 0"]);
    for manifest in ["file = \"../no.wasm\"", "file = \"gone.wasm\"", "file = 3", "[", "file = \"no.wasm\"\nhash = 1"] {
        fs::write(folder.join("empty/plugin.toml"), manifest).expect("it can be written");
        install("empty").refused(2, &["plugin.manifest"]);
    }
    fs::copy(folder.join("no.wasm"), folder.join("empty/no.wasm")).expect("it can be copied");
    let manifest = format!("file = \"no.wasm\"\nsha256 = \"{}\"", "0".repeat(64));
    fs::write(folder.join("empty/plugin.toml"), manifest).expect("it can be written");
    install("empty").refused(2, &["plugin.hash"]);
    engraft(&folder, &["plugins", "install", "no.wasm", "--name", "No Name"]).refused(2, &["plugin.name"]);
    assert_eq!(fs::read_dir(folder.join("home/plugins")).expect("it was made").count(), 0, "nothing is left");
    engraft(&folder, &["plugins", "check"]).refused(2, &["plugin.check", "--all"]);
}

#[test]
fn a_project_is_made_only_with_a_name_in_a_new_folder_and_a_language_that_has_the_kind() {
    let folder = folder("new-refused");
    engraft(&folder, &["plugins", "new", "metric", "My_Metric"]).refused(2, &["plugin.name", "lower-case words"]);
    engraft(&folder, &["plugins", "new", "method", "mine", "--language", "c"])
        .refused(2, &["plugin.language", "C has metric"]);
    engraft(&folder, &["plugins", "new", "metric", "mine"]).ok();
    engraft(&folder, &["plugins", "new", "metric", "mine"]).refused(2, &["file.exists"]);
}

#[test]
fn a_project_in_python_or_javascript_has_its_helper_and_the_contract() {
    let folder = folder("new-components");
    for (language, files) in [("python", ["plugin.py", "engraft.py"]), ("javascript", ["plugin.js", "engraft.js"])] {
        for kind in ["domain", "preprocessor", "augmenter", "metric", "method"] {
            let name = format!("{language}-{kind}");
            engraft(&folder, &["plugins", "new", kind, &name, "--language", language]).ok();
            let read = |file: &str| fs::read_to_string(folder.join(&name).join(file)).expect("it was written");
            assert!(read(files[0]).contains(&name), "the plugin has the name it was given");
            assert!(read("README.md").contains(&name) && !read("README.md").contains("{{"), "{}", read("README.md"));
            let helper = Path::new(env!("CARGO_MANIFEST_DIR")).join("core/cli/template").join(language).join(files[1]);
            assert_eq!(read(files[1]), fs::read_to_string(helper).expect("it is there"));
            assert!(read("wit/plugin.wit").contains(&format!("world {kind}")));
        }
    }
}

#[test]
fn the_examples_in_python_and_javascript_hold_the_helper_that_new_projects_get() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| fs::read_to_string(root.join(path)).expect("it is there");
    for (language, helper) in [("python", "engraft.py"), ("javascript", "engraft.js")] {
        let example = read(&format!("examples/plugins/preprocessor-{language}/{helper}"));
        assert_eq!(example, read(&format!("core/cli/template/{language}/{helper}")));
    }
    assert_eq!(read("examples/plugins/method-javascript/engraft.js"), read("core/cli/template/javascript/engraft.js"));
}
