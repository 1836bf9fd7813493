//! The recovery codes of one user: which are left, and which were used.
//!
//! Only salted digests stand here; a code itself is seen once, when it is made.

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

use crate::account::attempts::Charge;
use crate::otp::RecoveryCode;

/// What a code that can still be used begins with in documents.
const LEFT: &str = "left:";

/// What a code that was used begins with in documents.
const USED: &str = "used:";

/// Bytes of salt.
const SALT: usize = 16;

/// The recovery codes of one user, as they stand in his document: for each of them `left` or `used`, a
/// colon, and salt and digest in base64url; a space between two. A used one stays, so that it is known as
/// used when somebody sends it twice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecoveryCodes(String);

/// What became of a code that was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecoveryMatch {
    /// It was left, and is used now.
    Fresh,
    /// It was used before.
    Used,
    /// It is none of them.
    Wrong,
}

impl RecoveryCodes {
    /// How many a user may have.
    pub const MOST: u8 = 50;

    /// Adds a code under a fresh salt.
    pub fn add(&mut self, code: &RecoveryCode, salt: &[u8; SALT]) {
        if !self.0.is_empty() {
            self.0.push(' ');
        }
        self.0.push_str(LEFT);
        BASE64URL_NOPAD.encode_append(&[&salt[..], &code.digest(salt)].concat(), &mut self.0);
    }

    /// How many can still be used.
    pub fn left(&self) -> usize {
        self.entries().filter(|entry| entry.starts_with(LEFT)).count()
    }

    /// Whether all of them can be read.
    pub fn are_sound(&self) -> bool {
        self.entries().all(|entry| parse(entry).is_some())
    }

    /// Uses `code` up, if it is left.
    pub fn spend(&mut self, code: &RecoveryCode, _: &Charge) -> RecoveryMatch {
        let mut found = None;
        // SECURITY: all are compared, so that the time does not tell which one it was.
        for entry in self.entries() {
            if parse(entry).is_some_and(|(salt, digest)| code.matches(&salt, &digest)) {
                found = Some(entry.to_owned());
            }
        }
        let Some(entry) = found else { return RecoveryMatch::Wrong };
        let Some(hash) = entry.strip_prefix(LEFT) else { return RecoveryMatch::Used };
        self.0 = self.0.replace(&entry, &format!("{USED}{hash}"));
        RecoveryMatch::Fresh
    }

    /// Those codes that stand in `here` too, and in the same way.
    ///
    /// A backup does not know which ones were used since it was made.
    #[must_use]
    pub fn known_to(&self, here: &Self) -> Self {
        let kept = self.entries().filter(|entry| here.entries().any(|other| other == *entry));
        Self(kept.collect::<Vec<_>>().join(" "))
    }

    fn entries(&self) -> impl Iterator<Item = &str> {
        self.0.split_ascii_whitespace()
    }
}

/// Salt and digest of an entry.
fn parse(entry: &str) -> Option<([u8; SALT], [u8; 32])> {
    let text = entry.strip_prefix(LEFT).or_else(|| entry.strip_prefix(USED))?;
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
    let (salt, digest) = bytes.split_first_chunk()?;
    Some((*salt, digest.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(number: u8) -> RecoveryCode {
        RecoveryCode::from_random([number; 10])
    }

    fn codes(numbers: impl IntoIterator<Item = u8>) -> RecoveryCodes {
        let mut codes = RecoveryCodes::default();
        for number in numbers {
            codes.add(&code(number), &[number; SALT]);
        }
        codes
    }

    #[test]
    fn each_is_accepted_once_in_any_order() {
        let mut all = codes(1..=3);
        for (left, number) in [(2, 3), (1, 1), (0, 2)] {
            assert_eq!(all.spend(&code(number), &Charge::assumed()), RecoveryMatch::Fresh);
            assert_eq!(all.left(), left);
            assert_eq!(all.spend(&code(number), &Charge::assumed()), RecoveryMatch::Used);
            assert_eq!(all.spend(&code(9), &Charge::assumed()), RecoveryMatch::Wrong);
        }
        assert_eq!(
            RecoveryCodes::default().spend(&code(1), &Charge::assumed()),
            RecoveryMatch::Wrong
        );
    }

    #[test]
    fn what_is_stored_holds_no_code() {
        let mut all = codes(1..=2);
        all.spend(&code(2), &Charge::assumed());
        assert!(all.0.starts_with("left:") && all.0.contains(" used:"), "{all:?}");
        for text in [code(1).display().to_string(), code(1).display().replace('-', "")] {
            assert!(!all.0.contains(&text), "{all:?}");
        }
        assert!(all.are_sound());
    }

    #[test]
    fn damaged_ones_are_noticed() {
        let whole = codes(1..=1).0;
        let cut = &whole[..whole.len() - 4];
        for text in ["left:", "spent:AAAA", &whole[5..], cut, &format!("{whole} {whole}AAAA")] {
            assert!(!RecoveryCodes(text.to_owned()).are_sound(), "{text}");
        }
    }

    #[test]
    fn a_backup_brings_back_only_what_is_left_here_too() {
        let (backup, mut here) = (codes(1..=3), codes(1..=2));
        here.spend(&code(1), &Charge::assumed());
        assert_eq!(backup.known_to(&here), codes(2..=2));
        assert_eq!(backup.known_to(&RecoveryCodes::default()), RecoveryCodes::default());
    }
}
