//! The license status of a store: trial, licensed or expired. An expired status blocks new users and the first
//! `enable`, nothing else.

use crate::error::{Error, ErrorKind, Result};
use crate::license::claims::License;
use crate::license::refusal::Refusal;
use crate::time::Timestamp;

/// How many days the trial lasts from the creation of the store.
pub const TRIAL_DAYS: u64 = 30;

/// How many days before a licence ends the warnings begin.
const WARN_DAYS: u64 = 30;

/// How many days before the trial ends the warnings begin.
const WARN_DAYS_OF_TRIAL: u64 = 7;

const DAY: u64 = 86_400;

/// 2020-01-01T00:00:00Z. An earlier time is that of a clock that was never set.
const EARLIEST: i64 = 1_577_836_800;

/// Reports whether the clock cannot have been right at this time.
pub fn is_before_rw2fa(time: Timestamp) -> bool {
    time.unix() < EARLIEST
}

/// Whether a store is in its trial, licensed or neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LicenseState {
    /// In the trial: any number of users.
    Trial,
    /// A licence for this machine is valid.
    Licensed,
    /// The trial or the licence has ended.
    Expired,
}

impl LicenseState {
    /// The word for it in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trial => "trial",
            Self::Licensed => "licensed",
            Self::Expired => "expired",
        }
    }
}

/// The license status of a store.
#[derive(Clone, Debug)]
pub struct LicenseStatus {
    /// Trial, licensed or expired.
    pub state: LicenseState,
    /// Days until that ends, including the current day; `None` if never.
    pub days_left: Option<u64>,
    /// The licence, even if it has expired.
    pub license: Option<License>,
    /// The problem with the stored licence.
    pub refusal: Option<Refusal>,
    /// Whether the trial has started: not if the clock was wrong when the store was made.
    pub is_begun: bool,
}

impl LicenseStatus {
    /// The status at `now` of a store that was created at `created` and holds this licence.
    pub fn new(
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
        let is_begun = !is_before_rw2fa(created);
        let (state, days_left) = match (&license, &refusal) {
            (Some(license), None) => {
                let days = license.expires.map(|end| now.until(end).div_ceil(DAY));
                (LicenseState::Licensed, days)
            }
            // An expired licence does not bring the trial back.
            (_, Some(Refusal::Expired(_))) => (LicenseState::Expired, Some(0)),
            _ if !is_begun => (LicenseState::Trial, Some(TRIAL_DAYS)),
            // A clock that was set back does not extend the trial.
            _ => match now.until(created.plus(TRIAL_DAYS * DAY)).div_ceil(DAY).min(TRIAL_DAYS) {
                0 => (LicenseState::Expired, Some(0)),
                days => (LicenseState::Trial, Some(days)),
            },
        };
        Self { state, days_left, license, refusal, is_begun }
    }

    /// The maximum number of users; `None` if unlimited.
    pub fn max_users(&self) -> Option<u32> {
        let license = self.license.as_ref().filter(|_| self.state == LicenseState::Licensed)?;
        license.max_users.map(std::num::NonZeroU32::get)
    }

    /// Checks that the store may have this many users after an addition or the first `enable`.
    ///
    /// # Errors
    /// [`ErrorKind::Refused`], with a hint.
    pub fn admit(&self, users: usize) -> Result<()> {
        const HINT: &str = "'rw2fa license portal' shows how to get a licence, and 'rw2fa license activate FILE' \
             installs it; users on the list still need a code";
        if self.state == LicenseState::Expired {
            let what = match self.refusal {
                Some(Refusal::Expired(end)) => format!("the licence expired at {end}"),
                _ => format!("the trial of {TRIAL_DAYS} days is over"),
            };
            return Err(Error::new(ErrorKind::Refused, what).with_hint(HINT));
        }
        match self.max_users() {
            Some(most) if users > most as usize => Err(Error::new(
                ErrorKind::Refused,
                format!(
                    "the licence is for {most} user{}, and this would make {users}",
                    if most == 1 { "" } else { "s" }
                ),
            )
            .with_hint(HINT)),
            _ => Ok(()),
        }
    }

    /// Whether the trial or the licence ends soon enough for a warning.
    pub fn ends_soon(&self) -> bool {
        let within = match self.state {
            LicenseState::Trial => WARN_DAYS_OF_TRIAL,
            LicenseState::Licensed => WARN_DAYS,
            LicenseState::Expired => return false,
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
        LicenseStatus::new(
            Timestamp::from_unix(CREATED),
            stored,
            Timestamp::from_unix(CREATED + after),
        )
    }

    #[test]
    fn the_status_follows_the_clock_and_the_licence() {
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
            // A licence that ended during the trial.
            (Some(Ok(license(Some(5 * DAYS), None))), 6 * DAYS, "expired", Some(0), false),
            // An invalid licence changes nothing.
            (foreign(), 1, "trial", Some(30), false),
            (foreign(), 30 * DAYS, "expired", Some(0), false),
            (year(), -DAYS, "trial", Some(30), false),
        ] {
            let status = at(stored, after);
            let found = (status.state.as_str(), status.days_left, status.ends_soon());
            assert_eq!(found, (state, days, soon), "{after} {status:?}");
        }
    }

    #[test]
    fn users_are_admitted_up_to_the_limit() {
        let limited = || Some(Ok(license(Some(365 * DAYS), Some(3))));
        for (stored, after, users, refused) in [
            (None, 0, 1_000_000, None),
            (None, 30 * DAYS, 0, Some("trial of 30 days is over")),
            (limited(), 0, 3, None),
            (limited(), 0, 4, Some("for 3 users, and this would make 4")),
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
