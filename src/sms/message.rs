//! The message: its text, its form on the way to the gateway, and how many SMS it takes.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Where the code goes.
const CODE: &str = "%CODE%";
/// Where the name of the issuer goes.
const ISSUER: &str = "%ISSUER%";

/// What an SMS command reads from its standard input.
#[derive(Serialize, Deserialize)]
pub struct Message {
    /// The form of this document.
    pub schema: u32,
    /// The number, in the form of E.164.
    pub to: String,
    /// The text.
    pub body: Zeroizing<String>,
}

/// The text with its placeholders filled in.
pub fn fill(template: &str, code: &str, issuer: &str) -> Zeroizing<String> {
    let room = template.len() + issuer.len() * template.matches(ISSUER).count() + 64;
    let mut text = Zeroizing::new(String::with_capacity(room));
    let mut rest = template;
    // In one pass: an issuer that is called '%CODE%' stays what it is.
    while let Some(at) = rest.find('%') {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let (value, length) = if rest.starts_with(CODE) {
            (code, CODE.len())
        } else if rest.starts_with(ISSUER) {
            (issuer, ISSUER.len())
        } else {
            ("%", 1)
        };
        text.push_str(value);
        rest = &rest[length..];
    }
    text.push_str(rest);
    text
}

/// Placeholders of a text that nobody fills in.
pub fn unknown_placeholders(template: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = template;
    while let Some(at) = rest.find('%') {
        let word = &rest[at + 1..];
        let length = word.bytes().take_while(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
        let length = length.count();
        if length > 0 && word[length..].starts_with('%') {
            let placeholder = &rest[at..at + length + 2];
            if placeholder != CODE && placeholder != ISSUER {
                found.push(placeholder);
            }
            rest = &rest[at + length + 2..];
        } else {
            rest = word;
        }
    }
    found
}

/// How phones write a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alphabet {
    /// 7 bits a character (3GPP TS 23.038, section 6.2.1).
    Gsm7,
    /// 16 bits a character, for whatever has no place in the other one.
    Ucs2,
}

impl Alphabet {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Alphabet::Gsm7 => "GSM-7",
            Alphabet::Ucs2 => "UCS-2",
        }
    }
}

/// Characters of the GSM alphabet.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡\
    ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Characters that take the place of two.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// In which alphabet a text goes, and how many SMS it takes: each is paid for.
pub fn segments(text: &str) -> (Alphabet, usize) {
    let place = |c: char| match c {
        c if BASIC.contains(c) => Some(1),
        c if EXTENSION.contains(c) => Some(2),
        _ => None,
    };
    if let Some(places) = text.chars().map(place).collect::<Option<Vec<usize>>>() {
        return (Alphabet::Gsm7, parts(&places, 160, 153));
    }
    let places: Vec<_> = text.chars().map(char::len_utf16).collect();
    (Alphabet::Ucs2, parts(&places, 70, 67))
}

/// Parts of a text whose characters take so many places: no character is split.
fn parts(places: &[usize], alone: usize, each: usize) -> usize {
    if places.iter().sum::<usize>() <= alone {
        return 1;
    }
    let (mut parts, mut left) = (1, each);
    for place in places {
        if *place > left {
            parts += 1;
            left = each;
        }
        left -= place;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_in_once() {
        for (template, expected) in [
            ("Your %ISSUER% code: %CODE%", "Your A%CODE%B code: 0042"),
            ("%CODE%%CODE%", "00420042"),
            ("100% %code% %CODE", "100% %code% %CODE"),
            ("é%CODE%é", "é0042é"),
        ] {
            assert_eq!(*fill(template, "0042", "A%CODE%B"), expected);
        }
    }

    #[test]
    fn unknown_placeholders_are_found() {
        for (template, expected) in [
            ("%CODE% %ISSUER%", &[][..]),
            ("%CODE% %USER% 5 %", &["%USER%"]),
            ("%code%%CODE%", &["%code%"]),
            ("100%CODE% of %X_Y%", &["%X_Y%"]),
            ("5% and 6% %CODE%", &[]),
        ] {
            assert_eq!(unknown_placeholders(template), expected, "{template}");
        }
    }

    /// Guards the bounds at which a message costs more.
    #[test]
    fn segments_are_counted_as_they_are_paid() {
        for (text, alphabet, count) in [
            ("a".repeat(160), Alphabet::Gsm7, 1),
            ("a".repeat(161), Alphabet::Gsm7, 2),
            ("a".repeat(306), Alphabet::Gsm7, 2),
            ("a".repeat(307), Alphabet::Gsm7, 3),
            ("€".repeat(80), Alphabet::Gsm7, 1),
            ("€".repeat(81), Alphabet::Gsm7, 2),
            ("€".repeat(152), Alphabet::Gsm7, 2),
            ("€".repeat(153), Alphabet::Gsm7, 3),
            ("ç".repeat(70), Alphabet::Ucs2, 1),
            ("ç".repeat(71), Alphabet::Ucs2, 2),
            ("😀".repeat(35), Alphabet::Ucs2, 1),
            ("😀".repeat(36), Alphabet::Ucs2, 2),
            ("😀".repeat(66), Alphabet::Ucs2, 2),
            ("😀".repeat(67), Alphabet::Ucs2, 3),
            (String::new(), Alphabet::Gsm7, 1),
        ] {
            assert_eq!(segments(&text), (alphabet, count), "{text}");
        }
        assert_eq!(BASIC.chars().count(), 127, "128 places, one of which is the escape");
    }
}
