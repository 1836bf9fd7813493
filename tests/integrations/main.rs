//! rw2fa inside of other software: real programs from Debian, with the configuration that the documents show.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where it fails")]

#[path = "../sandbox/mod.rs"]
mod sandbox;
mod socket;
