//! Points in time as people type them: a date, a time, or a duration from now.

use toml::value::{Datetime, Offset};

use crate::error::{Error, ErrorKind, Result};
use crate::printable::printable;
use crate::settings::duration;
use crate::time::Timestamp;

/// The accepted forms, for help and hints.
pub(super) const FORMS: &str =
    "2026-12-31, 2026-12-31T18:00 (UTC), 2026-12-31T18:00+01:00, 30m, 8h, 3d, 2w";

/// In which direction a duration counts from now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counts {
    /// `8h` is in eight hours.
    Forward,
    /// `8h` was eight hours ago.
    Back,
}

/// A typed point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    time: Timestamp,
    is_date: bool,
}

impl Moment {
    /// Parses the value of an option.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for any other form; the hint lists [`FORMS`].
    pub(super) fn parse(option: &str, text: &str, now: Timestamp, counts: Counts) -> Result<Self> {
        Self::read(text.trim(), now, counts).ok_or_else(|| {
            let what = format!("{option}: '{}' is not a date, time or duration", printable(text));
            Error::new(ErrorKind::Usage, what).with_hint(format!("use one of: {FORMS}"))
        })
    }

    fn read(text: &str, now: Timestamp, counts: Counts) -> Option<Self> {
        if let Some(seconds) = duration::seconds(text) {
            let time = match counts {
                Counts::Forward => now.plus(seconds),
                Counts::Back => now.minus(seconds),
            };
            return Some(Self { time, is_date: false });
        }
        let mut typed: Datetime = text.parse().ok()?;
        let is_date = typed.time.is_none();
        // Dates count in UTC, and so do times without an offset.
        if !is_date {
            typed.offset.get_or_insert(Offset::Z);
        }
        Some(Self { time: typed.try_into().ok()?, is_date })
    }

    /// Returns the time itself; the first second of a date.
    pub(super) fn start(self) -> Timestamp {
        self.time
    }

    /// Returns the time itself; the last second of a date.
    pub(super) fn last(self) -> Timestamp {
        if self.is_date { self.time.plus(86_399) } else { self.time }
    }

    /// Returns the time itself; for a date, the first second of the next day.
    pub(super) fn end(self) -> Timestamp {
        if self.is_date { self.time.plus(86_400) } else { self.time }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards the forms, which are the same everywhere.
    #[test]
    fn every_form_is_read() {
        let now = Timestamp::parse("2026-11-24T08:00:00Z").unwrap();
        for (text, start, last, end) in [
            ("2026-12-31", "2026-12-31T00:00:00Z", "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z"),
            ("2028-02-28", "2028-02-28T00:00:00Z", "2028-02-28T23:59:59Z", "2028-02-29T00:00:00Z"),
        ] {
            let moment = Moment::parse("--until", text, now, Counts::Forward).unwrap();
            let found = [moment.start(), moment.last(), moment.end()].map(|time| time.to_string());
            assert_eq!(found, [start, last, end], "{text}");
        }
        for (text, counts, expected) in [
            ("2026-12-31T18:00", Counts::Forward, Some("2026-12-31T18:00:00Z")),
            ("2026-12-31 18:00:30", Counts::Back, Some("2026-12-31T18:00:30Z")),
            ("2026-12-31T18:00Z", Counts::Forward, Some("2026-12-31T18:00:00Z")),
            ("2026-12-31T18:00+01:00", Counts::Forward, Some("2026-12-31T17:00:00Z")),
            ("2026-12-31T18:00:00+01:00", Counts::Back, Some("2026-12-31T17:00:00Z")),
            (" 30m ", Counts::Forward, Some("2026-11-24T08:30:00Z")),
            ("8h", Counts::Back, Some("2026-11-24T00:00:00Z")),
            ("3d", Counts::Forward, Some("2026-11-27T08:00:00Z")),
            ("2w", Counts::Forward, Some("2026-12-08T08:00:00Z")),
            ("1w2d", Counts::Back, Some("2026-11-15T08:00:00Z")),
            ("99999999d", Counts::Back, Some("1970-01-01T00:00:00Z")),
            ("99999999999999999999d", Counts::Back, None),
            ("yesterday", Counts::Back, None),
            ("18:00", Counts::Forward, None),
            ("2026-02-29", Counts::Forward, None),
            ("2026-12", Counts::Forward, None),
            ("31.12.2026", Counts::Forward, None),
            ("8", Counts::Forward, None),
            ("", Counts::Forward, None),
        ] {
            let read = Moment::parse("--until", text, now, counts);
            let found = read.as_ref().ok().map(|moment| moment.start().to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
            if let Err(error) = read {
                assert!(error.hint().unwrap().contains(FORMS), "{error}");
            }
        }
    }
}
