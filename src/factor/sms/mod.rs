//! SMS: a user's codes, the message, the number, the gateway.
//!
//! The verifier uses [`state`] and [`message`]. Only the administration tool accesses a network.

pub mod gateway;
pub mod message;
pub mod number;
pub mod refusal;
pub mod state;
pub mod twilio;
