//! `rw2fa-radius`: the second factor for FreeRADIUS, run by its `exec` module.
//!
//! FreeRADIUS checks the password and calls this program, which asks `rw2fa-verify`. If the user needs a code, the
//! reply is a challenge: a message, and a State that the next request repeats together with the code. The State
//! proves that the password was right.
//!
//! The command line exists on every system, for the manual page; the program works on Unix only.

pub mod arguments;
#[cfg(unix)]
mod attributes;
#[cfg(unix)]
mod program;
#[cfg(unix)]
mod reply;
#[cfg(unix)]
mod tickets;
#[cfg(unix)]
mod verifier;

#[cfg(unix)]
pub use program::main;
