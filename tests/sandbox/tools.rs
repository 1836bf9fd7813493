//! Programs of the system that tests call.

#![allow(clippy::print_stdout, reason = "a test that is skipped says so")]

use std::path::Path;

/// Whether a program is there, which must be where everything is tested. `remedy` tells how it comes there.
#[expect(clippy::disallowed_methods, reason = "tests look where the programs are")]
pub(crate) fn has(program: impl AsRef<Path>, remedy: &str) -> bool {
    let program = program.as_ref();
    let path = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&path).any(|directory| directory.join(program).exists()) {
        return true;
    }
    let full = std::env::var_os("RW2FA_TEST_FULL").is_some();
    assert!(!full, "{} is missing: {remedy}", program.display());
    println!("skipped: there is no {}", program.display());
    false
}
