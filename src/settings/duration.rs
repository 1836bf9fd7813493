//! Parses durations that administrators type, such as `8h`, `3600s`, `480m`, `2h30m`, `2w`.

/// The accepted forms of a duration, for help and hints.
pub const FORMS: &str = "90s, 30m, 8h, 3d or 2w";

/// The unit of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Minutes.
    Minutes,
    /// Days.
    Days,
}

impl Unit {
    /// The number of seconds in the unit.
    pub fn seconds(self) -> u64 {
        match self {
            Unit::Seconds => 1,
            Unit::Minutes => 60,
            Unit::Days => 86_400,
        }
    }

    /// The name of the unit.
    pub fn as_str(self) -> &'static str {
        match self {
            Unit::Seconds => "seconds",
            Unit::Minutes => "minutes",
            Unit::Days => "days",
        }
    }
}

/// Parses a duration in `unit`: a bare number, or units that add up to a whole number of `unit`.
///
/// # Errors
/// The expected form.
pub fn parse(text: &str, unit: Unit) -> Result<i64, String> {
    let text = text.trim();
    if let Ok(bare) = text.parse() {
        return Ok(bare);
    }
    let seconds = seconds(text).ok_or_else(|| {
        format!(
            "'{}' is neither a number of {} nor a duration like {FORMS}",
            text.escape_debug(),
            unit.as_str()
        )
    })?;
    if seconds % unit.seconds() != 0 {
        return Err(format!("'{text}' is not a whole number of {}", unit.as_str()));
    }
    i64::try_from(seconds / unit.seconds()).map_err(|_| format!("'{text}' is too long"))
}

/// Parses a duration with its unit, from `least` to `most` seconds.
///
/// # Errors
/// The expected form.
pub fn within(text: &str, least: u64, most: u64) -> Result<u64, String> {
    seconds(text)
        .filter(|seconds| (least..=most).contains(seconds))
        .ok_or_else(|| format!("use {} to {}, such as {FORMS}", words(least), words(most)))
}

/// Returns the seconds of a text like `2h30m`; `None` if it is not a duration.
pub fn seconds(text: &str) -> Option<u64> {
    let mut total: u64 = 0;
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, tail) = rest.split_at(digits);
        let letter = tail.chars().next()?.to_ascii_lowercase();
        let factor = match letter {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            'w' => 7 * 86_400,
            _ => return None,
        };
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(factor)?)?;
        rest = &tail[letter.len_utf8()..];
    }
    Some(total)
}

/// Formats seconds in words: `8 h`, `2 h 30 min`, `45 s`.
pub fn words(seconds: u64) -> String {
    if seconds == 0 {
        return "0 s".into();
    }
    let parts = [
        (seconds / 86_400, "d"),
        (seconds / 3600 % 24, "h"),
        (seconds / 60 % 60, "min"),
        (seconds % 60, "s"),
    ];
    let kept: Vec<_> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n} {unit}")).collect();
    kept.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_converted_to_the_unit_of_the_setting() {
        for (text, unit, expected) in [
            ("480", Unit::Minutes, Some(480)),
            ("8h", Unit::Minutes, Some(480)),
            ("480m", Unit::Minutes, Some(480)),
            ("3600s", Unit::Minutes, Some(60)),
            ("90s", Unit::Minutes, None),
            ("1h30m", Unit::Seconds, Some(5400)),
            ("-1", Unit::Seconds, Some(-1)),
            ("2d", Unit::Days, Some(2)),
            ("2w", Unit::Days, Some(14)),
            ("1w12h", Unit::Minutes, Some(10_800)),
            ("1h", Unit::Days, None),
            ("8 h", Unit::Minutes, None),
            ("h", Unit::Minutes, None),
            ("", Unit::Minutes, None),
            ("99999999999999999999h", Unit::Minutes, None),
            ("8ä", Unit::Minutes, None),
        ] {
            assert_eq!(parse(text, unit).ok(), expected, "{text}");
        }
    }

    #[test]
    fn words_omit_zero_parts() {
        assert_eq!(words(14_400), "4 h");
        assert_eq!(words(9000), "2 h 30 min");
        assert_eq!(words(90), "1 min 30 s");
        assert_eq!(words(0), "0 s");
    }
}
