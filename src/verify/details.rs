//! The fields of an answer that depend on the user. The decision sets them, the answer shows them.

use serde::Serialize;
use zeroize::Zeroizing;

use crate::factor::grant::{Grant, Validity};
use crate::factor::state::Shown;
use crate::names::listing::Method;
use crate::otp::{Digits, Secret};

/// The fields of an answer between the reason and the message, in the order of the JSON, and what the message
/// and the audit trail need.
#[derive(Default, Serialize)]
pub struct Details {
    /// How codes reach the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<Method>,
    /// How many digits the expected code has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digits: Option<Digits>,
    /// Whether the user has entered a correct code before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enrolled: Option<bool>,
    /// How many wrong codes are left before the account locks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts_left: Option<u32>,
    /// When the next code will be compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<RetryAfter>,
    /// The secret to show, as the portal shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enrolment: Option<EnrolmentNotice>,
    /// The message that was sent, or why none was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sms: Option<SmsNotice>,
    /// The grant that was earned or used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant: Option<GrantNotice>,
    /// The secret to show.
    #[serde(skip)]
    pub shown_secret: Option<Secret>,
    /// Whether the typed text does not have the format of a code.
    #[serde(skip)]
    pub malformed: bool,
    /// Where and how often the secret was shown before it was confirmed.
    #[serde(skip)]
    pub shown: Option<Shown>,
    /// How many seconds ago it was last shown.
    #[serde(skip)]
    pub shown_ago: u64,
    /// Clock drift of the device in steps; positive if it is ahead.
    #[serde(skip)]
    pub drift: Option<i32>,
    /// How many recovery codes are left after one was used.
    #[serde(skip)]
    pub recovery_codes_left: Option<usize>,
    /// How often the temporary code can still be used after this login.
    #[serde(skip)]
    pub temporary_uses_left: Option<u32>,
    /// Whether the user can enter a temporary code.
    #[serde(skip)]
    pub expects_temporary: bool,
    /// The number of the charged attempt, if a code was compared.
    #[serde(skip)]
    pub attempt: Option<u64>,
}

/// What an answer says about a message.
#[derive(Serialize)]
pub struct SmsNotice {
    /// The number, masked.
    pub to: String,
    /// Seconds until another message may be sent.
    pub retry_after: u64,
}

/// When a locked user may try again; a number of seconds or `null` in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum RetryAfter {
    /// After this many seconds.
    Seconds(u64),
    /// After an administrator unlocks the account.
    Unlocked,
}

/// What the portal shows to a user who sets up an app.
#[derive(Serialize)]
pub struct EnrolmentNotice {
    /// The address in the QR code.
    pub uri: Zeroizing<String>,
    /// The secret in base32.
    pub secret: Zeroizing<String>,
    /// The QR code, if one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qr: Option<Zeroizing<String>>,
}

/// What an answer says about a grant.
#[derive(Serialize)]
pub struct GrantNotice {
    /// When the code was accepted.
    pub validated: String,
    /// When the first session must have opened.
    pub open_before: String,
    /// When the grant ends for further sessions; `None` before the first session.
    pub valid_until: Option<String>,
}

impl GrantNotice {
    /// Describes a grant.
    pub fn new(grant: &Grant, validity: Validity) -> Self {
        Self {
            validated: grant.validated.to_string(),
            open_before: grant.open_before(validity).to_string(),
            valid_until: grant.valid_until(validity).map(|until| until.to_string()),
        }
    }
}
