//! The documents that an administrator edits: listed users, listed groups and whitelist entries.
//!
//! The serde attributes define their keys.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::time::{Timestamp, readable};
use crate::typing;

/// How a user gets codes.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// From an authenticator app.
    #[default]
    App,
    /// By SMS.
    Sms,
}

impl Method {
    /// The word for this method in commands, documents and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::App => "app",
            Method::Sms => "sms",
        }
    }
}

/// What people write between groups of digits, besides spaces and dashes.
const PUNCTUATION: &str = ".()";

/// A phone number in E.164 format: `+`, then at most 15 digits that do not start with 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(String);

impl Phone {
    /// Parses a number after [folding](typing::folded) it. Ignores dots and parentheses, too.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = typing::folded(text)?;
        let kept: String = plain.chars().filter(|c| !PUNCTUATION.contains(*c)).collect();
        let digits = kept.strip_prefix('+')?;
        let valid = (7..=15).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0');
        valid.then_some(Self(kept))
    }

    /// The first character of typed text that no number contains, or that is in the wrong place.
    pub fn wrong_character(text: &str) -> Option<char> {
        let plain = typing::folded(text)?;
        let unsigned = plain.strip_prefix('+').unwrap_or(&plain);
        unsigned.chars().find(|c| !c.is_ascii_digit() && !PUNCTUATION.contains(*c))
    }

    /// The number as shown to a user who has not proved to own it: `+33*******78`.
    pub fn masked(&self) -> String {
        let hidden = 3..self.0.len().saturating_sub(2);
        let mask = |(at, c): (usize, char)| if hidden.contains(&at) { '*' } else { c };
        self.0.chars().enumerate().map(mask).collect()
    }
}

impl TryFrom<String> for Phone {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a phone number must be written like \"+33612345678\"")
    }
}

impl From<Phone> for String {
    fn from(phone: Phone) -> Self {
        phone.0
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A listed user or group: `users/…` and `groups/…`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Listing {
    /// How codes reach the user or the group's members.
    pub method: Method,
    /// The number for SMS. Groups have none.
    pub phone: Option<Phone>,
    /// Free text of the administrator.
    pub notes: Option<String>,
    /// When the entry was added.
    #[serde(with = "readable")]
    pub added: Timestamp,
}

/// An entry that lets a user connect by RDP without a code: `whitelist/…`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct WhitelistEntry {
    /// Why the entry exists.
    pub reason: Option<String>,
    /// When the entry ends; without it, never.
    #[serde(default, with = "readable")]
    pub until: Option<Timestamp>,
    /// When the entry was added.
    #[serde(with = "readable")]
    pub added: Timestamp,
}

impl WhitelistEntry {
    /// Whether the entry is in force at `now`.
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phone_numbers_are_e164() {
        for (text, expected) in [
            ("+33612345678", Some("+33612345678")),
            ("+33 6 12-34.56 78", Some("+33612345678")),
            ("+1 (415) 555-0100", Some("+14155550100")),
            ("0612345678", None),
            ("+0612345678", None),
            ("+1234567890123456", None),
            ("+12", None),
            ("+3361234567x", None),
            ("+３３６１２３４５６７８", Some("+33612345678")),
            ("＋３３　６．１２（３４）５６－７８", Some("+33612345678")),
            ("\u{202a}+33\u{a0}6\u{202f}12\u{2011}34\u{2013}56\t78\u{202c}", Some("+33612345678")),
            ("+٣٣٦١٢٣٤٥٦٧٨", Some("+33612345678")),
            ("+33612345678\0", None),
            ("", None),
        ] {
            assert_eq!(
                Phone::parse(text).map(|phone| phone.to_string()).as_deref(),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn a_masked_number_shows_four_digits() {
        for (text, expected) in [
            ("+33612345678", "+33*******78"),
            ("+1234567", "+12***67"),
            ("+123456789012345", "+12***********45"),
        ] {
            assert_eq!(Phone::parse(text).unwrap().masked(), expected);
        }
    }

    #[test]
    fn a_whitelist_entry_ends_at_its_second() {
        let until = Timestamp::from_unix(100);
        let entry =
            WhitelistEntry { reason: None, until: Some(until), added: Timestamp::from_unix(0) };
        assert!(entry.is_valid(Timestamp::from_unix(99)));
        assert!(!entry.is_valid(until));
    }
}
