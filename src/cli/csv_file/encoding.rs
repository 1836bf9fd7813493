//! The encodings of lists: UTF-8, and UTF-16 with a byte order mark, as spreadsheets and PowerShell
//! write it.

use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::store::Text;

/// Decodes a list called `place`.
///
/// # Errors
/// When the bytes have another encoding: names the first line and column that show it.
pub(super) fn decode(bytes: &[u8], place: &str) -> Result<Text> {
    let (text, is_valid) = match bytes {
        [0xff, 0xfe, rest @ ..] => utf_16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf_16(rest, u16::from_be_bytes),
        _ => utf_8(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)),
    };
    // Texts have no NUL. UTF-16 without a mark, and UTF-32, are full of them.
    let nul = text.find('\0');
    if is_valid && nul.is_none() {
        return Ok(text);
    }
    let valid = nul.and_then(|at| text.get(..at)).unwrap_or(&text);
    let line = valid.matches('\n').count() + 1;
    let column = valid.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let what = format!("{place}, line {line}, column {column}: the text is not UTF-8 or UTF-16");
    Err(Error::new(ErrorKind::Refused, what)
        .with_hint("save the list as UTF-8: in Excel, choose the type 'CSV UTF-8'"))
}

/// Decodes UTF-8 up to the first invalid byte. Returns whether all of it is valid.
fn utf_8(bytes: &[u8]) -> (Text, bool) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (Zeroizing::new(text.to_owned()), true),
        Err(error) => {
            let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
            (Zeroizing::new(String::from_utf8_lossy(valid).into_owned()), false)
        }
    }
}

/// Decodes UTF-16 up to the first invalid unit. Returns whether all of it is valid.
fn utf_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> (Text, bool) {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut text = Zeroizing::new(String::with_capacity(pairs.len()));
    for c in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        match c {
            Ok(c) => text.push(c),
            Err(_) => return (text, false),
        }
    }
    (text, rest.is_empty())
}
