//! The otpauth URI that passes an enrolment to an authenticator app.
//!
//! Owns the URI's format. Must not know how it is shown or which account it is for.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

use super::code::{Digits, PERIOD};
use super::secret::Secret;

/// Everything except the unreserved characters of RFC 3986 §2.3.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The otpauth URI of an enrolment (Google's "Key URI Format"):
/// `otpauth://totp/Issuer:account?secret=…&issuer=…&algorithm=SHA1&digits=6&period=30`.
///
/// Percent-encodes the issuer and the account, but not the `:` between them. Spaces become `%20`,
/// because apps display a `+` literally. The URI contains the secret: show it, but never store or log it.
pub fn enrolment_uri(
    issuer: &str,
    account: &str,
    secret: &Secret,
    digits: Digits,
) -> Zeroizing<String> {
    let issuer = utf8_percent_encode(issuer, ESCAPED).to_string();
    let account = utf8_percent_encode(account, ESCAPED).to_string();
    let secret = secret.to_base32();
    let digits = digits.get().to_string();
    let period = PERIOD.to_string();
    let parts = [
        "otpauth://totp/",
        &issuer,
        ":",
        &account,
        "?secret=",
        &secret,
        "&issuer=",
        &issuer,
        "&algorithm=SHA1&digits=",
        &digits,
        "&period=",
        &period,
    ];
    // A single allocation of the right size, so that no copy of the secret is left behind.
    Zeroizing::new(parts.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(issuer: &str, account: &str, digits: u8) -> String {
        let secret = Secret::from_bytes(*b"12345678901234567890");
        enrolment_uri(issuer, account, &secret, Digits::new(digits).unwrap()).to_string()
    }

    /// Guards the whole URI, as apps parse it.
    #[test]
    fn whole_uri() {
        assert_eq!(
            uri("srv01 remote-work", "alice", 6),
            "otpauth://totp/srv01%20remote-work:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=srv01%20remote-work&algorithm=SHA1&digits=6&period=30"
        );
        assert!(uri("x", "y", 12).contains("&digits=12&"));
    }

    /// Guards the encoding of the label: no name can end the label or add a parameter.
    #[test]
    fn encoding_of_names() {
        for (name, encoded) in [
            ("alice", "alice"),
            ("John Doe", "John%20Doe"),
            ("a+b", "a%2Bb"),
            ("CORP\\alice", "CORP%5Calice"),
            ("alice@example.org", "alice%40example.org"),
            ("a:b", "a%3Ab"),
            ("a/b?c=d&e#f", "a%2Fb%3Fc%3Dd%26e%23f"),
            ("100%", "100%25"),
            ("a%20b", "a%2520b"),
            ("-._~", "-._~"),
            ("\"<'>", "%22%3C%27%3E"),
            ("Zoë", "Zo%C3%AB"),
            ("日本", "%E6%97%A5%E6%9C%AC"),
            ("😀", "%F0%9F%98%80"),
            ("a\tb\n", "a%09b%0A"),
            ("", ""),
        ] {
            let as_account = uri("Issuer", name, 6);
            assert!(
                as_account.starts_with(&format!("otpauth://totp/Issuer:{encoded}?secret=")),
                "{as_account}"
            );
            let as_issuer = uri(name, "account", 6);
            assert!(as_issuer.starts_with(&format!("otpauth://totp/{encoded}:account?")));
            assert!(as_issuer.contains(&format!("&issuer={encoded}&algorithm=SHA1&")));
        }
    }

    /// Guards that secrets of every length are included without padding.
    #[test]
    fn secret_has_no_padding() {
        for length in Secret::MIN_BYTES..=Secret::MAX_BYTES {
            let secret = Secret::from_slice(&vec![0xa5; length]).unwrap();
            let uri = enrolment_uri("i", "a", &secret, Digits::DEFAULT);
            let value = uri.split("secret=").nth(1).unwrap().split('&').next().unwrap();
            assert_eq!(value, secret.to_base32().as_str());
            assert!(!value.contains('='));
        }
    }
}
