//! Functions whose bits are the same on every machine and through every loader.
//!
//! `f64::tanh` and its kin come from the system's C library: native and WebAssembly builds differ in
//! one result of eight. These come from the [`libm`] crate and never do. Plain `+ − × ÷`, `sqrt` and
//! `mul_add` are exact everywhere and need no replacement.

pub use libm::{
    acos, asin, atan, atan2, cbrt, cos, cosh, erf, exp, exp2, expf, expm1, fabs, floor, hypot, lgamma, log, log1p,
    log2, log10, logf, pow, powf, round, sin, sinh, tan, tanh, tanhf, trunc,
};
