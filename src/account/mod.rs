//! Accounts: names, users, groups, the whitelist, and what the program remembers of each user.
//!
//! Domain types and rules only: no files, no clock, no randomness.

pub mod attempts;
mod folding;
pub mod grant;
pub mod listing;
pub mod lockout;
pub mod matching;
pub mod name;
pub mod recovery;
pub mod showing;
pub mod sms;
pub mod spelling;
pub mod state;
