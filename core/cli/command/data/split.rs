//! `engraft data split`: parts, and a manifest that says how they came about.

use super::tell;
use crate::error::{Failure, Result};
use crate::output::{Screen, pretty};
use engraft_data::check::format_of;
use engraft_data::{Error, Options, Record, Split, WriteOptions, read_all, split, write_all};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

/// `manifest.json`.
#[derive(Serialize)]
struct Manifest {
    engraft: &'static str,
    /// The file or folder that was divided, and the hash of each of its files.
    input: PathBuf,
    input_files: BTreeMap<String, String>,
    #[serde(flatten)]
    how: Split,
    /// Records that stayed together count as one.
    units: usize,
    near_duplicate_clusters: usize,
    files: Vec<Part>,
}

#[derive(Serialize)]
struct Part {
    name: String,
    file: String,
    records: usize,
    labels: BTreeMap<String, usize>,
    span_labels: BTreeMap<String, usize>,
    /// The hash of each of its files.
    sha256: BTreeMap<String, String>,
}

pub(super) fn run(
    input: &Path,
    out: &Path,
    how: &Split,
    options: &Options,
    write: &WriteOptions,
    screen: &Screen,
) -> Result<()> {
    let (records, notes) = read_all(input, options)?;
    tell(&notes, screen);
    let found = split(&records, how)?;
    let format = write
        .format
        .or_else(|| format_of(input, options))
        .ok_or_else(|| Error::UnknownFormat { path: input.to_owned() })?;
    let write = WriteOptions { format: Some(format), ..write.clone() };
    std::fs::create_dir_all(out).map_err(|error| Failure::writing(out, &error))?;
    let mut files = Vec::new();
    for (number, (name, _)) in how.parts.iter().enumerate() {
        let file = format.ending().map_or_else(|| name.clone(), |ending| format!("{name}.{ending}"));
        let part: Vec<&Record> =
            records.iter().zip(&found.parts).filter(|(_, part)| **part == number).map(|(record, _)| record).collect();
        let path = out.join(&file);
        write_all(&path, &write, part.iter().copied())?;
        let (mut labels, mut span_labels) = (BTreeMap::new(), BTreeMap::new());
        for record in &part {
            record.labels.iter().for_each(|label| *labels.entry(label.clone()).or_default() += 1);
            record.spans.iter().for_each(|span| *span_labels.entry(span.label.clone()).or_default() += 1);
        }
        screen.print(&format!("{:>9} records in {}\n", part.len(), path.display()))?;
        files.push(Part { name: name.clone(), file, records: part.len(), labels, span_labels, sha256: hashes(&path)? });
    }
    let manifest = Manifest {
        engraft: env!("CARGO_PKG_VERSION"),
        input: input.to_owned(),
        input_files: hashes(input)?,
        how: how.clone(),
        units: found.units,
        near_duplicate_clusters: found.clusters,
        files,
    };
    let path = out.join("manifest.json");
    std::fs::write(&path, pretty(&manifest)).map_err(|error| Failure::writing(&path, &error))
}

/// SHA-256 by file, of a file or of all below a folder.
fn hashes(path: &Path) -> Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    gather(path, path, &mut found).map_err(|error| Failure::reading(path, "data file", &error))?;
    Ok(found)
}

fn gather(root: &Path, path: &Path, found: &mut BTreeMap<String, String>) -> std::io::Result<()> {
    if path.is_dir() {
        for entry in std::fs::read_dir(path)? {
            gather(root, &entry?.path(), found)?;
        }
        return Ok(());
    }
    let mut file = std::fs::File::open(path)?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
    }
    let below = path.strip_prefix(root).ok().filter(|below| !below.as_os_str().is_empty());
    let name =
        below.map_or_else(|| path.file_name().unwrap_or_default().to_string_lossy(), |below| below.to_string_lossy());
    let digits = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    found.insert(name.into_owned(), digits);
    Ok(())
}
