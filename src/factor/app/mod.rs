//! The authenticator app: its secret, and what a login page shows of it.

pub mod showing;
pub mod window;

use zeroize::Zeroizing;

use crate::factor::Part;
use crate::factor::app::window::spend;
use crate::factor::sealed::{Field, Sealed};
use crate::factor::state::{Enrolment, State};
use crate::otp::{Secret, Step};
use crate::time::Timestamp;

/// The part of the authenticator app.
pub struct AppPart;

impl Part for AppPart {
    fn sealed<'s>(&self, state: &'s mut State) -> Vec<(Field, &'s mut Sealed)> {
        state.secret.iter_mut().map(|sealed| (Field::Secret, sealed)).collect()
    }

    fn is_proved(&self, state: &State) -> bool {
        state.enrolment == Enrolment::Active
    }

    fn restore(&self, state: &mut State, same: Option<&State>, now: Timestamp) {
        if state.secret.is_some() {
            spend_past_steps(state, same, now);
        }
    }

    fn contradiction(&self, state: &State) -> Option<&'static str> {
        match state.enrolment {
            Enrolment::Active if state.secret.is_none() => {
                Some("enrolment is \"active\", but there is no secret")
            }
            Enrolment::Active | Enrolment::Pending
                if state.secret.is_some() && state.digits.is_none() =>
            {
                Some("there is a secret, but no digits")
            }
            _ => None,
        }
    }
}

/// Reports whether these bytes can be a secret.
pub(super) fn accepts(plain: &[u8]) -> bool {
    Secret::from_slice(plain).is_some()
}

/// Returns a secret in base32, or nothing if these bytes are not a secret.
pub(super) fn reveal(plain: &[u8]) -> Zeroizing<String> {
    Secret::from_slice(plain).map(|secret| secret.to_base32()).unwrap_or_default()
}

/// Reads a secret in base32.
pub(super) fn unreveal(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    Secret::from_base32(text).map(|secret| Zeroizing::new(secret.as_bytes().to_vec()))
}

/// Spends every step up to now, by the phone's clock, and every step that is already spent here.
// SECURITY: every code used since the bundle was made belongs to one of these steps.
fn spend_past_steps(state: &mut State, here: Option<&State>, now: Timestamp) {
    let drift = here.map_or(state.drift, |here| here.drift.max(state.drift));
    let now = Step::at(now.unix());
    let reached = now.offset(i64::from(drift)).unwrap_or(now).max(now);
    let spent = here.into_iter().flat_map(|here| here.last_step.iter().chain(&here.spent));
    for step in spent.copied().chain([reached]) {
        // A step in the future is spent alone; the steps before it stay usable.
        state.last_step = Some(spend(state.last_step, &mut state.spent, step, reached));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards against replays: a restored backup accepts no code that may have been used since.
    #[test]
    fn a_restore_spends_all_steps_up_to_now() {
        let now = Timestamp::from_unix(30 * 1000);
        let state = |last: u64, spent: &[u64], drift| State {
            last_step: Some(Step::new(last)),
            spent: spent.iter().copied().map(Step::new).collect(),
            drift,
            ..State::new(now)
        };
        for (name, backup, here, last, spent) in [
            ("an old one", state(10, &[], 0), None, 1000, vec![]),
            ("a phone ahead", state(10, &[], 3), None, 1003, vec![]),
            ("a phone behind", state(10, &[], -3), None, 1000, vec![]),
            ("never back", state(2000, &[], 0), None, 2000, vec![]),
            ("used ahead", state(10, &[1200], 0), None, 1000, vec![1200]),
            ("used here", state(10, &[], 0), Some(state(1001, &[1100], 2)), 1002, vec![1100]),
        ] {
            let mut next = backup;
            spend_past_steps(&mut next, here.as_ref(), now);
            assert_eq!(next.last_step, Some(Step::new(last)), "{name}");
            let spent: Vec<_> = spent.into_iter().map(Step::new).collect();
            assert_eq!(next.spent, spent, "{name}");
        }
    }
}
