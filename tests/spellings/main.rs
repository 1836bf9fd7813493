//! One account in all its spellings, end to end: which rule applied, and that no spelling is a way around.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where it fails")]

mod property;
#[path = "../sandbox/mod.rs"]
mod sandbox;
mod table;
