//! Processes under attack and under stress: killed, stopped, starved of what they ask for, in crowds, and given
//! hostile input.
//!
//! strace (Debian's package) makes system calls fail. Without it, or where it may not trace, the tests that
//! need it say so and pass; with `RW2FA_TEST_FULL=1` they fail then. With it the harness does more, too: some
//! minutes instead of seconds.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where it fails")]
#![allow(clippy::print_stdout, reason = "a test tells how much it tried")]
#![allow(clippy::disallowed_methods, reason = "files and variables of the tests themselves")]

#[cfg(target_os = "linux")]
mod arena;
#[cfg(target_os = "linux")]
mod charges;
#[cfg(target_os = "linux")]
mod clocks;
#[cfg(target_os = "linux")]
mod crowd;
#[cfg(target_os = "linux")]
mod errors;
#[cfg(unix)]
mod hostile;
#[cfg(target_os = "linux")]
mod kills;
#[cfg(target_os = "linux")]
mod limits;
mod races;
#[path = "../sandbox/mod.rs"]
mod sandbox;
#[cfg(target_os = "linux")]
mod stopped;
#[cfg(target_os = "linux")]
mod tracer;
