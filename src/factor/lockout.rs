//! Lockout: the penalty for wrong codes.
//!
//! The wrong code that reaches the limit locks the account. After that lock, each further wrong code locks it for
//! twice as long, up to an hour. After [`HARD_STOP`] failures in a row only an administrator can unlock it.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// Consecutive failures after which no more codes are compared (NIST SP 800-63B, 5.2.2).
pub const HARD_STOP: u32 = 100;

/// The longest lock that doubling can reach, in seconds.
const LONGEST: u64 = 3600;

/// The lockout settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// How many consecutive wrong codes lock the account.
    pub attempts: u32,
    /// The length of the first lock in seconds.
    pub seconds: u32,
}

/// A lock, whether in force or over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Lockout {
    /// When it ends.
    pub until: Timestamp,
    /// How long it lasts, in seconds.
    pub seconds: u64,
}

/// Consecutive failures and the lock they caused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Failures {
    /// Wrong codes since the last correct one.
    pub count: u32,
    /// The last lock.
    pub lockout: Option<Lockout>,
}

/// Whether a user may try a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockoutState {
    /// Codes are compared.
    Open,
    /// No code is compared for this many seconds.
    Locked(u64),
    /// No code is compared until an administrator unlocks the account.
    Stopped,
}

impl Rules {
    /// The length in seconds of the lock that the `failures`-th wrong code causes; `None` if it does not lock.
    pub fn lock_after(self, failures: u32) -> Option<u64> {
        let beyond = failures.checked_sub(self.attempts)?;
        let first = u64::from(self.seconds);
        let doubled = first.saturating_mul(1_u64.checked_shl(beyond.min(32)).unwrap_or(u64::MAX));
        Some(doubled.min(LONGEST.max(first)))
    }
}

impl Lockout {
    /// Shortens the lock to end no later than its own length from `now`.
    #[must_use]
    pub fn rebased(self, now: Timestamp) -> Self {
        Self { until: self.until.min(now.plus(self.seconds)), ..self }
    }
}

impl Failures {
    /// Whether the user may try a code at `now`.
    pub fn state_at(&self, now: Timestamp) -> LockoutState {
        if self.count >= HARD_STOP {
            return LockoutState::Stopped;
        }
        match self.lockout {
            Some(lockout) if now < lockout.until => {
                LockoutState::Locked(now.until(lockout.until).min(lockout.seconds))
            }
            _ => LockoutState::Open,
        }
    }

    /// Shortens the lock to end no later than its own length from `now`, in case the clock was set back.
    #[must_use]
    pub fn rebased(self, now: Timestamp) -> Self {
        Self { lockout: self.lockout.map(|lockout| lockout.rebased(now)), ..self }
    }

    /// Adds one wrong code and the lock that it causes.
    #[must_use]
    pub fn charged(mut self, rules: Rules, now: Timestamp) -> Self {
        self.count = self.count.saturating_add(1);
        let lock = rules.lock_after(self.count);
        self.lockout = lock.map(|seconds| Lockout { until: now.plus(seconds), seconds });
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules { attempts: 5, seconds: 60 };

    #[test]
    fn locks_double_up_to_an_hour() {
        let series: Vec<_> = (1..=14).map(|failures| RULES.lock_after(failures)).collect();
        let expected = [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600, 3600].map(Some);
        assert_eq!(series[..4], [None; 4]);
        assert_eq!(series[4..], expected);
        assert_eq!(RULES.lock_after(u32::MAX), Some(3600));
        let long = Rules { attempts: 1, seconds: 86_400 };
        assert_eq!(long.lock_after(7), Some(86_400), "a longer first lock is never shortened");
    }

    #[test]
    fn a_lock_ends_at_its_second() {
        let now = Timestamp::from_unix(1000);
        let failures = Failures { count: 4, lockout: None }.charged(RULES, now);
        assert_eq!(failures.state_at(now), LockoutState::Locked(60));
        assert_eq!(failures.state_at(Timestamp::from_unix(1059)), LockoutState::Locked(1));
        assert_eq!(failures.state_at(Timestamp::from_unix(1060)), LockoutState::Open);
    }

    #[test]
    fn a_clock_set_back_never_lengthens_a_lock() {
        let now = Timestamp::from_unix(1_000_000);
        let failures = Failures { count: 4, lockout: None }.charged(RULES, now);
        let yesterday = Timestamp::from_unix(1_000_000 - 86_400);
        let failures = failures.rebased(yesterday);
        assert_eq!(failures.state_at(yesterday), LockoutState::Locked(60));
        assert_eq!(failures.state_at(yesterday.plus(60)), LockoutState::Open);
    }

    #[test]
    fn the_hard_stop_has_no_end() {
        let failures =
            Failures { count: 99, lockout: None }.charged(RULES, Timestamp::from_unix(0));
        assert_eq!(failures.state_at(Timestamp::from_unix(i64::MAX)), LockoutState::Stopped);
    }
}
