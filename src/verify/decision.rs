//! The decision: a pure function of settings, user, request, time and fresh randomness.
//!
//! The order of the rules is part of the portal protocol. Nothing here does I/O: a decision returns the next
//! state of the user for its caller to write.

use crate::factor::attempts::Charge;
use crate::factor::lockout::LockoutState;
use crate::factor::typed::Typed;
use crate::otp::Secret;
use crate::time::Timestamp;
use crate::verify::outcome::Decision;
use crate::verify::reason::Reason;
use crate::verify::report::{Observer, Rule};
use crate::verify::request::{Ask, ClientProblem, Request, Session};
use crate::verify::rules::Rules;
use crate::verify::sign_in::SignIn;
use crate::verify::subject::{Facts, Subject};

/// The result of [`decide`].
#[allow(clippy::large_enum_variant, reason = "there is one of it in each login")]
pub enum Ruling {
    /// Decided without comparing a code.
    Decided(Decision),
    /// The typed code has to be compared: charge the attempt, then call [`compare`].
    Compare,
}

/// Decides everything except the comparison of a typed code. `fresh` becomes the secret if a new one is needed.
///
/// # Errors
/// [`ClientProblem`] when the answer depends on the portal session, and its id is missing or invalid.
pub fn decide(
    facts: &Facts<'_>,
    request: &Request,
    now: Timestamp,
    fresh: &Secret,
) -> Result<Ruling, ClientProblem> {
    decide_and_report(facts, request, now, fresh, &mut ())
}

/// Decides as [`decide`] does, and reports the rules that it applies.
///
/// # Errors
/// As [`decide`].
pub fn decide_and_report(
    facts: &Facts<'_>,
    request: &Request,
    now: Timestamp,
    fresh: &Secret,
    observer: &mut impl Observer,
) -> Result<Ruling, ClientProblem> {
    if matches!(request.ask, Ask::End) {
        if request.bad_client && matches!(facts.subject, Subject::Known(_)) {
            return Err(ClientProblem::Invalid);
        }
        return Ok(Ruling::Decided(end_grants(&facts.subject, request)));
    }
    observer.applies(Rule::Enabled);
    if !facts.settings.enabled {
        return Ok(decided(observer, Rule::Enabled, Reason::Disabled));
    }
    observer.applies(Rule::Groups);
    observer.applies(Rule::Listed);
    let account = match &facts.subject {
        Subject::GroupsUnknown => {
            return Ok(decided(observer, Rule::Groups, Reason::GroupsUnknown));
        }
        Subject::Unlisted => return Ok(decided(observer, Rule::Listed, Reason::NotListed)),
        Subject::Ambiguous => {
            observer.applies(Rule::Ambiguous);
            return Ok(decided(observer, Rule::Ambiguous, Reason::AmbiguousUser));
        }
        Subject::Known(account) => account,
    };
    let rules = Rules { advanced: &facts.settings.advanced, account, request, now };
    let login = SignIn { rules, facts, fresh };
    observer.applies(Rule::Ambiguous);
    if rules.is_of_another_domain() {
        return Ok(decided(observer, Rule::Ambiguous, Reason::AmbiguousUser));
    }
    observer.applies(Rule::Whitelist);
    if matches!(request.ask, Ask::Open(Session::Rdp)) {
        return Ok(Ruling::Decided(login.connect_by_rdp(observer)));
    }
    observer.applies(Rule::RequireClient);
    if let Some(problem) = rules.client_problem() {
        observer.decides(Rule::RequireClient);
        return Err(problem);
    }
    if matches!(request.ask, Ask::Open(_)) && request.code.is_none() {
        return Ok(Ruling::Decided(login.open_session(observer)));
    }
    Ok(login.sign_in(observer))
}

/// Ends a decision by a rule that needs no further look at the user.
fn decided(observer: &mut impl Observer, rule: Rule, reason: Reason) -> Ruling {
    observer.decides(rule);
    Ruling::Decided(Decision::plain(reason))
}

/// Compares the typed code after [`decide`] returned [`Ruling::Compare`]. The state in `facts` includes the
/// attempt that `charge` proves.
pub fn compare(
    facts: &Facts<'_>,
    request: &Request,
    now: Timestamp,
    fresh: &Secret,
    charge: &Charge,
) -> Decision {
    let (Subject::Known(account), Some(typed)) = (&facts.subject, &request.code) else {
        return Decision::plain(Reason::WrongCode);
    };
    let rules = Rules { advanced: &facts.settings.advanced, account, request, now };
    let login = SignIn { rules, facts, fresh };
    let mut decision = match login.try_temporary(typed, charge) {
        Some(decision) => decision,
        None if rules.needs_temporary_code() => login.reject_wrong(),
        None if rules.needs_sms() => login.compare_sent(typed, charge),
        None => login.compare(typed, charge),
    };
    decision.details.attempt = Some(charge.number());
    decision
}

/// Ends the grants of the client that is signing out.
fn end_grants(subject: &Subject, request: &Request) -> Decision {
    let mut decision = Decision::plain(Reason::Ended);
    match subject {
        Subject::Ambiguous => decision.reason = Reason::AmbiguousUser,
        Subject::Known(account) => {
            let mut next = account.state.clone();
            next.grants.retain(|grant| grant.client != request.client);
            decision.remember(next, &account.state);
        }
        Subject::Unlisted | Subject::GroupsUnknown => {}
    }
    decision
}

impl SignIn<'_> {
    /// Lets plain RDP in if the whitelist does, or if it follows a session that the user opened in the portal.
    fn connect_by_rdp(&self, observer: &mut impl Observer) -> Decision {
        let Rules { advanced, account, .. } = self.rules;
        let is_decided = account.whitelisted || advanced.rdp_after_portal == 0;
        if !is_decided {
            observer.applies(Rule::RdpAfterPortal);
        }
        observer.decides(if is_decided { Rule::Whitelist } else { Rule::RdpAfterPortal });
        // SECURITY: the server does not know the portal session, so any connection of this user counts. A sign-out, a
        // reset and everything else that ends the grant ends this, too.
        Decision::plain(if account.whitelisted {
            Reason::Whitelisted
        } else if self.rules.recent_session().is_some() {
            Reason::SessionValid
        } else {
            Reason::RdpNotAllowed
        })
    }

    /// Opens a session without a code if this client has a live grant.
    fn open_session(&self, observer: &mut impl Observer) -> Decision {
        observer.applies(Rule::Grant);
        observer.decides(Rule::Grant);
        let state = &self.rules.account.state;
        let Some(found) = self.rules.live_grant() else {
            return self.ask_for_code(Reason::CodeRequired);
        };
        let mut decision = self.decision(Reason::SessionValid);
        let mut next = state.clone();
        if let Some(grant) = next.grants.get_mut(found) {
            if !self.rules.request.check {
                self.rules.open_session(grant);
            }
            decision.details.grant = Some(self.notice_of(grant));
        }
        decision.remember(next, state);
        decision
    }

    fn sign_in(&self, observer: &mut impl Observer) -> Ruling {
        observer.applies(Rule::Lock);
        let state = &self.rules.account.state;
        let lockout = self.rules.lockout_state();
        if lockout != LockoutState::Open {
            observer.decides(Rule::Lock);
            let mut decision = self.locked(lockout);
            let mut next = state.clone();
            next.rebase_lockout(self.rules.now);
            if !self.rules.request.check {
                decision.remember(next, state);
            }
            return Ruling::Decided(decision);
        }
        observer.applies(Rule::Enrolment);
        let has_temporary = self.rules.has_temporary_code();
        if !has_temporary && !self.rules.may_enrol() {
            observer.decides(Rule::Enrolment);
            return Ruling::Decided(self.decision(Reason::EnrolmentClosed));
        }
        observer.applies(Rule::Method);
        let Some(typed) = &self.rules.request.code else {
            let by_sms = self.rules.needs_sms();
            observer.decides(if by_sms { Rule::Method } else { Rule::Enrolment });
            return Ruling::Decided(self.answer_without_code(has_temporary));
        };
        if self.can_be_a_code(typed, has_temporary) {
            return Ruling::Compare;
        }
        Ruling::Decided(if !has_temporary && !self.rules.needs_sms() && self.secret().is_none() {
            // The secret that the code belonged to has expired, so a new one is shown.
            self.enrol()
        } else {
            self.reject_malformed()
        })
    }

    /// Asks for a code: shows a QR code, or sends a message, to a user who needs it for that.
    fn answer_without_code(&self, has_temporary: bool) -> Decision {
        let may_send = self.rules.needs_sms() && self.rules.may_enrol();
        let resend = self.rules.request.resend && may_send;
        if has_temporary && !resend {
            // SECURITY: a user with a temporary code is not there to enrol, so nothing is shown to whoever signs in.
            let mut decision = self.ask_for_code(Reason::CodeRequired);
            decision.details.expects_temporary = true;
            return decision;
        }
        if self.rules.needs_sms() {
            return self.send_code();
        }
        // SECURITY: the password alone must not reveal a secret that was handed over in person.
        if self.rules.is_active() || self.rules.is_handed_over() {
            return self.ask_for_code(Reason::CodeRequired);
        }
        self.enrol()
    }

    /// Whether `typed` has the format of a code that it would be compared with.
    fn can_be_a_code(&self, typed: &str, has_temporary: bool) -> bool {
        let takes_codes = self.rules.takes_codes(self.secret().is_some());
        let used = self.rules.account.used_code.as_ref().filter(|_| self.rules.needs_sms());
        let used = used.map(|used| used.code.digits());
        let pending = self.rules.account.state.digits.filter(|_| self.rules.has_pending_secret());
        used.into_iter().chain(pending).chain([self.rules.digits()]).any(|digits| {
            match Typed::parse(typed, digits) {
                Typed::Code(_) => takes_codes,
                // Only an active user can have recovery codes.
                Typed::Recovery(_) => has_temporary || self.rules.is_active(),
                Typed::Malformed => false,
            }
        })
    }
}
