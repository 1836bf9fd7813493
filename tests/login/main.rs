//! Logins through the verifier: enrolment, codes, locks and grants, listed groups, and the protocol of the
//! portal.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod groups;
mod lifecycle;
mod protocol;
#[path = "../sandbox/mod.rs"]
mod sandbox;
