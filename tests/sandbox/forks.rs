//! Helpers that work while other tests of this process start programs.
//!
//! A new process inherits every open file of this one until its program starts. Until then, a file
//! that this process wrote and closed is still open for writing, so it cannot be run, and a lock
//! that it released is still held.

use std::fs::File;
use std::path::Path;
#[cfg(unix)]
use std::process::Command;
use std::time::{Duration, Instant};

/// Creates an executable shell script. A shell writes it, so that no other process has it open.
#[cfg(unix)]
pub(crate) fn write_script(path: &Path, script: &str) {
    let write = "printf '#!/bin/sh\\n%s\\n' \"$1\" >\"$2\" && chmod 755 \"$2\"";
    let written = Command::new("/bin/sh").args(["-c", write, "sh", script]).arg(path).status();
    assert!(written.expect("a shell").success(), "{} was not written", path.display());
}

/// Copies a program. Another process does it, so that no other one has the copy open.
#[cfg(unix)]
pub(crate) fn copy_program(program: &str, to: &Path) {
    let copied = Command::new("cp").arg(program).arg(to).status();
    assert!(copied.expect("cp").success(), "{} was not copied", to.display());
}

/// Returns whether the lock of this file becomes free within the time that a program takes to
/// start.
pub(crate) fn is_unlocked(path: &Path) -> bool {
    let file = File::options().write(true).open(path).expect("a lock");
    let started = Instant::now();
    while file.try_lock().is_err() {
        if started.elapsed() > Duration::from_secs(2) {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    true
}
