//! SMS: the message, the number, the gateway.
//!
//! The verifier knows only [`message`]. Everything that talks to a network is reached by the
//! administration tool alone.

pub mod gateway;
pub mod message;
pub mod number;
pub mod refusal;
pub mod twilio;
