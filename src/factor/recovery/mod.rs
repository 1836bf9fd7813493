//! Recovery codes, which let a user in without the phone.

pub(super) mod code;
pub(super) mod codes;

pub use code::{Hash, RecoveryCode, SALT};
pub use codes::{RecoveryCodes, RecoveryMatch};

use crate::factor::Part;
use crate::factor::state::State;
use crate::time::Timestamp;

/// The part of recovery codes. They are stored as digests, so nothing is sealed.
pub struct RecoveryPart;

impl Part for RecoveryPart {
    fn restore(&self, state: &mut State, same: Option<&State>, _: Timestamp) {
        let known = same.map(|same| same.recovery_codes.clone()).unwrap_or_default();
        state.recovery_codes = state.recovery_codes.intersect(&known);
    }

    fn contradiction(&self, state: &State) -> Option<&'static str> {
        (!state.recovery_codes.are_valid()).then_some("'recovery-codes' is damaged")
    }
}
