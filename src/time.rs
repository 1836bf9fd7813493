//! Points in time: whole seconds of the system's UTC clock.
//!
//! Nothing here reads a clock; [`crate::process`] does, once per run.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A point in time in whole seconds since 1970-01-01T00:00:00Z.
///
/// Written as an RFC 3339 time in UTC, in documents as a TOML date-time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "toml::value::Datetime", into = "toml::value::Datetime")]
pub struct Timestamp(i64);

/// The latest time that is told apart, a day before the year 10000, which RFC 3339 cannot write.
const LATEST: i64 = 253_402_207_200;

impl Timestamp {
    /// The time `seconds` after 1970; what RFC 3339 cannot write is brought to its nearest end.
    pub fn from_unix(seconds: i64) -> Self {
        Self(seconds.clamp(0, LATEST))
    }

    /// Seconds since 1970.
    pub fn unix(self) -> i64 {
        self.0
    }

    /// The time `seconds` later.
    #[must_use]
    pub fn plus(self, seconds: u64) -> Self {
        Self::from_unix(self.0.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX)))
    }

    /// Seconds from `self` until `later`; 0 when `later` is not later.
    pub fn until(self, later: Self) -> u64 {
        u64::try_from(later.0.saturating_sub(self.0)).unwrap_or(0)
    }

    /// The month of this time as `2026-11`.
    pub fn month(self) -> String {
        self.to_string().chars().take(7).collect()
    }

    /// Reads an RFC 3339 time, or a date, which means its first second in UTC.
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(time) = text.parse::<jiff::Timestamp>() {
            return Some(Self::from_unix(time.as_second()));
        }
        // A longer text is a time without an offset, which could mean several times.
        let date: jiff::civil::Date = (text.len() == 10).then(|| text.parse().ok())??;
        let time = jiff::tz::Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()?;
        Some(Self::from_unix(time.as_second()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_second(self.0) {
            Ok(time) => write!(f, "{time}"),
            Err(_) => f.write_str("9999-12-30T22:00:00Z"),
        }
    }
}

impl TryFrom<toml::value::Datetime> for Timestamp {
    type Error = &'static str;

    fn try_from(value: toml::value::Datetime) -> Result<Self, Self::Error> {
        Self::parse(&value.to_string())
            .ok_or("a time must be written like 2026-11-24T08:00:00Z, with its offset")
    }
}

impl From<Timestamp> for toml::value::Datetime {
    fn from(time: Timestamp) -> Self {
        time.to_string().parse().unwrap_or(Self { date: None, time: None, offset: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_rfc_3339() {
        let time = Timestamp::parse("2026-11-24T09:00:00+01:00").unwrap();
        assert_eq!(time.to_string(), "2026-11-24T08:00:00Z");
        assert_eq!(Timestamp::parse("2026-11-24").unwrap().to_string(), "2026-11-24T00:00:00Z");
        assert_eq!(time.month(), "2026-11");
        for bad in ["", "tomorrow", "2026-13-01", "2026-11-24T08:00:00"] {
            assert_eq!(Timestamp::parse(bad).map(|t| t.to_string()), None, "{bad}");
        }
    }

    #[test]
    fn survives_the_ends_of_time() {
        for seconds in [i64::MIN, -1, 0, LATEST, i64::MAX] {
            let time = Timestamp::from_unix(seconds);
            assert_eq!(Timestamp::parse(&time.to_string()), Some(time));
            let datetime = toml::value::Datetime::from(time);
            assert_eq!(Timestamp::try_from(datetime), Ok(time));
        }
        assert_eq!(Timestamp::from_unix(LATEST).plus(u64::MAX).unix(), LATEST);
    }
}
