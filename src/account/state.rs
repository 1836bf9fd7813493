//! What the program keeps of one user: enrolment, steps, failures, grants.
//!
//! The secret stands here sealed; this file never sees it open.

use serde::{Deserialize, Serialize};

use crate::account::grant::Grant;
use crate::account::listing::Method;
use crate::account::lockout::{Failures, Lockout};
use crate::account::recovery::RecoveryCodes;
use crate::account::sms::SmsState;
use crate::otp::{Digits, Step};
use crate::time::Timestamp;

/// How long a pending secret lives after its first showing, in seconds.
pub const PENDING_LIFE: u64 = 30 * 60;

/// How far a user has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Enrolment {
    /// Nothing was ever shown.
    #[default]
    None,
    /// A secret was shown and no code of it was seen yet.
    Pending,
    /// A right code was seen.
    Active,
}

impl Enrolment {
    /// The word for it in documents and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Enrolment::None => "none",
            Enrolment::Pending => "pending",
            Enrolment::Active => "active",
        }
    }
}

/// To whom a secret was shown: somebody else may have copied it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Shown {
    /// How often.
    pub times: u32,
    /// When last.
    pub last: Timestamp,
    /// To which address last, as the portal told.
    pub ip: Option<String>,
}

/// A sealed value: which key opens it, and what that key opens. See [`crate::store::seal`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(pub String);

/// The state document of one user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct State {
    /// How far the user has come with an authenticator app.
    pub enrolment: Enrolment,
    /// Whether the user was listed himself when this was written; then a missing settings document is
    /// a loss, not a removal.
    #[serde(default, skip_serializing_if = "is_default")]
    pub listed: bool,
    /// The listed groups that he was a member of at the last verification.
    #[serde(default, skip_serializing_if = "is_default")]
    pub groups: Vec<String>,
    /// From when `enrolment-days` counts: put on the list, or reset.
    pub open_since: Timestamp,
    /// The NetBIOS domain that the secret was made for.
    pub domain: Option<String>,
    /// The sealed secret.
    pub secret: Option<Sealed>,
    /// Digits of this user's codes, from the making of the secret on.
    pub digits: Option<Digits>,
    /// When the pending secret was first shown.
    pub pending_since: Option<Timestamp>,
    /// Whether an administrator handed the pending secret over in person.
    #[serde(default, skip_serializing_if = "is_default")]
    pub handed_over: bool,
    /// When the first right code was seen.
    pub activated: Option<Timestamp>,
    /// When the last right code was seen.
    pub last_login: Option<Timestamp>,
    /// No code of this step or an earlier one is accepted (RFC 6238, section 5.2).
    pub last_step: Option<Step>,
    /// Accepted steps above `last_step`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub spent: Vec<Step>,
    /// Steps by which the device was ahead of the server at its last login.
    #[serde(default, skip_serializing_if = "is_default")]
    pub drift: i32,
    /// Wrong codes since the last right one.
    #[serde(default, skip_serializing_if = "is_default")]
    pub failures: u32,
    /// What lets him in without his device, as digests.
    #[serde(default, skip_serializing_if = "is_default")]
    pub recovery_codes: RecoveryCodes,
    /// The last lock.
    pub lockout: Option<Lockout>,
    /// To whom the secret was shown.
    pub shown: Option<Shown>,
    /// What is kept of codes by SMS.
    #[serde(default, skip_serializing_if = "is_default")]
    pub sms: SmsState,
    /// What accepted codes earned.
    #[serde(default, skip_serializing_if = "is_default")]
    pub grants: Vec<Grant>,
}

/// What is as in a new state is not written: a short document is read faster.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl State {
    /// The state of a user nobody has seen yet.
    pub fn new(open_since: Timestamp) -> Self {
        Self {
            enrolment: Enrolment::None,
            listed: false,
            groups: Vec::new(),
            open_since,
            domain: None,
            secret: None,
            digits: None,
            pending_since: None,
            handed_over: false,
            activated: None,
            last_login: None,
            last_step: None,
            spent: Vec::new(),
            drift: 0,
            failures: 0,
            recovery_codes: RecoveryCodes::default(),
            lockout: None,
            shown: None,
            sms: SmsState::default(),
            grants: Vec::new(),
        }
    }

    /// How far the user has come by `method`.
    ///
    /// Who proved a code by SMS and is to use an app now is not new: he has to prove himself by SMS again.
    pub fn enrolment_by(&self, method: Method) -> Enrolment {
        match (method, self.enrolment) {
            (Method::App, Enrolment::None) if self.sms.proved.is_some() => Enrolment::Pending,
            (Method::App, enrolment) => enrolment,
            (Method::Sms, _) if self.sms.proved.is_some() => Enrolment::Active,
            (Method::Sms, _) if self.sms.sent.is_empty() => Enrolment::None,
            (Method::Sms, _) => Enrolment::Pending,
        }
    }

    /// When the first right code was seen that came by `method`.
    pub fn activated_by(&self, method: Method) -> Option<Timestamp> {
        match method {
            Method::App => self.activated,
            Method::Sms => self.sms.proved,
        }
    }

    /// Failures and lock together.
    pub fn failures(&self) -> Failures {
        Failures { count: self.failures, lockout: self.lockout }
    }

    /// Puts failures and lock back.
    pub fn set_failures(&mut self, failures: Failures) {
        self.failures = failures.count;
        self.lockout = failures.lockout;
    }

    /// Whether a pending secret may still be shown and confirmed at `now`.
    ///
    /// One from the future has no known age: it counts as over.
    pub fn has_live_pending_secret(&self, now: Timestamp) -> bool {
        self.enrolment == Enrolment::Pending
            && self.secret.is_some()
            && self
                .pending_since
                .is_some_and(|since| since <= now && now < since.plus(PENDING_LIFE))
    }

    /// What a document that says nonsense says; `None` if it makes sense.
    pub fn contradiction(&self) -> Option<&'static str> {
        match self.enrolment {
            Enrolment::Active if self.secret.is_none() => {
                Some("enrolment is \"active\" and there is no secret")
            }
            Enrolment::Active | Enrolment::Pending
                if self.secret.is_some() && self.digits.is_none() =>
            {
                Some("there is a secret and no digits")
            }
            _ if !self.recovery_codes.are_sound() => Some("'recovery-codes' is damaged"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pending_secret_lives_thirty_minutes_and_never_comes_from_the_future() {
        let mut state = State::new(Timestamp::from_unix(0));
        state.enrolment = Enrolment::Pending;
        state.secret = Some(Sealed("x".into()));
        state.pending_since = Some(Timestamp::from_unix(10_000));
        for (now, live) in [(9_999, false), (10_000, true), (11_799, true), (11_800, false)] {
            assert_eq!(state.has_live_pending_secret(Timestamp::from_unix(now)), live, "{now}");
        }
        let now = Timestamp::from_unix(10_000);
        let active = State { enrolment: Enrolment::Active, ..state.clone() };
        let empty = State { secret: None, ..state };
        assert!(!active.has_live_pending_secret(now) && !empty.has_live_pending_secret(now));
    }

    /// Guards that a new user costs few bytes, and a disk block at most.
    #[test]
    fn a_new_state_says_only_what_is_not_as_always() {
        let text = toml::to_string(&State::new(Timestamp::from_unix(0))).unwrap();
        assert_eq!(text, "enrolment = \"none\"\nopen-since = 0\n");
    }

    #[test]
    fn an_active_state_without_a_secret_is_a_contradiction() {
        let mut state = State::new(Timestamp::from_unix(0));
        assert_eq!(state.contradiction(), None);
        state.enrolment = Enrolment::Active;
        assert!(state.contradiction().is_some());
        state.secret = Some(Sealed("x".into()));
        assert!(state.contradiction().is_some(), "no digits");
        state.digits = Some(Digits::DEFAULT);
        assert_eq!(state.contradiction(), None);
        state.recovery_codes = serde_json::from_str("\"left:x\"").unwrap();
        assert!(state.contradiction().is_some(), "damaged recovery codes");
    }
}
