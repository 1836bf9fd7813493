//! The store on disk: file permissions, damaged documents, names, the audit trail and its copies.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

#[cfg(unix)]
mod access;
mod audit_trail;
mod documents;
#[cfg(unix)]
mod full_disk;
mod names;
#[path = "../sandbox/mod.rs"]
mod sandbox;
#[cfg(unix)]
mod system_log;
