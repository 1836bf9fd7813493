//! What only Windows has: its accounts, its paths, its file names, files that others keep open.
//!
//! Run under Wine by `tests/windows.sh`. The lists of who may use a file are tested beside the code, in
//! `src/platform/windows/`.

#![cfg(windows)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where it fails")]
#![allow(clippy::disallowed_methods, reason = "real processes have the real environment")]

mod accounts;
mod files;
mod places;
#[path = "../sandbox/mod.rs"]
mod sandbox;
mod streams;
