//! Accounts: names, users, groups, the whitelist, and the state that the program keeps of each user.
//!
//! Holds domain types and rules only: no files, no clock, no randomness.

pub mod attempts;
mod folding;
pub mod grant;
pub mod listing;
pub mod lockout;
pub mod matching;
pub mod name;
pub mod recovery;
pub mod sealed;
pub mod showing;
pub mod sms;
pub mod spelling;
pub mod state;
