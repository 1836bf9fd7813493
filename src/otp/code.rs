//! One-time codes: time steps, code widths and codes.
//!
//! Owns the arithmetic of RFC 4226 and RFC 6238 for a single step. Must not know which steps are
//! accepted: the window decides that.

use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::keyed::KeyedHash;
use super::secret::Secret;

/// The length of a time step in seconds (`X` of RFC 6238 §4.1).
pub const PERIOD: i64 = 30;

/// A time step: the number of 30 s periods since 1970-01-01 00:00:00 UTC (`T` of RFC 6238 §4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Step(u64);

impl Step {
    /// The step with this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The step of a time in seconds since 1970 (UTC). Earlier times are step 0.
    pub fn at(unix_seconds: i64) -> Self {
        Self(u64::try_from(unix_seconds / PERIOD).unwrap_or(0))
    }

    /// The step's number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The step this many steps later, or earlier if negative. `None` if out of range.
    pub fn offset(self, steps: i64) -> Option<Self> {
        self.0.checked_add_signed(steps).map(Self)
    }

    /// How many steps this one is after `other`; negative if it is before. Saturates at the limits
    /// of `i64`.
    pub fn since(self, other: Self) -> i64 {
        let distance = i128::from(self.0) - i128::from(other.0);
        i64::try_from(distance).unwrap_or(if distance < 0 { i64::MIN } else { i64::MAX })
    }
}

/// How many digits a code has: 4 to 12 (`Digit` of RFC 4226 §5.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Digits(u8);

impl TryFrom<u8> for Digits {
    type Error = &'static str;

    fn try_from(digits: u8) -> Result<Self, Self::Error> {
        Self::new(digits).ok_or("a code has 4 to 12 digits")
    }
}

impl From<Digits> for u8 {
    fn from(digits: Digits) -> Self {
        digits.0
    }
}

impl Digits {
    /// The fewest digits.
    pub const MIN: Self = Self(4);
    /// The most digits. Above 10, an app's codes start with zeros, because they are 31-bit numbers.
    pub const MAX: Self = Self(12);
    /// The number of digits that every authenticator app supports.
    pub const DEFAULT: Self = Self(6);

    /// Creates a width; `None` unless 4 to 12.
    pub fn new(digits: u8) -> Option<Self> {
        (Self::MIN..=Self::MAX).contains(&Self(digits)).then_some(Self(digits))
    }

    /// The number of digits.
    pub const fn get(self) -> u8 {
        self.0
    }

    /// The widest window that may be searched, in steps before and after now:
    /// (10^digits / 1000 − 1) / 2. So a guess succeeds at most once in 1,000 times.
    pub fn widest_discrepancy(self) -> u32 {
        u32::try_from((self.modulus() / 1000 - 1) / 2).unwrap_or(u32::MAX)
    }

    /// How many codes of this width there are: 10^digits.
    pub(crate) fn modulus(self) -> u64 {
        10u64.pow(u32::from(self.0))
    }
}

/// A one-time code: a string of exactly `digits` ASCII digits, including leading zeros.
// SECURITY: no Display and no Serialize; wiped when dropped.
#[derive(Clone)]
pub struct Code {
    text: Zeroizing<String>,
    digits: Digits,
}

impl Code {
    /// Parses a plain code. `None` unless it is exactly `digits` ASCII digits.
    /// [`crate::factor::typed`] parses what a user typed.
    pub fn parse(text: &str, digits: Digits) -> Option<Self> {
        let fits = text.len() == usize::from(digits.get());
        (fits && text.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| Self { text: Zeroizing::new(text.to_owned()), digits })
    }

    /// The code for a number: its last `digits` digits, padded with zeros on the left. With 64
    /// random bits, all codes are equally likely to better than one part in ten million.
    pub fn from_number(number: u64, digits: Digits) -> Self {
        let width = usize::from(digits.get());
        let mut text = Zeroizing::new(String::with_capacity(width));
        // Writing to a string cannot fail.
        let _ = write!(text, "{:0width$}", number % digits.modulus());
        Self { text, digits }
    }

    /// The digits. Only for places that must show a code: messages to a phone, and tests.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// How many digits the code has.
    pub const fn digits(&self) -> Digits {
        self.digits
    }

    /// The code as a number. Comparable only between codes of the same width.
    pub(crate) fn value(&self) -> u64 {
        self.text.bytes().fold(0, |value, byte| value * 10 + u64::from(byte.wrapping_sub(b'0')))
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(REDACTED)")
    }
}

impl PartialEq for Code {
    // SECURITY: constant-time for codes of the same width. The width is not secret.
    fn eq(&self, other: &Self) -> bool {
        self.text.as_bytes().ct_eq(other.text.as_bytes()).into()
    }
}

impl Eq for Code {}

/// Computes the codes of one secret (RFC 4226 §5.3 over the steps of RFC 6238 §4).
///
/// Hashes the key once, so each code costs only two blocks of SHA-1. totp-rs hashes the key again
/// for every code and panics for codes of ten or more digits.
// SECURITY: Debug is deliberately missing.
pub struct CodeGenerator {
    keyed: KeyedHash,
}

impl CodeGenerator {
    /// Hashes the secret.
    pub fn new(secret: &Secret) -> Self {
        // SECURITY: a secret is never longer than a hash block, so no part of it is cut off.
        Self { keyed: KeyedHash::new(secret.as_bytes()) }
    }

    /// The code of a step.
    pub fn code(&self, step: Step, digits: Digits) -> Code {
        Code::from_number(self.value(step, digits.modulus()), digits)
    }

    /// The code of a step as a number below `modulus`, to compare many without allocating.
    pub(crate) fn value(&self, step: Step, modulus: u64) -> u64 {
        u64::from(self.truncated(step)) % modulus
    }

    /// HMAC-SHA1 of the step, truncated to 31 bits (RFC 4226 §5.3, steps 1 and 2).
    #[expect(clippy::many_single_char_names, reason = "the names of FIPS 180-4 for the five words")]
    fn truncated(&self, step: Step) -> u32 {
        // The last four bits are the offset of four bytes, which span at most two neighbouring words.
        let [a, b, c, d, e] = self.keyed.hmac(step.get());
        let (word, next) = match e & 0xf {
            0..4 => (a, b),
            4..8 => (b, c),
            8..12 => (c, d),
            _ => (d, e),
        };
        let both = u64::from(word) << 32 | u64::from(next);
        let word = (both >> (32 - 8 * (e & 3))) & 0xffff_ffff;
        u32::try_from(word & 0x7fff_ffff).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests;
