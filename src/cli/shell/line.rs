//! An unfinished command line: its words, and how to quote a name at its end.

/// How the last word is quoted so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quote {
    /// Not quoted; the shell's script quotes completions.
    Unneeded,
    /// Not quoted; special characters follow a backslash.
    None,
    /// `'…`
    Single,
    /// `"…`
    Double,
}

/// A command line whose last word is unfinished.
#[derive(Debug)]
pub(super) struct Line {
    /// The words after the name of the program, without quotes.
    pub(super) words: Vec<String>,
    quote: Quote,
    /// How many characters of the last word the shell does not replace.
    kept: usize,
}

impl Line {
    /// Builds a line of a shell that quotes completions itself.
    pub(super) fn from_words(words: Vec<String>) -> Self {
        Self { words, quote: Quote::Unneeded, kept: 0 }
    }

    /// Returns the unfinished word.
    pub(super) fn last(&self) -> &str {
        self.words.last().map_or("", String::as_str)
    }

    /// Returns the replacement for the part of the last word that the shell replaces; `None` if
    /// `name` cannot be written there.
    pub(super) fn quoted(&self, name: &str) -> Option<String> {
        let rest: String = name.chars().skip(self.kept).collect();
        match self.quote {
            Quote::Unneeded => Some(rest),
            Quote::None => {
                let is_plain = |c: char| c.is_alphanumeric() || "-_.@%+,/:".contains(c);
                let quoted = |c: char| if is_plain(c) { vec![c] } else { vec!['\\', c] };
                Some(rest.chars().flat_map(quoted).collect())
            }
            Quote::Single => (!rest.contains('\'')).then_some(rest),
            Quote::Double => {
                let quoted = |c: char| if "$`\"\\!".contains(c) { vec!['\\', c] } else { vec![c] };
                (!rest.contains('!')).then(|| rest.chars().flat_map(quoted).collect())
            }
        }
    }
}

/// Parses the last command of a bash line, up to the cursor. bash begins to replace at the
/// characters in `breaks`.
///
/// Returns `None` if the last word is not plain text.
pub(super) fn parse_bash(text: &str, breaks: &str) -> Option<Line> {
    let mut words: Vec<String> = Vec::new();
    let mut word: Option<String> = None;
    let (mut quote, mut quoted_at, mut kept) = (Quote::None, 0, 0);
    let mut letters = text.chars();
    while let Some(c) = letters.next() {
        match (quote, c) {
            (Quote::Single, '\'') | (Quote::Double, '"') => quote = Quote::None,
            (Quote::Single, c) => word.get_or_insert_default().push(c),
            (Quote::Double, '\\') => {
                let next = letters.next()?;
                let word = word.get_or_insert_default();
                if !"$`\"\\".contains(next) {
                    word.push('\\');
                }
                word.push(next);
            }
            // The value of a variable or a command is not known here.
            (_, '$' | '`') => return None,
            (Quote::Double, c) => word.get_or_insert_default().push(c),
            (_, '\\') => word.get_or_insert_default().push(letters.next()?),
            (_, '\'' | '"') => {
                quote = if c == '"' { Quote::Double } else { Quote::Single };
                quoted_at = word.get_or_insert_default().chars().count();
            }
            (_, ';' | '|' | '&' | '(' | ')' | '\n') => {
                (words, word, kept) = (Vec::new(), None, 0);
            }
            (_, c) if c.is_whitespace() => {
                words.extend(word.take());
                kept = 0;
            }
            (_, c) => {
                let word = word.get_or_insert_default();
                word.push(c);
                if breaks.contains(c) {
                    // '@' is a break that bash replaces together with what follows it.
                    kept = word.chars().count() - usize::from(c == '@');
                }
            }
        }
    }
    words.push(word.unwrap_or_default());
    // A quote in the middle of a word: names are not typed like this.
    if quote != Quote::None && quoted_at > kept {
        return None;
    }
    let kept = if quote == Quote::None { kept } else { quoted_at };
    // Skips variables and the like before the program, such as `sudo -u rw2fa`.
    let program = words.iter().position(|word| word.rsplit('/').next() == Some("rw2fa"))?;
    Some(Line { words: words.split_off(program + 1), quote, kept })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BREAKS: &str = " \t\n\"'@><=;|&(:";

    /// Guards how bash's quotes are read, and how a name continues what is typed.
    #[test]
    fn names_continue_what_is_typed() {
        for (text, words, name, offered) in [
            ("rw2fa users show al", &["users", "show", "al"][..], "alice", Some("alice")),
            ("rw2fa users show ", &["users", "show", ""], r"corp\bob", Some(r"corp\\bob")),
            (
                r"rw2fa users show corp\\b",
                &["users", "show", r"corp\b"],
                r"corp\bob",
                Some(r"corp\\bob"),
            ),
            (r"rw2fa x 'corp\b", &["x", r"corp\b"], r"corp\bob", Some(r"corp\bob")),
            ("rw2fa x \"corp\\\\b", &["x", r"corp\b"], r"corp\bob", Some(r"corp\\bob")),
            ("rw2fa x alice@c", &["x", "alice@c"], "alice@corp.example", Some("@corp.example")),
            (
                "rw2fa x --group=re",
                &["x", "--group=re"],
                "--group=remote staff",
                Some(r"remote\ staff"),
            ),
            (
                "rw2fa x 'alice@c",
                &["x", "alice@c"],
                "alice@corp.example",
                Some("alice@corp.example"),
            ),
            ("rw2fa x o'", &["x", "o"], "o'neil", None),
            ("rw2fa x 'o", &["x", "o"], "o'neil", None),
            ("rw2fa x o", &["x", "o"], "o'neil", Some(r"o\'neil")),
            ("rw2fa x ", &["x", ""], "remote staff", Some(r"remote\ staff")),
            ("sudo -u me /usr/bin/rw2fa x ", &["x", ""], "a", Some("a")),
            ("rw2fa a; rw2fa b ", &["b", ""], "a", Some("a")),
        ] {
            let line = parse_bash(text, BREAKS);
            let Some(line) = line else {
                assert_eq!(offered, None, "{text}");
                continue;
            };
            assert_eq!(line.words, words, "{text}");
            assert_eq!(line.quoted(name).as_deref(), offered, "{text}");
        }
        for text in ["rw2fa x $(", "rw2fa x \"$a", "other x ", "rw2fa x `", r"rw2fa x \"] {
            assert!(parse_bash(text, BREAKS).is_none(), "{text}");
        }
    }
}
