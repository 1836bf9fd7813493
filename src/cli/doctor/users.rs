//! Users who never enrolled, are locked, or cannot get a code.

use std::collections::{BTreeMap, BTreeSet};

use super::{Finding, Names, Severity};
use crate::factor::lockout::LockoutState;
use crate::factor::state::Enrolment;
use crate::names::listing::Method;
use crate::otp::Step;
use crate::store::inspection::Seen;
use crate::time::Timestamp;

/// How long a listed user may take to enrol, in seconds.
const PATIENCE: u64 = 30 * 86_400;

/// What is collected from all users, read one at a time.
#[derive(Debug, Default)]
pub(super) struct Census {
    /// Devices by drift, in steps ahead.
    pub(super) drifts: BTreeMap<i32, Names>,
    /// Users whose last code or login is in the future.
    pub(super) from_the_future: Names,
    /// Groups with a member that was seen.
    pub(super) groups: BTreeSet<String>,
    /// Users who get their codes by SMS.
    pub(super) by_sms: Names,
    /// The number of attempts of each user.
    pub(super) attempts: BTreeMap<String, u64>,
    /// The number of days after which a user can no longer enrol; 0 for never.
    enrolment_days: u32,
    waiting: Names,
    closed: Names,
    without_number: Names,
    locked: Names,
    stopped: Names,
}

impl Census {
    /// Starts an empty census with this setting `enrolment-days`.
    pub(super) fn new(enrolment_days: u32) -> Self {
        Self { enrolment_days, ..Self::default() }
    }

    /// Adds one user.
    pub(super) fn add(&mut self, seen: &Seen<'_>, now: Timestamp) {
        let (name, state) = (seen.name, seen.state);
        if state.attempts.count > 0 {
            self.attempts.insert(name.canonical(), state.attempts.count);
        }
        if state.enrolment == Enrolment::Active && state.last_login.is_some() {
            self.drifts.entry(state.drift).or_default().add(name);
        }
        let present = Step::at(now.unix());
        let is_ahead = state
            .last_step
            .is_some_and(|step| step.since(present) > 20 + i64::from(state.drift.max(0)))
            || state.last_login.is_some_and(|login| now.until(login) > 600);
        if is_ahead {
            self.from_the_future.add(name);
        }
        match state.failures().rebased(now).state_at(now) {
            LockoutState::Open => {}
            LockoutState::Locked(_) => self.locked.add(name),
            LockoutState::Stopped => self.stopped.add(name),
        }
        self.groups.extend(state.groups.iter().cloned());
        let Some(listing) = seen.listing else {
            return;
        };
        let enrolment = state.enrolment_by(listing.method);
        let open_days = u64::from(self.enrolment_days) * 86_400;
        let is_closed = open_days > 0 && state.open_since.until(now) >= open_days;
        let has_proved = state.enrolment == Enrolment::Active || state.sms.proved.is_some();
        if is_closed && !has_proved {
            self.closed.add(name);
        } else if enrolment != Enrolment::Active && state.open_since.until(now) > PATIENCE {
            self.waiting.add(name);
        }
        if listing.method == Method::Sms {
            self.by_sms.add(name);
            if listing.phone.is_none() {
                self.without_number.add(name);
            }
        }
    }

    /// Returns the largest drift of a device, in steps.
    pub(super) fn widest_drift(&self) -> u32 {
        self.drifts.keys().map(|steps| steps.unsigned_abs()).max().unwrap_or(0)
    }
}

/// Turns the census into findings.
pub(super) fn check(census: &Census) -> Vec<Finding> {
    let first = Names::first_quoted;
    [
        (
            "enrolment",
            Severity::Warning,
            &census.waiting,
            "listed for over 30 days but never enrolled, so a password alone is still enough to enrol",
            format!("rw2fa users enrol {}", first(&census.waiting)),
        ),
        (
            "enrolment-days",
            Severity::Warning,
            &census.closed,
            "did not enrol within 'enrolment-days', and can no longer sign in",
            format!(
                "rw2fa users enrol {0} to hand over a QR code, or rw2fa users reset {0} to give more time",
                first(&census.closed)
            ),
        ),
        (
            "sms-number",
            Severity::Error,
            &census.without_number,
            "get codes by SMS, but have no phone number",
            format!("rw2fa users edit {} --phone +…", first(&census.without_number)),
        ),
        (
            "lockout",
            Severity::Info,
            &census.locked,
            "temporarily locked after wrong codes",
            format!("rw2fa users unlock {}", first(&census.locked)),
        ),
        (
            "hard-stop",
            Severity::Warning,
            &census.stopped,
            "locked until an administrator unlocks them, after 100 wrong codes: someone may be guessing codes",
            format!("rw2fa users unlock {}", first(&census.stopped)),
        ),
    ]
    .into_iter()
    .filter(|(_, _, names, ..)| !names.is_empty())
    .map(|(check, severity, names, what, remedy)| {
        Finding::new(check, severity, format!("{what}: {}", names.summary()))
            .remedy(remedy)
            .names(names)
    })
    .collect()
}
