//! A line of standard input: what ends it, and what is not text.

use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind};

/// One line from standard input.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// The text before the end of the line.
    Text(Zeroizing<String>),
    /// Something else.
    Unreadable(Unreadable),
}

/// Why a line from standard input is not text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It is longer than allowed.
    TooLong,
    /// It is UTF-16.
    Utf16,
    /// It is not UTF-8.
    NotUtf8,
}

impl Unreadable {
    /// The error that names the cause.
    pub fn error(self) -> Error {
        let what = match self {
            Unreadable::TooLong => "the line on standard input is too long",
            Unreadable::Utf16 => "standard input is UTF-16, not UTF-8",
            Unreadable::NotUtf8 => "standard input is not UTF-8",
        };
        Error::new(ErrorKind::Refused, what).with_hint(match self {
            Unreadable::TooLong => "write the value alone, as one line",
            Unreadable::Utf16 | Unreadable::NotUtf8 => {
                "write UTF-8; in PowerShell: $OutputEncoding = [Text.UTF8Encoding]::new()"
            }
        })
    }
}

impl Line {
    /// Reads the first line of `bytes`, which may have at most `limit` bytes.
    pub fn first(bytes: &[u8], limit: usize) -> Self {
        Self::parse(bytes.split(|byte| *byte == b'\n').next().unwrap_or_default(), limit)
    }

    /// Reads the bytes before the end of a line of at most `limit` bytes.
    fn parse(line: &[u8], limit: usize) -> Self {
        if is_utf16(line) {
            return Self::Unreadable(Unreadable::Utf16);
        }
        let line = without_end(line);
        // .NET writes a byte order mark before the first line.
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        match std::str::from_utf8(line) {
            _ if line.len() > limit => Self::Unreadable(Unreadable::TooLong),
            Ok(text) => Self::Text(Zeroizing::new(text.to_owned())),
            Err(_) => Self::Unreadable(Unreadable::NotUtf8),
        }
    }
}

/// Removes what may follow the text of a line: a carriage return, and one NUL, with which PAM ends what
/// it passes to a program.
fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match line.strip_suffix(b"\0") {
        Some(line) => line.strip_suffix(b"\r").unwrap_or(line),
        None => line,
    }
}

/// Reports whether a line is UTF-16: it has a byte order mark, or every other byte is NUL.
fn is_utf16(line: &[u8]) -> bool {
    let every_other = |rest: usize| {
        line.len() > 2 && line.iter().enumerate().all(|(at, byte)| (*byte == 0) == (at % 2 == rest))
    };
    line.starts_with(b"\xff\xfe")
        || line.starts_with(b"\xfe\xff")
        || every_other(0)
        || every_other(1)
}
