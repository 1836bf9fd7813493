//! The commands of the administration tool: what they do, print and refuse, in each output format.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod advanced;
#[cfg(target_os = "linux")]
mod asks;
mod audit;
#[cfg(target_os = "linux")]
mod comfort;
mod doctor;
mod errors;
mod explain;
mod health;
mod help_desk;
mod init;
mod key;
mod license;
mod lists;
mod messages;
#[cfg(target_os = "linux")]
mod mistyped;
mod monitoring;
mod preview;
#[cfg(target_os = "linux")]
mod prompt;
#[path = "../sandbox/mod.rs"]
mod sandbox;
mod status;
mod store;
mod users;
mod users_change;
mod users_from;
mod whitelist;
