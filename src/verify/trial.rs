//! Compares a code: the search through a user's window, and the help desk's test of a code without spending it.
//!
//! Does no I/O. Every comparison takes a [`Charge`] as proof that the attempt was charged.

use crate::factor::app::window::{Match, Search};
use crate::factor::attempts::Charge;
use crate::factor::lockout::LockoutState;
use crate::factor::recovery::RecoveryMatch;
use crate::factor::sms::state::SentCode;
use crate::factor::state::{Enrolment, State};
use crate::factor::temporary::TemporaryMatch;
use crate::factor::typed::Typed;
use crate::otp::{Code, CodeGenerator, Digits, Secret, Step};
use crate::settings::advanced::Advanced;
use crate::time::Timestamp;

/// How far off a device's clock a test of a code still recognises: a day, in steps.
const DIAGNOSED_STEPS: u32 = 2880;

/// Searches the user's window for a code.
pub(super) fn search(
    advanced: &Advanced,
    state: &State,
    secret: &Secret,
    code: &Code,
    now: Timestamp,
    charge: &Charge,
) -> Match {
    let digits = code.digits();
    window(advanced, state, digits, now).find(&CodeGenerator::new(secret), code, digits, charge)
}

/// Returns the user's window for codes of `digits`.
fn window<'s>(advanced: &Advanced, state: &'s State, digits: Digits, now: Timestamp) -> Search<'s> {
    Search {
        now: Step::at(now.unix()),
        discrepancy: advanced.discrepancy_for(digits),
        drift: state.drift,
        last_step: state.last_step,
        spent: &state.spent,
    }
}

/// The result of an administrator's test of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trial {
    /// It would be accepted.
    Right {
        /// The step it belongs to.
        step: Step,
        /// Steps by which the device is ahead.
        drift: i64,
    },
    /// It was accepted before, or is not newer than an accepted code.
    Used {
        /// The step it belongs to.
        step: Step,
        /// Steps by which the device is ahead.
        drift: i64,
    },
    /// It is a code of the user's device, but the device's clock is too far off for a login to accept it.
    OutsideWindow {
        /// The step it belongs to.
        step: Step,
        /// Steps by which the device is ahead.
        drift: i64,
    },
    /// It is an unused recovery code.
    RecoveryLeft,
    /// It is a used recovery code.
    RecoveryUsed,
    /// It is the user's temporary code, with this many uses left.
    Temporary(u32),
    /// It was sent by SMS and would be accepted.
    SentRight,
    /// It was sent by SMS and has been used.
    SentUsed,
    /// It is wrong.
    Wrong,
    /// It does not have the format of a code.
    Malformed,
    /// The account is locked for this many seconds.
    Locked(u64),
    /// The account is locked until an administrator unlocks it.
    Stopped,
    /// There is no secret to compare with.
    NoSecret,
}

impl Trial {
    /// Whether it is a code of this user, used or not.
    pub fn belongs_to_user(self) -> bool {
        match self {
            Trial::Right { .. }
            | Trial::Used { .. }
            | Trial::OutsideWindow { .. }
            | Trial::Temporary(_)
            | Trial::RecoveryLeft
            | Trial::RecoveryUsed
            | Trial::SentRight
            | Trial::SentUsed => true,
            Trial::Wrong
            | Trial::Malformed
            | Trial::Locked(_)
            | Trial::Stopped
            | Trial::NoSecret => false,
        }
    }

    /// The word for it in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Trial::Used { .. } | Trial::RecoveryUsed | Trial::SentUsed | Trial::Temporary(0) => {
                "used"
            }
            Trial::Right { .. }
            | Trial::RecoveryLeft
            | Trial::SentRight
            | Trial::Temporary(1..) => "right",
            Trial::OutsideWindow { .. } => "outside-window",
            Trial::Wrong => "wrong",
            Trial::Malformed => "malformed",
            Trial::Locked(_) | Trial::Stopped => "locked",
            Trial::NoSecret => "no-secret",
        }
    }
}

/// What a tested code is compared with.
#[derive(Clone, Copy)]
pub enum Expected<'a> {
    /// Codes of an app, and recovery codes.
    App(Option<&'a Secret>),
    /// Codes by SMS.
    Sms {
        /// The outstanding code.
        sent: Option<&'a SentCode>,
        /// The code that was accepted last.
        used: Option<&'a SentCode>,
    },
}

/// A test of a code by an administrator. It compares as a login would, but spends nothing.
pub struct CodeTest<'a> {
    /// The settings.
    pub advanced: &'a Advanced,
    /// What the code is compared with.
    pub expected: Expected<'a>,
    /// What was typed.
    pub typed: &'a str,
    /// The time of the test.
    pub now: Timestamp,
}

impl CodeTest<'_> {
    /// The result if no comparison is needed. On `None`, charge an attempt and call [`CodeTest::compare`].
    pub fn without_comparison(&self, state: &State) -> Option<Trial> {
        if let Some(locked) = locked(state, self.now) {
            return Some(locked);
        }
        let has_temporary = state.temporary_code.is_some();
        if has_temporary && matches!(Typed::parse(self.typed, Digits::DEFAULT), Typed::Recovery(_))
        {
            return None;
        }
        let is_active = state.enrolment == Enrolment::Active;
        let form = |digits| match Typed::parse(self.typed, digits) {
            Typed::Code(_) => true,
            Typed::Recovery(_) => matches!(self.expected, Expected::App(_)) && is_active,
            Typed::Malformed => false,
        };
        let can_be_a_code = match self.expected {
            Expected::App(secret) => {
                let is_usable = is_active || state.has_live_pending_secret(self.now);
                secret.filter(|_| is_usable).and(state.digits).map(form)
            }
            Expected::Sms { sent, used } => {
                let sent = sent.filter(|sent| sent.is_live(self.now));
                let codes = [sent, used].into_iter().flatten();
                codes.map(|code| form(code.code.digits())).reduce(|a, b| a || b)
            }
        };
        match can_be_a_code {
            None => Some(Trial::NoSecret),
            Some(false) => Some(Trial::Malformed),
            Some(true) => None,
        }
    }

    /// Compares the code. `state` includes the attempt that `charge` proves.
    pub fn compare(&self, state: &State, charge: &Charge) -> Trial {
        if let Some(trial) = self.compare_with_temporary(state, charge) {
            return trial;
        }
        match self.expected {
            Expected::App(secret) => self.compare_with_secret(state, secret, charge),
            Expected::Sms { sent, used } => {
                let is = |code: Option<&SentCode>| {
                    code.is_some_and(|code| code.matches(self.typed, charge))
                };
                match (is(sent.filter(|sent| sent.is_live(self.now))), is(used)) {
                    (true, _) => Trial::SentRight,
                    (_, true) => Trial::SentUsed,
                    _ => Trial::Wrong,
                }
            }
        }
    }

    /// Compares with the user's temporary code; `None` if it is another code.
    fn compare_with_temporary(&self, state: &State, charge: &Charge) -> Option<Trial> {
        let mut temporary = state.temporary_code.clone()?;
        let Typed::Recovery(code) = Typed::parse(self.typed, Digits::DEFAULT) else { return None };
        let uses_left = temporary.uses_left;
        match temporary.spend(&code, self.now, charge) {
            TemporaryMatch::Accepted(_) | TemporaryMatch::Used => Some(Trial::Temporary(uses_left)),
            TemporaryMatch::Wrong => None,
        }
    }

    /// Looks for the code of a device whose clock is up to a day off. In so many steps, a code of few digits would
    /// match by chance.
    fn locate(&self, state: &State, secret: &Secret, code: &Code, charge: &Charge) -> Trial {
        let digits = code.digits();
        if digits < Digits::DEFAULT {
            return Trial::Wrong;
        }
        let search = window(self.advanced, state, digits, self.now);
        let found = search.locate(&CodeGenerator::new(secret), code, DIAGNOSED_STEPS, charge);
        found.map_or(Trial::Wrong, |step| Trial::OutsideWindow {
            step,
            drift: step.since(search.now),
        })
    }

    fn compare_with_secret(
        &self,
        state: &State,
        secret: Option<&Secret>,
        charge: &Charge,
    ) -> Trial {
        let (Some(secret), Some(digits)) = (secret, state.digits) else { return Trial::NoSecret };
        let now_step = Step::at(self.now.unix());
        match Typed::parse(self.typed, digits) {
            Typed::Code(code) => {
                match search(self.advanced, state, secret, &code, self.now, charge) {
                    Match::Fresh(step) => Trial::Right { step, drift: step.since(now_step) },
                    Match::Used(step) => Trial::Used { step, drift: step.since(now_step) },
                    Match::Wrong => self.locate(state, secret, &code, charge),
                }
            }
            Typed::Recovery(code) => match state.recovery_codes.clone().spend(&code, charge) {
                RecoveryMatch::Fresh => Trial::RecoveryLeft,
                RecoveryMatch::Used => Trial::RecoveryUsed,
                RecoveryMatch::Wrong => Trial::Wrong,
            },
            Typed::Malformed => Trial::Malformed,
        }
    }
}

/// The result for a locked account; `None` if codes are compared.
fn locked(state: &State, now: Timestamp) -> Option<Trial> {
    match state.failures().rebased(now).state_at(now) {
        LockoutState::Locked(seconds) => Some(Trial::Locked(seconds)),
        LockoutState::Stopped => Some(Trial::Stopped),
        LockoutState::Open => None,
    }
}
