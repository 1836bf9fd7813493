//! What users read and copy: README.md, the examples, the completions, the help and the manual pages.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where it fails")]

#[cfg(unix)]
mod examples;
mod generated;
#[cfg(unix)]
mod readme;
#[cfg(unix)]
mod recipes;
#[path = "../sandbox/mod.rs"]
mod sandbox;
mod settings;
#[cfg(target_os = "linux")]
mod shells;
mod tables;
