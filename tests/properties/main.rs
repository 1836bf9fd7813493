//! Many logins, compared with a second implementation: a model, `rw2fa explain`, `oathtool`, a table of
//! spellings.
//!
//! Left out under Wine by `tests/windows.sh`: they take long there, and hardly meet the system.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where it fails")]

mod explain;
mod history;
mod oathtool;
#[path = "../sandbox/mod.rs"]
mod sandbox;
mod spellings;
