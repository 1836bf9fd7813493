//! Showing a secret to whoever is to put it into an app: which one, and what the user's state remembers of it.

use crate::account::state::{Enrolment, Shown, State};
use crate::otp::{Digits, Secret};
use crate::time::Timestamp;

/// How a secret is shown.
pub struct Showing {
    /// To which address.
    pub ip: Option<String>,
    /// To a user of which domain.
    pub domain: Option<String>,
    /// Whether an administrator hands it over in person.
    pub handed_over: bool,
}

/// The state after the pending secret was shown, and the secret if it had to be made from `fresh`.
///
/// A pending secret lives for [`crate::account::state::PENDING_LIFE`] from its first showing. One that a
/// login has shown is not handed over: whoever saw it there could be anybody who knows the password.
pub fn show_secret(
    state: &State,
    digits: Digits,
    now: Timestamp,
    fresh: &Secret,
    showing: Showing,
) -> (State, Option<Secret>) {
    let mut next = state.clone();
    let mut new_secret = None;
    let was_seen = showing.handed_over && !state.handed_over;
    if !state.has_live_pending_secret(now) || was_seen {
        new_secret = Some(fresh.clone());
        next.enrolment = Enrolment::Pending;
        next.digits = Some(digits);
        next.pending_since = Some(now);
        next.domain = showing.domain;
        next.handed_over = false;
        next.last_step = None;
        next.spent.clear();
        next.drift = 0;
        next.shown = None;
    }
    next.handed_over |= showing.handed_over;
    let times = next.shown.as_ref().map_or(0, |shown| shown.times).saturating_add(1);
    next.shown = Some(Shown { times, last: now, ip: showing.ip });
    (next, new_secret)
}
