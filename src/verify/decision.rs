//! The decision: a function of settings, user, request, time and fresh randomness, without I/O.
//!
//! The order of the rules is part of the portal protocol. Nothing here reads or writes; what is to be
//! remembered is returned as the next state.

use std::ops::Deref;

use serde::Serialize;

use crate::account::attempts::Charge;
use crate::account::grant::{self, Grant};
use crate::account::listing::{Method, Phone};
use crate::account::lockout::LockoutState;
use crate::account::name::Name;
use crate::account::recovery::RecoveryMatch;
use crate::account::showing::{Showing, show_secret};
use crate::account::sms::SentCode;
use crate::account::state::{Enrolment, Shown, State};
use crate::otp::{Digits, Match, RecoveryCode, Secret, Step, Typed, spend};
use crate::settings::Settings;
use crate::time::Timestamp;
use crate::verify::reason::Reason;
use crate::verify::request::{Ask, Request, Session};
use crate::verify::rules::Rules;
use crate::verify::sms::{DailyQuota, Outgoing, SmsNotice};
use crate::verify::trial::search;

/// Everything a decision looks at.
pub struct Facts<'a> {
    /// What the store is set to.
    pub settings: &'a Settings,
    /// Whom the login name means.
    pub subject: Subject,
    /// Whether one more message may be sent today.
    pub today: DailyQuota,
}

/// Whom a login name means.
pub enum Subject {
    /// Nobody who is listed.
    Unlisted,
    /// Cannot be told, because the user's groups are unknown.
    GroupsUnknown,
    /// Several users.
    Ambiguous,
    /// This one.
    Known(Box<Account>),
}

/// A user who is listed, or is a member of a listed group.
pub struct Account {
    /// His name in the store.
    pub name: Name,
    /// How codes reach him.
    pub method: Method,
    /// Whether he is listed himself.
    pub listed: bool,
    /// The listed groups that he is a member of, if his groups are known.
    pub groups: Option<Vec<Name>>,
    /// What the program keeps of him.
    pub state: State,
    /// His secret, opened, if the request can need it.
    pub secret: Option<Secret>,
    /// Where messages reach him; a group's member has no number.
    pub phone: Option<Phone>,
    /// The code that was sent to him, opened, if the request can need it.
    pub sent_code: Option<SentCode>,
    /// The last one that he used, likewise.
    pub used_code: Option<SentCode>,
    /// The NetBIOS domain he comes from, as far as it is known.
    pub domain: Option<String>,
    /// Whether the whitelist names him now.
    pub whitelisted: bool,
}

/// What was decided.
pub struct Decision {
    /// Why.
    pub reason: Reason,
    /// What the answer tells besides.
    pub details: Details,
    /// What is to be remembered, if anything changed.
    pub next: Option<State>,
    /// The secret that `next` is to carry, if a new one was made.
    pub new_secret: Option<Secret>,
    /// The message that is to be sent once `next` is written.
    pub outgoing: Option<Outgoing>,
}

/// What an answer tells besides outcome and reason.
#[derive(Default)]
pub struct Details {
    /// How codes reach the user.
    pub method: Option<Method>,
    /// Digits of the code that is wanted.
    pub digits: Option<Digits>,
    /// Whether the user has proved a code before.
    pub enrolled: Option<bool>,
    /// Wrong codes until the lock.
    pub attempts_left: Option<u32>,
    /// When a code is compared again.
    pub retry_after: Option<RetryAfter>,
    /// The secret to show.
    pub shown_secret: Option<Secret>,
    /// To whom the secret was shown before it was confirmed.
    pub shown: Option<Shown>,
    /// How many seconds ago that was the last time.
    pub shown_ago: u64,
    /// What was earned.
    pub grant: Option<Grant>,
    /// Steps by which the device was ahead.
    pub drift: Option<i32>,
    /// What is told of a message.
    pub sms: Option<SmsNotice>,
    /// Recovery codes that can still be used, after one was.
    pub recovery_codes_left: Option<usize>,
    /// The number of the attempt that was charged, if a code was compared.
    pub attempt: Option<u64>,
}

/// When a locked user may try again; a number of seconds or `null` in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum RetryAfter {
    /// After so many seconds.
    Seconds(u64),
    /// When an administrator has unlocked.
    Unlocked,
}

/// What follows from the facts.
#[allow(clippy::large_enum_variant, reason = "there is one of it in each login")]
pub enum Ruling {
    /// This, without a look at any code.
    Decided(Decision),
    /// The typed code has to be compared: charge the attempt, then call [`compare`].
    Compare,
}

/// The call lacks `--client`, which this store requires: a bug in the caller.
#[derive(Debug, PartialEq, Eq)]
pub struct MissingClient;

/// Decides, up to the comparison of a typed code. `fresh` becomes the secret if one has to be made.
///
/// # Errors
/// [`MissingClient`].
pub fn decide(
    facts: &Facts<'_>,
    request: &Request,
    now: Timestamp,
    fresh: &Secret,
) -> Result<Ruling, MissingClient> {
    let decided = |decision| Ok(Ruling::Decided(decision));
    if matches!(request.ask, Ask::End) {
        return decided(end_grants(&facts.subject, request));
    }
    if !facts.settings.enabled {
        return decided(Decision::plain(Reason::Disabled));
    }
    let account = match &facts.subject {
        Subject::GroupsUnknown => return decided(Decision::plain(Reason::GroupsUnknown)),
        Subject::Ambiguous => return decided(Decision::plain(Reason::AmbiguousUser)),
        Subject::Unlisted => return decided(Decision::plain(Reason::NotListed)),
        Subject::Known(account) => account,
    };
    let rules = Rules { advanced: &facts.settings.advanced, account, request, now };
    let login = Login { rules, facts, fresh };
    if rules.is_of_another_domain() {
        return decided(Decision::plain(Reason::AmbiguousUser));
    }
    match request.ask {
        Ask::Open(Session::Rdp) if account.whitelisted => {
            decided(Decision::plain(Reason::Whitelisted))
        }
        Ask::Open(Session::Rdp) => decided(Decision::plain(Reason::RdpNotAllowed)),
        _ if rules.lacks_client() => Err(MissingClient),
        Ask::Open(_) if request.code.is_none() => decided(login.open_session()),
        _ => Ok(login.sign_in()),
    }
}

/// Compares the typed code, after [`decide`] ruled that it has to be. The state in `facts` holds the attempt
/// that `charge` proves.
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

/// Ends the grants of the client that signs out.
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
    rules: Rules<'a>,
    pub(super) facts: &'a Facts<'a>,
    pub(super) fresh: &'a Secret,
}

impl<'a> Deref for Login<'a> {
    type Target = Rules<'a>;

    fn deref(&self) -> &Rules<'a> {
        &self.rules
    }
}

impl Login<'_> {
    pub(super) fn decision(&self, reason: Reason) -> Decision {
        let mut decision = Decision::plain(reason);
        // How the code that is wanted reaches him.
        decision.details.method =
            Some(if self.needs_sms() { Method::Sms } else { self.account.method });
        decision.details.enrolled = Some(self.is_active());
        decision
    }

    /// A decision that tells how many digits the user has to type.
    pub(super) fn asking(&self, reason: Reason) -> Decision {
        let mut decision = self.decision(reason);
        decision.details.digits = Some(self.digits());
        decision
    }

    /// A session without a code: a live grant of this client opens it.
    fn open_session(&self) -> Decision {
        let state = &self.account.state;
        let Some(found) = self.live_grant() else { return self.asking(Reason::CodeRequired) };
        let mut decision = self.decision(Reason::SessionValid);
        let mut next = state.clone();
        if let Some(grant) = next.grants.get_mut(found) {
            if !self.request.check {
                grant.first_session.get_or_insert(self.now);
            }
            decision.details.grant = Some(grant.clone());
        }
        decision.remember(next, state);
        decision
    }

    fn sign_in(&self) -> Ruling {
        let state = &self.account.state;
        let standing = self.standing();
        if standing != LockoutState::Open {
            let mut decision = self.locked(standing);
            let mut next = state.clone();
            next.rebase_lockout(self.now);
            if !self.request.check {
                decision.remember(next, state);
            }
            return Ruling::Decided(decision);
        }
        if self.is_enrolment_closed() && !self.is_handed_over() {
            return Ruling::Decided(self.decision(Reason::EnrolmentClosed));
        }
        Ruling::Decided(match (self.needs_sms(), &self.request.code) {
            (true, None) => self.send_code(),
            // SECURITY: the password alone must not show what was handed over in person.
            (false, None) if self.is_active() || self.is_handed_over() => {
                self.asking(Reason::CodeRequired)
            }
            (false, None) => self.enrol(),
            (false, Some(_)) if self.secret().is_none() => {
                // The secret that the code could belong to has expired: the next one is shown.
                self.enrol()
            }
            (_, Some(typed)) if self.can_be_a_code(typed) => return Ruling::Compare,
            (_, Some(_)) => self.refused(self.failures().count),
        })
    }

    /// The secret that a code of an app is compared with.
    fn secret(&self) -> Option<&Secret> {
        let is_usable = self.is_active() || self.account.state.has_live_pending_secret(self.now);
        self.account.secret.as_ref().filter(|_| is_usable)
    }

    /// Whether `typed` has the form of any code that it would be compared with.
    fn can_be_a_code(&self, typed: &str) -> bool {
        let used = self.account.used_code.as_ref().filter(|_| self.needs_sms());
        let used = used.map(|used| used.code.digits());
        let pending = self.account.state.digits.filter(|_| self.has_pending_secret());
        used.into_iter().chain(pending).chain([self.digits()]).any(|digits| {
            match Typed::parse(typed, digits) {
                Typed::Code(_) => true,
                // Only an active user can have recovery codes.
                Typed::Recovery(_) => self.is_active(),
                Typed::Malformed => false,
            }
        })
    }

    fn locked(&self, standing: LockoutState) -> Decision {
        let mut decision = self.decision(Reason::Locked);
        decision.details.retry_after = Some(match standing {
            LockoutState::Locked(seconds) => RetryAfter::Seconds(seconds),
            LockoutState::Open | LockoutState::Stopped => RetryAfter::Unlocked,
        });
        decision
    }

    /// Shows the pending secret, made now if there is none that lives.
    fn enrol(&self) -> Decision {
        if self.request.check {
            return self.asking(Reason::EnrolmentRequired);
        }
        self.show(&self.account.state)
    }

    /// Shows the pending secret of `state`, which is about to be written.
    pub(super) fn show(&self, state: &State) -> Decision {
        let mut decision = self.asking(Reason::EnrolmentRequired);
        let (next, new_secret) = show_secret(
            state,
            self.advanced.digits(),
            self.now,
            self.fresh,
            Showing {
                ip: self.request.ip.clone(),
                domain: self.account.domain.clone(),
                handed_over: false,
            },
        );
        decision.details.method = Some(Method::App);
        decision.details.digits = next.digits;
        decision.details.shown_secret = new_secret.clone().or_else(|| self.account.secret.clone());
        decision.new_secret = new_secret;
        decision.remember(next, &self.account.state);
        decision
    }

    /// Compares what was typed with the user's secret.
    fn compare(&self, typed: &str, charge: &Charge) -> Decision {
        let state = &self.account.state;
        match (self.secret(), Typed::parse(typed, self.digits())) {
            (Some(secret), Typed::Code(code)) => {
                match search(self.advanced, state, secret, &code, self.now, charge) {
                    Match::Fresh(step) => self.accept(step),
                    Match::Used(_) => self.used(),
                    Match::Wrong => self.wrong(),
                }
            }
            (Some(_), Typed::Recovery(code)) if self.is_active() => self.recover(&code, charge),
            _ => self.wrong(),
        }
    }

    /// Compares a recovery code with those of the user.
    pub(super) fn recover(&self, code: &RecoveryCode, charge: &Charge) -> Decision {
        let mut next = self.account.state.clone();
        match next.recovery_codes.spend(code, charge) {
            RecoveryMatch::Fresh => {
                let left = next.recovery_codes.left();
                let mut decision = self.admit(next, Reason::RecoveryCodeAccepted);
                decision.details.recovery_codes_left = Some(left);
                decision
            }
            RecoveryMatch::Used => self.used(),
            RecoveryMatch::Wrong => self.wrong(),
        }
    }

    /// A code that is not compared, or was wrong and did not lock.
    fn refused(&self, failures: u32) -> Decision {
        let mut decision = self.asking(Reason::WrongCode);
        let left = self.advanced.lockout_attempts.saturating_sub(failures);
        // After a lock has ended, one wrong code locks again.
        decision.details.attempts_left = Some(left.max(1));
        decision
    }

    /// The code was used before: the attempt is forgiven, and nothing else changes.
    pub(super) fn used(&self) -> Decision {
        let mut next = self.account.state.clone();
        next.forgive_last();
        let mut decision = self.asking(Reason::CodeUsed);
        decision.remember(next, &self.account.state);
        decision
    }

    /// The code is wrong. The attempt and its lock are charged already.
    pub(super) fn wrong(&self) -> Decision {
        let failures = self.failures();
        let standing = failures.standing(self.now);
        if standing == LockoutState::Open {
            return self.refused(failures.count);
        }
        let mut decision = self.locked(standing);
        if standing == LockoutState::Stopped {
            let mut next = self.account.state.clone();
            next.grants.clear();
            decision.remember(next, &self.account.state);
        }
        decision
    }

    /// The code of `step` is right: it is spent, and earns a grant.
    pub(super) fn accept(&self, step: Step) -> Decision {
        let state = &self.account.state;
        let first_time = !self.is_active();
        let now_step = Step::at(self.now.unix());
        let mut next = state.clone();
        next.last_step = Some(spend(state.last_step, &mut next.spent, step, now_step));
        next.drift = i32::try_from(step.since(now_step)).unwrap_or(0);
        let drift = next.drift;
        if first_time {
            next.enrolment = Enrolment::Active;
            next.activated = Some(self.now);
            next.handed_over = false;
        }
        let reason = if first_time { Reason::Activated } else { Reason::CodeAccepted };
        let mut decision = self.admit(next, reason);
        if first_time {
            decision.details.shown.clone_from(&state.shown);
            let last = state.shown.as_ref().map_or(self.now, |shown| shown.last);
            decision.details.shown_ago = last.until(self.now);
        }
        decision.details.method = Some(Method::App);
        decision.details.drift = Some(drift);
        decision
    }

    /// The code that `next` has spent is right: failed attempts are forgiven, and a grant is earned.
    pub(super) fn admit(&self, mut next: State, reason: Reason) -> Decision {
        next.last_login = Some(self.now);
        next.forgive_all();
        let mut decision = self.decision(reason);
        let grant = Grant {
            client: self.request.client.clone(),
            validated: self.now,
            first_session: self.request.session().map(|_| self.now),
        };
        grant::add(&mut next.grants, grant.clone(), self.now, self.advanced.validity());
        decision.details.enrolled = Some(true);
        decision.details.grant = Some(grant);
        decision.remember(next, &self.account.state);
        decision
    }
}
