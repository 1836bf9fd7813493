//! What a user typed: a code of the app or of a message, a recovery or temporary code, or neither.

use crate::factor::recovery::code::RecoveryCode;
use crate::otp::{Code, Digits};
use crate::typing;

/// Text typed in answer to a request for a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    /// A code of the expected width.
    Code(Code),
    /// A recovery or temporary code: they have the same form.
    Recovery(RecoveryCode),
    /// Neither. It cannot be a code of this user, so it does not count as a guess.
    Malformed,
}

impl Typed {
    /// Parses typed text after [folding](typing::folded) it. Exactly `digits` digits are a code, exactly
    /// 16 Crockford base32 characters are a recovery code, and anything else is malformed.
    pub fn parse(typed: &str, digits: Digits) -> Self {
        let Some(plain) = typing::folded(typed) else {
            return Self::Malformed;
        };
        // The two formats differ in length, so no text is both.
        if let Some(code) = Code::parse(&plain, digits) {
            return Self::Code(code);
        }
        RecoveryCode::from_plain(&plain).map_or(Self::Malformed, Self::Recovery)
    }
}

#[cfg(test)]
mod tests;
