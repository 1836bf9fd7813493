//! Many logins, compared with a second implementation: a model, `rw2fa explain`, `oathtool`, a
//! table of spellings.
//!
//! `tests/windows.sh` leaves them out under Wine: they are slow there, and hardly use the operating
//! system.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod explain;
mod history;
mod oathtool;
#[path = "../sandbox/mod.rs"]
mod sandbox;
mod spellings;
