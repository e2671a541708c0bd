//! The C form of the contract, and the only hand-written `unsafe` of this crate.
//!
//! [`view`] holds the borrowed `#[repr(C)]` views that every loader passes: linked and native plugins
//! see the same pointers. What they mean is said where they are used ([`crate::text`]).

#![allow(unsafe_code)]

pub mod view;
pub mod views;
