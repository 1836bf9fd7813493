//! The secret that a user's authenticator app and the server share.
//!
//! Owns its length, its base32 form and its secrecy in memory. Must not know where secrets come
//! from, how they are sealed or which user they belong to.

use std::fmt;

use data_encoding::BASE32_NOPAD;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

/// The longest base32 text that is parsed, in bytes. No secret is longer.
const LONGEST_BASE32: usize = 256;

/// A TOTP secret of 16 to 64 bytes (RFC 4226 §4 asks for at least 128 bits and recommends 160).
// SECURITY: no Display and no Serialize, so a secret is exposed only through `as_bytes` and
// `to_base32`. totp-rs wipes the bytes on drop.
#[derive(Clone)]
pub struct Secret(totp_rs::Secret);

impl Secret {
    /// The shortest length in bytes: the 128 bits of RFC 4226 §4.
    pub const MIN_BYTES: usize = 16;

    /// The longest length in bytes: one block of SHA-1. HMAC hashes longer keys first (RFC 2104 §3),
    /// so they add no strength.
    pub const MAX_BYTES: usize = 64;

    /// Makes a secret of the recommended 160 bits from bytes of the operating system's random generator.
    pub fn from_bytes(mut bytes: [u8; 20]) -> Self {
        let secret = Self(totp_rs::Secret::new_stack(bytes));
        bytes.zeroize();
        secret
    }

    /// Takes a secret that was made elsewhere. `None` unless it has 16 to 64 bytes.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        // SECURITY: a secret below 128 bits can be brute-forced. One above a block of SHA-1 would not
        // fit into the key block of `CodeGenerator`.
        (Self::MIN_BYTES..=Self::MAX_BYTES)
            .contains(&bytes.len())
            .then(|| Self(totp_rs::Secret::from(bytes)))
    }

    /// The raw bytes, to compute codes and for sealing.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The secret in base32 (RFC 4648 §6), in upper case and without padding, as apps expect.
    pub fn to_base32(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE32_NOPAD.encode(self.as_bytes()))
    }

    /// Parses base32 as people and other programs write it: in either case, with spaces, `-` and
    /// padding at the end. `None` for other characters, for trailing bits that are not zero
    /// (RFC 4648 §3.5) and for any length other than 16 to 64 bytes.
    pub fn from_base32(text: &str) -> Option<Self> {
        if text.len() > LONGEST_BASE32 {
            return None;
        }
        // Reserves the whole length: a growing string would leave unwiped copies behind.
        let mut plain = Zeroizing::new(String::with_capacity(text.len()));
        plain.extend(
            text.trim()
                .trim_end_matches('=')
                .chars()
                .filter(|c| !matches!(c, ' ' | '-'))
                .map(|c| c.to_ascii_uppercase()),
        );
        let bytes = Zeroizing::new(BASE32_NOPAD.decode(plain.as_bytes()).ok()?);
        Self::from_slice(&bytes)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(REDACTED)")
    }
}

impl PartialEq for Secret {
    // SECURITY: constant-time for secrets of the same length. The length is not secret.
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes().ct_eq(other.as_bytes()).into()
    }
}

impl Eq for Secret {}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards the length limits: a short secret can be guessed, a long one does not fit the key block.
    #[test]
    fn a_secret_has_16_to_64_bytes() {
        for (length, accepted) in
            [(0, false), (15, false), (16, true), (20, true), (64, true), (65, false)]
        {
            assert_eq!(Secret::from_slice(&vec![7; length]).is_some(), accepted, "{length} bytes");
        }
    }

    /// Guards the encoding for apps, against the vectors of RFC 4648 §10 and RFC 6238.
    #[test]
    fn base32_is_upper_case_without_padding() {
        let rfc = Secret::from_bytes(*b"12345678901234567890");
        assert_eq!(*rfc.to_base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let short = Secret::from_slice(b"foobarfoobarfoob").unwrap();
        assert_eq!(*short.to_base32(), "MZXW6YTBOJTG633CMFZGM33PMI");
    }

    /// Guards that secrets of every length round-trip.
    #[test]
    fn base32_round_trip() {
        for length in Secret::MIN_BYTES..=Secret::MAX_BYTES {
            let bytes: Vec<u8> = (0u8..).map(|i| i.wrapping_mul(37)).take(length).collect();
            let secret = Secret::from_slice(&bytes).unwrap();
            let back = Secret::from_base32(&secret.to_base32()).unwrap();
            assert_eq!(back.as_bytes(), bytes);
        }
    }

    /// Guards what an import accepts and refuses.
    #[test]
    fn base32_forms() {
        let expected = Secret::from_bytes(*b"12345678901234567890");
        for text in [
            "gezdgnbvgy3tqojqgezdgnbvgy3tqojq",
            " GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ\n",
            "GEZDGNBV-GY3TQOJQ-GEZDGNBV-GY3TQOJQ",
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ======",
        ] {
            assert_eq!(Secret::from_base32(text).as_ref(), Some(&expected), "{text}");
        }
        for text in [
            "",
            "GEZDGNBVGY3TQOJQ",                  // 10 bytes
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ1",  // 1 is no base32 digit
            "GEZDGNBVGY3TQOJQ=GEZDGNBVGY3TQOJQ", // padding inside
            "MZXW6YTBOJTG633CMFZGM33PMJ",        // left-over bits
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJé",
        ] {
            assert!(Secret::from_base32(text).is_none(), "{text}");
        }
        assert!(Secret::from_base32(&"A".repeat(1 << 20)).is_none());
        let spaced = |length| format!("{:<length$}", "gezdgnbvgy3tqojqgezdgnbvgy3tqojq");
        assert_eq!(Secret::from_base32(&spaced(LONGEST_BASE32)), Some(expected));
        assert!(Secret::from_base32(&spaced(LONGEST_BASE32 + 1)).is_none());
    }

    /// Guards that a log or an assertion never prints a secret.
    #[test]
    fn debug_is_redacted() {
        assert_eq!(format!("{:?}", Secret::from_bytes([0xAB; 20])), "Secret(REDACTED)");
        assert_eq!(format!("{:#?}", Secret::from_bytes([0xAB; 20])), "Secret(REDACTED)");
    }

    /// Guards that equality covers content and length.
    #[test]
    fn equality() {
        let secret = Secret::from_slice(&[1; 20]).unwrap();
        assert_eq!(secret, Secret::from_bytes([1; 20]));
        assert_eq!(secret, secret.clone());
        assert_ne!(secret, Secret::from_slice(&[1; 21]).unwrap());
        let mut other = [1; 20];
        other[19] = 2;
        assert_ne!(secret, Secret::from_bytes(other));
    }
}
