//! rw2fa together with the real software that calls it: each file is one of them.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod desktop;
mod namespace;
mod pam;
#[path = "../sandbox/mod.rs"]
mod sandbox;
mod terminal;
