//! Languages: their tags, and which of the available ones suit a user.

use std::fmt;

/// The longest tag, in bytes (RFC 5646, section 4.4.1).
const LONGEST: usize = 35;
/// How many languages of a user are looked at. Browsers send fewer.
const MOST_PREFERENCES: usize = 16;
/// The weight of a language that has none, in thousandths.
const FULL_WEIGHT: u16 = 1000;

/// The tag of a language, such as `de` or `pt-BR`, in the spelling that BCP 47 recommends.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tag(String);

impl Tag {
    /// English, in which every message exists.
    pub fn english() -> Self {
        Self("en".into())
    }

    /// Parses a tag in any case, with `-` or `_`; `None` if it is not one.
    // SECURITY: a tag becomes part of a file name, so it consists of ASCII letters, digits and '-'.
    pub fn parse(text: &str) -> Option<Self> {
        // Windows opens devices under these names, whatever the extension.
        const DEVICES: [&str; 4] = ["aux", "con", "nul", "prn"];
        if text.len() > LONGEST {
            return None;
        }
        let mut tag = String::with_capacity(text.len());
        for (at, part) in text.split(['-', '_']).enumerate() {
            let is_word = part.bytes().all(|byte| byte.is_ascii_alphabetic());
            let is_valid = match at {
                0 => is_word && matches!(part.len(), 2 | 3),
                _ => matches!(part.len(), 1..=8) && part.bytes().all(|b| b.is_ascii_alphanumeric()),
            };
            if !is_valid {
                return None;
            }
            if at > 0 {
                tag.push('-');
            }
            let start = tag.len();
            tag.push_str(part);
            let part = tag.get_mut(start..)?;
            part.make_ascii_lowercase();
            match (at, part.len()) {
                (1.., 2) => part.make_ascii_uppercase(),
                (1.., 4) if is_word => part.get_mut(..1)?.make_ascii_uppercase(),
                _ => {}
            }
        }
        let tag = Self(tag);
        (!DEVICES.contains(&tag.primary())).then_some(tag)
    }

    /// The tag as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The language without script and region: `pt` for `pt-BR`.
    pub fn primary(&self) -> &str {
        self.0.split('-').next().unwrap_or_default()
    }

    /// Reports whether this number of things takes the singular. Languages with more forms than two use the
    /// plural for the rest.
    pub fn is_singular(&self, count: u64) -> bool {
        match self.primary() {
            "fr" | "pt" => count <= 1,
            _ => count == 1,
        }
    }

    /// Returns the tag without its last part: `zh-Hant` for `zh-Hant-TW`.
    pub fn parent(&self) -> Option<Self> {
        self.0.rsplit_once('-').map(|(parent, _)| Self(parent.to_owned()))
    }

    /// Returns the tag, then ever more general ones.
    pub fn with_parents(&self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self.clone()), Self::parent)
    }

    /// Returns the available tags that suit a user of this language, best first: itself, then more general ones,
    /// else one of another region.
    fn suitable<'a>(&self, available: &'a [Self]) -> Vec<&'a Self> {
        let mut found = Vec::new();
        for tag in self.with_parents() {
            found.extend(available.iter().find(|other| **other == tag));
        }
        if found.is_empty() {
            found.extend(available.iter().find(|other| other.primary() == self.primary()));
        }
        found
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The languages that a user prefers, best first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preferences(Vec<Tag>);

impl Preferences {
    /// Reads a tag, or the value of a browser's `Accept-Language` header. Skips what is not a language.
    pub fn parse(text: &str) -> Self {
        let mut found: Vec<(u16, Tag)> = Vec::new();
        for entry in text.split(',').take(MOST_PREFERENCES) {
            let mut parts = entry.split(';').map(str::trim);
            let Some(tag) = parts.next().and_then(Tag::parse) else { continue };
            let weight = parts.find_map(|part| part.strip_prefix(['q', 'Q'])?.strip_prefix('='));
            let weight = weight.map_or(FULL_WEIGHT, |weight| thousandths(weight).unwrap_or(0));
            if weight > 0 {
                let at = found.partition_point(|(other, _)| *other >= weight);
                found.insert(at, (weight, tag));
            }
        }
        Self(found.into_iter().map(|(_, tag)| tag).collect())
    }

    /// Returns the available languages to try in turn: those of the user, then `otherwise`, then English.
    pub fn choose(&self, available: &[Tag], otherwise: Option<&Tag>) -> Vec<Tag> {
        let mut chosen: Vec<Tag> = Vec::new();
        for wanted in self.0.iter().chain(otherwise) {
            for tag in wanted.suitable(available) {
                if !chosen.contains(tag) {
                    chosen.push(tag.clone());
                }
            }
        }
        let english = Tag::english();
        if !chosen.contains(&english) {
            chosen.push(english);
        }
        chosen
    }
}

/// Reads a weight such as `0.8`; `None` if it is not one.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_valid = matches!(whole, "0" | "1")
        && fraction.len() <= 3
        && fraction.bytes().all(|byte| byte.is_ascii_digit());
    if !is_valid {
        return None;
    }
    let digits = fraction.bytes().chain(std::iter::repeat(b'0')).take(3);
    let fraction = digits.fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'));
    let whole = if whole == "1" { FULL_WEIGHT } else { 0 };
    Some(FULL_WEIGHT.min(whole + fraction))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards file names: nothing but a tag is accepted, and each in one spelling.
    #[test]
    fn tags_are_parsed_in_any_spelling() {
        for (text, expected) in [
            ("de", Some("de")),
            ("DE", Some("de")),
            ("pt_BR", Some("pt-BR")),
            ("de-at", Some("de-AT")),
            ("ZH-HANT-tw", Some("zh-Hant-TW")),
            ("es-419", Some("es-419")),
            ("sl-ROZAJ-1994", Some("sl-rozaj-1994")),
            ("gsw", Some("gsw")),
            ("", None),
            ("d", None),
            ("germ", None),
            ("d1", None),
            ("de-", None),
            ("-de", None),
            ("de--AT", None),
            ("de-123456789", None),
            ("de/AT", None),
            ("../x", None),
            ("..", None),
            ("de.toml", None),
            ("de\0", None),
            ("dé", None),
            ("*", None),
            ("con", None),
            ("NUL-x", None),
            ("de-aaaaaaaa-aaaaaaaa-aaaaaaaa-aaaaaa", None),
        ] {
            assert_eq!(Tag::parse(text).as_ref().map(Tag::as_str), expected, "{text:?}");
        }
    }

    fn tags(list: &str) -> Vec<Tag> {
        list.split(' ').filter_map(Tag::parse).collect()
    }

    #[test]
    fn the_best_available_language_wins() {
        let available = tags("en de fr es it pt nl pl pt-BR zh-Hant-TW");
        for (header, expected) in [
            ("de", "de en"),
            ("de-AT", "de en"),
            ("pt_BR", "pt-BR pt en"),
            ("pt-PT", "pt en"),
            ("fr-CA,fr;q=0.9,en;q=0.8", "fr en"),
            ("en;q=0.8,fr;q=0.9", "fr en"),
            ("fr;q=0.9,de;q=0.9", "fr de en"),
            ("de;q=0,fr;q=0.1", "fr en"),
            ("pl-PL,pl;q=0.9,en-US;q=0.8,en;q=0.7,de;q=0.6", "pl en de"),
            ("da, nl;q=0.5", "nl en"),
            (" nl ; q=1.000 , fr;q=0.999", "nl fr en"),
            ("FR;Q=0.5,NL;q=1", "nl fr en"),
            // Traditional Chinese of another region is better than English.
            ("zh-Hant-HK", "zh-Hant-TW en"),
            ("zh", "zh-Hant-TW en"),
            ("*", "en"),
            ("*,de;q=0.1", "de en"),
            ("tlh", "en"),
            ("", "en"),
            (",,;q=,", "en"),
            ("de;q=high,fr;q=2,nl;q=0.3000,it;q=-1,es;q=", "en"),
            ("de\u{0},d\u{e9},\u{202e}fr,nl;level=1", "nl en"),
        ] {
            let chosen = Preferences::parse(header).choose(&available, None);
            assert_eq!(chosen, tags(expected), "{header:?}");
        }
    }

    #[test]
    fn the_setting_follows_what_the_user_prefers() {
        let available = tags("en de fr");
        for (header, setting, expected) in [
            ("", "de", "de en"),
            ("fr", "de", "fr de en"),
            ("en", "de", "en de"),
            ("pl", "de-CH", "de en"),
            ("pl", "pl", "en"),
        ] {
            let chosen =
                Preferences::parse(header).choose(&available, Tag::parse(setting).as_ref());
            assert_eq!(chosen, tags(expected), "{header} {setting}");
        }
    }

    /// Guards the time that a login takes: an endless header is not read to its end.
    #[test]
    fn only_the_first_languages_are_read() {
        let header = format!("{},fr", vec!["xx"; MOST_PREFERENCES].join(","));
        assert_eq!(Preferences::parse(&header).choose(&tags("fr"), None), tags("en"));
    }

    #[test]
    fn french_and_portuguese_count_nothing_in_the_singular() {
        for (tag, singular) in [("en", "1"), ("de-AT", "1"), ("fr", "01"), ("pt-BR", "01")] {
            let tag = Tag::parse(tag).unwrap();
            let found: String =
                (0..3).filter(|n| tag.is_singular(*n)).map(|n| n.to_string()).collect();
            assert_eq!(found, singular, "{tag}");
        }
    }
}
