//! What only Windows has: its accounts, its paths, its file names, files that others keep open.
//!
//! Run under Wine by `tests/windows.sh`. The lists of who may use a file are tested beside the code, in
//! `src/platform/windows/`.

#![cfg(windows)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where it fails")]
#![allow(clippy::print_stdout, reason = "a test that is skipped says so")]
#![allow(clippy::disallowed_methods, reason = "real processes have the real environment")]

mod accounts;
mod files;
mod places;
#[path = "../sandbox/mod.rs"]
mod sandbox;
mod streams;

/// Says that a test could not be made here; where everything must be tested, that is a failure.
fn skipped(reason: &str) {
    assert!(std::env::var_os("RW2FA_TEST_FULL").is_none(), "cannot be tested: {reason}");
    println!("skipped: {reason}");
}
