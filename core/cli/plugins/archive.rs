//! Unpacks a plugin archive, a zip or a gzipped tar, which comes from outside: no path in it may leave the
//! folder, nothing in it may be a link, and it may not unpack to more than a plugin can need.

use flate2::read::GzDecoder;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use zip::ZipArchive;

/// Bytes that an archive may unpack to; a component in Python has 40 MiB.
const LARGEST: u64 = 512 << 20;
/// Entries that an archive may have.
const MOST: usize = 1000;

/// What kind of archive a file is, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A zip file.
    Zip,
    /// A gzipped tar file.
    TarGz,
}

impl Form {
    /// The form of a file, or `None` when it is no archive.
    pub(crate) fn of(file: &Path) -> Option<Self> {
        let mut magic = [0; 4];
        File::open(file).and_then(|mut file| file.read_exact(&mut magic)).ok()?;
        match magic {
            [b'P', b'K', 3, 4] => Some(Self::Zip),
            [0x1f, 0x8b, ..] => Some(Self::TarGz),
            _ => None,
        }
    }
}

/// Unpacks an archive into a folder that is there and empty.
///
/// # Errors
/// What was expected and found; what was unpacked by then is left to the caller to remove.
pub(crate) fn unpack(archive: &Path, form: Form, folder: &Path) -> Result<(), String> {
    let file = File::open(archive).map_err(said)?;
    let mut unpacked = Unpacked { folder, left: LARGEST, entries: 0 };
    match form {
        Form::Zip => {
            let mut zip = ZipArchive::new(file).map_err(|error| format!("expected a zip archive: {error}"))?;
            for index in 0..zip.len() {
                let mut entry = zip.by_index(index).map_err(said)?;
                let name = entry.name().map_err(said)?.into_owned();
                let kind = match () {
                    () if entry.is_symlink() => Kind::Other,
                    () if entry.is_dir() => Kind::Folder,
                    () => Kind::File,
                };
                unpacked.take(Path::new(&name), kind, &mut entry)?;
            }
        }
        Form::TarGz => {
            // A tar may name any number of zeros between entries: what is read of it is limited, too.
            let mut tar = tar::Archive::new(GzDecoder::new(file).take(LARGEST + (MOST as u64) * 1024));
            let read = |error| format!("expected a gzipped tar archive: {error}");
            for entry in tar.entries().map_err(read)? {
                let mut entry = entry.map_err(read)?;
                let name = entry.path().map_err(read)?.into_owned();
                let kind = match entry.header().entry_type() {
                    tar::EntryType::Regular => Kind::File,
                    tar::EntryType::Directory => Kind::Folder,
                    tar::EntryType::XGlobalHeader => continue,
                    _ => Kind::Other,
                };
                unpacked.take(&name, kind, &mut entry)?;
            }
        }
    }
    Ok(())
}

enum Kind {
    File,
    Folder,
    /// A link, a device, a pipe.
    Other,
}

/// What of an archive lies in the folder by now.
struct Unpacked<'a> {
    folder: &'a Path,
    left: u64,
    entries: usize,
}

impl Unpacked<'_> {
    fn take(&mut self, name: &Path, kind: Kind, content: &mut impl Read) -> Result<(), String> {
        let shown = name.display();
        self.entries += 1;
        if self.entries > MOST {
            return Err(format!("expected at most {MOST} entries, found more"));
        }
        let path = self.folder.join(enclosed(name).ok_or_else(|| format!("`{shown}` would leave the folder"))?);
        match kind {
            Kind::Other => Err(format!("`{shown}` is no file and no folder; links are not followed")),
            Kind::Folder => fs::create_dir_all(&path).map_err(said),
            Kind::File => {
                fs::create_dir_all(path.parent().unwrap_or(self.folder)).map_err(said)?;
                let mut out = File::create_new(&path).map_err(|error| format!("`{shown}`: {error}"))?;
                let written = io::copy(&mut content.take(self.left + 1), &mut out).map_err(said)?;
                let too_much = || format!("expected at most {LARGEST} bytes in all, found more");
                self.left = self.left.checked_sub(written).ok_or_else(too_much)?;
                Ok(())
            }
        }
    }
}

/// The path of an entry, if it stays in the folder it is put into.
fn enclosed(name: &Path) -> Option<PathBuf> {
    let mut path = PathBuf::new();
    for part in name.components() {
        match part {
            Component::Normal(part) => path.push(part),
            Component::CurDir => {}
            _ => return None,
        }
    }
    Some(path)
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;
    use zip::write::{SimpleFileOptions, ZipWriter};

    /// A gzipped tar of entries: name, kind, content (of a link: where it leads).
    fn tar(entries: &[(&str, tar::EntryType, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for (name, kind, content) in entries {
            let mut header = tar::Header::new_gnu();
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_entry_type(*kind);
            header.set_mode(0o644);
            if *kind == tar::EntryType::Regular {
                header.set_size(content.len() as u64);
            } else {
                header.set_size(0);
                header.as_old_mut().linkname[..content.len()].copy_from_slice(content);
            }
            header.set_cksum();
            let content = if *kind == tar::EntryType::Regular { content } else { &[][..] };
            builder.append(&header, content).expect("it is written to memory");
        }
        builder.into_inner().expect("it ends").finish().expect("it ends")
    }

    fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = ZipWriter::new(io::Cursor::new(Vec::new()));
        for (name, content) in entries {
            zip.start_file(*name, SimpleFileOptions::default()).expect("it is written to memory");
            zip.write_all(content).expect("it is written to memory");
        }
        zip.finish().expect("it ends").into_inner()
    }

    /// Unpacks bytes and answers what lies in the folder, or why it is refused.
    fn unpacked(bytes: &[u8]) -> Result<Vec<String>, String> {
        let folder = tempfile::tempdir().expect("there is room");
        let (archive, into) = (folder.path().join("archive"), folder.path().join("into"));
        fs::write(&archive, bytes).expect("there is room");
        fs::create_dir(&into).expect("there is room");
        let form = Form::of(&archive).ok_or("no archive")?;
        let result = unpack(&archive, form, &into);
        assert!(!folder.path().join("out").exists(), "nothing leaves the folder");
        result?;
        let names = fs::read_dir(&into).expect("it is there").flatten();
        Ok(names.map(|entry| entry.file_name().into_string().expect("a plain name")).collect())
    }

    #[test]
    fn files_of_both_forms_come_out() {
        let regular = tar::EntryType::Regular;
        assert_eq!(unpacked(&tar(&[("a.wasm", regular, b"x")])), Ok(vec!["a.wasm".to_owned()]));
        assert_eq!(unpacked(&zip(&[("./a.wasm", b"x")])), Ok(vec!["a.wasm".to_owned()]));
    }

    #[test]
    fn paths_that_leave_the_folder_are_refused() {
        for name in ["../out", "a/../../out", "/tmp/out"] {
            let refused = [unpacked(&tar(&[(name, tar::EntryType::Regular, b"x")])), unpacked(&zip(&[(name, b"x")]))];
            for result in refused {
                assert!(result.as_ref().is_err_and(|why| why.contains("would leave the folder")), "{name}: {result:?}");
            }
        }
    }

    #[test]
    fn links_devices_and_pipes_are_refused() {
        for kind in [tar::EntryType::Symlink, tar::EntryType::Link, tar::EntryType::Fifo, tar::EntryType::Block] {
            let result = unpacked(&tar(&[("plugin.wasm", kind, b"/etc/passwd")]));
            assert!(result.as_ref().is_err_and(|why| why.contains("links are not followed")), "{kind:?}: {result:?}");
        }
        let mut zip = ZipWriter::new(io::Cursor::new(Vec::new()));
        zip.add_symlink("plugin.wasm", "/etc/passwd", SimpleFileOptions::default()).expect("it is written to memory");
        let result = unpacked(&zip.finish().expect("it ends").into_inner());
        assert!(result.as_ref().is_err_and(|why| why.contains("links are not followed")), "{result:?}");
    }

    #[test]
    fn ten_gigabytes_of_zeros_are_refused_before_they_lie_on_the_disk() {
        let folder = tempfile::tempdir().expect("there is room");
        let archive = folder.path().join("zeros.zip");
        let mut zip = ZipWriter::new(File::create(&archive).expect("there is room"));
        let options = SimpleFileOptions::default().large_file(true).compression_level(Some(1));
        zip.start_file("plugin.wasm", options).expect("it is written");
        io::copy(&mut io::repeat(0).take(LARGEST + 2), &mut zip).expect("it is written");
        zip.finish().expect("it ends");
        let why = unpack(&archive, Form::Zip, folder.path()).expect_err("it is too much");
        assert!(why.contains("expected at most"), "{why}");

        let header = {
            let mut header = tar::Header::new_gnu();
            header.set_path("a.wasm").expect("it fits");
            header.set_size(10 << 30);
            header.set_cksum();
            header
        };
        let mut tar = GzEncoder::new(Vec::new(), Compression::fast());
        tar.write_all(header.as_bytes()).expect("it is written to memory");
        io::copy(&mut io::repeat(0).take(LARGEST + (4 << 20)), &mut tar).expect("it is written to memory");
        let why = unpacked(&tar.finish().expect("it ends")).expect_err("it is too much");
        assert!(why.contains("expected at most"), "{why}");
    }

    #[test]
    fn too_many_entries_and_half_an_archive_are_refused() {
        let many: Vec<(String, &[u8])> = (0..=MOST).map(|n| (n.to_string(), &b""[..])).collect();
        let many: Vec<(&str, &[u8])> = many.iter().map(|(name, content)| (name.as_str(), *content)).collect();
        assert!(unpacked(&zip(&many)).is_err_and(|why| why.contains("entries")));
        let whole = zip(&[("a", b"content that is long enough")]);
        assert!(unpacked(&whole[..whole.len() / 2]).is_err());
        let whole = tar(&[("a", tar::EntryType::Regular, &[7; 4096])]);
        assert!(unpacked(&whole[..whole.len() / 2]).is_err());
        assert!(unpacked(b"MZ no archive").is_err());
    }
}
