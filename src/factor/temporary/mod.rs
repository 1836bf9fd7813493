//! Temporary codes, which an administrator gives to a user who has no working second factor today.
//!
//! A user has at most one. It has the form of a recovery code, ends at a fixed time, and enrols nobody.

use serde::{Deserialize, Serialize};

use crate::factor::Part;
use crate::factor::attempts::Charge;
use crate::factor::recovery::{Hash, RecoveryCode, SALT};
use crate::factor::state::State;
use crate::time::Timestamp;

/// A user's temporary code, as the state document holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TemporaryCode {
    /// Salt and digest in base64url.
    digest: String,
    /// When it was created.
    made: Timestamp,
    /// When it ends.
    pub until: Timestamp,
    /// How often it may still be used.
    pub uses_left: u32,
}

/// The result of trying a temporary code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemporaryMatch {
    /// It was valid, and has this many uses left now.
    Accepted(u32),
    /// It is the user's temporary code, but all its uses are spent.
    Used,
    /// It is not the user's temporary code.
    Wrong,
}

impl TemporaryCode {
    /// The longest time that a temporary code may be valid, in seconds.
    pub const LONGEST: u64 = 30 * 86_400;

    /// The most uses that it may have.
    pub const MOST_USES: u32 = 1000;

    /// Creates the document of `code`, hashed with a fresh salt.
    pub fn new(
        code: &RecoveryCode,
        salt: &[u8; SALT],
        now: Timestamp,
        until: Timestamp,
        uses: u32,
    ) -> Self {
        Self { digest: code.hashed(salt), made: now, until, uses_left: uses }
    }

    /// Whether a login accepts it at `now`. A code from the future has no known age and counts as expired.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.uses_left > 0 && self.is_timely(now)
    }

    /// Whether it has not expired.
    fn is_timely(&self, now: Timestamp) -> bool {
        self.made <= now && now < self.until
    }

    /// Takes one use if `typed` is this code.
    pub fn spend(&mut self, typed: &RecoveryCode, now: Timestamp, _: &Charge) -> TemporaryMatch {
        let is_this = Hash::parse(&self.digest).is_some_and(|hash| hash.is_of(typed));
        if !is_this || !self.is_timely(now) {
            return TemporaryMatch::Wrong;
        }
        let Some(left) = self.uses_left.checked_sub(1) else { return TemporaryMatch::Used };
        self.uses_left = left;
        TemporaryMatch::Accepted(left)
    }
}

/// The part of temporary codes. They are stored as digests, so nothing is sealed.
pub struct TemporaryPart;

impl Part for TemporaryPart {
    fn export(&self, state: &mut State) {
        state.temporary_code = None;
    }

    // SECURITY: a code that was used up or revoked since the backup does not come back.
    fn restore(&self, state: &mut State, same: Option<&State>, _: Timestamp) {
        state.temporary_code = same.and_then(|same| same.temporary_code.clone());
    }

    fn contradiction(&self, state: &State) -> Option<&'static str> {
        let code = state.temporary_code.as_ref()?;
        Hash::parse(&code.digest).is_none().then_some("'temporary-code' is damaged")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(number: u8) -> RecoveryCode {
        RecoveryCode::from_random([number; 10])
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix(seconds)
    }

    /// Guards the limits of a temporary code: its uses, its end, and a clock that was set back.
    #[test]
    fn a_code_is_accepted_for_its_uses_until_its_end() {
        use TemporaryMatch::{Accepted, Used, Wrong};
        let charge = Charge::assumed();
        let fresh = TemporaryCode::new(&code(1), &[1; SALT], at(100), at(200), 2);
        let mut spent = fresh.clone();
        for expected in [Accepted(1), Accepted(0), Used, Used] {
            assert_eq!(spent.spend(&code(1), at(150), &charge), expected);
            assert_eq!(spent.spend(&code(2), at(150), &charge), Wrong);
        }
        for (now, expected) in [(99, Wrong), (100, Accepted(1)), (199, Accepted(1)), (200, Wrong)] {
            assert_eq!(fresh.clone().spend(&code(1), at(now), &charge), expected, "{now}");
            assert_eq!(fresh.is_live(at(now)), expected == Accepted(1), "{now}");
        }
        assert!(!spent.is_live(at(150)));
    }

    /// Guards that a damaged document accepts nothing.
    #[test]
    fn a_damaged_digest_matches_nothing() {
        let whole = TemporaryCode::new(&code(1), &[1; SALT], at(100), at(200), 2);
        let mut state = State::new(at(0));
        for digest in ["", "AAAA", &whole.digest[1..], &format!("{}AAAA", whole.digest)] {
            let mut code_ = TemporaryCode { digest: digest.to_owned(), ..whole.clone() };
            let matched = code_.spend(&code(1), at(150), &Charge::assumed());
            assert_eq!(matched, TemporaryMatch::Wrong, "{digest}");
            state.temporary_code = Some(code_);
            assert!(state.contradiction().is_some(), "{digest}");
        }
        state.temporary_code = Some(whole);
        assert_eq!(state.contradiction(), None);
    }

    /// Guards that a backup never brings a temporary code back.
    #[test]
    fn a_restore_keeps_only_the_present_code() {
        let make = |number, uses| {
            Some(TemporaryCode::new(&code(number), &[1; SALT], at(100), at(200), uses))
        };
        let backup = State { temporary_code: make(1, 5), ..State::new(at(0)) };
        let same = State { temporary_code: make(2, 1), ..State::new(at(0)) };
        for (same, expected) in [(None, None), (Some(&same), same.temporary_code.clone())] {
            let mut restored = backup.clone();
            TemporaryPart.restore(&mut restored, same, at(150));
            assert_eq!(restored.temporary_code, expected);
        }
        let mut exported = backup;
        TemporaryPart.export(&mut exported);
        assert_eq!(exported.temporary_code, None);
    }
}
