//! The advanced settings: one table with the default, bounds and meaning of each key.
//!
//! Both the parser of `store.toml` and `rw2fa advanced` use [`KEYS`].

use crate::account::grant::Validity;
use crate::account::lockout::Rules;
use crate::otp::Digits;
use crate::settings::duration::{self, Unit};

/// The values of the advanced settings, one field for each entry of [`KEYS`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advanced {
    /// How many 30 s steps before and after its own a code is valid.
    pub discrepancy: u32,
    /// The name shown in the authenticator app. If empty: the server's name and `remote-work`.
    pub issuer: String,
    /// How long after the first session further ones may open, in minutes.
    pub validity_after_first_session: u32,
    /// How long after the code the first session may open, in seconds.
    pub validity_before_first_session: u32,
    /// The digits of the codes of users who enrol from now on.
    pub digits: u32,
    /// The text of an SMS.
    pub sms_message: String,
    /// The lifetime of a code sent by SMS, in seconds.
    pub sms_validity: u32,
    /// The shortest time between two SMS to one user, in seconds.
    pub sms_interval: u32,
    /// The most SMS to one user per hour; 0: no limit.
    pub sms_hourly_limit: u32,
    /// The most SMS to all users per day; 0: no limit.
    pub sms_daily_limit: u32,
    /// The number of consecutive wrong codes that locks a user.
    pub lockout_attempts: u32,
    /// The duration of the first lock, in seconds.
    pub lockout_seconds: u32,
    /// After how many days on the list users can no longer enrol on their own; 0: no limit.
    pub enrolment_days: u32,
    /// Whether grants need `--client`.
    pub require_client: bool,
}

impl Default for Advanced {
    fn default() -> Self {
        Self {
            discrepancy: 480,
            issuer: String::new(),
            validity_after_first_session: 480,
            validity_before_first_session: 3600,
            digits: u32::from(Digits::DEFAULT.get()),
            sms_message: "Your %ISSUER% verification code is: %CODE%".into(),
            sms_validity: 600,
            sms_interval: 30,
            sms_hourly_limit: 6,
            sms_daily_limit: 0,
            lockout_attempts: 5,
            lockout_seconds: 60,
            enrolment_days: 0,
            require_client: false,
        }
    }
}

impl Advanced {
    /// Returns the digits for users who enrol from now on.
    pub fn digits(&self) -> Digits {
        u8::try_from(self.digits).ok().and_then(Digits::new).unwrap_or(Digits::DEFAULT)
    }

    /// Returns the window for codes of `digits`: the setting, limited so that guessing stays hard.
    pub fn discrepancy_for(&self, digits: Digits) -> u32 {
        self.discrepancy.min(digits.widest_discrepancy())
    }

    /// Returns how long grants last.
    pub fn validity(&self) -> Validity {
        Validity {
            before_first_session: u64::from(self.validity_before_first_session),
            after_first_session: u64::from(self.validity_after_first_session) * 60,
        }
    }

    /// Returns the lockout rules.
    pub fn lockout(&self) -> Rules {
        Rules { attempts: self.lockout_attempts, seconds: self.lockout_seconds }
    }

    /// Returns the name shown in the authenticator app, on the server called `host`.
    pub fn issuer(&self, host: &str) -> String {
        if self.issuer.is_empty() {
            let host: String = host.chars().filter(|c| *c != ':').take(52).collect();
            format!("{host} remote-work")
        } else {
            self.issuer.clone()
        }
    }
}

/// The type of a setting.
#[derive(Clone, Copy)]
enum Slot {
    Number { field: fn(&mut Advanced) -> &mut u32, least: u32, most: u32, unit: Option<Unit> },
    Flag { field: fn(&mut Advanced) -> &mut bool },
    Text { field: fn(&mut Advanced) -> &mut String, check: fn(&str) -> Result<(), &'static str> },
}

/// One advanced setting.
pub struct Key {
    /// Its name in commands and documents.
    pub name: &'static str,
    /// Its purpose, in one line.
    pub meaning: &'static str,
    slot: Slot,
}

macro_rules! number {
    ($name:literal, $field:ident, $least:literal ..= $most:literal, $unit:expr, $meaning:literal) => {
        Key {
            name: $name,
            meaning: $meaning,
            slot: Slot::Number {
                field: |advanced| &mut advanced.$field,
                least: $least,
                most: $most,
                unit: $unit,
            },
        }
    };
}

/// Every advanced setting, in the order in which they are listed.
pub const KEYS: &[Key] = &[
    number!(
        "discrepancy",
        discrepancy,
        0..=2880,
        None,
        "steps of 30 s that an app code is valid before and after its own"
    ),
    Key {
        name: "issuer",
        meaning: "name shown in the authenticator app",
        slot: Slot::Text { field: |advanced| &mut advanced.issuer, check: check_issuer },
    },
    number!(
        "validity-after-first-session",
        validity_after_first_session,
        0..=43200,
        Some(Unit::Minutes),
        "further sessions need no new code for this long after the first one opened"
    ),
    number!(
        "validity-before-first-session",
        validity_before_first_session,
        0..=86400,
        Some(Unit::Seconds),
        "the first session must open within this time after a code; 0: together with the code"
    ),
    number!("digits", digits, 4..=12, None, "digits of a code, for users who enrol from now on"),
    Key {
        name: "sms-message",
        meaning: "text of the SMS; %CODE% and %ISSUER% are filled in",
        slot: Slot::Text { field: |advanced| &mut advanced.sms_message, check: check_message },
    },
    number!(
        "sms-validity",
        sms_validity,
        60..=14400,
        Some(Unit::Seconds),
        "life of a code sent by SMS"
    ),
    number!(
        "sms-interval",
        sms_interval,
        0..=86400,
        Some(Unit::Seconds),
        "least time between two messages to one user"
    ),
    number!(
        "sms-hourly-limit",
        sms_hourly_limit,
        0..=1000,
        None,
        "most messages to one user within an hour; 0: no limit"
    ),
    number!(
        "sms-daily-limit",
        sms_daily_limit,
        0..=1_000_000,
        None,
        "most messages to all users within a day; 0: no limit"
    ),
    number!("lockout-attempts", lockout_attempts, 1..=100, None, "wrong codes in a row that lock"),
    number!(
        "lockout-seconds",
        lockout_seconds,
        1..=86400,
        Some(Unit::Seconds),
        "length of the first lock; it doubles with each further wrong code, up to 1 h"
    ),
    number!(
        "enrolment-days",
        enrolment_days,
        0..=365,
        Some(Unit::Days),
        "days on the list after which a user can no longer enrol by himself; 0: no limit"
    ),
    Key {
        name: "require-client",
        meaning: "whether the portal must name its session with --client",
        slot: Slot::Flag { field: |advanced| &mut advanced.require_client },
    },
];

fn check_issuer(text: &str) -> Result<(), &'static str> {
    let length = text.chars().count();
    if !(1..=64).contains(&length) {
        Err("must have 1 to 64 characters")
    } else if text.contains(':') {
        Err("must not contain ':', which separates it from the account in the app")
    } else if text.chars().any(char::is_control) || text.trim() != text {
        Err("must not contain control characters, nor begin or end with a space")
    } else {
        Ok(())
    }
}

fn check_message(text: &str) -> Result<(), &'static str> {
    if !text.contains("%CODE%") {
        Err("must contain %CODE%, where the code goes")
    } else if text.chars().any(|c| c.is_control() && c != '\n') {
        Err("must not contain control characters")
    } else if text.chars().count() > 480 {
        Err("must have at most 480 characters")
    } else {
        Ok(())
    }
}

/// Finds the setting of this name.
///
/// # Errors
/// If there is none; the error names the closest one.
pub fn find(name: &str) -> Result<&'static Key, String> {
    KEYS.iter().find(|key| key.name == name).ok_or_else(|| {
        let nearest = KEYS
            .iter()
            .map(|key| (strsim::damerau_levenshtein(name, key.name), key.name))
            .min()
            .filter(|(distance, _)| *distance <= 4)
            .map_or(String::new(), |(_, nearest)| format!("; did you mean '{nearest}'?"));
        format!("there is no setting '{}'{nearest}", name.escape_debug())
    })
}

impl Key {
    /// Parses a value that an administrator typed.
    ///
    /// # Errors
    /// The expected value, with the setting's name and bounds.
    pub fn read(&self, text: &str) -> Result<toml::Value, String> {
        match self.slot {
            Slot::Number { unit: Some(unit), .. } => duration::parse(text, unit)
                .map(toml::Value::Integer)
                .map_err(|error| format!("{}: {error}", self.name)),
            Slot::Number { .. } => text
                .trim()
                .parse()
                .map(toml::Value::Integer)
                .map_err(|_| format!("{} must be {}", self.name, self.valid())),
            Slot::Flag { .. } => match text.trim() {
                "true" | "yes" | "on" => Ok(toml::Value::Boolean(true)),
                "false" | "no" | "off" => Ok(toml::Value::Boolean(false)),
                _ => Err(format!("{} must be true or false", self.name)),
            },
            Slot::Text { .. } => Ok(toml::Value::String(text.to_owned())),
        }
    }

    /// Stores a value in `advanced`.
    ///
    /// # Errors
    /// The expected value, with the setting's name and bounds; `advanced` is then unchanged.
    pub fn assign(&self, advanced: &mut Advanced, value: &toml::Value) -> Result<(), String> {
        let name = self.name;
        match (self.slot, value) {
            (Slot::Number { field, least, most, .. }, toml::Value::Integer(number)) => {
                let number = u32::try_from(*number)
                    .ok()
                    .filter(|number| (least..=most).contains(number))
                    .ok_or_else(|| format!("{name} must be {}, not {number}", self.valid()))?;
                *field(advanced) = number;
            }
            (Slot::Flag { field }, toml::Value::Boolean(flag)) => *field(advanced) = *flag,
            (Slot::Text { field, check }, toml::Value::String(text)) => {
                check(text).map_err(|error| format!("{name} {error}"))?;
                field(advanced).clone_from(text);
            }
            _ => return Err(format!("{name} must be {}, not {}", self.valid(), value.type_str())),
        }
        Ok(())
    }

    /// Returns the value in `advanced`.
    pub fn value(&self, advanced: &Advanced) -> toml::Value {
        let mut copy = advanced.clone();
        match self.slot {
            Slot::Number { field, .. } => toml::Value::Integer(i64::from(*field(&mut copy))),
            Slot::Flag { field } => toml::Value::Boolean(*field(&mut copy)),
            Slot::Text { field, .. } => toml::Value::String(field(&mut copy).clone()),
        }
    }

    /// The unit of the setting.
    pub fn unit(&self) -> Option<Unit> {
        match self.slot {
            Slot::Number { unit, .. } => unit,
            _ => None,
        }
    }

    /// Describes the valid values.
    pub fn valid(&self) -> String {
        match self.slot {
            Slot::Number { least, most, unit, .. } => {
                let unit = unit.map_or(String::new(), |unit| format!(" {}", unit.as_str()));
                format!("{least} to {most}{unit}")
            }
            Slot::Flag { .. } => "true or false".into(),
            Slot::Text { .. } if self.name == "issuer" => "1 to 64 characters without ':'".into(),
            Slot::Text { .. } => "a text with %CODE%".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_valid_and_bounds_are_enforced() {
        let mut advanced = Advanced::default();
        for key in KEYS.iter().filter(|key| key.name != "issuer") {
            let value = key.value(&advanced);
            assert_eq!(key.assign(&mut advanced, &value), Ok(()), "{}", key.name);
            if let Slot::Number { least, most, .. } = key.slot {
                for (number, valid) in [
                    (i64::from(least), true),
                    (i64::from(most), true),
                    (i64::from(least) - 1, false),
                    (i64::from(most) + 1, false),
                ] {
                    let before = advanced.clone();
                    let result = key.assign(&mut advanced, &toml::Value::Integer(number));
                    assert_eq!(result.is_ok(), valid, "{} = {number}", key.name);
                    if let Err(message) = result {
                        assert!(message.contains(&most.to_string()), "{message}");
                        assert_eq!(advanced, before);
                    }
                }
            }
        }
        assert_eq!(KEYS.len(), 14);
    }

    #[test]
    fn typed_values_are_read_in_the_unit_of_the_setting() {
        let read = |name: &str, text: &str| find(name).unwrap().read(text);
        let after = "validity-after-first-session";
        assert_eq!(read(after, "8h"), Ok(toml::Value::Integer(480)));
        assert_eq!(read("validity-before-first-session", "1h"), Ok(toml::Value::Integer(3600)));
        assert_eq!(read("require-client", "yes"), Ok(toml::Value::Boolean(true)));
        assert!(read("digits", "six").is_err());
        assert!(read("require-client", "perhaps").is_err());
    }

    #[test]
    fn a_mistyped_name_suggests_the_closest() {
        assert!(find("discrepency").err().unwrap().contains("'discrepancy'"));
        assert!(find("lockout-atempts").err().unwrap().contains("'lockout-attempts'"));
        assert!(!find("colour").err().unwrap().contains("did you mean"));
    }

    #[test]
    fn issuers_and_messages_are_checked() {
        for (text, valid) in [
            ("corp remote-work", true),
            ("", false),
            ("a:b", false),
            (" a", false),
            ("a\u{1b}[2J", false),
            (&"é".repeat(64), true),
            (&"é".repeat(65), false),
        ] {
            assert_eq!(check_issuer(text).is_ok(), valid, "{text:?}");
        }
        assert!(check_message("Code: %CODE%").is_ok());
        assert!(check_message("Code: 1234").is_err());
    }

    #[test]
    fn the_window_is_never_wider_than_guessing_allows() {
        let advanced = Advanced { discrepancy: 2880, ..Advanced::default() };
        for (digits, widest) in [(4, 4), (5, 49), (6, 499), (7, 2880), (12, 2880)] {
            assert_eq!(advanced.discrepancy_for(Digits::new(digits).unwrap()), widest, "{digits}");
        }
    }
}
