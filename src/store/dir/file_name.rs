//! Encodes names as file names and decodes them; picks the shard and lock of an account.
//!
//! Owns the encoding only: it knows no directories or documents and makes no system calls.
//!
//! `a-z 0-9 - _ . @` stay as they are; every other byte of the canonical text becomes lowercase `%xx`. The
//! result is ASCII, has no upper case (safe on file systems that ignore case or normalise), no separator,
//! and no trailing dot or space. A component never starts with a dot and is never a Windows device name:
//! its first character is then written as `%xx` too.

use std::fmt::Write as _;

use crc::{CRC_32_ISO_HDLC, Crc, NoTable};

use crate::names::name::{AccountKey, Name};

/// The longest piece of encoded text in one component, before its first character is escaped.
const MAX_CHUNK: usize = 200;

/// The ending of the last component.
const FILE_SUFFIX: &str = ".toml";

/// The ending of all components before the last; encoded text never contains it.
const DIRECTORY_SUFFIX: &str = "+";

/// Returns the path components of a name: directories, then one file. Usually just the file.
///
/// A text of more than 200 characters is split into the longest pieces of up to 200 characters that do not
/// split an escape. No component is longer than 207 characters.
// SECURITY: two names never share a path on any file system, and no name leaves its directory.
pub fn encode(name: &Name) -> Vec<String> {
    let mut components = Vec::new();
    let mut chunk = String::new();
    for byte in name.canonical().bytes() {
        let width = if is_plain(byte) { 1 } else { 3 };
        if chunk.len() + width > MAX_CHUNK {
            components.push(safe_start(&chunk) + DIRECTORY_SUFFIX);
            chunk.clear();
        }
        if is_plain(byte) {
            chunk.push(char::from(byte));
        } else {
            chunk.push_str(&escape(byte));
        }
    }
    components.push(safe_start(&chunk) + FILE_SUFFIX);
    components
}

/// Returns the name that [`encode`] turns into exactly these components, if there is one.
pub fn decode(components: &[&str]) -> Option<Name> {
    let (file, directories) = components.split_last()?;
    let mut text = String::new();
    for directory in directories {
        text.push_str(directory.strip_suffix(DIRECTORY_SUFFIX)?);
    }
    text.push_str(file.strip_suffix(FILE_SUFFIX)?);
    let bytes: Vec<u8> = percent_encoding::percent_decode_str(&text).collect();
    let name = Name::parse(std::str::from_utf8(&bytes).ok()?).ok()?;
    // SECURITY: rejects every other spelling of a path (upper case, needless escapes, other splits), so
    // that a name has only one document.
    (encode(&name) == components).then_some(name)
}

/// Reports whether a file name, below these directories, clearly belongs to another account and need not be
/// decoded. After `false`, [`decode`] must decide.
///
/// A login looks at many names, possibly chosen by an attacker, so this allocates nothing and stops early.
// SECURITY: returns `false` for anything that may belong to the account, including names that no account
// can have.
pub fn is_of_another_account(directories: &[String], file: &[u8], key: &AccountKey) -> bool {
    // A pattern, because comparing with the constant would call a function for each name.
    let [text @ .., b'.', b't', b'o', b'm', b'l'] = file else { return false };
    if text.is_empty() {
        return false;
    }
    // `account` or `DOMAIN\account`, else `account@domain`.
    let is_whole = directories.is_empty();
    let begins = || match directories.first() {
        None => may_be_before_a_suffix(text, key, true),
        Some(first) => may_be_before_a_suffix(first.as_bytes(), key, false),
    };
    !may_be_at_the_end(text, key, is_whole) && !begins()
}

/// Reports whether the account at the end of an encoded text may be that of `key`. Unless the text
/// `is_whole`, the account may begin before it.
fn may_be_at_the_end(text: &[u8], key: &AccountKey, is_whole: bool) -> bool {
    let mut rest = Rest { key: key.as_str().as_bytes(), is_exact: true };
    let mut at = text.len();
    while at > 0 {
        if at >= 3 && text[at - 3] == b'%' {
            if rest.may_be_empty() && BACKSLASHES.iter().any(|end| ends_like(&text[..at], end)) {
                return true;
            }
            let is_foreign = ends_with_foreign_letter(&text[..at]) && key.as_str().is_ascii();
            at -= 3;
            if text[at..at + 3].eq_ignore_ascii_case(b"%5c") {
                return rest.may_be_empty();
            }
            if is_foreign {
                return false;
            }
            rest.is_exact = false;
        } else {
            at -= 1;
            if text[at] == b'\\' {
                return rest.may_be_empty();
            }
            if !rest.takes(text[at], Side::End) {
                return false;
            }
        }
    }
    !is_whole || rest.may_be_empty()
}

/// Reports whether the account at the start of an encoded text, before an `@`, may be that of `key`. Unless
/// the text `is_whole`, the `@` may come after it.
fn may_be_before_a_suffix(text: &[u8], key: &AccountKey, is_whole: bool) -> bool {
    let mut rest = Rest { key: key.as_str().as_bytes(), is_exact: true };
    let mut at = 0;
    while at < text.len() {
        match text[at] {
            b'%' => {
                // Valid names never contain this, but the account may end here.
                if text[at..].starts_with(b"%40")
                    || rest.may_be_empty()
                        && AT_SIGNS.iter().any(|sign| begins_like(&text[at..], sign))
                {
                    return true;
                }
                rest.is_exact = false;
                at += 3;
            }
            // The account ends here, or continues with an `@` of its own.
            b'@' if rest.may_be_empty() || rest.key.starts_with(b"@") => return true,
            byte => {
                if !rest.takes(byte, Side::Start) {
                    return false;
                }
                at += 1;
            }
        }
    }
    !is_whole
}

/// Characters that some systems read as a backslash, escaped. Valid names never contain them. A
/// file name with one is reported as an error for the account that it may belong to.
const BACKSLASHES: [&[u8]; 7] =
    [b"%ef%bc%bc", b"%ef%b9%a8", b"%c2%a5", b"%ef%bf%a5", b"%e2%82%a9", b"%ef%bf%a6", b"%e2%88%96"];

/// Characters that some systems read as `@`, escaped.
const AT_SIGNS: [&[u8]; 2] = [b"%ef%bc%a0", b"%ef%b9%ab"];

fn ends_like(text: &[u8], end: &[u8]) -> bool {
    text.len() >= end.len() && text[text.len() - end.len()..].eq_ignore_ascii_case(end)
}

fn begins_like(text: &[u8], start: &[u8]) -> bool {
    text.len() >= start.len() && text[..start.len()].eq_ignore_ascii_case(start)
}

/// Reports whether an encoded text ends with an ideograph (U+4000 to U+9FFF) or a letter from U+0400 to
/// U+047F. These never fold to ASCII, so such names need no decoding when the key is ASCII.
fn ends_with_foreign_letter(text: &[u8]) -> bool {
    matches!(text, [.., b'%', b'e', b'4'..=b'9', b'%', _, _, b'%', _, _])
        || matches!(text, [.., b'%', b'd', b'0' | b'1', b'%', _, _])
}

/// The rest of a key while it is compared with an encoded account from one side. A plain character folds to
/// itself. An escaped one may fold to anything; after it, only the order of the other characters counts.
struct Rest<'k> {
    key: &'k [u8],
    is_exact: bool,
}

#[derive(Clone, Copy)]
enum Side {
    Start,
    End,
}

impl Rest<'_> {
    fn may_be_empty(&self) -> bool {
        !self.is_exact || self.key.is_empty()
    }

    /// Consumes a byte of the account from one side; `false` if the key cannot have it there.
    fn takes(&mut self, byte: u8, side: Side) -> bool {
        if !is_plain(byte) {
            self.is_exact = false;
            return true;
        }
        let found = match (side, self.is_exact) {
            (Side::Start, true) => self.key.first().filter(|first| **first == byte).map(|_| 0),
            (Side::End, true) => {
                self.key.last().filter(|last| **last == byte).map(|_| self.key.len() - 1)
            }
            (Side::Start, false) => self.key.iter().position(|other| *other == byte),
            (Side::End, false) => self.key.iter().rposition(|other| *other == byte),
        };
        let Some(at) = found else { return false };
        self.key = match side {
            Side::Start => &self.key[at + 1..],
            Side::End => &self.key[..at],
        };
        true
    }
}

/// Returns the directory for an account's documents: three lowercase hexadecimal digits, the first twelve
/// bits of the CRC-32 of the folded account part. It only has to spread names evenly.
pub fn shard(key: &AccountKey) -> String {
    format!("{:03x}", hash(key) >> 20)
}

/// Returns which of the 256 locks protects an account's documents: the first eight of the same bits.
pub fn lock_index(key: &AccountKey) -> u8 {
    hash(key).to_be_bytes()[0]
}

fn hash(key: &AccountKey) -> u32 {
    Crc::<u32, NoTable>::new(&CRC_32_ISO_HDLC).checksum(key.as_str().as_bytes())
}

fn is_plain(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'@')
}

fn escape(byte: u8) -> String {
    let mut escaped = String::with_capacity(3);
    // Writing to a string cannot fail.
    let _ = write!(escaped, "%{byte:02x}");
    escaped
}

/// Escapes the first character of a chunk that would be hidden or a device name.
fn safe_start(chunk: &str) -> String {
    match chunk.bytes().next() {
        Some(first) if first == b'.' || is_device(chunk) => escape(first) + &chunk[1..],
        _ => chunk.to_owned(),
    }
}

/// Reports whether Windows treats a file of this name as a device, whatever follows the first dot.
///
/// `CONIN$`, `CONOUT$`, `CLOCK$` and `COM¹` need no check: `$` and `¹` are always escaped.
fn is_device(chunk: &str) -> bool {
    let stem = chunk.split('.').next().unwrap_or(chunk);
    match stem.as_bytes() {
        b"con" | b"prn" | b"aux" | b"nul" => true,
        [b'c', b'o', b'm', digit] | [b'l', b'p', b't', digit] => digit.is_ascii_digit(),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
