//! One sign-in of a known user: the answers that the rules of every factor give.

use crate::factor::attempts::Charge;
use crate::factor::grant::{self, Grant};
use crate::factor::lockout::LockoutState;
use crate::factor::recovery::{RecoveryCode, RecoveryMatch};
use crate::factor::state::State;
use crate::factor::temporary::TemporaryMatch;
use crate::factor::typed::Typed;
use crate::names::listing::Method;
use crate::otp::Secret;
use crate::verify::details::{GrantNotice, RetryAfter};
use crate::verify::outcome::Decision;
use crate::verify::reason::Reason;
use crate::verify::rules::Rules;
use crate::verify::subject::Facts;

/// One sign-in of a known user.
pub(super) struct SignIn<'a> {
    pub(super) rules: Rules<'a>,
    pub(super) facts: &'a Facts<'a>,
    pub(super) fresh: &'a Secret,
}

impl SignIn<'_> {
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

    pub(super) fn notice_of(&self, grant: &Grant) -> GrantNotice {
        GrantNotice::new(grant, self.rules.advanced.validity())
    }

    pub(super) fn locked(&self, lockout: LockoutState) -> Decision {
        let mut decision = self.decision(Reason::Locked);
        decision.details.retry_after = Some(match lockout {
            LockoutState::Locked(seconds) => RetryAfter::Seconds(seconds),
            LockoutState::Open | LockoutState::Stopped => RetryAfter::Unlocked,
        });
        decision
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

    /// Compares a code with the user's temporary code; `None` if it is another code.
    pub(super) fn try_temporary(&self, typed: &str, charge: &Charge) -> Option<Decision> {
        let mut next = self.rules.account.state.clone();
        let code = next.temporary_code.as_mut()?;
        let Typed::Recovery(typed) = Typed::parse(typed, self.rules.digits()) else { return None };
        match code.spend(&typed, self.rules.now, charge) {
            TemporaryMatch::Accepted(left) => {
                let mut decision = self.admit(next, Reason::TemporaryCodeAccepted);
                decision.details.enrolled = Some(self.rules.is_active());
                decision.details.temporary_uses_left = Some(left);
                Some(decision)
            }
            TemporaryMatch::Used => Some(self.reject_used()),
            TemporaryMatch::Wrong => None,
        }
    }

    /// Rejects a code that was not compared, or that was wrong without locking the account.
    pub(super) fn reject(&self, failures: u32) -> Decision {
        let mut decision = self.ask_for_code(Reason::WrongCode);
        let left = self.rules.advanced.lockout_attempts.saturating_sub(failures);
        // Once a lock has ended, a single wrong code locks again.
        decision.details.attempts_left = Some(left.max(1));
        decision
    }

    /// Rejects text that cannot be a code. It was not compared, so no attempt was charged.
    pub(super) fn reject_malformed(&self) -> Decision {
        let mut decision = self.reject(self.rules.failures().count);
        decision.details.malformed = true;
        decision.details.expects_temporary = !self.rules.takes_codes(self.secret().is_some());
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

    /// Lets the user in after `next` spent a correct code: forgives failed attempts and adds a grant.
    pub(super) fn admit(&self, mut next: State, reason: Reason) -> Decision {
        next.last_login = Some(self.rules.now);
        next.forgive_all();
        let mut decision = self.decision(reason);
        let mut grant = Grant {
            client: self.rules.request.client.clone(),
            validated: self.rules.now,
            first_session: None,
            last_session: None,
        };
        if self.rules.request.session().is_some() {
            self.rules.open_session(&mut grant);
        }
        grant::add(&mut next.grants, grant.clone(), self.rules.now, self.rules.advanced.validity());
        decision.details.enrolled = Some(true);
        decision.details.grant = Some(self.notice_of(&grant));
        decision.remember(next, &self.rules.account.state);
        decision
    }
}
