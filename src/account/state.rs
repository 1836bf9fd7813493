//! What the program keeps of one user: enrolment, steps, failures, grants.
//!
//! The secret stands here sealed; this file never sees it open.

use serde::{Deserialize, Serialize};

use crate::account::attempts::Attempts;
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
    /// The attempt counter, from a document of its own.
    #[serde(skip)]
    pub attempts: Attempts,
    /// How many attempts are forgiven. Missing before the first right code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forgiven: Option<u64>,
    /// The number of the last attempt that was forgiven alone: it has no lock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_forgiven: Option<u64>,
    /// Failed attempts that the counter does not hold: from a backup, or an earlier version.
    #[serde(default, skip_serializing_if = "is_default")]
    pub failures: u32,
    /// What lets him in without his device, as digests.
    #[serde(default, skip_serializing_if = "is_default")]
    pub recovery_codes: RecoveryCodes,
    /// The lock that such failed attempts led to.
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
            attempts: Attempts::default(),
            forgiven: None,
            last_forgiven: None,
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

    /// A new state for an account with this counter: all attempts so far are forgiven.
    pub fn reset(open_since: Timestamp, attempts: Attempts) -> Self {
        let mut state = Self { attempts, ..Self::new(open_since) };
        state.forgive_all();
        state
    }

    /// The failed attempts in a row, and the lock that they led to.
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

    /// Forgives every attempt so far: the user gave a right code, or an administrator unlocked.
    pub fn forgive_all(&mut self) {
        if self.attempts.count > 0 || self.needs_counter() {
            self.forgiven = Some(self.attempts.count);
        }
        self.last_forgiven = None;
        self.failures = 0;
        self.lockout = None;
    }

    /// Forgives the last attempt alone: its code is not right, but not a guess either.
    pub fn forgive_last(&mut self) {
        self.forgiven = Some(self.forgiven.unwrap_or(0).saturating_add(1));
        self.last_forgiven = Some(self.attempts.count);
    }

    /// Makes locks end no later than their own length from `now`, whatever the clock did since they began.
    pub fn rebase_lockout(&mut self, now: Timestamp) {
        self.attempts = self.attempts.rebased(now);
        self.lockout = self.lockout.map(|lockout| lockout.rebased(now));
    }

    /// Moves the failed attempts into this document: a copy of it may meet another counter, or none.
    pub fn detach_attempts(&mut self) {
        let Failures { count, lockout } = self.failures();
        (self.failures, self.lockout) = (count, lockout);
        (self.attempts, self.forgiven, self.last_forgiven) = (Attempts::default(), None, None);
    }

    /// Takes over the counter of this store. What it holds is forgiven; what this document holds is not.
    pub fn attach_attempts(&mut self, attempts: Attempts) {
        (self.attempts, self.forgiven, self.last_forgiven) = (attempts, Some(attempts.count), None);
    }

    /// Whether an attempt counter must exist: a user of an earlier version gets it with the next attempt.
    pub fn needs_counter(&self) -> bool {
        self.forgiven.is_some()
    }

    /// Whether the user proved a code of any method.
    pub fn has_proved_anything(&self) -> bool {
        self.enrolment == Enrolment::Active || self.sms.proved.is_some()
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

    /// Guards what a used code costs: nothing, even right after a lock.
    #[test]
    fn an_attempt_that_is_forgiven_alone_has_no_lock() {
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

    /// Guards failed attempts on their way through a backup: none is forgotten, none counts twice.
    #[test]
    fn failed_attempts_survive_a_change_of_the_counter() {
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
