//! SMS: the message, the number, the gateway.
//!
//! The verifier uses only [`message`]. Only the administration tool accesses a network.

pub mod gateway;
pub mod message;
pub mod number;
pub mod refusal;
pub mod twilio;
