//! rw2fa together with the real programs of others.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]
#![cfg(unix)]

mod radius;
#[path = "../sandbox/mod.rs"]
mod sandbox;
