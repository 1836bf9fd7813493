//! Shows a secret for the user's authenticator app: chooses the secret and records the showing in the state.

use crate::factor::state::{Enrolment, Shown, State};
use crate::otp::{Digits, Secret};
use crate::time::Timestamp;

/// Where and how a secret is shown.
pub struct Showing {
    /// The address of the device that shows it.
    pub ip: Option<String>,
    /// The domain of the user.
    pub domain: Option<String>,
    /// When it ends, if an administrator hands it over in person.
    pub handed_over_until: Option<Timestamp>,
}

/// Returns the state after showing the pending secret, and `fresh` if it became the new secret.
///
/// A pending secret lives for [`crate::factor::state::PENDING_LIFE`] from its first showing by a login, or as long
/// as the administrator who hands it over decides. A secret that a login has already shown is never handed over:
/// anyone who knows the password may have seen it.
pub fn show_secret(
    state: &State,
    digits: Digits,
    now: Timestamp,
    fresh: &Secret,
    showing: Showing,
) -> (State, Option<Secret>) {
    let mut next = state.clone();
    let mut new_secret = None;
    let was_seen = showing.handed_over_until.is_some() && !state.handed_over;
    if !state.has_live_pending_secret(now) || was_seen {
        new_secret = Some(fresh.clone());
        next.enrolment = Enrolment::Pending;
        next.digits = Some(digits);
        next.pending_since = Some(now);
        next.pending_until = None;
        next.domain = showing.domain;
        next.handed_over = false;
        next.last_step = None;
        next.spent.clear();
        next.drift = 0;
        next.shown = None;
    }
    if let Some(until) = showing.handed_over_until {
        next.handed_over = true;
        next.pending_until = Some(until);
    }
    let times = next.shown.as_ref().map_or(0, |shown| shown.times).saturating_add(1);
    next.shown = Some(Shown { times, last: now, ip: showing.ip });
    (next, new_secret)
}
