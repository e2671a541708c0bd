//! The book keeps up with the code: every error code has its section, every link leads somewhere, every
//! page stands in the summary.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All files below a folder with this ending, in order.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())).flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|found| found == ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// What stands before the dot in codes of the engine, the host, the command line and the contract.
const FAMILIES: [&str; 24] = [
    "checkpoint",
    "config",
    "data",
    "device",
    "edit",
    "engine",
    "file",
    "graft",
    "hole",
    "label",
    "merge",
    "method",
    "metric",
    "model",
    "plan",
    "plugin",
    "row",
    "run",
    "setting",
    "settings",
    "span",
    "text",
    "train",
    "variation",
];
/// Keys and names that look like codes.
const NO_CODES: [&str; 7] =
    ["data.train", "data.dev", "data.test", "data.format", "model.grafts", "model.head", "model.lstm"];
/// Endings of file names that look like codes.
const ENDINGS: [&str; 9] = ["csv", "html", "js", "json", "jsonl", "py", "safetensors", "toml", "txt"];
/// Calls whose first text is a code, whatever stands before its dot.
const CALLS: [&str; 5] = ["Error::new(", "Failure::usage(", "Failure::run(", "Self::usage(", "Self::run("];

/// The codes that a source file names outside of its tests and comments.
fn codes(source: &str) -> BTreeSet<String> {
    let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let mut found = BTreeSet::new();
    let mut before = String::new(); // what stands before a text: on its line, or at the end of the one above
    for line in source.lines().map(str::trim).filter(|line| !line.starts_with("//")) {
        for (at, text) in texts(line) {
            before.push_str(&line[..at]);
            if is_code(text, CALLS.iter().any(|call| before.trim_end().ends_with(call))) {
                found.insert(text.to_owned());
            }
            before.clear();
        }
        line.clone_into(&mut before);
    }
    found
}

/// The plain texts between quotation marks, and where each begins.
fn texts(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let marks: Vec<usize> = line.match_indices('"').map(|(at, _)| at).collect();
    marks.chunks_exact(2).map(|pair| (pair[0], &line[pair[0] + 1..pair[1]])).collect::<Vec<_>>().into_iter()
}

fn is_code(text: &str, is_called: bool) -> bool {
    let is_word =
        |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || "-0123456789".contains(c));
    match text.split_once('.') {
        Some((family, rest)) => {
            let is_known = is_called || FAMILIES.contains(&family);
            is_known && is_word(family) && is_word(rest) && !ENDINGS.contains(&rest) && !NO_CODES.contains(&text)
        }
        None => is_called && is_word(text),
    }
}

/// Sources whose codes a user may meet.
fn sources() -> Vec<PathBuf> {
    let is_for_tests = |path: &PathBuf| {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let in_tests = path.components().any(|part| part.as_os_str() == "tests");
        in_tests || stem.ends_with("tests") || ["roundtrip", "sample", "testing"].contains(&&*stem)
    };
    let mut all: Vec<PathBuf> =
        ["core", "plugin-api/src", "plugins"].iter().flat_map(|folder| files(&root().join(folder), "rs")).collect();
    all.retain(|path| !is_for_tests(path));
    all
}

#[test]
fn every_error_code_has_a_section_and_every_section_is_a_code() {
    let book = read(&root().join("docs/errors.md"));
    let sections: BTreeSet<String> =
        book.lines().filter_map(|line| line.strip_prefix("## ")).map(str::to_owned).collect();
    let declared: BTreeSet<String> = sources().iter().flat_map(|path| codes(&read(path))).collect();
    assert!(declared.len() > 60, "the sources name more codes than {declared:?}");
    // A plugin's refusal of a setting is called after the setting; one section speaks of all of them.
    let any_setting = "settings.…";
    let is_told =
        |code: &&String| sections.contains(*code) || (code.starts_with("settings.") && sections.contains(any_setting));
    let missing: Vec<&String> = declared.iter().filter(|code| !is_told(code)).collect();
    assert!(missing.is_empty(), "docs/errors.md has no section for {missing:?}");
    let stale: Vec<&String> = sections.difference(&declared).filter(|section| *section != any_setting).collect();
    assert!(stale.is_empty(), "docs/errors.md speaks of codes that no source names: {stale:?}");
}

/// Lines outside of code blocks, code within them left out.
fn prose(text: &str) -> String {
    let mut out = String::new();
    let mut is_code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            out.extend(line.split('`').step_by(2));
            out.push('\n');
        }
    }
    out
}

/// The targets of links and images that lead to files.
fn links(text: &str) -> Vec<String> {
    let after = |part: &str| part.split_once(')').map(|(target, _)| target.to_owned());
    let targets = prose(text).split("](").skip(1).filter_map(after).collect::<Vec<_>>();
    targets.into_iter().filter(|target| !target.contains("://") && !target.starts_with("mailto:")).collect()
}

/// The names by which headings are linked to, as mdBook and GitHub make them.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut is_code = false;
    let mut found = BTreeSet::new();
    for line in text.lines() {
        is_code ^= line.trim_start().starts_with("```");
        if !is_code && line.starts_with('#') {
            let title = line.trim_start_matches('#').trim();
            if let Some((_, own)) = title.strip_suffix('}').and_then(|title| title.split_once("{#")) {
                found.insert(own.to_owned());
                continue;
            }
            let kept = title.chars().filter(|c| c.is_alphanumeric() || "-_ ".contains(*c));
            found.insert(kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect());
        }
    }
    found
}

#[test]
fn every_link_leads_to_a_file_that_is_there_and_to_a_heading_in_it() {
    let mut pages = files(&root().join("docs"), "md");
    pages.push(root().join("README.md"));
    pages.extend(files(&root().join("examples"), "md"));
    let mut broken = Vec::new();
    for page in pages {
        for link in links(&read(&page)) {
            let (file, heading) = link.split_once('#').unwrap_or((&link, ""));
            let target =
                if file.is_empty() { page.clone() } else { page.parent().expect("a file has a folder").join(file) };
            let has_heading = || heading.is_empty() || anchors(&read(&target)).contains(heading);
            if !target.exists() || (target.extension().is_some_and(|ending| ending == "md") && !has_heading()) {
                broken.push(format!("{}: {link}", page.strip_prefix(root()).unwrap_or(&page).display()));
            }
        }
    }
    assert!(broken.is_empty(), "links that lead nowhere:\n{}", broken.join("\n"));
}

#[test]
fn every_page_of_the_book_stands_in_its_summary() {
    let docs = root().join("docs");
    let summary: BTreeSet<PathBuf> =
        links(&read(&docs.join("SUMMARY.md"))).iter().map(|link| docs.join(link)).collect();
    let pages = files(&docs, "md").into_iter().filter(|page| !page.ends_with("SUMMARY.md"));
    let missing: Vec<PathBuf> = pages.filter(|page| !summary.contains(page)).collect();
    assert!(missing.is_empty(), "docs/SUMMARY.md does not list {missing:?}");
}
