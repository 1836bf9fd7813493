//! What users read and copy: README.md, docs/, the examples, completions, help and manual pages.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where it fails")]

#[cfg(unix)]
mod callers;
#[cfg(unix)]
mod examples;
#[cfg(unix)]
mod files;
mod generated;
mod homes;
mod links;
mod pages;
#[cfg(unix)]
mod powershell;
#[cfg(unix)]
mod programs;
#[cfg(unix)]
mod recipes;
#[path = "../sandbox/mod.rs"]
mod sandbox;
mod settings;
#[cfg(target_os = "linux")]
mod shells;
mod tables;
#[cfg(unix)]
mod tour;
