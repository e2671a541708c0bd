//! Chores of the project that tests use too.

pub mod book;
