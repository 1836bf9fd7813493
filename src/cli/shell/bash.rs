//! An unfinished line of bash: its words, and how to quote a candidate at its end.
//!
//! bash passes words as typed and split at `@`, `:` and `=`, and inserts a candidate unchanged. So
//! the script passes the whole line.

/// A command line whose last word is unfinished.
#[derive(Debug)]
pub(super) struct Line {
    /// The words, starting with the name of the program, without quotes.
    pub(super) words: Vec<String>,
    /// The open quote at the end.
    quote: &'static str,
    /// How many characters of the last word bash does not replace.
    kept: usize,
}

impl Line {
    /// Parses the line up to the cursor, and the part that bash replaces with a candidate.
    pub(super) fn parse(arguments: &[String]) -> Option<Self> {
        let [line, replaced] = arguments else { return None };
        let (quote, words) = ["", "'", "\""]
            .into_iter()
            .find_map(|quote| unfinished(line, quote).map(|words| (quote, words)))?;
        let replaced = unfinished(&format!("{quote}{replaced}"), quote)?;
        let length = |words: &[String]| words.last().map_or(0, |word| word.chars().count());
        let kept = length(&words).checked_sub(length(&replaced))?;
        // Skips variables and other words before the program, such as `sudo -u rw2fa`.
        let program = words.iter().position(|word| word.rsplit('/').next() == Some("rw2fa"))?;
        Some(Self { words: words[program..].to_vec(), quote, kept })
    }

    /// Returns what bash inserts for this candidate; `None` if it cannot be written there.
    pub(super) fn quoted(&self, candidate: &str) -> Option<String> {
        let rest = candidate.chars().skip(self.kept);
        let is_home = self.words.last().is_some_and(|word| word.starts_with("~/"));
        let escaped = |is_special: &dyn Fn(char) -> bool| {
            rest.clone()
                .flat_map(|c| is_special(c).then_some('\\').into_iter().chain([c]))
                .collect()
        };
        match self.quote {
            "'" => (!candidate.contains('\'')).then(|| rest.collect()),
            // An exclamation mark cannot be quoted here.
            "\"" => (!candidate.contains('!')).then(|| escaped(&|c| "$`\"\\".contains(c))),
            _ => Some(escaped(&|c| {
                !(c.is_alphanumeric() || "-_.@%+,/:=".contains(c) || c == '~' && is_home)
            })),
        }
    }
}

/// Splits a line into words; the last one is unfinished. `None` unless `quote` closes the open
/// quote.
fn unfinished(line: &str, quote: &str) -> Option<Vec<String>> {
    const END: char = '\0';
    let mut words = shlex::split(&format!("{line}{END}{quote}"))?;
    // In a comment, the end marker is lost.
    (words.last_mut()?.pop() == Some(END)).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards the parsing of quotes, and that a candidate continues what was typed.
    #[test]
    fn names_continue_what_is_typed() {
        for (text, replaced, words, name, offered) in [
            ("rw2fa users show al", "al", &["users", "show", "al"][..], "alice", Some("alice")),
            ("rw2fa users show ", "", &["users", "show", ""], r"corp\bob", Some(r"corp\\bob")),
            ("rw2fa x ", "", &["x", ""], "müller", Some("müller")),
            ("rw2fa x ", "", &["x", ""], "a$b", Some(r"a\$b")),
            (r"rw2fa x corp\\b", r"corp\\b", &["x", r"corp\b"], r"corp\bob", Some(r"corp\\bob")),
            (r"rw2fa x 'corp\b", r"corp\b", &["x", r"corp\b"], r"corp\bob", Some(r"corp\bob")),
            (r#"rw2fa x "corp\\b"#, r"corp\\b", &["x", r"corp\b"], r"corp\bob", Some(r"corp\\bob")),
            (
                "rw2fa x carol@c",
                "@c",
                &["x", "carol@c"],
                "carol@corp.example",
                Some("@corp.example"),
            ),
            (
                "rw2fa x --group=re",
                "re",
                &["x", "--group=re"],
                "--group=remote staff",
                Some(r"remote\ staff"),
            ),
            ("rw2fa x --group=", "", &["x", "--group="], "--group=a", Some("a")),
            ("rw2fa x 'carol@c", "carol@c", &["x", "carol@c"], "carol@corp", Some("carol@corp")),
            ("rw2fa x 'o", "o", &["x", "o"], "o'neil", None),
            ("rw2fa x \"o", "o", &["x", "o"], "o!k", None),
            ("rw2fa x o", "o", &["x", "o"], "o'neil", Some(r"o\'neil")),
            ("rw2fa x ~/a", "~/a", &["x", "~/a"], "~/a b", Some(r"~/a\ b")),
            ("rw2fa x ", "", &["x", ""], "~a", Some(r"\~a")),
            (r"rw2fa x corp\", r"corp\", &["x", "corp"], r"corp\bob", Some(r"corp\\bob")),
            ("sudo -u me /usr/bin/rw2fa x ", "", &["x", ""], "a", Some("a")),
        ] {
            let line = Line::parse(&[text.to_owned(), replaced.to_owned()]).unwrap();
            assert_eq!(line.words[1..], *words, "{text}");
            assert_eq!(line.quoted(name).as_deref(), offered, "{text}");
        }
        for text in ["other x ", "", "rw2fa x #a"] {
            assert!(Line::parse(&[text.to_owned(), String::new()]).is_none(), "{text}");
        }
        assert!(Line::parse(&[]).is_none());
    }
}
