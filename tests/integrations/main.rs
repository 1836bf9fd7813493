//! rw2fa together with other programs, as they are installed: each of them is run for real.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]
#![allow(clippy::disallowed_methods, reason = "files of the tests themselves")]

#[path = "../portal/beside.rs"]
mod beside;
mod nagios;
mod nginx;
mod prometheus;
mod rsyslog;
#[path = "../sandbox/mod.rs"]
mod sandbox;
