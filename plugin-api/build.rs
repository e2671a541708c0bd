//! Does nothing but exist: `links` needs a build script, and `links` is what turns two contract
//! versions in one binary into a clear cargo error.
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
}
