//! The stored state of one user: enrolment, steps, failures, grants.
//!
//! The secret is sealed here. This file never sees it in the clear.

use serde::{Deserialize, Serialize};

use crate::factor::attempts::Attempts;
use crate::factor::grant::Grant;
use crate::factor::lockout::{Failures, Lockout};
use crate::factor::recovery::codes::RecoveryCodes;
use crate::factor::sealed::Sealed;
use crate::factor::sms::state::SmsState;
use crate::factor::temporary::TemporaryCode;
use crate::names::listing::Method;
use crate::otp::{Digits, Step};
use crate::time::Timestamp;

/// How long a pending secret lives after a login first showed it, in seconds.
pub const PENDING_LIFE: u64 = 30 * 60;

/// The progress of a user's enrolment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Enrolment {
    /// No secret was ever shown.
    #[default]
    None,
    /// A secret was shown, but no correct code was entered yet.
    Pending,
    /// A correct code was entered.
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

/// Where and how often a secret was shown: someone else may have copied it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Shown {
    /// How often it was shown.
    pub times: u32,
    /// When it was last shown.
    pub last: Timestamp,
    /// The address it was last shown to, as passed by the portal.
    pub ip: Option<String>,
}

/// The state document of one user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct State {
    /// The enrolment of an authenticator app.
    pub enrolment: Enrolment,
    /// Whether the user was listed by name when this was written. If so, a missing settings document means data
    /// loss, not a removed user.
    #[serde(default, skip_serializing_if = "is_default")]
    pub listed: bool,
    /// The listed groups that the user belonged to at the last verification.
    #[serde(default, skip_serializing_if = "is_default")]
    pub groups: Vec<String>,
    /// The start of `enrolment-days`: when the user was listed or reset.
    pub open_since: Timestamp,
    /// The NetBIOS domain that the secret was made for.
    pub domain: Option<String>,
    /// The sealed secret.
    pub secret: Option<Sealed>,
    /// How many digits this user's codes have, fixed when the secret is generated.
    pub digits: Option<Digits>,
    /// When the pending secret was first shown.
    pub pending_since: Option<Timestamp>,
    /// When the pending secret ends, if an administrator chose its life.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending_until: Option<Timestamp>,
    /// Whether an administrator handed the pending secret over in person.
    #[serde(default, skip_serializing_if = "is_default")]
    pub handed_over: bool,
    /// When the first correct code was entered.
    pub activated: Option<Timestamp>,
    /// When the last correct code was entered.
    pub last_login: Option<Timestamp>,
    /// No code of this or an earlier step is accepted (RFC 6238, section 5.2).
    pub last_step: Option<Step>,
    /// Accepted steps above `last_step`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub spent: Vec<Step>,
    /// Clock drift of the device at the last login, in steps; positive if it was ahead.
    #[serde(default, skip_serializing_if = "is_default")]
    pub drift: i32,
    /// The attempt counter, which has its own document.
    #[serde(skip)]
    pub attempts: Attempts,
    /// How many attempts are forgiven. Absent before the first correct code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forgiven: Option<u64>,
    /// The number of the last attempt that was forgiven by itself. It causes no lock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_forgiven: Option<u64>,
    /// Failed attempts that the counter does not include: from a backup or an earlier version.
    #[serde(default, skip_serializing_if = "is_default")]
    pub failures: u32,
    /// Digests of the codes that let the user in without the device.
    #[serde(default, skip_serializing_if = "is_default")]
    pub recovery_codes: RecoveryCodes,
    /// The code that lets the user in for a short time without a second factor of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temporary_code: Option<TemporaryCode>,
    /// The lock caused by those failed attempts.
    pub lockout: Option<Lockout>,
    /// Where and how often the secret was shown.
    pub shown: Option<Shown>,
    /// The state of codes by SMS.
    #[serde(default, skip_serializing_if = "is_default")]
    pub sms: SmsState,
    /// The grants earned with accepted codes.
    #[serde(default, skip_serializing_if = "is_default")]
    pub grants: Vec<Grant>,
}

/// Whether a field has its default value. Default values are not written, because short documents read faster.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl State {
    /// The state of a new user.
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
            pending_until: None,
            handed_over: false,
            activated: None,
            last_login: None,
            last_step: None,
            spent: Vec::new(),
            drift: 0,
            attempts: Attempts::default(),
            forgiven: None,
            last_forgiven: None,
            failures: 0,
            recovery_codes: RecoveryCodes::default(),
            temporary_code: None,
            lockout: None,
            shown: None,
            sms: SmsState::default(),
            grants: Vec::new(),
        }
    }

    /// The enrolment of the user with `method`.
    ///
    /// A user who has used SMS and now switches to an app is not new. They need another code by SMS first.
    pub fn enrolment_by(&self, method: Method) -> Enrolment {
        match (method, self.enrolment) {
            (Method::App, Enrolment::None) if self.sms.proved.is_some() => Enrolment::Pending,
            (Method::App, enrolment) => enrolment,
            (Method::Sms, _) if self.sms.proved.is_some() => Enrolment::Active,
            (Method::Sms, _) if self.sms.sent.is_empty() => Enrolment::None,
            (Method::Sms, _) => Enrolment::Pending,
        }
    }

    /// When the first correct code of `method` was entered.
    pub fn activated_by(&self, method: Method) -> Option<Timestamp> {
        match method {
            Method::App => self.activated,
            Method::Sms => self.sms.proved,
        }
    }

    /// A new state for an account with this counter. Forgives all attempts so far.
    pub fn reset(open_since: Timestamp, attempts: Attempts) -> Self {
        let mut state = Self { attempts, ..Self::new(open_since) };
        state.forgive_all();
        state
    }

    /// The consecutive failed attempts and the lock they caused.
    pub fn failures(&self) -> Failures {
        let forgiven = self.forgiven.unwrap_or(0);
        let counted = self.attempts.count.saturating_sub(forgiven);
        let count = u64::from(self.failures).saturating_add(counted);
        let has_lock = self.attempts.count > forgiven.max(self.last_forgiven.unwrap_or(0));
        let lockout = self.attempts.lockout.filter(|_| has_lock);
        Failures {
            count: u32::try_from(count).unwrap_or(u32::MAX),
            lockout: lockout.into_iter().chain(self.lockout).max_by_key(|lockout| lockout.until),
        }
    }

    /// Forgives every attempt so far: after a correct code, or when an administrator unlocks the account.
    pub fn forgive_all(&mut self) {
        if self.attempts.count > 0 || self.needs_counter() {
            self.forgiven = Some(self.attempts.count);
        }
        self.last_forgiven = None;
        self.failures = 0;
        self.lockout = None;
    }

    /// Forgives only the last attempt: its code was not accepted, but it was not a guess either.
    pub fn forgive_last(&mut self) {
        self.forgiven = Some(self.forgiven.unwrap_or(0).saturating_add(1));
        self.last_forgiven = Some(self.attempts.count);
    }

    /// Shortens locks to end no later than their own length from `now`, in case the clock was set back.
    pub fn rebase_lockout(&mut self, now: Timestamp) {
        self.attempts = self.attempts.rebased(now);
        self.lockout = self.lockout.map(|lockout| lockout.rebased(now));
    }

    /// Moves the failed attempts into this document, because a copy may be restored next to another counter or none.
    pub fn detach_attempts(&mut self) {
        let Failures { count, lockout } = self.failures();
        (self.failures, self.lockout) = (count, lockout);
        (self.attempts, self.forgiven, self.last_forgiven) = (Attempts::default(), None, None);
    }

    /// Attaches the counter of this store. Forgives the counter's attempts, but not the failures in this document.
    pub fn attach_attempts(&mut self, attempts: Attempts) {
        (self.attempts, self.forgiven, self.last_forgiven) = (attempts, Some(attempts.count), None);
    }

    /// Whether an attempt counter must exist. A user from an earlier version gets one with the next attempt.
    pub fn needs_counter(&self) -> bool {
        self.forgiven.is_some()
    }

    /// Whether the pending secret may still be shown and confirmed at `now`.
    ///
    /// A secret from the future has no known age and counts as expired.
    pub fn has_live_pending_secret(&self, now: Timestamp) -> bool {
        let is_live = |since| since <= now && self.pending_ends().is_some_and(|end| now < end);
        self.enrolment == Enrolment::Pending
            && self.secret.is_some()
            && self.pending_since.is_some_and(is_live)
    }

    /// When the pending secret ends.
    pub fn pending_ends(&self) -> Option<Timestamp> {
        self.pending_until.or(self.pending_since.map(|since| since.plus(PENDING_LIFE)))
    }

    /// Whether the last secret was handed over and expired before its first code.
    pub fn has_lapsed(&self, now: Timestamp) -> bool {
        self.enrolment == Enrolment::Pending
            && self.handed_over
            && !self.has_live_pending_secret(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pending_secret_is_live_for_thirty_minutes_and_not_before() {
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

    /// Guards the size of a new user's document: only fields without a default are written.
    #[test]
    fn a_new_state_omits_default_values() {
        let text = toml::to_string(&State::new(Timestamp::from_unix(0))).unwrap();
        assert_eq!(text, "enrolment = \"none\"\nopen-since = 0\n");
    }

    /// Guards that a used code costs nothing, even right after a lock.
    #[test]
    fn an_attempt_forgiven_by_itself_causes_no_lock() {
        let lock = |until| Some(Lockout { until: Timestamp::from_unix(until), seconds: 60 });
        let mut state = State::new(Timestamp::from_unix(0));
        state.attempts = Attempts { count: 6, lockout: lock(100) };
        assert_eq!(state.failures(), Failures { count: 6, lockout: lock(100) });
        state.forgive_last();
        assert_eq!(state.failures(), Failures { count: 5, lockout: None });
        state.attempts = Attempts { count: 7, lockout: lock(300) };
        assert_eq!(state.failures(), Failures { count: 6, lockout: lock(300) });
        state.forgive_all();
        assert_eq!(state.failures(), Failures::default());
    }

    /// Guards failed attempts through a backup: none is lost or counted twice.
    #[test]
    fn failed_attempts_survive_a_change_of_counter() {
        let lock = Some(Lockout { until: Timestamp::from_unix(100), seconds: 60 });
        let mut state = State::new(Timestamp::from_unix(0));
        (state.failures, state.forgiven) = (2, Some(3));
        state.attempts = Attempts { count: 7, lockout: lock };
        let failures = Failures { count: 6, lockout: lock };
        assert_eq!(state.failures(), failures);
        state.detach_attempts();
        let text = toml::to_string(&state).unwrap();
        let mut state: State = toml::from_str(&text).unwrap();
        assert_eq!((state.failures(), state.needs_counter()), (failures, false));
        state.attach_attempts(Attempts { count: 40, lockout: None });
        assert_eq!((state.failures(), state.needs_counter()), (failures, true));
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
