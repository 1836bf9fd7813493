//! What only Windows has: its accounts, its paths, its file names, files opened by other programs.
//!
//! Run under Wine by `tests/windows.sh`. Access lists are tested beside the code, in
//! `src/platform/windows/`.

#![cfg(windows)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]
#![allow(clippy::disallowed_methods, reason = "real processes have the real environment")]

mod accounts;
mod files;
mod places;
#[path = "../sandbox/mod.rs"]
mod sandbox;
mod streams;
