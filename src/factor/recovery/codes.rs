//! The recovery codes of one user, unused and used.
//!
//! Only salted digests are stored. A code itself is shown once, when it is generated.

use serde::{Deserialize, Serialize};

use crate::factor::attempts::Charge;
use crate::factor::recovery::code::{Hash, RecoveryCode, SALT};

/// The prefix of an unused code in documents.
const LEFT: &str = "left:";

/// The prefix of a used code in documents.
const USED: &str = "used:";

/// The recovery codes of one user, in the format of the state document: entries separated by spaces, each
/// `left:` or `used:` followed by salt and digest in base64url. Used codes are kept, so that a second use is
/// recognised.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecoveryCodes(String);

/// The result of trying a recovery code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecoveryMatch {
    /// It was unused, and is now spent.
    Fresh,
    /// It was used before.
    Used,
    /// It is not a recovery code of this user.
    Wrong,
}

impl RecoveryCodes {
    /// The most codes that a user may have.
    pub const MOST: u8 = 50;

    /// Adds a code, hashed with a fresh salt.
    pub fn add(&mut self, code: &RecoveryCode, salt: &[u8; SALT]) {
        if !self.0.is_empty() {
            self.0.push(' ');
        }
        self.0.push_str(LEFT);
        self.0.push_str(&code.hashed(salt));
    }

    /// How many codes are unused.
    pub fn left(&self) -> usize {
        self.entries().filter(|entry| entry.starts_with(LEFT)).count()
    }

    /// Whether every entry can be parsed.
    pub fn are_valid(&self) -> bool {
        self.entries().all(|entry| hash(entry).is_some())
    }

    /// Marks `code` as used if it is unused.
    pub fn spend(&mut self, code: &RecoveryCode, _: &Charge) -> RecoveryMatch {
        let mut found = None;
        // SECURITY: compares all entries, so the time does not reveal which one matched.
        for entry in self.entries() {
            if hash(entry).is_some_and(|hash| hash.is_of(code)) {
                found = Some(entry.to_owned());
            }
        }
        let Some(entry) = found else { return RecoveryMatch::Wrong };
        let Some(hash) = entry.strip_prefix(LEFT) else { return RecoveryMatch::Used };
        self.0 = self.0.replace(&entry, &format!("{USED}{hash}"));
        RecoveryMatch::Fresh
    }

    /// The codes that are also in `current`, with the same status.
    ///
    /// A backup does not know which codes were used after it was made.
    #[must_use]
    pub fn intersect(&self, current: &Self) -> Self {
        let kept = self.entries().filter(|entry| current.entries().any(|other| other == *entry));
        Self(kept.collect::<Vec<_>>().join(" "))
    }

    fn entries(&self) -> impl Iterator<Item = &str> {
        self.0.split_ascii_whitespace()
    }
}

/// Reads the hash of an entry.
fn hash(entry: &str) -> Option<Hash> {
    Hash::parse(entry.strip_prefix(LEFT).or_else(|| entry.strip_prefix(USED))?)
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
    fn each_code_is_accepted_once_in_any_order() {
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
    fn the_document_contains_no_plain_code() {
        let mut all = codes(1..=2);
        all.spend(&code(2), &Charge::assumed());
        assert!(all.0.starts_with("left:") && all.0.contains(" used:"), "{all:?}");
        for text in [code(1).display().to_string(), code(1).display().replace('-', "")] {
            assert!(!all.0.contains(&text), "{all:?}");
        }
        assert!(all.are_valid());
    }

    #[test]
    fn damaged_entries_are_detected() {
        let whole = codes(1..=1).0;
        let cut = &whole[..whole.len() - 4];
        for text in ["left:", "spent:AAAA", &whole[5..], cut, &format!("{whole} {whole}AAAA")] {
            assert!(!RecoveryCodes(text.to_owned()).are_valid(), "{text}");
        }
    }

    #[test]
    fn a_backup_restores_only_codes_that_are_still_unused() {
        let (backup, mut current) = (codes(1..=3), codes(1..=2));
        current.spend(&code(1), &Charge::assumed());
        assert_eq!(backup.intersect(&current), codes(2..=2));
        assert_eq!(backup.intersect(&RecoveryCodes::default()), RecoveryCodes::default());
    }
}
