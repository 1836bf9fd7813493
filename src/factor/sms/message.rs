//! SMS messages: their text, the document for the gateway, and the number of segments.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// The placeholder for the code.
const CODE: &str = "%CODE%";
/// The placeholder for the issuer's name.
const ISSUER: &str = "%ISSUER%";

/// The document that an SMS command reads from standard input.
#[derive(Serialize, Deserialize)]
pub struct Message {
    /// The format version of this document.
    pub schema: u32,
    /// The number, in E.164 format.
    pub to: String,
    /// The text.
    pub body: Zeroizing<String>,
}

/// Fills in the placeholders of a text.
pub fn fill(template: &str, code: &str, issuer: &str) -> Zeroizing<String> {
    let room = template.len() + issuer.len() * template.matches(ISSUER).count() + 64;
    let mut text = Zeroizing::new(String::with_capacity(room));
    let mut rest = template;
    // In one pass, so that an issuer called '%CODE%' is not replaced again.
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

/// Lists the unknown placeholders of a text.
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

/// The encoding of a text message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alphabet {
    /// 7 bits per character (3GPP TS 23.038, section 6.2.1).
    Gsm7,
    /// 16 bits per character, for text that GSM-7 cannot express.
    Ucs2,
}

impl Alphabet {
    /// The name of the encoding.
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
/// Characters that count as two.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// Returns a text's encoding and its number of segments; each segment is charged.
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

/// Splits a text into segments without splitting a character, and counts them. `places` is the size of each
/// character.
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

    /// Guards the lengths at which a message costs more.
    #[test]
    fn segments_are_counted_as_they_are_charged() {
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
