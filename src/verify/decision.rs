//! The decision: a pure function of settings, user, request, time and fresh randomness.
//!
//! The order of the rules is part of the portal protocol. Nothing here does I/O: a decision returns the next
//! state of the user for its caller to write.

use crate::factor::app::showing::{Showing, show_secret};
use crate::factor::attempts::Charge;
use crate::factor::grant::{self, Grant};
use crate::factor::lockout::LockoutState;
use crate::factor::recovery::RecoveryCode;
use crate::factor::recovery::RecoveryMatch;
use crate::factor::sms::state::SentCode;
use crate::factor::state::{Enrolment, State};
use crate::factor::typed::Typed;
use crate::names::listing::{Method, Phone};
use crate::names::name::Name;
use crate::otp::{Match, Secret, Step, spend};
use crate::settings::Settings;
use crate::time::Timestamp;
use crate::verify::details::{Details, GrantNotice, RetryAfter};
use crate::verify::reason::Reason;
use crate::verify::report::{Observer, Rule};
use crate::verify::request::{Ask, Request, Session};
use crate::verify::rules::Rules;
use crate::verify::sms::{DailyQuota, Outgoing};
use crate::verify::trial::search;

/// The input of a decision.
pub struct Facts<'a> {
    /// The settings of the store.
    pub settings: &'a Settings,
    /// The user that the login name refers to.
    pub subject: Subject,
    /// Whether the deployment may send another message today.
    pub today: DailyQuota,
}

/// The user that a login name refers to.
pub enum Subject {
    /// Not a listed user.
    Unlisted,
    /// Unknown, because the user's groups are unknown.
    GroupsUnknown,
    /// More than one user.
    Ambiguous,
    /// This user.
    Known(Box<Account>),
}

/// A user who is listed or belongs to a listed group.
pub struct Account {
    /// The user's name in the store.
    pub name: Name,
    /// How codes reach the user.
    pub method: Method,
    /// Whether the user is listed by name.
    pub listed: bool,
    /// The listed groups that the user belongs to, if the user's groups are known.
    pub groups: Option<Vec<Name>>,
    /// The stored state of the user.
    pub state: State,
    /// The decrypted secret, if the request can need it.
    pub secret: Option<Secret>,
    /// The phone number for SMS. Group members have none.
    pub phone: Option<Phone>,
    /// The decrypted code that was sent to the user, if the request can need it.
    pub sent_code: Option<SentCode>,
    /// The decrypted code that the user used last, if the request can need it.
    pub used_code: Option<SentCode>,
    /// The NetBIOS domain of the login, if it is known.
    pub domain: Option<String>,
    /// Whether a valid whitelist entry covers the login.
    pub whitelisted: bool,
}

/// The result of [`decide`] or [`compare`].
pub struct Decision {
    /// Why it was decided this way.
    pub reason: Reason,
    /// Further fields of the answer.
    pub details: Details,
    /// The next state of the user, if it changed.
    pub next: Option<State>,
    /// The new secret to seal into `next`, if one was generated.
    pub new_secret: Option<Secret>,
    /// The message to send once `next` is written.
    pub outgoing: Option<Outgoing>,
}

/// The result of [`decide`].
#[allow(clippy::large_enum_variant, reason = "there is one of it in each login")]
pub enum Ruling {
    /// Decided without comparing a code.
    Decided(Decision),
    /// The typed code has to be compared: charge the attempt, then call [`compare`].
    Compare,
}

/// The error for a call without `--client` where the store requires it: a bug in the caller.
#[derive(Debug, PartialEq, Eq)]
pub struct MissingClient;

/// Decides everything except the comparison of a typed code. `fresh` becomes the secret if a new one is needed.
///
/// # Errors
/// [`MissingClient`] when the store requires `--client` and the call lacks it.
pub fn decide(
    facts: &Facts<'_>,
    request: &Request,
    now: Timestamp,
    fresh: &Secret,
) -> Result<Ruling, MissingClient> {
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
) -> Result<Ruling, MissingClient> {
    if matches!(request.ask, Ask::End) {
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
    let login = Login { rules, facts, fresh };
    observer.applies(Rule::Ambiguous);
    if rules.is_of_another_domain() {
        return Ok(decided(observer, Rule::Ambiguous, Reason::AmbiguousUser));
    }
    observer.applies(Rule::Whitelist);
    if matches!(request.ask, Ask::Open(Session::Rdp)) {
        let reason = if account.whitelisted { Reason::Whitelisted } else { Reason::RdpNotAllowed };
        return Ok(decided(observer, Rule::Whitelist, reason));
    }
    observer.applies(Rule::RequireClient);
    if rules.lacks_client() {
        observer.decides(Rule::RequireClient);
        return Err(MissingClient);
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
    let login = Login { rules, facts, fresh };
    let mut decision = if rules.needs_sms() {
        login.compare_sent(typed, charge)
    } else {
        login.compare(typed, charge)
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

impl Decision {
    fn plain(reason: Reason) -> Self {
        let details = Details::default();
        Self { reason, details, next: None, new_secret: None, outgoing: None }
    }

    pub(super) fn remember(&mut self, next: State, old: &State) {
        if next != *old {
            self.next = Some(next);
        }
    }
}

/// One login of a known user.
pub(super) struct Login<'a> {
    pub(super) rules: Rules<'a>,
    pub(super) facts: &'a Facts<'a>,
    pub(super) fresh: &'a Secret,
}

impl Login<'_> {
    pub(super) fn decision(&self, reason: Reason) -> Decision {
        let mut decision = Decision::plain(reason);
        // How the expected code reaches the user.
        decision.details.method =
            Some(if self.rules.needs_sms() { Method::Sms } else { self.rules.account.method });
        decision.details.enrolled = Some(self.rules.is_active());
        decision
    }

    /// A decision whose answer says how many digits the user has to type.
    pub(super) fn ask_for_code(&self, reason: Reason) -> Decision {
        let mut decision = self.decision(reason);
        decision.details.digits = Some(self.rules.digits());
        decision
    }

    fn notice_of(&self, grant: &Grant) -> GrantNotice {
        GrantNotice::new(grant, self.rules.advanced.validity())
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
                grant.first_session.get_or_insert(self.rules.now);
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
        if self.rules.is_enrolment_closed() && !self.rules.is_handed_over() {
            observer.decides(Rule::Enrolment);
            return Ruling::Decided(self.decision(Reason::EnrolmentClosed));
        }
        observer.applies(Rule::Method);
        if self.rules.request.code.is_none() {
            let by_sms = self.rules.needs_sms();
            observer.decides(if by_sms { Rule::Method } else { Rule::Enrolment });
        }
        Ruling::Decided(match (self.rules.needs_sms(), &self.rules.request.code) {
            (true, None) => self.send_code(),
            // SECURITY: the password alone must not reveal a secret that was handed over in person.
            (false, None) if self.rules.is_active() || self.rules.is_handed_over() => {
                self.ask_for_code(Reason::CodeRequired)
            }
            (false, None) => self.enrol(),
            (false, Some(_)) if self.secret().is_none() => {
                // The secret that the code belonged to has expired, so a new one is shown.
                self.enrol()
            }
            (_, Some(typed)) if self.can_be_a_code(typed) => return Ruling::Compare,
            (_, Some(_)) => self.reject(self.rules.failures().count),
        })
    }

    /// The secret that an app's code is compared with.
    fn secret(&self) -> Option<&Secret> {
        let is_usable = self.rules.is_active()
            || self.rules.account.state.has_live_pending_secret(self.rules.now);
        self.rules.account.secret.as_ref().filter(|_| is_usable)
    }

    /// Whether `typed` has the format of a code that it would be compared with.
    fn can_be_a_code(&self, typed: &str) -> bool {
        let used = self.rules.account.used_code.as_ref().filter(|_| self.rules.needs_sms());
        let used = used.map(|used| used.code.digits());
        let pending = self.rules.account.state.digits.filter(|_| self.rules.has_pending_secret());
        used.into_iter().chain(pending).chain([self.rules.digits()]).any(|digits| {
            match Typed::parse(typed, digits) {
                Typed::Code(_) => true,
                // Only an active user can have recovery codes.
                Typed::Recovery(_) => self.rules.is_active(),
                Typed::Malformed => false,
            }
        })
    }

    fn locked(&self, lockout: LockoutState) -> Decision {
        let mut decision = self.decision(Reason::Locked);
        decision.details.retry_after = Some(match lockout {
            LockoutState::Locked(seconds) => RetryAfter::Seconds(seconds),
            LockoutState::Open | LockoutState::Stopped => RetryAfter::Unlocked,
        });
        decision
    }

    /// Shows the pending secret; generates one if none is live.
    fn enrol(&self) -> Decision {
        if self.rules.request.check {
            return self.ask_for_code(Reason::EnrolmentRequired);
        }
        self.show(&self.rules.account.state)
    }

    /// Shows the pending secret of `state`, which the caller is about to write.
    pub(super) fn show(&self, state: &State) -> Decision {
        let mut decision = self.ask_for_code(Reason::EnrolmentRequired);
        let (next, new_secret) = show_secret(
            state,
            self.rules.advanced.digits(),
            self.rules.now,
            self.fresh,
            Showing {
                ip: self.rules.request.ip.clone(),
                domain: self.rules.account.domain.clone(),
                handed_over: false,
            },
        );
        decision.details.method = Some(Method::App);
        decision.details.digits = next.digits;
        decision.details.shown_secret =
            new_secret.clone().or_else(|| self.rules.account.secret.clone());
        decision.new_secret = new_secret;
        decision.remember(next, &self.rules.account.state);
        decision
    }

    /// Compares the typed code with the user's secret.
    fn compare(&self, typed: &str, charge: &Charge) -> Decision {
        let state = &self.rules.account.state;
        match (self.secret(), Typed::parse(typed, self.rules.digits())) {
            (Some(secret), Typed::Code(code)) => {
                match search(self.rules.advanced, state, secret, &code, self.rules.now, charge) {
                    Match::Fresh(step) => self.accept(step),
                    Match::Used(_) => self.reject_used(),
                    Match::Wrong => self.reject_wrong(),
                }
            }
            (Some(_), Typed::Recovery(code)) if self.rules.is_active() => {
                self.recover(&code, charge)
            }
            _ => self.reject_wrong(),
        }
    }

    /// Compares a recovery code with the user's recovery codes.
    pub(super) fn recover(&self, code: &RecoveryCode, charge: &Charge) -> Decision {
        let mut next = self.rules.account.state.clone();
        match next.recovery_codes.spend(code, charge) {
            RecoveryMatch::Fresh => {
                let left = next.recovery_codes.left();
                let mut decision = self.admit(next, Reason::RecoveryCodeAccepted);
                decision.details.recovery_codes_left = Some(left);
                decision
            }
            RecoveryMatch::Used => self.reject_used(),
            RecoveryMatch::Wrong => self.reject_wrong(),
        }
    }

    /// Rejects a code that was not compared, or that was wrong without locking the account.
    fn reject(&self, failures: u32) -> Decision {
        let mut decision = self.ask_for_code(Reason::WrongCode);
        let left = self.rules.advanced.lockout_attempts.saturating_sub(failures);
        // Once a lock has ended, a single wrong code locks again.
        decision.details.attempts_left = Some(left.max(1));
        decision
    }

    /// Rejects a code that was used before. Forgives the attempt and changes nothing else.
    pub(super) fn reject_used(&self) -> Decision {
        let mut next = self.rules.account.state.clone();
        next.forgive_last();
        let mut decision = self.ask_for_code(Reason::CodeUsed);
        decision.remember(next, &self.rules.account.state);
        decision
    }

    /// Rejects a wrong code. The attempt and its lock are already charged.
    pub(super) fn reject_wrong(&self) -> Decision {
        let failures = self.rules.failures();
        let lockout = failures.state_at(self.rules.now);
        if lockout == LockoutState::Open {
            return self.reject(failures.count);
        }
        let mut decision = self.locked(lockout);
        if lockout == LockoutState::Stopped {
            let mut next = self.rules.account.state.clone();
            next.grants.clear();
            decision.remember(next, &self.rules.account.state);
        }
        decision
    }

    /// Accepts the code of `step`: spends it and earns a grant.
    pub(super) fn accept(&self, step: Step) -> Decision {
        let state = &self.rules.account.state;
        let first_time = !self.rules.is_active();
        let now_step = Step::at(self.rules.now.unix());
        let mut next = state.clone();
        next.last_step = Some(spend(state.last_step, &mut next.spent, step, now_step));
        next.drift = i32::try_from(step.since(now_step)).unwrap_or(0);
        let drift = next.drift;
        if first_time {
            next.enrolment = Enrolment::Active;
            next.activated = Some(self.rules.now);
            next.handed_over = false;
        }
        let reason = if first_time { Reason::Activated } else { Reason::CodeAccepted };
        let mut decision = self.admit(next, reason);
        if first_time {
            decision.details.shown.clone_from(&state.shown);
            let last = state.shown.as_ref().map_or(self.rules.now, |shown| shown.last);
            decision.details.shown_ago = last.until(self.rules.now);
        }
        decision.details.method = Some(Method::App);
        decision.details.drift = Some(drift);
        decision
    }

    /// Lets the user in after `next` spent a correct code: forgives failed attempts and adds a grant.
    pub(super) fn admit(&self, mut next: State, reason: Reason) -> Decision {
        next.last_login = Some(self.rules.now);
        next.forgive_all();
        let mut decision = self.decision(reason);
        let grant = Grant {
            client: self.rules.request.client.clone(),
            validated: self.rules.now,
            first_session: self.rules.request.session().map(|_| self.rules.now),
        };
        grant::add(&mut next.grants, grant.clone(), self.rules.now, self.rules.advanced.validity());
        decision.details.enrolled = Some(true);
        decision.details.grant = Some(self.notice_of(&grant));
        decision.remember(next, &self.rules.account.state);
        decision
    }
}
