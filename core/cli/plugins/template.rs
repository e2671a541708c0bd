//! New plugins: a project in the language asked for, which builds and passes its own examples at once.

use super::sdk;
use crate::args::{Language, PluginKind};
use crate::error::{Failure, Result};
use crate::output::Screen;
use engraft_host::fault_of_id;
use std::fs;
use std::path::PathBuf;

/// A file of a project: where it goes and its text, with `{{…}}` to be filled in.
type File = (&'static str, &'static str);

macro_rules! template {
    ($path:literal) => {
        include_str!(concat!("../template/", $path))
    };
}

macro_rules! contract {
    ($path:literal) => {
        include_str!(concat!("../../../plugin-api/", $path))
    };
}

/// The files of a kind in a language, or `None` where there are none yet.
fn files(kind: PluginKind, language: Language) -> Option<Vec<File>> {
    match language {
        Language::Rust => {
            let source = match kind {
                PluginKind::Domain => template!("rust/domain.rs"),
                PluginKind::Preprocessor => template!("rust/preprocessor.rs"),
                PluginKind::Augmenter => template!("rust/augmenter.rs"),
                PluginKind::Metric => template!("rust/metric.rs"),
                PluginKind::Method => template!("rust/method.rs"),
            };
            let own = [
                ("Cargo.toml", template!("rust/Cargo.toml")),
                ("README.md", template!("rust/README.md")),
                (".gitignore", "/target\n"),
                ("src/lib.rs", source),
                ("tests/examples.rs", template!("rust/tests.rs")),
            ];
            Some(own.into_iter().chain(sdk::FILES).collect())
        }
        Language::C if kind == PluginKind::Metric => Some(vec![
            ("{{crate}}.c", template!("c/metric.c")),
            ("engraft.h", contract!("include/engraft.h")),
            ("README.md", template!("c/README.md")),
        ]),
        Language::C => None,
        Language::Python => {
            let source = match kind {
                PluginKind::Domain => template!("python/domain.py"),
                PluginKind::Preprocessor => template!("python/preprocessor.py"),
                PluginKind::Augmenter => template!("python/augmenter.py"),
                PluginKind::Metric => template!("python/metric.py"),
                PluginKind::Method => template!("python/method.py"),
            };
            let own = [
                ("plugin.py", source),
                ("engraft.py", template!("python/engraft.py")),
                ("README.md", template!("python/README.md")),
                (".gitignore", "/.venv\n__pycache__\n*.wasm\n"),
            ];
            Some(own.into_iter().chain(WIT).collect())
        }
        Language::Javascript => {
            let source = match kind {
                PluginKind::Domain => template!("javascript/domain.js"),
                PluginKind::Preprocessor => template!("javascript/preprocessor.js"),
                PluginKind::Augmenter => template!("javascript/augmenter.js"),
                PluginKind::Metric => template!("javascript/metric.js"),
                PluginKind::Method => template!("javascript/method.js"),
            };
            let own = [
                ("plugin.js", source),
                ("engraft.js", template!("javascript/engraft.js")),
                ("README.md", template!("javascript/README.md")),
                (".gitignore", "/node_modules\n*.wasm\n"),
            ];
            Some(own.into_iter().chain(WIT).collect())
        }
    }
}

/// The contract that components in other languages are built for.
const WIT: [File; 8] = [
    ("wit/plugin.wit", contract!("wit/plugin.wit")),
    ("wit/deps/augmenter-1.wit", contract!("wit/deps/augmenter-1.wit")),
    ("wit/deps/describe-1.wit", contract!("wit/deps/describe-1.wit")),
    ("wit/deps/domain-1.wit", contract!("wit/deps/domain-1.wit")),
    ("wit/deps/method-0.wit", contract!("wit/deps/method-0.wit")),
    ("wit/deps/metric-1.wit", contract!("wit/deps/metric-1.wit")),
    ("wit/deps/preprocessor-1.wit", contract!("wit/deps/preprocessor-1.wit")),
    ("wit/deps/text-1.wit", contract!("wit/deps/text-1.wit")),
];

/// Writes a new plugin's folder below `into`.
///
/// # Errors
/// `plugin.name` for a name that is none, `plugin.language` for a kind that the language has no template of,
/// `file.exists` for a folder that is there.
pub(crate) fn new(kind: PluginKind, name: &str, language: Language, into: PathBuf, screen: &Screen) -> Result<()> {
    if let Some(fault) = fault_of_id(name) {
        return Err(Failure::usage("plugin.name", fault));
    }
    let Some(files) = files(kind, language) else {
        let message = format!("expected a kind that {} has a template of, found {}", said(language), word(kind));
        return Err(Failure::usage("plugin.language", message).help(offered(language)));
    };
    let folder = into.join(name);
    if folder.exists() {
        let message = format!("expected a new folder, found `{}`", folder.display());
        return Err(
            Failure::usage("file.exists", message).help("give the plugin another name, or --into another folder")
        );
    }
    let write = |path: &str, text: String| {
        let path = folder.join(fill(path, kind, name));
        let made = fs::create_dir_all(path.parent().unwrap_or(&folder)).and_then(|()| fs::write(&path, text));
        made.map_err(|error| Failure::writing(&path, &error))
    };
    for (path, text) in files {
        // The contract is what it is; only the project's own files have places to fill in.
        let text = if path.starts_with("sdk/") { text.to_owned() } else { fill(text, kind, name) };
        write(path, text)?;
    }
    if language == Language::Rust {
        write("sdk/Cargo.toml", sdk::manifest())?;
    }
    screen.print(&format!("{}\n", folder.display()))?;
    screen.note(&format!("next: {} (README.md says the rest)", next(language, name)));
    Ok(())
}

/// The command that comes next, in the new folder.
fn next(language: Language, name: &str) -> String {
    let file = name.replace('-', "_");
    match language {
        Language::Rust => format!("cd {name} && cargo test"),
        Language::C => format!("cd {name} && cc -std=c99 -O2 -shared -fPIC -o lib{file}.so {file}.c"),
        Language::Python => {
            format!("cd {name} && python3 -m venv .venv && .venv/bin/pip install componentize-py==0.25.1")
        }
        Language::Javascript => format!("cd {name} && npm install --no-save @bytecodealliance/jco@1.35.0"),
    }
}

/// Fills in what depends on kind and name.
fn fill(text: &str, kind: PluginKind, name: &str) -> String {
    let pairs = [
        ("{{name}}", name.to_owned()),
        ("{{crate}}", name.replace('-', "_")),
        ("{{kind}}", word(kind).to_owned()),
        ("{{type}}", type_of(kind).to_owned()),
        ("{{table}}", table(kind).to_owned()),
    ];
    pairs.iter().fold(text.to_owned(), |text, (key, value)| text.replace(key, value))
}

fn word(kind: PluginKind) -> &'static str {
    match kind {
        PluginKind::Domain => "domain",
        PluginKind::Preprocessor => "preprocessor",
        PluginKind::Augmenter => "augmenter",
        PluginKind::Metric => "metric",
        PluginKind::Method => "method",
    }
}

/// The type that the Rust template of a kind calls its plugin.
fn type_of(kind: PluginKind) -> &'static str {
    match kind {
        PluginKind::Domain => "Terms",
        PluginKind::Preprocessor => "Tabs",
        PluginKind::Augmenter => "Typos",
        PluginKind::Metric => "Exact",
        PluginKind::Method => "Gate",
    }
}

/// The table of a kind in a run file.
fn table(kind: PluginKind) -> &'static str {
    match kind {
        PluginKind::Domain => "[domain]",
        PluginKind::Preprocessor => "[[preprocess]]",
        PluginKind::Augmenter => "[[augment]]",
        PluginKind::Metric => "[[metric]]",
        PluginKind::Method => "[method]",
    }
}

fn said(language: Language) -> &'static str {
    match language {
        Language::Rust => "Rust",
        Language::C => "C",
        Language::Python => "Python",
        Language::Javascript => "JavaScript",
    }
}

fn offered(language: Language) -> String {
    let kinds =
        [PluginKind::Domain, PluginKind::Preprocessor, PluginKind::Augmenter, PluginKind::Metric, PluginKind::Method];
    let there: Vec<&str> = kinds.into_iter().filter(|kind| files(*kind, language).is_some()).map(word).collect();
    format!("{} has {}; Rust has all kinds", said(language), there.join(", "))
}
