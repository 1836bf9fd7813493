//! The rules about one known user, each by itself.
//!
//! The decision goes by them in its order, and an explanation tells what each of them finds; so both
//! always say the same.

use crate::account::grant::Grant;
use crate::account::listing::Method;
use crate::account::lockout::{Failures, LockoutState};
use crate::account::state::Enrolment;
use crate::otp::Digits;
use crate::settings::advanced::Advanced;
use crate::time::Timestamp;
use crate::verify::decision::Account;
use crate::verify::request::Request;

/// A known user and what is asked about him.
#[derive(Clone, Copy)]
pub struct Rules<'a> {
    /// The settings.
    pub advanced: &'a Advanced,
    /// The user.
    pub account: &'a Account,
    /// What is asked.
    pub request: &'a Request,
    /// When.
    pub now: Timestamp,
}

impl Rules<'_> {
    /// Whether the secret was made for the same account name in another domain.
    pub fn is_of_another_domain(self) -> bool {
        match (&self.account.state.domain, &self.account.domain) {
            (Some(of_secret), Some(of_login)) => self.is_bound() && of_secret != of_login,
            _ => false,
        }
    }

    /// Whether somebody has begun to prove himself as this user.
    pub fn is_bound(self) -> bool {
        let state = &self.account.state;
        self.has_proved_anything()
            || state.has_live_pending_secret(self.now)
            || state.sms.code.is_some()
    }

    /// Whether the portal had to name its session, and did not.
    pub fn lacks_client(self) -> bool {
        self.advanced.require_client && self.request.client.is_none()
    }

    /// Where the grant is, among those of the user, that opens a session of this client. At the hard stop
    /// none does.
    pub fn live_grant(self) -> Option<usize> {
        if self.standing() == LockoutState::Stopped {
            return None;
        }
        let validity = self.advanced.validity();
        let opens = |grant: &Grant| {
            grant.client == self.request.client && grant.is_live(self.now, validity)
        };
        self.account.state.grants.iter().position(opens)
    }

    /// The wrong codes in a row, with a lock that ends no later than its own length from now.
    pub fn failures(self) -> Failures {
        self.account.state.failures().rebased(self.now)
    }

    /// Whether a code may be tried.
    pub fn standing(self) -> LockoutState {
        self.failures().standing(self.now)
    }

    /// Whether the days in which the user could enrol are over.
    pub fn is_enrolment_closed(self) -> bool {
        self.enrolment_closes().is_some_and(|end| self.now >= end)
    }

    /// When the user can no longer enrol by himself.
    pub fn enrolment_closes(self) -> Option<Timestamp> {
        let days = u64::from(self.advanced.enrolment_days);
        (days > 0 && !self.has_proved_anything())
            .then(|| self.account.state.open_since.plus(days * 86_400))
    }

    /// Whether a secret that an administrator handed over waits for its first code.
    pub fn is_handed_over(self) -> bool {
        let state = &self.account.state;
        state.handed_over && state.has_live_pending_secret(self.now)
    }

    /// Whether the user has proved a code of his method.
    pub fn is_active(self) -> bool {
        self.account.state.enrolment_by(self.account.method) == Enrolment::Active
    }

    /// Whether the user has proved a code of any method.
    fn has_proved_anything(self) -> bool {
        self.account.state.has_proved_anything()
    }

    /// Whether the secret of an app is to be confirmed by a user whose codes come by SMS until then.
    pub fn has_pending_secret(self) -> bool {
        self.account.secret.is_some()
            && self.account.method == Method::App
            && self.account.state.has_live_pending_secret(self.now)
    }

    /// How many digits the codes of the user have.
    pub fn digits(self) -> Digits {
        if self.needs_sms() {
            return self.sms_digits();
        }
        self.account.state.digits.unwrap_or_else(|| self.advanced.digits())
    }
}
