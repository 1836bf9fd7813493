//! The attempt counter of an account, and the proof that an attempt was charged.
//!
//! Every comparison of a typed code is charged before it is made. The counter only grows, and the user's state
//! records how many attempts are forgiven. The difference is the number of failed attempts.
//!
//! The counter is a document of fixed size that is overwritten in place, so charging needs no free disk space.

use crate::error::Result;
use crate::factor::lockout::{Failures, Lockout, Rules};
use crate::time::Timestamp;

/// How many comparisons of typed codes were charged to an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    /// The number of the last attempt; 0 before the first one.
    pub count: u64,
    /// The lock that the last attempt causes unless it is forgiven.
    pub lockout: Option<Lockout>,
}

/// Proof that an attempt was charged durably. Every comparison of a typed code with a secret requires one.
// SECURITY: only `Attempts::charge` makes one, and it cannot be cloned or copied.
#[derive(Debug)]
pub struct Charge {
    attempts: Attempts,
}

impl Attempts {
    /// Charges one attempt after these failures. `record` must make the counter durable.
    ///
    /// The charge includes the lock that a wrong code would cause. So the lock holds even if the program is killed
    /// before it compares.
    ///
    /// # Errors
    /// The error of `record`. Nothing may be compared then.
    pub fn charge(
        self,
        failures: Failures,
        rules: Rules,
        now: Timestamp,
        record: impl FnOnce(Self) -> Result<()>,
    ) -> Result<Charge> {
        let lockout = failures.charged(rules, now).lockout;
        let attempts = Self { count: self.count.saturating_add(1), lockout };
        record(attempts)?;
        Ok(Charge { attempts })
    }

    /// The same counter with a lock that ends no later than its own length from `now`.
    #[must_use]
    pub fn rebased(self, now: Timestamp) -> Self {
        Self { lockout: self.lockout.map(|lockout| lockout.rebased(now)), ..self }
    }

    /// The counter as a document of fixed length.
    pub fn to_text(self) -> String {
        let Lockout { until, seconds } =
            self.lockout.unwrap_or(Lockout { until: Timestamp::from_unix(0), seconds: 0 });
        let (count, until) = (self.count, until.unix());
        format!(
            "attempts = {count:>20}\nlocked-until = {until:>20}\nlock-seconds = {seconds:>20}\n"
        )
    }

    /// Reads a counter; `None` unless the text is exactly what [`Self::to_text`] writes.
    pub fn from_text(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let mut value = |key: &str| lines.next()?.strip_prefix(key).map(str::trim_start);
        let count = value("attempts = ")?.parse().ok()?;
        let until = Timestamp::from_unix(value("locked-until = ")?.parse().ok()?);
        let seconds = value("lock-seconds = ")?.parse().ok()?;
        let lockout = (seconds > 0).then_some(Lockout { until, seconds });
        let attempts = Self { count, lockout };
        (attempts.to_text() == text).then_some(attempts)
    }
}

impl Charge {
    /// The number of the charged attempt.
    pub fn number(&self) -> u64 {
        self.attempts.count
    }

    /// The counter after the charge.
    pub fn attempts(&self) -> Attempts {
        self.attempts
    }

    /// A charge for tests of comparisons.
    #[cfg(test)]
    pub(crate) fn assumed() -> Self {
        Self::assumed_for(Attempts { count: 1, lockout: None })
    }

    /// A charge that resulted in this counter, for tests.
    #[cfg(test)]
    pub(crate) fn assumed_for(attempts: Attempts) -> Self {
        Self { attempts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Error, ErrorKind};

    const RULES: Rules = Rules { attempts: 3, seconds: 60 };

    fn now() -> Timestamp {
        Timestamp::from_unix(1_000_000)
    }

    /// Guards the order: no proof of a charge exists before the counter is durable.
    #[test]
    fn a_charge_needs_a_recorded_counter() {
        let refuse = |_| Err(Error::new(ErrorKind::Store, "the disk failed"));
        assert!(Attempts::default().charge(Failures::default(), RULES, now(), refuse).is_err());
        let mut recorded = None;
        let charge = Attempts { count: 6, lockout: None }
            .charge(Failures { count: 2, lockout: None }, RULES, now(), |next| {
                recorded = Some(next);
                Ok(())
            })
            .unwrap();
        let lockout = Some(Lockout { until: now().plus(60), seconds: 60 });
        assert_eq!(recorded, Some(Attempts { count: 7, lockout }));
        assert_eq!((charge.number(), charge.attempts().lockout), (7, lockout));
    }

    #[test]
    fn the_document_has_a_fixed_length_and_round_trips() {
        let lock = |until, seconds| Some(Lockout { until: Timestamp::from_unix(until), seconds });
        let length = Attempts::default().to_text().len();
        for attempts in [
            Attempts::default(),
            Attempts { count: 17, lockout: lock(1_795_507_260, 60) },
            Attempts { count: u64::MAX, lockout: lock(i64::MIN, u64::MAX) },
        ] {
            let text = attempts.to_text();
            assert_eq!(
                (text.len(), Attempts::from_text(&text)),
                (length, Some(attempts)),
                "{text}"
            );
            assert!(toml::from_str::<toml::Table>(&Attempts::default().to_text()).is_ok());
        }
    }

    #[test]
    fn damaged_counters_are_rejected() {
        let whole = Attempts { count: 17, lockout: None }.to_text();
        let longer = format!("{whole}\n");
        for text in [
            "",
            &whole[1..],
            &whole[..whole.len() - 1],
            &longer,
            &whole.replace("17", "1x"),
            &whole.replace("  17", "0017"),
            &whole.replace("  17", "  -1"),
            &whole.replace("attempts", "attemptz"),
            &"\0".repeat(whole.len()),
        ] {
            assert_eq!(Attempts::from_text(text), None, "{text:?}");
        }
    }
}
