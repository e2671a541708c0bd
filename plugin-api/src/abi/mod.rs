//! The C form of the contract, and the only hand-written `unsafe` of this crate.
//!
//! [`view`] holds the borrowed `#[repr(C)]` views that every loader passes: linked and native plugins
//! see the same pointers. What they mean is said where they are used ([`crate::text`]). [`table`] holds
//! the functions of a native library, which `export` fills for whatever is registered; [`answer`]
//! reads what came through them from a plugin that is not trusted to be right.

#![allow(unsafe_code)]

pub mod answer;
#[cfg(not(target_family = "wasm"))]
mod export;
pub mod table;
pub mod view;
pub mod views;

#[cfg(not(target_family = "wasm"))]
pub use export::own;

#[cfg(test)]
mod header_tests;
