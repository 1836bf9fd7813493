//! The portal protocol: which rule decides, how it is answered, and what is a bug in the caller.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where it fails")]

mod answers;
mod order;
mod reasons;
#[path = "../sandbox/mod.rs"]
mod sandbox;
mod usage;
