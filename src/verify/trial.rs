//! Trying a code: the search through a user's window, what a wrong code costs, and what the help desk
//! learns of a code without spending it.
//!
//! Functions without input or output, like the decision, which compares codes by them.

use crate::account::lockout::Standing;
use crate::account::recovery::RecoveryMatch;
use crate::account::sms::SentCode;
use crate::account::state::{Enrolment, State};
use crate::otp::{Code, CodeGenerator, Match, Search, Secret, Step, Typed};
use crate::settings::advanced::Advanced;
use crate::time::Timestamp;

/// Searches the window of `state` for a code.
pub(super) fn search(
    advanced: &Advanced,
    state: &State,
    secret: &Secret,
    code: &Code,
    now: Timestamp,
) -> Match {
    let search = Search {
        now: Step::at(now.unix()),
        discrepancy: advanced.discrepancy_for(code.digits()),
        drift: state.drift,
        last_step: state.last_step,
        spent: &state.spent,
    };
    search.find(&CodeGenerator::new(secret), code, code.digits())
}

/// The state after a wrong code, and whether another may be tried.
pub(super) fn charge(advanced: &Advanced, state: &State, now: Timestamp) -> (State, Standing) {
    let failures = state.failures().charged(advanced.lockout(), now);
    let standing = failures.standing(now);
    let mut next = state.clone();
    next.set_failures(failures);
    if standing == Standing::Stopped {
        next.grants.clear();
    }
    (next, standing)
}

/// What an administrator learns about a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trial {
    /// It would be accepted.
    Right {
        /// The step it belongs to.
        step: Step,
        /// Steps by which the device is ahead.
        drift: i64,
    },
    /// It was accepted before, or belongs to a step at or before one that was.
    Used {
        /// The step it belongs to.
        step: Step,
        /// Steps by which the device is ahead.
        drift: i64,
    },
    /// It is a recovery code that can still be used.
    RecoveryLeft,
    /// It is a recovery code that was used.
    RecoveryUsed,
    /// It was sent by SMS and would be accepted.
    SentRight,
    /// It was sent by SMS and used.
    SentUsed,
    /// It is wrong.
    Wrong,
    /// It cannot be a code.
    Malformed,
    /// No code is compared for so many seconds.
    Locked(u64),
    /// No code is compared until an administrator unlocks.
    Stopped,
    /// There is no secret to compare with.
    NoSecret,
}

impl Trial {
    /// The word for it in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Trial::Right { .. } | Trial::RecoveryLeft | Trial::SentRight => "right",
            Trial::Used { .. } | Trial::RecoveryUsed | Trial::SentUsed => "used",
            Trial::Wrong => "wrong",
            Trial::Malformed => "malformed",
            Trial::Locked(_) | Trial::Stopped => "locked",
            Trial::NoSecret => "no-secret",
        }
    }
}

/// What [`test_code`] found, and what it costs.
pub struct Tested {
    /// What was found.
    pub trial: Trial,
    /// The state to be written, if the code was charged.
    pub next: Option<State>,
}

/// Looks at a code as a login would, without spending it. A wrong one is charged.
pub fn test_code(
    advanced: &Advanced,
    state: &State,
    secret: Option<&Secret>,
    typed: &str,
    now: Timestamp,
) -> Tested {
    let free = |trial| Tested { trial, next: None };
    if let Some(locked) = locked(state, now) {
        return free(locked);
    }
    let comparable = state.enrolment == Enrolment::Active || state.has_live_pending_secret(now);
    let (Some(secret), Some(digits), true) = (secret, state.digits, comparable) else {
        return free(Trial::NoSecret);
    };
    let charged = || Tested { trial: Trial::Wrong, next: Some(charge(advanced, state, now).0) };
    let code = match Typed::parse(typed, digits) {
        Typed::Code(code) => code,
        Typed::Recovery(code) if state.enrolment == Enrolment::Active => {
            return match state.recovery_codes.clone().spend(&code) {
                RecoveryMatch::Fresh => free(Trial::RecoveryLeft),
                RecoveryMatch::Used => free(Trial::RecoveryUsed),
                RecoveryMatch::Wrong => charged(),
            };
        }
        Typed::Recovery(_) | Typed::Malformed => return free(Trial::Malformed),
    };
    let now_step = Step::at(now.unix());
    match search(advanced, state, secret, &code, now) {
        Match::Fresh(step) => free(Trial::Right { step, drift: step.since(now_step) }),
        Match::Used(step) => free(Trial::Used { step, drift: step.since(now_step) }),
        Match::Wrong => charged(),
    }
}

/// Looks at a code of a user whose codes come by SMS. A wrong one is charged.
pub fn test_sent_code(
    advanced: &Advanced,
    state: &State,
    sent: Option<&SentCode>,
    used: Option<&SentCode>,
    typed: &str,
    now: Timestamp,
) -> Tested {
    let free = |trial| Tested { trial, next: None };
    if let Some(locked) = locked(state, now) {
        return free(locked);
    }
    let sent = sent.filter(|sent| sent.is_live(now));
    if sent.is_some_and(|sent| sent.is(typed)) {
        return free(Trial::SentRight);
    }
    if used.is_some_and(|used| used.is(typed)) {
        return free(Trial::SentUsed);
    }
    let Some(digits) = sent.map(|sent| sent.code.digits()) else { return free(Trial::NoSecret) };
    match Typed::parse(typed, digits) {
        Typed::Code(_) => {
            Tested { trial: Trial::Wrong, next: Some(charge(advanced, state, now).0) }
        }
        Typed::Recovery(_) | Typed::Malformed => free(Trial::Malformed),
    }
}

/// Whether no code is compared now.
fn locked(state: &State, now: Timestamp) -> Option<Trial> {
    match state.failures().rebased(now).standing(now) {
        Standing::Locked(seconds) => Some(Trial::Locked(seconds)),
        Standing::Stopped => Some(Trial::Stopped),
        Standing::Open => None,
    }
}
