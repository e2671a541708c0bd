//! What a component may import: WASI 0.2, and types of ours.

use wasmtime::Engine;
use wasmtime::component::Component;

/// Refuses a component that asks for anything beyond the sandbox, before any of it runs.
///
/// # Errors
/// Names the import.
pub(super) fn check(component: &Component, engine: &Engine) -> Result<(), String> {
    let kind = component.component_type();
    for (name, _) in kind.imports(engine) {
        if !is_known(name) {
            return Err(format!("it imports `{name}`; a plugin may import `wasi:…@0.2` and `engraft:text/types@1`"));
        }
    }
    Ok(())
}

fn is_known(name: &str) -> bool {
    let Some((interface, version)) = name.split_once('@') else { return false };
    let is_of = |release: &str| version == release || version.starts_with(&format!("{release}."));
    (interface.starts_with("wasi:") && is_of("0.2")) || (interface == "engraft:text/types" && is_of("1"))
}

#[cfg(test)]
mod tests {
    use super::is_known;

    #[test]
    fn only_wasi_and_our_types_may_be_imported() {
        for known in ["wasi:cli/environment@0.2.0", "wasi:io/poll@0.2.6", "engraft:text/types@1.0.0"] {
            assert!(is_known(known), "{known}");
        }
        for unknown in
            ["wasi:cli/environment", "wasi:cli/run@0.3.0", "wasi:cli/run@0.20.0", "engraft:host/files@1.0.0", "fetch"]
        {
            assert!(!is_known(unknown), "{unknown}");
        }
    }
}
