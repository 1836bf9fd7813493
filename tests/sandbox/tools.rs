//! Programs of the system that tests call, and tests that cannot be made without something.

#![allow(clippy::print_stdout, reason = "a test that is skipped says so")]

use std::path::Path;

/// Whether a program is there, which must be where everything is tested. `remedy` tells how it comes there.
#[expect(clippy::disallowed_methods, reason = "tests look where the programs are")]
pub(crate) fn has(program: impl AsRef<Path>, remedy: &str) -> bool {
    let program = program.as_ref();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|directory| directory.join(program).exists());
    if !found {
        skipped(&format!("there is no {}: {remedy}", program.display()));
    }
    found
}

/// Says that a test could not be made here; where everything must be tested, that is a failure.
#[expect(clippy::disallowed_methods, reason = "the test script asks for a full run this way")]
pub(crate) fn skipped(reason: &str) {
    assert!(std::env::var_os("RW2FA_TEST_FULL").is_none(), "cannot be tested: {reason}");
    println!("skipped: {reason}");
}
