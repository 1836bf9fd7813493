//! Recovery codes, which let a user in without the phone.

mod code;
mod codes;

pub use code::RecoveryCode;
pub use codes::{RecoveryCodes, RecoveryMatch};
