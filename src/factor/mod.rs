//! What a user proves a login with, and what the program keeps of each user.
//!
//! A folder per factor owns its part of the state, its sealed values and its check. [`state`] is the document that the
//! parts form together; [`attempts`], [`lockout`] and [`grant`] are the same for every factor.

pub mod app;
pub mod attempts;
pub mod grant;
pub mod lockout;
pub mod recovery;
pub mod sealed;
pub mod sms;
pub mod state;
pub mod typed;
