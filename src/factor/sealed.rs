//! Sealed values as documents hold them. [`crate::store::seal`] seals and opens them.

use serde::{Deserialize, Serialize};

/// A sealed value: the id of its key and the encrypted text. See [`crate::store::seal`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(pub String);

/// A sealed field of a user's document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The secret of the authenticator app.
    Secret,
    /// A code sent by SMS.
    SmsCode,
}

impl Field {
    /// The name that a value is bound to when it is sealed.
    pub fn as_str(self) -> &'static str {
        match self {
            Field::Secret => "secret",
            Field::SmsCode => "sms code",
        }
    }
}
