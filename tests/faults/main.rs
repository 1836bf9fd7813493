//! Processes under attack and under stress: killed, stopped, denied resources, in crowds, and with
//! hostile input.
//!
//! strace (Debian's package) makes system calls fail. Without it, or where it may not trace, the
//! tests that need it are skipped with a message; with `RW2FA_TEST_FULL=1` they fail instead. That
//! setting also makes the tests more thorough: minutes instead of seconds.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]
#![allow(clippy::print_stdout, reason = "tests report how much they tried")]
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
#[cfg(target_os = "linux")]
mod readers;
#[path = "../sandbox/mod.rs"]
mod sandbox;
#[cfg(target_os = "linux")]
mod stopped;
#[cfg(target_os = "linux")]
mod tracer;
