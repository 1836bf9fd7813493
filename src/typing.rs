//! Folds text that people type or paste, so that each code and number has one form however it was
//! written.
//!
//! This file must not know what a code or a phone number is.

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};
use zeroize::Zeroizing;

/// The longest typed text that is read, in bytes.
pub const LONGEST_TYPED: usize = 256;

/// Folds typed text: removes separators ([`is_separator`]), maps decimal digits of all scripts to `0` to
/// `9`, and full-width letters and signs to those of ASCII. `None` for more than [`LONGEST_TYPED`]
/// bytes.
///
/// Folding folded text changes nothing.
// SECURITY: every decision about what a text is looks at the folded text only. Decisions about different
// forms of one text could disagree.
pub fn folded(typed: &str) -> Option<Zeroizing<String>> {
    if typed.len() > LONGEST_TYPED {
        return None;
    }
    // Reserves the whole length, which folding never exceeds: a growing string would leave unwiped
    // copies behind.
    let mut plain = Zeroizing::new(String::with_capacity(typed.len()));
    plain.extend(typed.chars().filter(|c| !is_separator(*c)).map(plain_character));
    Some(plain)
}

/// Whether nothing visible was typed: only white space and characters such as directional marks.
pub fn is_blank(typed: &str) -> bool {
    typed.chars().all(|c| c.is_whitespace() || is_invisible(c))
}

/// Whether people put `c` between groups of characters, or an app adds it when text is copied: white
/// space, dashes, and characters that cannot be seen.
pub fn is_separator(c: char) -> bool {
    if c.is_ascii() {
        return c == '-' || c.is_whitespace();
    }
    c.is_whitespace() || is_invisible(c) || is_dash(c)
}

/// Maps a decimal digit of another script to `0` to `9`. Unicode stores the ten digits of a script in one
/// run from zero to nine, so the position in the run is the value.
pub(crate) fn plain_digit(c: char) -> Option<char> {
    let is_digit = |c: &char| c.general_category() == GeneralCategory::DecimalNumber;
    if c.is_ascii() || !is_digit(&c) {
        return None;
    }
    let before = ('\0'..c).rev().take_while(is_digit).count();
    u32::try_from(before % 10).ok().and_then(|value| char::from_digit(value, 10))
}

fn plain_character(c: char) -> char {
    if c.is_ascii() {
        return c;
    }
    // The full-width forms follow the order of ASCII.
    let narrow = || match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0),
        _ => None,
    };
    plain_digit(c).or_else(narrow).unwrap_or(c)
}

/// Whether `c` cannot be seen: directional marks, zero-width characters, soft hyphens, byte order
/// marks, variation selectors.
fn is_invisible(c: char) -> bool {
    !c.is_ascii()
        && (c.general_category() == GeneralCategory::Format
            || matches!(c, '\u{34f}' | '\u{fe00}'..='\u{fe0f}'))
}

fn is_dash(c: char) -> bool {
    c.general_category() == GeneralCategory::DashPunctuation
        // Minus signs, the hyphen bullet, and the long-vowel marks that a Japanese keyboard types
        // for `-`.
        || matches!(
            c,
            '\u{2d7}' | '\u{2043}' | '\u{2212}' | '\u{207b}' | '\u{208b}' | '\u{30fc}' | '\u{ff70}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards each kind of character that people type or paste.
    #[test]
    fn typed_text_is_folded() {
        for (typed, expected) in [
            ("123456", "123456"),
            (" 123-456\t", "123456"),
            ("١٢٣٤٥٦", "123456"),
            ("۱۲۳ ۴۵۶", "123456"),
            ("१२३४५६", "123456"),
            ("１２３　４５６", "123456"),
            ("𝟏𝟚𝟥𝟰𝟻6", "123456"),
            ("12\u{a0}34\u{202f}56", "123456"),
            ("12\u{2009}34\u{2028}56\u{85}", "123456"),
            ("12\u{2010}34\u{2011}56", "123456"),
            ("12–34—56−", "123456"),
            ("１２３ー４５６", "123456"),
            ("\u{200e}123\u{200b}456\u{200f}", "123456"),
            ("\u{2066}123\u{ad}456\u{2069}\u{feff}", "123456"),
            ("1\u{fe0f}2", "12"),
            ("ＡＢｃ＋（）", "ABc+()"),
            // Other characters stay, so that the text is not a code.
            ("12.34", "12.34"),
            ("12\0", "12\0"),
            ("²①Ⅳ", "²①Ⅳ"),
            ("é", "é"),
        ] {
            assert_eq!(folded(typed).unwrap().as_str(), expected, "{typed:?}");
        }
    }

    /// Guards every character: each text has one form, which is never longer, and only a dash or
    /// white space of ASCII vanishes.
    #[test]
    fn every_character_has_one_form() {
        for c in '\0'..=char::MAX {
            let typed = c.to_string();
            let plain = folded(&typed).unwrap();
            assert!(plain.len() <= typed.len(), "U+{:04X}", u32::from(c));
            assert_eq!(folded(&plain).unwrap(), plain, "U+{:04X}", u32::from(c));
            if c.general_category() == GeneralCategory::DecimalNumber {
                assert!(plain.bytes().all(|byte| byte.is_ascii_digit()), "U+{:04X}", u32::from(c));
            }
            if c.is_ascii() {
                assert_eq!(plain.is_empty(), c == '-' || c.is_whitespace(), "{c:?}");
            }
        }
    }

    /// Guards that long text is not folded.
    #[test]
    fn long_text_is_refused() {
        assert!(folded(&"1".repeat(LONGEST_TYPED)).is_some());
        assert!(folded(&"1".repeat(LONGEST_TYPED + 1)).is_none());
        assert!(folded(&" ".repeat(LONGEST_TYPED + 1)).is_none());
    }

    /// Guards what counts as nothing typed: what the user cannot see.
    #[test]
    fn blank_text_is_recognised() {
        for (typed, expected) in [
            ("", true),
            (" \t\u{a0}\u{3000}", true),
            ("\u{feff}\u{200e}\u{200b}", true),
            ("-", false),
            ("\0", false),
            ("\u{200e}1", false),
        ] {
            assert_eq!(is_blank(typed), expected, "{typed:?}");
        }
    }
}
