//! Points in time: whole seconds of the system's UTC clock.
//!
//! Nothing here reads a clock; [`crate::process`] does, once per run.

use std::fmt;

use serde::{Deserialize, Serialize};
use toml::value::{Date, Datetime, Offset, Time};

/// A point in time in whole seconds since 1970-01-01T00:00:00Z.
///
/// Shown as an RFC 3339 time in UTC. Documents that people edit hold it as a TOML date-time ([`readable`]).
/// Documents that only the program reads hold the number, which is much faster to parse at a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "i64", into = "i64")]
pub struct Timestamp(i64);

impl From<i64> for Timestamp {
    fn from(seconds: i64) -> Self {
        Self::from_unix(seconds)
    }
}

impl From<Timestamp> for i64 {
    fn from(time: Timestamp) -> Self {
        time.0
    }
}

/// A time, or an optional one, as a TOML date-time, for `#[serde(with = "readable")]`.
pub mod readable {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use toml::value::Datetime;

    use super::Timestamp;

    /// A field that holds a time or an optional time.
    pub trait Field: Sized {
        /// The type in the document.
        type Written: Serialize + for<'de> Deserialize<'de>;

        /// Converts the field for the document.
        fn write(&self) -> Self::Written;

        /// Converts the document's value back.
        fn read(written: Self::Written) -> Result<Self, &'static str>;
    }

    impl Field for Timestamp {
        type Written = Datetime;

        fn write(&self) -> Datetime {
            (*self).into()
        }

        fn read(written: Datetime) -> Result<Self, &'static str> {
            written.try_into()
        }
    }

    impl Field for Option<Timestamp> {
        type Written = Option<Datetime>;

        fn write(&self) -> Option<Datetime> {
            self.map(Datetime::from)
        }

        fn read(written: Option<Datetime>) -> Result<Self, &'static str> {
            written.map(Timestamp::try_from).transpose()
        }
    }

    /// Writes the field.
    pub fn serialize<F: Field, S: Serializer>(field: &F, serializer: S) -> Result<S::Ok, S::Error> {
        field.write().serialize(serializer)
    }

    /// Reads the field.
    pub fn deserialize<'de, F: Field, D: Deserializer<'de>>(from: D) -> Result<F, D::Error> {
        F::read(F::Written::deserialize(from)?).map_err(serde::de::Error::custom)
    }
}

/// The last second that RFC 3339 can express: 9999-12-31T23:59:59Z.
const LATEST: i64 = 253_402_300_799;

impl Timestamp {
    /// Returns the time `seconds` after 1970, clamped to the range of RFC 3339.
    pub fn from_unix(seconds: i64) -> Self {
        Self(seconds.clamp(0, LATEST))
    }

    /// The seconds since 1970.
    pub fn unix(self) -> i64 {
        self.0
    }

    /// Returns the time `seconds` later.
    #[must_use]
    pub fn plus(self, seconds: u64) -> Self {
        Self::from_unix(self.0.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX)))
    }

    /// Returns the time `seconds` earlier.
    #[must_use]
    pub fn minus(self, seconds: u64) -> Self {
        Self::from_unix(self.0.saturating_sub(i64::try_from(seconds).unwrap_or(i64::MAX)))
    }

    /// Returns the seconds from `self` until `later`, or 0 if `later` is not later.
    pub fn until(self, later: Self) -> u64 {
        u64::try_from(later.0.saturating_sub(self.0)).unwrap_or(0)
    }

    /// Returns the month of this time, such as `2026-11`.
    pub fn month(self) -> String {
        self.to_string().chars().take(7).collect()
    }

    /// Parses an RFC 3339 time, or a date, which means its first second in UTC.
    pub fn parse(text: &str) -> Option<Self> {
        Self::try_from(text.parse::<Datetime>().ok()?).ok()
    }
}

/// Returns the days from 1970-01-01 to a Gregorian date. Years begin in March here, so that the leap day
/// comes last.
fn days_of_date(date: Date) -> i64 {
    let (month, day) = (i64::from(date.month), i64::from(date.day));
    let year = i64::from(date.year) - i64::from(month <= 2);
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Returns the year, month and day that is `days` after 1970-01-01.
fn date_of_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let month = (march_month + 2) % 12 + 1;
    let day_of_month = day_of_year - (153 * march_month + 2) / 5 + 1;
    (era * 400 + year + i64::from(month <= 2), month, day_of_month)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = date_of_days(self.0.div_euclid(86_400));
        let second = self.0.rem_euclid(86_400);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

impl TryFrom<Datetime> for Timestamp {
    type Error = &'static str;

    fn try_from(value: Datetime) -> Result<Self, Self::Error> {
        // A time without an offset is ambiguous.
        let (date, time, offset) = match (value.date, value.time, value.offset) {
            (Some(date), None, None) => (date, None, 0),
            (Some(date), Some(time), Some(Offset::Z)) => (date, Some(time), 0),
            (Some(date), Some(time), Some(Offset::Custom { minutes })) => {
                (date, Some(time), i64::from(minutes))
            }
            _ => return Err("a time must be written like 2026-11-24T08:00:00Z, with its offset"),
        };
        let seconds = time.map_or(0, |time| {
            let second = time.second.map_or(0, i64::from);
            i64::from(time.hour) * 3600 + i64::from(time.minute) * 60 + second
        });
        Ok(Self::from_unix(days_of_date(date) * 86_400 + seconds - offset * 60))
    }
}

impl From<Timestamp> for Datetime {
    fn from(time: Timestamp) -> Self {
        let (year, month, day) = date_of_days(time.0.div_euclid(86_400));
        let second = time.0.rem_euclid(86_400);
        // All of these are small: a timestamp is never before 1970 or after 9999.
        let byte = |number: i64| u8::try_from(number).unwrap_or(0);
        Self {
            date: Some(Date {
                year: u16::try_from(year).unwrap_or(1970),
                month: byte(month),
                day: byte(day),
            }),
            time: Some(Time {
                hour: byte(second / 3600),
                minute: byte(second / 60 % 60),
                second: Some(byte(second % 60)),
                nanosecond: None,
            }),
            offset: Some(Offset::Z),
        }
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
    fn times_are_clamped_to_the_valid_range() {
        for seconds in [i64::MIN, -1, 0, LATEST, i64::MAX] {
            let time = Timestamp::from_unix(seconds);
            assert_eq!(Timestamp::parse(&time.to_string()), Some(time));
            let datetime = Datetime::from(time);
            assert_eq!(Timestamp::try_from(datetime), Ok(time));
        }
        assert_eq!(Timestamp::from_unix(LATEST).plus(u64::MAX).unix(), LATEST);
    }

    /// A second implementation of the calendar agrees on a day of every week that it knows.
    #[test]
    fn dates_match_those_of_another_library() {
        for day in (0..2_932_895).step_by(7) {
            let time = Timestamp::from_unix(day * 86_400 + day % 86_400);
            let other = jiff::Timestamp::from_second(time.unix()).unwrap().to_string();
            assert_eq!(time.to_string(), other);
            if day % 97 == 0 {
                assert_eq!(Timestamp::parse(&other), Some(time), "{other}");
            }
        }
    }

    #[test]
    fn offsets_are_subtracted() {
        for (text, expected) in [
            ("2026-11-24T08:00:00+02:00", "2026-11-24T06:00:00Z"),
            ("2026-11-24T08:00:00-09:30", "2026-11-24T17:30:00Z"),
            ("2024-02-29T23:59:59Z", "2024-02-29T23:59:59Z"),
            ("2026-11-24 08:00:00.999Z", "2026-11-24T08:00:00Z"),
        ] {
            assert_eq!(Timestamp::parse(text).unwrap().to_string(), expected, "{text}");
        }
    }
}
