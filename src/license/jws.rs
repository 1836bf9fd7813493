//! The envelope of a licence: a compact JWS (RFC 7515, section 7.1) signed with Ed25519 (RFC 8037).
//!
//! Knows nothing about licences. Deliberately stricter than the RFC: one algorithm, only the header fields `alg`
//! and `typ`, and one encoding of each byte.

use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::Signature;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::license::refusal::{LONGEST, Part, Refusal};
use crate::license::vendor::VendorKey;

// SECURITY: `jwk`, `jku`, `x5c` and `kid` would let a licence choose its own key, and `crit` requires unsupported
// extensions. So any field not listed below is an error.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    #[serde(default, deserialize_with = "super::claims::non_null")]
    typ: Option<String>,
}

/// Verifies a compact JWS and returns the payload that the vendor signed.
///
/// Ignores one line ending at the end.
///
/// # Errors
/// The first problem.
pub fn open(text: &[u8], key: &VendorKey) -> Result<Vec<u8>, Refusal> {
    if text.len() > LONGEST {
        return Err(Refusal::TooLong);
    }
    let line = text.strip_suffix(b"\n").unwrap_or(text);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.is_empty() {
        return Err(Refusal::Empty);
    }
    let parts: Vec<&[u8]> = line.split(|byte| *byte == b'.').collect();
    let [header, payload, signature] = parts[..] else { return Err(Refusal::Form) };
    let is_foreign = |byte: &u8| !byte.is_ascii_alphanumeric() && !b"-_=.".contains(byte);
    if header.is_empty() || payload.is_empty() || line.iter().any(is_foreign) {
        return Err(Refusal::Form);
    }
    check_header(&decode(Part::Header, header)?)?;
    let signed = &line[..header.len() + 1 + payload.len()];
    let payload = decode(Part::Payload, payload)?;
    let signature = decode(Part::Signature, signature)?;
    let signature = Signature::from_slice(&signature).map_err(|_| Refusal::Signature)?;
    // SECURITY: strict verification rejects keys and signatures of small order, for which one signature is valid
    // for many texts.
    key.key().verify_strict(signed, &signature).map_err(|_| Refusal::Signature)?;
    Ok(payload)
}

fn check_header(bytes: &[u8]) -> Result<(), Refusal> {
    let header: Header = parse_json(bytes).map_err(Refusal::Header)?;
    // SECURITY: the header must not choose the algorithm. 'none' and HMACs, whose secret would be the public key,
    // are rejected here.
    if header.alg != "EdDSA" {
        return Err(Refusal::Algorithm(shorten(&header.alg)));
    }
    match header.typ.as_deref() {
        None | Some("JWT") => Ok(()),
        Some(other) => Err(Refusal::Header(format!("typ '{}' is not JWT", shorten(other)))),
    }
}

/// Decodes a part, which must be canonical base64url.
fn decode(part: Part, text: &[u8]) -> Result<Vec<u8>, Refusal> {
    BASE64URL_NOPAD.decode(text).map_err(|_| Refusal::Encoding(part))
}

/// Parses a JSON object. The error is one short line.
pub(super) fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    // serde would also accept an array of the values.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Err("it is not a JSON object".into());
    }
    crate::json::from_slice(bytes).map_err(|error| {
        let text = error.to_string();
        shorten(text.split(" at line ").next().unwrap_or(&text))
    })
}

/// Shortens text from a licence to fit into a message.
pub(super) fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(100).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of RFC 8037 A.2; below it the token of A.4.
    const KEY: &str = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
    const TOKEN: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.\
        hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

    fn key() -> VendorKey {
        VendorKey::from_base64(KEY).unwrap()
    }

    #[test]
    fn the_example_of_the_rfc_is_accepted() {
        assert_eq!(open(TOKEN.as_bytes(), &key()).unwrap(), b"Example of Ed25519 signing");
        for end in ["\n", "\r\n"] {
            assert!(open(format!("{TOKEN}{end}").as_bytes(), &key()).is_ok(), "{end:?}");
        }
    }

    /// Guards every byte: neither a different content nor a different encoding is accepted.
    #[test]
    fn no_byte_may_be_changed_removed_or_added() {
        let key = key();
        for at in 0..TOKEN.len() {
            let mut changed = TOKEN.as_bytes().to_vec();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert!(open(&changed, &key).is_err(), "{at} changed");
            changed.remove(at);
            assert!(open(&changed, &key).is_err(), "{at} removed");
        }
        for added in [" ", "\n\n", "\0", "=", "A", ".", ".x", "\n{}"] {
            for text in [format!("{TOKEN}{added}"), format!("{added}{TOKEN}")] {
                assert!(open(text.as_bytes(), &key).is_err(), "{text:?}");
            }
        }
        let other = VendorKey::from_base64(crate::license::vendor::DEVELOPMENT).unwrap();
        assert_eq!(open(TOKEN.as_bytes(), &other), Err(Refusal::Signature));
    }

    #[test]
    fn the_last_character_has_one_encoding() {
        // 64 bytes leave 4 bits of the last character unused. They are zero in 'g', but not in 'h'.
        let other = format!("{}h", TOKEN.strip_suffix('g').unwrap());
        assert_eq!(open(other.as_bytes(), &key()), Err(Refusal::Encoding(Part::Signature)));
        let padded = format!("{TOKEN}==");
        assert_eq!(open(padded.as_bytes(), &key()), Err(Refusal::Encoding(Part::Signature)));
    }

    #[test]
    fn only_eddsa_headers_are_accepted() {
        let refused = |header: &str| check_header(header.as_bytes()).unwrap_err().to_string();
        assert!(check_header(br#"{"alg":"EdDSA"}"#).is_ok());
        assert!(check_header(br#"{"typ":"JWT","alg":"EdDSA"}"#).is_ok());
        for alg in ["none", "None", "HS256", "RS256", "ES256", "eddsa", "Ed25519", ""] {
            let text = refused(&format!(r#"{{"alg":"{alg}"}}"#));
            assert!(text.contains(&format!("'{alg}'")), "{text}");
        }
        for field in ["crit", "jwk", "jku", "x5c", "x5u", "kid", "b64", "zip", "cty"] {
            let text = refused(&format!(r#"{{"alg":"EdDSA","{field}":"x"}}"#));
            assert!(text.contains(&format!("unknown field `{field}`")), "{text}");
        }
        for (header, words) in [
            (r#"{"alg":"EdDSA","alg":"EdDSA"}"#, "duplicate field `alg`"),
            (r#"{"alg":"none","\u0061lg":"EdDSA"}"#, "duplicate field `alg`"),
            (r#"{"alg":"EdDSA","typ":"none"}"#, "typ 'none'"),
            (r#"{"alg":"EdDSA","typ":null}"#, "invalid type: null"),
            (r#"{"typ":"JWT"}"#, "missing field `alg`"),
            (r#"{"alg":["EdDSA"]}"#, "invalid type"),
            (r#"["EdDSA"]"#, "not a JSON object"),
            (r#"{"alg":"EdDSA"} "x""#, "trailing characters"),
            ("", "not a JSON object"),
        ] {
            assert!(refused(header).contains(words), "{header}: {}", refused(header));
        }
        let long = refused(&format!(r#"{{"alg":"{}"}}"#, "x".repeat(60_000)));
        assert!(long.len() < 300, "{}", long.len());
    }
}
