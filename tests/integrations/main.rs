//! rw2fa together with the real software that calls it, or that it calls: each file is one of them.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where it fails")]
#![allow(clippy::disallowed_methods, reason = "files of the tests themselves")]

#[path = "../portal/beside.rs"]
mod beside;
mod desktop;
mod ended;
mod nagios;
mod namespace;
mod nginx;
mod pam;
mod prometheus;
mod radius;
mod rsyslog;
#[path = "../sandbox/mod.rs"]
mod sandbox;
mod socket;
mod terminal;
