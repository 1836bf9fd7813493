//! The attributes of a RADIUS request, as FreeRADIUS writes them to the environment of a program.
//!
//! With `shell_escape`, a name is in upper case with underscores. A string is in double quotes: `\"`, `\\`, `\r`,
//! `\n` and `\t` are escapes, and so is a byte that is not printable UTF-8, in octal (`\000`). Octets are `0x…`.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use data_encoding::HEXLOWER_PERMISSIVE;
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};

/// The hint for a value that is written in another way.
const HINT: &str = "the exec module needs 'shell_escape = yes' and 'input_pairs = request'";

/// The attributes of one request.
pub(super) struct Attributes(Vec<(Vec<u8>, Zeroizing<Vec<u8>>)>);

impl Attributes {
    /// Takes over the variables of an environment.
    pub(super) fn new(environment: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let pairs = environment.into_iter();
        Self(pairs.map(|(name, value)| (name.into_vec(), value.into_vec().into())).collect())
    }

    /// Returns the value of a string attribute; `None` without it.
    ///
    /// # Errors
    /// If it is there more than once, is not UTF-8, or is not written as a string.
    pub(super) fn text(&self, name: &str) -> Result<Option<Zeroizing<String>>> {
        self.one(name)?.map(|value| text(name, value)).transpose()
    }

    /// Returns every value of a string attribute.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<Zeroizing<String>>> {
        self.all(name).map(|value| text(name, value)).collect()
    }

    /// Returns the value of an attribute of octets; `None` without it.
    pub(super) fn octets(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let decode = |value: &[u8]| {
            let digits = value.strip_prefix(b"0x").ok_or_else(|| malformed(name))?;
            HEXLOWER_PERMISSIVE.decode(digits).map_err(|_| malformed(name))
        };
        self.one(name)?.map(decode).transpose()
    }

    // SECURITY: FreeRADIUS checks the first of two values, and a program might take the last.
    fn one(&self, name: &str) -> Result<Option<&[u8]>> {
        let mut values = self.all(name);
        match (values.next(), values.next()) {
            (value, None) => Ok(value),
            (_, Some(_)) => {
                Err(Error::new(ErrorKind::Refused, format!("the request has several {name}")))
            }
        }
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        let matching = self.0.iter().filter(move |(found, _)| found == name.as_bytes());
        matching.map(|(_, value)| value.as_slice())
    }
}

fn malformed(name: &str) -> Error {
    Error::new(ErrorKind::Usage, format!("{name} is not written as expected")).with_hint(HINT)
}

/// Decodes a string in double quotes.
fn text(name: &str, value: &[u8]) -> Result<Zeroizing<String>> {
    let bytes = unquoted(value).ok_or_else(|| malformed(name))?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| Error::new(ErrorKind::Refused, format!("{name} is not UTF-8")))?;
    Ok(Zeroizing::new(text.to_owned()))
}

fn unquoted(value: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut rest = value.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(rest.len()));
    while let Some((byte, after)) = rest.split_first() {
        let (byte, after) = match byte {
            b'"' => return None,
            b'\\' => unescaped(after)?,
            byte => (*byte, after),
        };
        bytes.push(byte);
        rest = after;
    }
    Some(bytes)
}

/// Decodes what follows a backslash: the byte, and what comes after it.
fn unescaped(escape: &[u8]) -> Option<(u8, &[u8])> {
    let (first, after) = escape.split_first()?;
    let byte = match first {
        b'"' | b'\\' => *first,
        b'r' => b'\r',
        b'n' => b'\n',
        b't' => b'\t',
        _ => {
            let (digits, after) = escape.split_at_checked(3)?;
            let digits = std::str::from_utf8(digits).ok()?;
            if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
                return None;
            }
            return Some((u8::from_str_radix(digits, 8).ok()?, after));
        }
    };
    Some((byte, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes(pairs: &[(&str, &[u8])]) -> Attributes {
        let os = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
        Attributes::new(pairs.iter().map(|(name, value)| (os(name.as_bytes()), os(value))))
    }

    /// Guards names: each written form has one meaning, and any other form refuses the login.
    #[test]
    fn strings_are_decoded() {
        for (written, expected) in [
            (&b"\"alice\""[..], Some("alice")),
            (b"\"\"", Some("")),
            (br#""CORP\\alice""#, Some("CORP\\alice")),
            (br#""a\"b\\n\r\n\t""#, Some("a\"b\\n\r\n\t")),
            (br#""\\\"""#, Some("\\\"")),
            (br#""a\000b\177""#, Some("a\0b\u{7f}")),
            (br#""\303\251""#, Some("é")),
            ("\"é 名\"".as_bytes(), Some("é 名")),
            (b"\"%{User-Password} $(id) `id` ;\"", Some("%{User-Password} $(id) `id` ;")),
            // Not UTF-8, not quoted, cut off, or an escape that FreeRADIUS does not write.
            (br#""\377""#, None),
            (b"\"\xff\"", None),
            (b"alice", None),
            (b"\"", None),
            (b"\"alice", None),
            (br#""alice\""#, None),
            (br#""a"b""#, None),
            (br#""\x41""#, None),
            (br#""\08""#, None),
            (br#""\999""#, None),
            (br#""\+12""#, None),
            (b"", None),
        ] {
            let found = attributes(&[("USER_NAME", written)]).text("USER_NAME");
            let found = found.ok().flatten().map(|text| text.to_string());
            assert_eq!(found.as_deref(), expected, "{}", String::from_utf8_lossy(written));
        }
    }

    #[test]
    fn octets_are_decoded() {
        for (written, expected) in [
            (&b"0x00ff"[..], Some(vec![0, 255])),
            (b"0x", Some(vec![])),
            (b"0x0", None),
            (b"0xgg", None),
            (b"00ff", None),
            (b"\"0x00\"", None),
        ] {
            let found = attributes(&[("STATE", written)]).octets("STATE").ok().flatten();
            assert_eq!(found, expected, "{}", String::from_utf8_lossy(written));
        }
    }

    /// Guards against a request that shows FreeRADIUS one user and this program another.
    #[test]
    fn a_repeated_attribute_is_refused() {
        let two = attributes(&[("USER_NAME", b"\"a\""), ("X", b"0x"), ("USER_NAME", b"\"b\"")]);
        assert!(two.text("USER_NAME").is_err());
        let texts = two.texts("USER_NAME").unwrap();
        assert_eq!(texts.iter().map(|text| text.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert!(two.text("USER").unwrap().is_none());
    }
}
