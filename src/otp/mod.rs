//! One-time codes: secrets, codes, the search through the window, enrolment URIs and QR codes.
//!
//! Pure computation over values that are passed in. The module reads no clock and no random generator,
//! and knows nothing about users, stores, settings or the portal.

mod code;
mod keyed;
mod png;
pub mod qr;
mod secret;
mod uri;

pub use code::{Code, CodeGenerator, Digits, PERIOD, Step};
pub use secret::Secret;
pub use uri::enrolment_uri;
