//! Makes text safe to show: nothing from documents, names or arguments can control a terminal.

use std::fmt::Write as _;

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// Escapes control and format characters in `text`, except newlines and tabs.
///
/// SECURITY: escape sequences could repaint the screen, and direction marks could make one name look like
/// another.
pub fn printable(text: &str) -> String {
    escaped(text, is_visible)
}

/// Escapes the characters of CSV and other data that could control a terminal. Keeps characters of
/// private use, which names may contain: every name stays as it is.
pub fn printable_data(text: &str) -> String {
    escaped(text, |c| is_visible(c) || c.general_category() == GeneralCategory::PrivateUse)
}

/// Escapes the characters that are neither plain nor `safe`.
fn escaped(text: &str, is_safe: fn(char) -> bool) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '\n' || c == '\t' || (' '..='~').contains(&c) || is_safe(c) {
            safe.push(c);
        } else {
            safe.extend(c.escape_unicode());
        }
    }
    safe
}

/// The longest message, in bytes: an argument that it quotes may be a megabyte.
pub const LONGEST_MESSAGE: usize = 2000;

/// Cuts `text` to at most `most` bytes.
pub fn shortened(mut text: String, most: usize) -> String {
    if text.len() > most {
        let end = (0..=most).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

/// Escapes every character of a JSON document that could control a terminal, as JSON does it. Such
/// characters occur only inside its strings.
pub fn printable_json(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '\n' || (' '..='~').contains(&c) || is_visible(c) {
            safe.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                let _ = write!(safe, "\\u{unit:04x}");
            }
        }
    }
    safe
}

fn is_visible(c: char) -> bool {
    !c.is_ascii()
        && !matches!(
            c.general_category(),
            GeneralCategory::Control
                | GeneralCategory::Format
                | GeneralCategory::LineSeparator
                | GeneralCategory::ParagraphSeparator
                | GeneralCategory::Surrogate
                | GeneralCategory::PrivateUse
                | GeneralCategory::Unassigned
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_json_stays_valid_and_cannot_control_a_terminal() {
        let text = serde_json::json!({ "a": "é\u{9b}2J\u{202e}\u{e0001}\u{7f}\n" });
        let safe = printable_json(&serde_json::to_string_pretty(&text).unwrap());
        assert_eq!(safe, "{\n  \"a\": \"é\\u009b2J\\u202e\\udb40\\udc01\\u007f\\n\"\n}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).unwrap(), text);
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        for (text, most, expected) in
            [("abc", 3, "abc"), ("abcd", 3, "abc…"), ("aéé", 2, "a…"), ("éé", 0, "…")]
        {
            assert_eq!(shortened(text.to_owned(), most), expected);
        }
    }

    /// Guards data on a terminal: it cannot control the terminal, and names stay as they are.
    #[test]
    fn data_keeps_characters_of_private_use() {
        let name = "\u{e000}é\u{f8ff}\u{10fffd}";
        assert_eq!(printable_data(name), name);
        assert_eq!(printable_data("\u{1b}\u{9b}\u{202e}"), "\\u{1b}\\u{9b}\\u{202e}");
    }

    #[test]
    fn no_text_can_control_a_terminal() {
        assert_eq!(printable("ÄRGER 名前 😀\n\tx"), "ÄRGER 名前 😀\n\tx");
        assert_eq!(printable("\u{1b}[2J"), "\\u{1b}[2J");
        assert_eq!(
            printable("a\u{202e}b\u{200b}\u{7f}\u{9b}\r"),
            "a\\u{202e}b\\u{200b}\\u{7f}\\u{9b}\\u{d}"
        );
    }
}
