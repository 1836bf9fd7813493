//! Reply attributes, in the syntax that FreeRADIUS' exec module reads.

use std::fmt::Write as _;

use data_encoding::HEXLOWER;

/// The longest value of an attribute, in bytes.
const LONGEST_VALUE: usize = 253;

/// How many attributes a message may take. FreeRADIUS reads at most 4 KB, and a byte may take four.
const MOST_MESSAGES: usize = 3;

/// Attributes of a reply.
#[derive(Default)]
pub(super) struct Reply(String);

impl Reply {
    /// Adds an attribute of octets.
    pub(super) fn octets(mut self, name: &str, value: &[u8]) -> Self {
        self.begin(name, ":=");
        self.0.push_str("0x");
        HEXLOWER.encode_append(value, &mut self.0);
        self
    }

    /// Adds a string attribute, cut to what fits.
    pub(super) fn text(mut self, name: &str, value: &str) -> Self {
        self.begin(name, ":=");
        self.quote(pieces(value).next().unwrap_or_default());
        self
    }

    /// Adds a message for the user: several `Reply-Message` if it is long.
    pub(super) fn message(mut self, text: &str) -> Self {
        for piece in pieces(text).take(MOST_MESSAGES) {
            self.begin("Reply-Message", "+=");
            self.quote(piece);
        }
        self
    }

    /// Returns the line to print.
    pub(super) fn line(&self) -> &str {
        &self.0
    }

    fn begin(&mut self, name: &str, operator: &str) {
        let comma = if self.0.is_empty() { "" } else { ", " };
        // Writing to a string cannot fail.
        let _ = write!(self.0, "{comma}{name} {operator} ");
    }

    // SECURITY: in single quotes, with everything but letters, digits and harmless signs in octal. FreeRADIUS
    // expands `%{…}` in double quotes, and would run what a name contains.
    fn quote(&mut self, value: &str) {
        self.0.push('\'');
        for byte in value.bytes() {
            if byte.is_ascii_alphanumeric() || b" .,:;!?()+*-_/=".contains(&byte) {
                self.0.push(char::from(byte));
            } else if byte >= b' ' && byte != 0x7f {
                let _ = write!(self.0, "\\{byte:03o}");
            }
        }
        self.0.push('\'');
    }
}

/// Splits a text at characters, into pieces that fit into an attribute.
fn pieces(mut text: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        if text.is_empty() {
            return None;
        }
        let most = LONGEST_VALUE.min(text.len());
        let end = (0..=most).rev().find(|end| text.is_char_boundary(*end))?;
        let (piece, rest) = text.split_at(end);
        text = rest;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards FreeRADIUS' parser: no value can end its quotes, be expanded, or begin another attribute.
    #[test]
    fn values_are_plain() {
        let reply = Reply::default()
            .octets("State", &[0, 255])
            .message("it's \"%{User-Password}\" \\ `id` é\n\0, A := 1")
            .text("Rw2fa-Reason", "wrong-code");
        assert_eq!(
            reply.line(),
            "State := 0x00ff, Reply-Message += 'it\\047s \\042\\045\\173User-Password\\175\\042 \\134 \
             \\140id\\140 \\303\\251, A := 1', Rw2fa-Reason := 'wrong-code'"
        );
    }

    /// Guards the limits of RADIUS (253 bytes) and of FreeRADIUS (1,023 bytes a value, 4,095 in all).
    #[test]
    fn long_messages_are_split_at_characters() {
        let text = "é".repeat(1000);
        let found: Vec<_> = pieces(&text).map(str::len).collect();
        assert_eq!((found[0], found.iter().sum::<usize>()), (252, 2000));
        let reply = Reply::default().octets("State", &[7; 32]).message(&text);
        assert_eq!(reply.line().matches("Reply-Message").count(), MOST_MESSAGES);
        assert!(reply.line().len() < 3500, "{}", reply.line().len());
        assert!(reply.line().split('\'').all(|value| value.len() < 1024));
        assert_eq!(Reply::default().message("").line(), "");
    }
}
