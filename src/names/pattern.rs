//! Patterns of names: `CORP\*`, `*@corp.example`, `user?`.

use super::name::{canonical_text, trimmed};

/// A pattern in canonical text, to compare with canonical names.
#[derive(Debug)]
pub struct Pattern(Vec<char>);

impl Pattern {
    /// Parses a text with `*` or `?`; `None` for any other text, which is a name.
    pub fn parse(text: &str) -> Option<Self> {
        let is_pattern = text.contains(['*', '?']);
        is_pattern.then(|| Self(canonical_text(trimmed(text)).chars().collect()))
    }

    /// Reports whether the whole canonical name matches: `*` stands for any characters, `?` for one.
    pub fn matches(&self, name: &str) -> bool {
        let (pattern, name) = (&self.0, name.chars().collect::<Vec<_>>());
        let (mut at, mut here) = (0, 0);
        // Where the last `*` is, and the place in the name up to which it was extended.
        let mut star: Option<(usize, usize)> = None;
        while here < name.len() {
            match pattern.get(at) {
                Some('*') => {
                    star = Some((at, here));
                    at += 1;
                }
                Some(c) if *c == '?' || name.get(here) == Some(c) => {
                    at += 1;
                    here += 1;
                }
                _ => {
                    let Some((place, extended)) = star else { return false };
                    star = Some((place, extended + 1));
                    (at, here) = (place + 1, extended + 1);
                }
            }
        }
        pattern.iter().skip(at).all(|c| *c == '*')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards what patterns match: whole names, in any case, with the backslash as it is.
    #[test]
    fn patterns_match_whole_names() {
        for (pattern, name, is_match) in [
            ("CORP\\*", "corp\\alice", true),
            ("CORP\\*", "corp\\", true),
            ("CORP\\*", "xcorp\\alice", false),
            ("corp*", "corp\\alice", true),
            ("*@corp.example", "alice@corp.example", true),
            ("*@corp.example", "alice@corp.example.org", false),
            ("user?", "user7", true),
            ("user?", "user", false),
            ("user?", "user12", false),
            ("ÄR*", "ärger", true),
            (" a* ", "alice", true),
            ("*a*b*", "xaybz", true),
            ("*a*b", "xaybz", false),
            ("a*a", "a", false),
            ("**", "", true),
            ("*", "anything\\at all", true),
            ("?", "名", true),
            ("a*", "a*", true),
            ("*aab", "aaaab", true),
        ] {
            let pattern = Pattern::parse(pattern).unwrap();
            assert_eq!(pattern.matches(name), is_match, "{pattern:?} {name}");
        }
        assert!(Pattern::parse("CORP\\alice").is_none());
    }

    /// Guards a hostile pattern: the time grows with its length times that of the name.
    #[test]
    fn many_stars_are_fast() {
        let pattern = Pattern::parse(&format!("{}b", "*a".repeat(5000))).unwrap();
        assert!(!pattern.matches(&"a".repeat(20_000)));
    }
}
