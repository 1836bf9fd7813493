//! What happens when a system call does not: programs that are killed, stopped, or refused what they ask for
//! at each step of their work, and crowds of them.
//!
//! strace (Debian's package) makes the calls fail. Without it, or where it may not trace, these tests say
//! so and pass; with `RW2FA_TEST_FULL=1` they fail then. With it the harness does more, too: some minutes
//! instead of seconds.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where it fails")]
#![allow(clippy::print_stdout, reason = "a test tells how much it tried")]
#![allow(clippy::disallowed_methods, reason = "files and variables of the tests themselves")]

mod arena;
mod charges;
mod clocks;
mod crowd;
mod errors;
mod kills;
mod limits;
#[path = "../sandbox/mod.rs"]
mod sandbox;
mod stopped;
mod tracer;

/// Whether everything is to be tried.
fn is_full() -> bool {
    std::env::var_os("RW2FA_TEST_FULL").is_some()
}
