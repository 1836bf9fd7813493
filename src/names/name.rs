//! Login names: four forms, one canonical spelling, and one key for all spellings of an account.
//!
//! This file must not know which names are listed, which domains exist, or how a store keeps names.
//! [`matching`](super::matching) decides whether two names are the same account.
//!
//! A name has two spellings. The *canonical* one (NFC, lowercase) is shown, stored and compared first. The
//! *folded* one ([`folded`]) is the one that a directory compares.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use unicode_normalization::UnicodeNormalization as _;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

use super::folding::fold;
pub use super::folding::folded;

/// The longest name in bytes of UTF-8, both as given (after trimming) and in canonical form.
pub const MAX_NAME_BYTES: usize = 256;

/// Why a text is not a valid login name.
///
/// No message repeats the text, which may contain terminal escape sequences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing but blanks.
    #[error("the name is empty")]
    Empty,
    /// A domain without an account (`CORP\`, `@corp.example`), or an empty part before the last `@`
    /// (`alice@@corp.example`).
    #[error("the name has no account part: write alice, CORP\\alice or alice@corp.example")]
    EmptyAccount,
    /// A separator without a domain (`\alice`, `alice@`).
    #[error("the name has no domain part: write alice, CORP\\alice or alice@corp.example")]
    EmptyDomain,
    /// A control, format, separator, unassigned or invisible character.
    #[error("the name contains the invisible or meaningless character U+{0:04X}: remove it")]
    InvisibleCharacter(u32),
    /// A character that some systems read as `\` or `@`: full-width forms, `¥`, `₩`, `∖`.
    #[error(
        "the name contains U+{0:04X}, which some systems read as \\ or @: type the plain character"
    )]
    SeparatorLookalike(u32),
    /// `?` or U+FFFD, which programs write for a letter that their character set lacks.
    #[error(
        "the name contains {0}, which no account has: a letter was lost on the way here; pass names in UTF-8"
    )]
    LostLetter(&'static str),
    /// More than [`MAX_NAME_BYTES`] bytes.
    #[error("the name is longer than {MAX_NAME_BYTES} bytes")]
    TooLong,
    /// More than one `\`.
    #[error("the name contains more than one backslash: write it as CORP\\alice")]
    SeveralBackslashes,
    /// Both `\` and `@`.
    #[error("the name contains both \\ and @: write either CORP\\alice or alice@corp.example")]
    BackslashAndAt,
    /// A part of only accents and blanks, which a directory would read as empty.
    #[error("a part of the name consists of nothing but accents or blanks")]
    OnlyMarks,
}

/// The domain part of a name, in canonical text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Domain {
    /// `alice`: no domain was given.
    Unqualified,
    /// `.\alice`: the local machine.
    Local,
    /// `CORP\alice`: the part before the backslash. Windows also accepts a DNS name there.
    NetBios(String),
    /// `alice@corp.example`: the part after the last `@`, without a trailing dot.
    Suffix(String),
}

/// A login name or group name in canonical form: NFC, lowercase, trimmed.
///
/// `a/b`, `..`, `CON`, `alice.` and emoji are valid, because a name is never used as a path directly.
///
/// Equality and order are those of the canonical texts.
///
/// ```
/// use rw2fa::names::name::Name;
///
/// let name: Name = r" CORP\Alice ".parse()?;
/// assert_eq!(name.canonical(), r"corp\alice");
/// assert_eq!(name.key(), Name::parse("ÁLICE@corp.example.")?.key());
/// # Ok::<(), rw2fa::names::name::NameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name {
    domain: Domain,
    account: String,
}

impl Name {
    /// Parses `alice`, `CORP\alice`, `alice@corp.example` or `.\alice`. Drops blanks around the name and
    /// around each part.
    ///
    /// Refuses names with both `\` and `@`, although Windows knows `AzureAD\alice@corp.example`. One
    /// directory looks for the account `alice@corp.example`, another for `alice`, and a wrong guess would
    /// treat a listed user as unlisted. The error says what to write instead.
    pub fn parse(input: &str) -> Result<Self, NameError> {
        let whole = trimmed(input);
        if whole.is_empty() {
            return Err(NameError::Empty);
        }
        if whole.len() > MAX_NAME_BYTES {
            return Err(NameError::TooLong);
        }
        refuse_characters(whole)?;
        let (domain, account) = split(whole)?;
        let name = Self { domain, account: canonical_text(account) };
        name.refuse_empty_parts()?;
        if name.pieces().iter().map(|piece| piece.len()).sum::<usize>() > MAX_NAME_BYTES {
            return Err(NameError::TooLong);
        }
        Ok(name)
    }

    /// The canonical text, which parses to this name again.
    pub fn canonical(&self) -> String {
        self.pieces().concat()
    }

    /// The spellings under which the system's name service may know an account that was written as
    /// `written`: the text itself, the canonical form, and without a domain also the account part alone.
    pub fn system_spellings(&self, written: &str) -> Vec<String> {
        let mut spellings = vec![trimmed(written).to_owned(), self.canonical()];
        if matches!(self.domain, Domain::Unqualified | Domain::Local) {
            spellings.push(self.account.clone());
        }
        spellings.dedup();
        spellings
    }

    /// The account part in canonical form.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// The domain part.
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// The key that all spellings of this account share, in every domain.
    pub fn key(&self) -> AccountKey {
        AccountKey(folded(&self.account))
    }

    fn pieces(&self) -> [&str; 3] {
        match &self.domain {
            Domain::Unqualified => ["", "", &self.account],
            Domain::Local => [".", "\\", &self.account],
            Domain::NetBios(prefix) => [prefix, "\\", &self.account],
            Domain::Suffix(suffix) => [&self.account, "@", suffix],
        }
    }

    // SECURITY: an account part that folds to nothing would have an empty key. A domain part that does would
    // match any domain in a directory that drops accents.
    fn refuse_empty_parts(&self) -> Result<(), NameError> {
        if self.account.split('@').any(|piece| piece.trim().is_empty()) {
            return Err(NameError::EmptyAccount);
        }
        let domain_vanishes = match &self.domain {
            Domain::Unqualified | Domain::Local => false,
            Domain::NetBios(text) | Domain::Suffix(text) => {
                if text.is_empty() {
                    return Err(NameError::EmptyDomain);
                }
                fold(text).is_empty()
            }
        };
        if domain_vanishes || self.account.split('@').any(|piece| fold(piece).is_empty()) {
            return Err(NameError::OnlyMarks);
        }
        Ok(())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.canonical())
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(input: &str) -> Result<Self, Self::Err> {
        Self::parse(input)
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        let (mine, others) = (self.pieces(), other.pieces());
        let mine = mine.iter().flat_map(|piece| piece.bytes());
        mine.cmp(others.iter().flat_map(|piece| piece.bytes()))
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The folded account part of a name. It determines where documents are stored and which lock guards them.
// SECURITY: only `Name::key` makes one, so no spelling gets its own lock or shard.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountKey(String);

impl AccountKey {
    /// The folded text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// NFC, lowercase, NFC again (lowercase letters can compose where capitals cannot: `J̌`, `ǰ`).
pub(crate) fn canonical_text(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfc().collect::<String>().to_lowercase().nfc().collect()
}

/// A DNS suffix in canonical form, without trailing dots.
pub(crate) fn canonical_suffix(text: &str) -> String {
    canonical_text(text.trim_end_matches(|c| c == '.' || is_blank(c)))
}

/// Removes blanks at both ends.
pub(crate) fn trimmed(text: &str) -> &str {
    text.trim_matches(is_blank)
}

/// Whether `c` is a blank that may surround a name. Line breaks are not: names never contain them.
fn is_blank(c: char) -> bool {
    c.is_whitespace() && !is_invisible(c)
}

fn split(whole: &str) -> Result<(Domain, &str), NameError> {
    if let Some((prefix, account)) = whole.split_once('\\') {
        if account.contains('\\') {
            return Err(NameError::SeveralBackslashes);
        }
        if whole.contains('@') {
            return Err(NameError::BackslashAndAt);
        }
        let domain = match trimmed(prefix) {
            "." => Domain::Local,
            text => Domain::NetBios(canonical_text(text)),
        };
        return Ok((domain, trimmed(account)));
    }
    Ok(match whole.rsplit_once('@') {
        Some((account, suffix)) => {
            (Domain::Suffix(canonical_suffix(trimmed(suffix))), trimmed(account))
        }
        None => (Domain::Unqualified, whole),
    })
}

fn refuse_characters(text: &str) -> Result<(), NameError> {
    for c in text.chars() {
        if let Some(shown) = lost_letter(c) {
            return Err(NameError::LostLetter(shown));
        }
        if is_invisible(c) {
            return Err(NameError::InvisibleCharacter(c.into()));
        }
        if is_separator_lookalike(c) {
            return Err(NameError::SeparatorLookalike(c.into()));
        }
    }
    Ok(())
}

/// How a message shows `c`, if programs write it for a letter that they cannot encode.
// SECURITY: `Émile` would arrive as `?mile`, an unlisted user who skips the second factor. No account of
// Windows, a directory or Unix may contain `?`.
fn lost_letter(c: char) -> Option<&'static str> {
    match c {
        '?' => Some("'?'"),
        '\u{fffd}' => Some("U+FFFD"),
        _ => None,
    }
}

/// Whether a reader or a directory may not see `c`, so that different names look or compare alike.
// SECURITY: a directory may ignore such a character and accept `alice` + U+0378 as `alice`. Assigning an
// unassigned character can change its folding, which would move documents.
fn is_invisible(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    matches!(
        c.general_category(),
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
            | GeneralCategory::Unassigned
    ) || matches!(
        c,
        // Hangul fillers, Mongolian soft hyphen, empty Braille cell, object replacement character.
        '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{1806}' | '\u{2800}' | '\u{fffc}'
    )
}

/// Whether compatibility decomposition or a Windows code page turns `c` into `\` or `@`.
// SECURITY: a directory may read `alice＠corp.example` or `CORP＼alice` as qualified. Parsed as one long
// account, such a name would be unlisted and skip the second factor.
fn is_separator_lookalike(c: char) -> bool {
    !c.is_ascii()
        && std::iter::once(c).nfkd().any(|part| matches!(part, '\\' | '@' | '¥' | '₩' | '∖'))
}

#[cfg(test)]
mod tests;
