//! Programs of the system that tests call, and tests that cannot be made without something.

#![allow(clippy::print_stdout, reason = "a test that is skipped says so")]
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::path::Path;
#[cfg(unix)]
use std::process::Command;

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

/// Whether root runs this test. Nobody else is kept from running all the others, so that what only root can
/// test is left out even where everything must be tested.
#[cfg(unix)]
pub(crate) fn is_root() -> bool {
    let is_root = nix::unistd::geteuid().is_root();
    if !is_root {
        println!("skipped: only root can test this");
    }
    is_root
}

/// Whether a test may take the place of the system's store and programs, for itself alone.
#[cfg(unix)]
pub(crate) fn may_be_the_system() -> bool {
    if !is_root() {
        return false;
    }
    let unshare = Command::new("unshare").args(["-m", "setpriv", "--version"]).output();
    if !unshare.is_ok_and(|output| output.status.success()) {
        skipped("there are no mount namespaces, or no util-linux");
        return false;
    }
    if Path::new("/var/lib/rw2fa").exists() {
        skipped("this machine has a system store");
        return false;
    }
    true
}
