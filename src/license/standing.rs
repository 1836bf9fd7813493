//! Where a store stands: in its trial, licensed, or neither. And what that refuses: new users and the
//! first `enable`, nothing else.

use crate::error::{Error, ErrorKind, Result};
use crate::license::Refusal;
use crate::license::claims::License;
use crate::time::Timestamp;

/// Days of trial after the store was made.
pub const TRIAL_DAYS: u64 = 30;

/// From how many days before its end on a licence is worth a warning.
const WARN_DAYS: u64 = 30;

/// The same for the trial, all of which is shorter than that.
const WARN_DAYS_OF_TRIAL: u64 = 7;

const DAY: u64 = 86_400;

/// The state of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// In the days after it was made: any number of users.
    Trial,
    /// There is a licence for this machine, and it is valid.
    Licensed,
    /// The trial or the licence is over.
    Expired,
}

impl State {
    /// The word for it in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trial => "trial",
            Self::Licensed => "licensed",
            Self::Expired => "expired",
        }
    }
}

/// Where a store stands.
#[derive(Clone, Debug)]
pub struct LicenseStatus {
    /// Trial, licensed or expired.
    pub state: State,
    /// Days until that ends, the running one included; `None`: never.
    pub days_left: Option<u64>,
    /// The licence, also one that has expired.
    pub license: Option<License>,
    /// What is wrong with the licence that is stored.
    pub refusal: Option<Refusal>,
}

impl LicenseStatus {
    /// Where a store stands at `now` that was made at `created` and holds this licence.
    pub fn of(
        created: Timestamp,
        stored: Option<Result<License, Refusal>>,
        now: Timestamp,
    ) -> Self {
        let (license, refusal) = match stored {
            None => (None, None),
            Some(Err(refusal)) => (None, Some(refusal)),
            Some(Ok(license)) => {
                let refusal = license.check_time(now).err();
                (Some(license), refusal)
            }
        };
        let (state, days_left) = match (&license, &refusal) {
            (Some(license), None) => {
                let days = license.expires.map(|end| now.until(end).div_ceil(DAY));
                (State::Licensed, days)
            }
            // Who had a licence is not in a trial again.
            (_, Some(Refusal::Expired(_))) => (State::Expired, Some(0)),
            // A clock that was set back makes no trial longer than it was at first.
            _ => match now.until(created.plus(TRIAL_DAYS * DAY)).div_ceil(DAY).min(TRIAL_DAYS) {
                0 => (State::Expired, Some(0)),
                days => (State::Trial, Some(days)),
            },
        };
        Self { state, days_left, license, refusal }
    }

    /// The most users there may be; `None`: any number.
    pub fn max_users(&self) -> Option<u32> {
        let license = self.license.as_ref().filter(|_| self.state == State::Licensed)?;
        license.max_users.map(std::num::NonZeroU32::get)
    }

    /// Whether so many users may be there after something is added or turned on.
    ///
    /// # Errors
    /// [`ErrorKind::Refused`], with the way out.
    pub fn admit(&self, users: usize) -> Result<()> {
        const WAY_OUT: &str = "'rw2fa license portal' tells how to get a licence, 'rw2fa license \
                               activate FILE' takes it; whoever is asked for a code stays so";
        if self.state == State::Expired {
            let what = match self.refusal {
                Some(Refusal::Expired(end)) => format!("the licence expired at {end}"),
                _ => format!("the trial of {TRIAL_DAYS} days is over"),
            };
            return Err(Error::new(ErrorKind::Refused, what).with_hint(WAY_OUT));
        }
        match self.max_users() {
            Some(most) if users > most as usize => Err(Error::new(
                ErrorKind::Refused,
                format!(
                    "the licence is for {most} user{}, and there would be {users}",
                    if most == 1 { "" } else { "s" }
                ),
            )
            .with_hint(WAY_OUT)),
            _ => Ok(()),
        }
    }

    /// Whether the end is near enough for a warning.
    pub fn ends_soon(&self) -> bool {
        let within = match self.state {
            State::Trial => WARN_DAYS_OF_TRIAL,
            State::Licensed => WARN_DAYS,
            State::Expired => return false,
        };
        self.days_left.is_some_and(|days| days <= within)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CREATED: i64 = 1_795_507_200;
    const DAYS: i64 = 86_400;

    fn license(end: Option<i64>, users: Option<u32>) -> License {
        License {
            order_number: "A-1".into(),
            email: "it@example.com".into(),
            serial: "0000-0000-0000-0000".into(),
            edition: crate::license::claims::Edition::Enterprise,
            issued: Timestamp::from_unix(CREATED),
            expires: end.map(|end| Timestamp::from_unix(CREATED + end)),
            max_users: users.and_then(std::num::NonZeroU32::new),
        }
    }

    fn at(stored: Option<Result<License, Refusal>>, after: i64) -> LicenseStatus {
        LicenseStatus::of(
            Timestamp::from_unix(CREATED),
            stored,
            Timestamp::from_unix(CREATED + after),
        )
    }

    #[test]
    fn where_a_store_stands() {
        let year = || Some(Ok(license(Some(365 * DAYS), Some(3))));
        let foreign = || Some(Err(Refusal::Signature));
        for (stored, after, state, days, soon) in [
            (None, 0, "trial", Some(30), false),
            (None, 1, "trial", Some(30), false),
            (None, 23 * DAYS, "trial", Some(7), true),
            (None, 30 * DAYS - 1, "trial", Some(1), true),
            (None, 30 * DAYS, "expired", Some(0), false),
            // A clock set back, by a day and by decades.
            (None, -DAYS, "trial", Some(30), false),
            (None, -CREATED, "trial", Some(30), false),
            (year(), 0, "licensed", Some(365), false),
            (year(), 334 * DAYS, "licensed", Some(31), false),
            (year(), 335 * DAYS, "licensed", Some(30), true),
            (year(), 365 * DAYS - 1, "licensed", Some(1), true),
            (year(), 365 * DAYS, "expired", Some(0), false),
            (Some(Ok(license(None, None))), 9_000 * DAYS, "licensed", None, false),
            // A licence that ended within the days of the trial.
            (Some(Ok(license(Some(5 * DAYS), None))), 6 * DAYS, "expired", Some(0), false),
            // One that is not valid here neither helps nor harms.
            (foreign(), 1, "trial", Some(30), false),
            (foreign(), 30 * DAYS, "expired", Some(0), false),
            (year(), -DAYS, "trial", Some(30), false),
        ] {
            let standing = at(stored, after);
            let found = (standing.state.as_str(), standing.days_left, standing.ends_soon());
            assert_eq!(found, (state, days, soon), "{after} {standing:?}");
        }
    }

    #[test]
    fn who_may_still_be_added() {
        let limited = || Some(Ok(license(Some(365 * DAYS), Some(3))));
        for (stored, after, users, refused) in [
            (None, 0, 1_000_000, None),
            (None, 30 * DAYS, 0, Some("trial of 30 days is over")),
            (limited(), 0, 3, None),
            (limited(), 0, 4, Some("for 3 users, and there would be 4")),
            (limited(), 365 * DAYS, 1, Some("licence expired at 2027-11-24")),
            (Some(Ok(license(None, None))), 365 * DAYS, 1_000_000, None),
            (Some(Err(Refusal::Signature)), 0, 1_000_000, None),
        ] {
            match (at(stored, after).admit(users), refused) {
                (Ok(()), None) => {}
                (Err(error), Some(words)) => {
                    assert!(error.to_string().contains(words), "{error}");
                    assert!(error.hint().is_some_and(|hint| hint.contains("license portal")));
                }
                (found, _) => panic!("{after} {users}: {found:?}"),
            }
        }
    }
}
