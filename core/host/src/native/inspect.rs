//! Reads the data symbol from a file, before any code of it runs.

use super::Fault;
use engraft_plugin::abi::table::{Entry, MAGIC, REVISION, SYMBOL, flag};
use object::{Architecture, File, Object, ObjectKind, ObjectSegment};
use std::mem::offset_of;

/// What an entry says before its functions: the part that stands in the file as it stands in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) magic: [u8; 8],
    pub(super) size: u32,
    pub(super) revision: u32,
    pub(super) flags: u32,
}

/// How many bytes a [`Head`] takes.
const HEAD: usize = offset_of!(Entry, flags) + size_of::<u32>();

impl From<&Entry> for Head {
    fn from(entry: &Entry) -> Self {
        Self { magic: entry.magic, size: entry.size, revision: entry.revision, flags: entry.flags }
    }
}

impl Head {
    fn read(bytes: &[u8]) -> Option<Self> {
        let number = |at: usize| bytes.get(at..at + 4)?.try_into().ok().map(u32::from_ne_bytes);
        Some(Self {
            magic: bytes.get(..8)?.try_into().ok()?,
            size: number(offset_of!(Entry, size))?,
            revision: number(offset_of!(Entry, revision))?,
            flags: number(offset_of!(Entry, flags))?,
        })
    }
}

/// The head of the entry in a library's bytes.
pub(super) fn entry(bytes: &[u8]) -> Result<Head, Fault> {
    let no_library = |found: String| Fault::NoLibrary { found };
    let file = File::parse(bytes).map_err(|error| no_library(format!("a file that is none ({error})")))?;
    if file.kind() != ObjectKind::Dynamic {
        return Err(no_library(format!("an object file of another kind ({:?})", file.kind())));
    }
    if !is_ours(file.architecture()) {
        let (theirs, ours) = (file.architecture(), std::env::consts::ARCH);
        return Err(no_library(format!("one for another machine ({theirs:?}, this one is {ours})")));
    }
    let missing = |found: &str| Fault::Entry { found: found.to_owned() };
    let exports = file.exports().map_err(|error| no_library(format!("one whose symbols cannot be read ({error})")))?;
    let named = |name: &[u8]| name == SYMBOL.as_bytes() || name.strip_prefix(b"_") == Some(SYMBOL.as_bytes());
    let export = exports.iter().find(|export| named(export.name()));
    let address = export.ok_or_else(|| missing("found no symbol of that name"))?.address();
    let head = file.segments().find_map(|segment| segment.data_range(address, HEAD as u64).ok().flatten());
    let head = head.and_then(Head::read);
    head.ok_or_else(|| missing("found a symbol of that name that holds no data in the file"))
}

/// Whether this host can call a library with such an entry.
pub(super) fn check(head: Head) -> Result<(), Fault> {
    if head.magic != MAGIC {
        let found = format!("found one that begins with {:?}", String::from_utf8_lossy(&head.magic));
        return Err(Fault::Entry { found });
    }
    if head.revision != REVISION {
        return Err(Fault::Revision { found: head.revision });
    }
    if (head.size as usize) < size_of::<Entry>() {
        let found = format!("found one of {} bytes where {} are needed", head.size, size_of::<Entry>());
        return Err(Fault::Entry { found });
    }
    if head.flags & flag::CATCHES == 0 {
        return Err(Fault::Panics);
    }
    Ok(())
}

/// Whether this process is of that architecture; one that is not known here is left to the system.
fn is_ours(architecture: Architecture) -> bool {
    match architecture {
        Architecture::X86_64 => cfg!(target_arch = "x86_64"),
        Architecture::I386 => cfg!(target_arch = "x86"),
        Architecture::Aarch64 => cfg!(target_arch = "aarch64"),
        Architecture::Arm => cfg!(target_arch = "arm"),
        Architecture::Riscv64 => cfg!(target_arch = "riscv64"),
        _ => true,
    }
}
