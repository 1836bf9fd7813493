//! The format of a recovery code, and the digest that is stored of it.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use crate::typing;

/// Crockford's base32 digits: no I, L, O (read as 1, 1, 0) and no U.
const ALPHABET: [u8; 32] = *b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// How many characters a recovery code has: 16 × 5 bits = 80 bits.
const LENGTH: usize = 16;

/// The length of a salt in bytes.
pub const SALT: usize = 16;

/// A recovery code: 80 random bits, written as 16 characters of Crockford's base32.
// SECURITY: no Display and no Serialize; wiped when dropped. The store keeps only the digest.
#[derive(Clone)]
pub struct RecoveryCode(Zeroizing<[u8; LENGTH]>);

impl RecoveryCode {
    /// Makes a recovery code from ten bytes of the operating system's random generator.
    pub fn from_random(mut random: [u8; 10]) -> Self {
        let mut bits = random.iter().fold(0, |bits: u128, byte| bits << 8 | u128::from(*byte));
        random.zeroize();
        let mut characters = Zeroizing::new([0; LENGTH]);
        for character in characters.iter_mut().rev() {
            *character = ALPHABET[(bits & 31) as usize];
            bits >>= 5;
        }
        Self(characters)
    }

    /// Parses a recovery code in either case, after [folding](typing::folded) it. Reads `O` as 0, and `I`
    /// and `L` as 1. `None` unless 16 valid characters remain.
    pub fn parse(typed: &str) -> Option<Self> {
        Self::from_plain(&typing::folded(typed)?)
    }

    /// Like [`RecoveryCode::parse`], for folded text.
    pub(in crate::factor) fn from_plain(plain: &str) -> Option<Self> {
        if plain.len() != LENGTH {
            return None;
        }
        let mut characters = Zeroizing::new([0; LENGTH]);
        for (character, byte) in characters.iter_mut().zip(plain.bytes()) {
            *character = normalise(byte)?;
        }
        Some(Self(characters))
    }

    /// The code as shown to its owner, once: four groups of four, separated by `-`.
    pub fn display(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(LENGTH + 3));
        for (index, character) in self.0.iter().enumerate() {
            if index > 0 && index % 4 == 0 {
                text.push('-');
            }
            text.push(char::from(*character));
        }
        text
    }

    /// The hash to store: salt and digest in base64url.
    pub fn hashed(&self, salt: &[u8; SALT]) -> String {
        BASE64URL_NOPAD.encode(&[&salt[..], &self.digest(salt)].concat())
    }

    /// SHA-256 of the salt and the 16 normalised characters. With 80 random bits, a slow hash is unnecessary.
    fn digest(&self, salt: &[u8; SALT]) -> [u8; 32] {
        Sha256::new().chain_update(salt).chain_update(*self.0).finalize().into()
    }
}

/// What is stored of a code.
pub struct Hash {
    salt: [u8; SALT],
    digest: [u8; 32],
}

impl Hash {
    /// Reads what [`RecoveryCode::hashed`] wrote; `None` if it is something else.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        let (salt, digest) = bytes.split_first_chunk()?;
        Some(Self { salt: *salt, digest: digest.try_into().ok()? })
    }

    /// Whether it is the hash of this code.
    pub fn is_of(&self, code: &RecoveryCode) -> bool {
        // SECURITY: constant-time.
        code.digest(&self.salt).ct_eq(&self.digest).into()
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(REDACTED)")
    }
}

impl PartialEq for RecoveryCode {
    // SECURITY: constant-time.
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(other.0.as_slice()).into()
    }
}

impl Eq for RecoveryCode {}

/// Maps a typed character to a base32 digit; `None` if it is not one.
fn normalise(byte: u8) -> Option<u8> {
    match byte.to_ascii_uppercase() {
        b'O' => Some(b'0'),
        b'I' | b'L' => Some(b'1'),
        other => ALPHABET.contains(&other).then_some(other),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Guards the encoding against values computed with Python.
    #[test]
    fn random_bytes_become_characters() {
        for (random, text) in [
            ([0; 10], "0000-0000-0000-0000"),
            ([0xff; 10], "ZZZZ-ZZZZ-ZZZZ-ZZZZ"),
            ([0, 0, 0, 0, 0, 0, 0, 0, 0, 1], "0000-0000-0000-0001"),
            ([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0], "G000-0000-0000-0000"),
            ([0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x10, 0x32], "04HM-ASW9-NF6Y-Y41J"),
        ] {
            assert_eq!(*RecoveryCode::from_random(random).display(), text);
        }
    }

    /// Guards the stored digest against one computed with Python's hashlib. It must depend on the
    /// salt, but not on how the code was typed.
    #[test]
    fn digest_is_salted_sha256_of_the_normalised_characters() {
        let salt = *b"saltsaltsaltsalt";
        let expected: [u8; 32] = data_encoding::HEXLOWER
            .decode(b"d7319e924900dedb143fbc22632c0db22187fff228fced045c1e763080c2537a")
            .unwrap()
            .try_into()
            .unwrap();
        for typed in [
            "0123456789ABCDEF",
            "oi23-4567-89ab-cdef",
            " OL23 4567 89AB CDEF ",
            "ｏｌ２３‐4567–89ab\u{a0}cdef",
        ] {
            let code = RecoveryCode::parse(typed).unwrap();
            assert_eq!(code.digest(&salt), expected, "{typed}");
            let hash = Hash::parse(&code.hashed(&salt)).unwrap();
            assert_eq!((hash.salt, hash.digest), (salt, expected), "{typed}");
            assert!(hash.is_of(&code), "{typed}");
            assert!(!Hash { salt: *b"saltsaltsaltsal2", ..hash }.is_of(&code), "{typed}");
        }
        let other = RecoveryCode::parse("0123456789ABCDEG").unwrap();
        assert!(!Hash { salt, digest: expected }.is_of(&other));
    }

    /// Guards the alphabet: exactly 32 digits and the letters that are often misread, in either case.
    #[test]
    fn accepted_characters() {
        let accepted: String = (0u8..128)
            .map(char::from)
            .filter(|c| RecoveryCode::parse(&format!("000000000000000{c}")).is_some())
            .collect();
        assert_eq!(accepted, "0123456789ABCDEFGHIJKLMNOPQRSTVWXYZabcdefghijklmnopqrstvwxyz");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Guards that a displayed code parses back to itself, and that different bytes give different codes.
        #[test]
        fn shown_codes_read_back(random: [u8; 10], other: [u8; 10]) {
            let code = RecoveryCode::from_random(random);
            let shown = code.display();
            prop_assert_eq!(RecoveryCode::parse(&shown), Some(code.clone()));
            prop_assert_eq!(RecoveryCode::parse(&shown.to_lowercase()), Some(code.clone()));
            prop_assert_eq!(RecoveryCode::from_random(other) == code, other == random);
        }
    }

    /// Guards that a log or an assertion never prints a recovery code.
    #[test]
    fn debug_is_redacted() {
        assert_eq!(format!("{:?}", RecoveryCode::from_random([3; 10])), "RecoveryCode(REDACTED)");
    }
}
