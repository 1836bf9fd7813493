//! Names of users, groups and whitelist entries: how they are written, compared and listed.
//!
//! Holds domain types and rules only: no files, no clock, no randomness.

mod folding;
pub mod listing;
pub mod matching;
pub mod name;
pub mod pattern;
pub mod spelling;
