//! Text that is safe to show: what comes from documents, names or arguments never steers a terminal.

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// `text` with control and format characters escaped; newlines and tabs stay.
///
/// SECURITY: escape sequences could repaint the screen, and marks of writing direction could make one
/// name look like another.
pub fn printable(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        let plain = c == '\n' || c == '\t' || (' '..='~').contains(&c) || is_visible(c);
        if plain {
            safe.push(c);
        } else {
            safe.extend(c.escape_unicode());
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
    fn nothing_steers_a_terminal() {
        assert_eq!(printable("ÄRGER 名前 😀\n\tx"), "ÄRGER 名前 😀\n\tx");
        assert_eq!(printable("\u{1b}[2J"), "\\u{1b}[2J");
        assert_eq!(
            printable("a\u{202e}b\u{200b}\u{7f}\u{9b}\r"),
            "a\\u{202e}b\\u{200b}\\u{7f}\\u{9b}\\u{d}"
        );
    }
}
