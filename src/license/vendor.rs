//! The vendor's public key and the address of the licensing portal, both set at build time.

use data_encoding::BASE64;
use ed25519_dalek::VerifyingKey;

use crate::error::{Error, ErrorKind, Result};

/// The public half of `examples/licensing/development-private-key.pem`.
pub const DEVELOPMENT: &str = "PxSekiwcWK/OnQbbEFhjHBBwbVknLRJudbWGusP/nf0=";

/// The vendor's public key, if the build set one.
const VENDOR: Option<&str> = option_env!("RW2FA_VENDOR_KEY");

// SECURITY: a mistyped key must not fall back to the development key, with which anyone can sign.
const _: () = assert!(
    match VENDOR {
        Some(text) => is_base64_of_32_bytes(text),
        None => true,
    },
    "RW2FA_VENDOR_KEY must be the base64 of the 32 bytes of an Ed25519 public key"
);

/// The address of the licensing portal. The vendor sets it when building, with `RW2FA_LICENSE_PORTAL`.
pub const PORTAL: &str = match option_env!("RW2FA_LICENSE_PORTAL") {
    Some(address) => address,
    None => "https://license.remote-work.example/",
};

/// A public key that verifies licences.
#[derive(Clone, Debug)]
pub struct VendorKey {
    key: VerifyingKey,
    development: bool,
}

impl VendorKey {
    /// The key that is built into this program.
    ///
    /// # Errors
    /// When the built-in bytes are not a valid key.
    pub fn built_in() -> Result<Self> {
        Self::from_base64(VENDOR.unwrap_or(DEVELOPMENT)).ok_or_else(|| {
            Error::new(
                ErrorKind::System,
                "the vendor key in this program is not an Ed25519 public key",
            )
            .with_hint("this program was built incorrectly: report it to its vendor")
        })
    }

    /// Parses a key of 32 bytes in base64. Rejects weak keys, under which signatures prove nothing.
    pub fn from_base64(text: &str) -> Option<Self> {
        let bytes: [u8; 32] = BASE64.decode(text.as_bytes()).ok()?.try_into().ok()?;
        let key = VerifyingKey::from_bytes(&bytes).ok().filter(|key| !key.is_weak())?;
        Some(Self { key, development: text == DEVELOPMENT })
    }

    /// Whether this is the development key. Its private half is published, so anyone can sign with it.
    pub fn is_development(&self) -> bool {
        self.development
    }

    /// The verifying key.
    pub(super) fn key(&self) -> &VerifyingKey {
        &self.key
    }
}

/// Whether `text` is the base64 of 32 bytes. Runs at compile time.
const fn is_base64_of_32_bytes(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() != 44 || bytes[43] != b'=' {
        return false;
    }
    let mut at = 0;
    while at < 43 {
        if !(bytes[at].is_ascii_alphanumeric() || bytes[at] == b'+' || bytes[at] == b'/') {
            return false;
        }
        at += 1;
    }
    // The last character carries four bits. The other two must be zero.
    matches!(
        bytes[42],
        b'A' | b'E'
            | b'I'
            | b'M'
            | b'Q'
            | b'U'
            | b'Y'
            | b'c'
            | b'g'
            | b'k'
            | b'o'
            | b's'
            | b'w'
            | b'0'
            | b'4'
            | b'8'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_key_is_valid() {
        let key = VendorKey::built_in().unwrap();
        assert_eq!(key.is_development(), VENDOR.is_none_or(|key| key == DEVELOPMENT));
        assert!(PORTAL.starts_with("https://"), "{PORTAL}");
    }

    #[test]
    fn an_invalid_key_is_rejected_at_compile_time_or_at_first_use() {
        for wrong in [
            "",
            "x",
            &DEVELOPMENT[1..],
            &DEVELOPMENT.replace('=', ""),
            &DEVELOPMENT.replace('/', "_"),
            &DEVELOPMENT.replace("f0=", "f1="),
            &format!("{DEVELOPMENT}\n"),
        ] {
            assert!(!is_base64_of_32_bytes(wrong), "{wrong:?}");
            assert!(VendorKey::from_base64(wrong).is_none(), "{wrong:?}");
        }
        assert!(is_base64_of_32_bytes(DEVELOPMENT));
        // The neutral element, for which one signature is valid for many texts, and bytes that are not a point.
        for bytes in [
            {
                let mut one = [0; 32];
                one[0] = 1;
                one
            },
            [2; 32],
        ] {
            let text = BASE64.encode(&bytes);
            assert!(
                is_base64_of_32_bytes(&text) && VendorKey::from_base64(&text).is_none(),
                "{text}"
            );
        }
    }

    /// Guards the compile-time check: it agrees with the decoder about every last character.
    #[test]
    fn both_base64_checks_agree() {
        for byte in 0..=127_u8 {
            let text = format!("{}{}=", "A".repeat(42), char::from(byte));
            let decoded = BASE64.decode(text.as_bytes()).is_ok_and(|bytes| bytes.len() == 32);
            assert_eq!(is_base64_of_32_bytes(&text), decoded, "{text}");
        }
    }
}
