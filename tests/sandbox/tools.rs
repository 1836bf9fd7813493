//! System programs that tests call, and tests that are skipped without them.

#![allow(clippy::print_stdout, reason = "a skipped test reports it")]
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::path::Path;
#[cfg(unix)]
use std::process::Command;

/// Returns whether a program is installed. A full run fails without it. `remedy` explains how to
/// install it.
pub(crate) fn has(program: impl AsRef<Path>, remedy: &str) -> bool {
    let program = program.as_ref();
    let found = is_on_path(program);
    if !found {
        skipped(&format!("there is no {}: {remedy}", program.display()));
    }
    found
}

/// Returns whether a program is on the path, or at this path.
#[expect(clippy::disallowed_methods, reason = "tests look where the programs are")]
pub(crate) fn is_on_path(program: impl AsRef<Path>) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program.as_ref()).exists())
}

/// Reports a skipped test; in a full run, fails instead.
#[expect(clippy::disallowed_methods, reason = "the test script asks for a full run this way")]
pub(crate) fn skipped(reason: &str) {
    assert!(std::env::var_os("RW2FA_TEST_FULL").is_none(), "cannot be tested: {reason}");
    println!("skipped: {reason}");
}

/// Returns whether root runs this test. Other accounts may run a full test too, so tests that only
/// root can run are skipped even then.
#[cfg(unix)]
pub(crate) fn is_root() -> bool {
    let is_root = nix::unistd::geteuid().is_root();
    if !is_root {
        println!("skipped: only root can test this");
    }
    is_root
}

/// Returns whether a test may replace the system's store and programs, for itself alone.
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
