//! Compiled components, kept in a folder: compiling takes a second or ten, reading back a millisecond.
//!
//! What is read back is machine code, and it is run. So the folder is ours alone, a file's name holds the hash
//! of the component and that of everything wasmtime's code depends on, and files appear by renaming, complete.

use sha2::{Digest, Sha256};
use std::hash::{Hash, Hasher};
use std::io::Write;
use std::path::Path;
use wasmtime::component::Component;
use wasmtime::error::Context;
use wasmtime::{Engine, Result, bail};

/// Compiles a component, or takes it from the cache.
///
/// # Errors
/// Bytes that are no component; a cache that is not ours alone, or cannot be written.
pub(super) fn compile(engine: &Engine, bytes: &[u8], hash: &str, cache: Option<&Path>) -> Result<Component> {
    let Some(folder) = cache else { return Component::from_binary(engine, bytes) };
    own(folder).with_context(|| format!("the cache folder `{}`", folder.display()))?;
    let file = folder.join(format!("{hash}-{:016x}.cwasm", environment(engine)));
    if file.exists()
        && let Ok(component) = read_back(engine, &file)
    {
        return Ok(component);
    }
    let component = Component::from_binary(engine, bytes)?;
    write(folder, &file, &component.serialize()?).with_context(|| format!("cannot write `{}`", file.display()))?;
    Ok(component)
}

/// Reads what [`write`] wrote.
fn read_back(engine: &Engine, file: &Path) -> Result<Component> {
    // SAFETY: the bytes are wasmtime's own: `own` has seen that nobody else may write into the folder, `write`
    // puts only `Component::serialize` there, complete or not at all, and wasmtime itself refuses a file of
    // another version or configuration.
    #[allow(unsafe_code)]
    unsafe {
        Component::deserialize_file(engine, file)
    }
}

fn write(folder: &Path, file: &Path, compiled: &[u8]) -> std::io::Result<()> {
    let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
    temporary.write_all(compiled)?;
    temporary.as_file().sync_all()?; // a file that is complete in name only would be run as it is
    temporary.persist(file)?;
    Ok(())
}

/// Makes the folder, or sees that it belongs to this user and that nobody else may enter it.
#[cfg(unix)]
fn own(folder: &Path) -> Result<()> {
    use std::os::unix::fs::{DirBuilderExt, MetadataExt};
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let found = std::fs::symlink_metadata(folder)?;
    if !found.is_dir() {
        bail!("expected a folder, found a link or a file");
    }
    if found.mode() & 0o077 != 0 {
        bail!("expected the rights 0700, found {:04o}: others could put code into it", found.mode() & 0o7777);
    }
    let ours = tempfile::tempfile_in(folder)?.metadata()?.uid();
    if found.uid() != ours {
        bail!("expected a folder of user {ours}, found one of user {}", found.uid());
    }
    Ok(())
}

/// Elsewhere folders of a user are closed to others by default.
#[cfg(not(unix))]
fn own(folder: &Path) -> Result<()> {
    Ok(std::fs::create_dir_all(folder)?)
}

/// Everything that compiled code depends on beside the component: wasmtime's version, settings, the processor.
fn environment(engine: &Engine) -> u64 {
    let mut hasher = Sha(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.finish()
}

struct Sha(Sha256);

impl Hasher for Sha {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
    fn finish(&self) -> u64 {
        let digest = self.0.clone().finalize();
        digest.iter().take(8).fold(0, |hash, byte| hash << 8 | u64::from(*byte))
    }
}
