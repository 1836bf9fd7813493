//! The individual rules about one known user.
//!
//! The decision applies them in order and `rw2fa explain` reports each result, so the two always agree.

use crate::factor::grant::Grant;
use crate::factor::lockout::{Failures, LockoutState};
use crate::factor::state::Enrolment;
use crate::names::listing::Method;
use crate::otp::Digits;
use crate::settings::advanced::Advanced;
use crate::time::Timestamp;
use crate::verify::request::{ClientProblem, Request};
use crate::verify::subject::Account;

/// A known user and the request about them.
#[derive(Clone, Copy)]
pub struct Rules<'a> {
    /// The settings.
    pub advanced: &'a Advanced,
    /// The user.
    pub account: &'a Account,
    /// The request.
    pub request: &'a Request,
    /// The time of the request.
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

    /// Whether someone has started to enrol or sign in as this user.
    pub fn is_bound(self) -> bool {
        let state = &self.account.state;
        self.has_proved_anything()
            || state.has_live_pending_secret(self.now)
            || state.sms.code.is_some()
    }

    /// Whether the store requires `--client` and the request lacks it.
    pub fn lacks_client(self) -> bool {
        self.advanced.require_client && self.request.client.is_none()
    }

    /// Why the answer cannot depend on the request's portal session, if so.
    pub fn client_problem(self) -> Option<ClientProblem> {
        if self.request.bad_client {
            return Some(ClientProblem::Invalid);
        }
        self.lacks_client().then_some(ClientProblem::Missing)
    }

    /// The index of the user's grant that opens a session for this client. After the hard stop no grant does.
    pub fn live_grant(self) -> Option<usize> {
        let validity = self.advanced.validity();
        self.find_grant(|grant| {
            grant.client == self.request.client && grant.is_live(self.now, validity)
        })
    }

    /// The index of the grant, of any client, under which a session opened so recently that plain RDP may follow it.
    ///
    /// The grant itself may have expired since: the portal connects a moment after it opened the session.
    pub fn recent_session(self) -> Option<usize> {
        let seconds = u64::from(self.advanced.rdp_after_portal);
        self.find_grant(|grant| grant.opened_within(seconds, self.now))
    }

    /// Notes in `grant` that a session opens under it.
    pub fn open_session(self, grant: &mut Grant) {
        grant.first_session.get_or_insert(self.now);
        if self.advanced.rdp_after_portal > 0 {
            grant.last_session = Some(self.now);
        }
    }

    /// The index of the first grant that `opens` accepts; `None` after the hard stop.
    fn find_grant(self, opens: impl Fn(&Grant) -> bool) -> Option<usize> {
        let grants = self.account.state.grants.iter();
        grants.take_while(|_| self.lockout_state() != LockoutState::Stopped).position(opens)
    }

    /// Consecutive wrong codes and the resulting lock, which ends no later than its own length from now.
    pub fn failures(self) -> Failures {
        self.account.state.failures().rebased(self.now)
    }

    /// Whether the user may try a code.
    pub fn lockout_state(self) -> LockoutState {
        self.failures().state_at(self.now)
    }

    /// Whether the user cannot enrol without an administrator.
    pub fn is_enrolment_closed(self) -> bool {
        self.enrolment_closes().is_some_and(|end| self.now >= end)
            || self.needs_handed_over_secret()
    }

    /// Whether the user needs a secret that only an administrator may give them: because of the settings, or because
    /// one was handed over and expired.
    pub fn needs_handed_over_secret(self) -> bool {
        self.account.method == Method::App
            && !self.is_active()
            && self.advanced.needs_handing_over(&self.account.state, self.now)
    }

    /// Whether the user may enter codes of a method of their own, or get one.
    pub fn may_enrol(self) -> bool {
        self.is_handed_over() || !self.is_enrolment_closed()
    }

    /// Whether a temporary code is all that lets the user in.
    // SECURITY: a temporary code must not reopen an enrolment that is closed.
    pub fn needs_temporary_code(self) -> bool {
        self.has_temporary_code() && !self.may_enrol()
    }

    /// Whether the next code can be one of the app or of a message.
    // SECURITY: a temporary code must not reopen an enrolment that is closed.
    pub fn takes_codes(self, has_secret: bool) -> bool {
        (self.needs_sms() || has_secret) && !self.needs_temporary_code()
    }

    /// Whether the user has a temporary code that a login accepts.
    pub fn has_temporary_code(self) -> bool {
        let code = self.account.state.temporary_code.as_ref();
        code.is_some_and(|code| code.is_live(self.now))
    }

    /// When the user can no longer enrol without an administrator.
    pub fn enrolment_closes(self) -> Option<Timestamp> {
        self.advanced.enrolment_closes(&self.account.state)
    }

    /// Whether a secret handed over by an administrator is waiting for its first code.
    pub fn is_handed_over(self) -> bool {
        let state = &self.account.state;
        state.handed_over && state.has_live_pending_secret(self.now)
    }

    /// Whether the user has entered a correct code of the current method.
    pub fn is_active(self) -> bool {
        self.account.state.enrolment_by(self.account.method) == Enrolment::Active
    }

    /// Whether the user has entered a correct code of any method.
    fn has_proved_anything(self) -> bool {
        self.account.state.has_proved_anything()
    }

    /// Whether an app secret is waiting to be confirmed by a user who gets codes by SMS until then.
    pub fn has_pending_secret(self) -> bool {
        self.account.secret.is_some()
            && self.account.method == Method::App
            && self.account.state.has_live_pending_secret(self.now)
    }

    /// How many digits the user's next code has.
    pub fn digits(self) -> Digits {
        if self.needs_sms() {
            return self.sms_digits();
        }
        self.account.state.digits.unwrap_or_else(|| self.advanced.digits())
    }
}
