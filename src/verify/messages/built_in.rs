//! The catalogues that are part of the program.

use crate::language::Tag;
use crate::verify::messages::key::Key;

/// The languages and their catalogues, in the format of the documents in a store. Each text is on one line and has no
/// escapes, so no parser is needed; a test checks that.
pub(super) const CATALOGUES: [(&str, &str); 7] = [
    ("en", include_str!("en.toml")),
    ("de", include_str!("de.toml")),
    ("fr", include_str!("fr.toml")),
    ("es", include_str!("es.toml")),
    ("it", include_str!("it.toml")),
    ("pt", include_str!("pt.toml")),
    ("nl", include_str!("nl.toml")),
];

/// Returns the languages of the program.
pub fn languages() -> impl Iterator<Item = Tag> {
    CATALOGUES.iter().filter_map(|(language, _)| Tag::parse(language))
}

/// Returns the text of a key in a language of the program.
pub fn text(language: &Tag, key: Key) -> Option<&'static str> {
    let (_, catalogue) = CATALOGUES.iter().find(|(other, _)| *other == language.as_str())?;
    catalogue.lines().find_map(|line| {
        let value = line.strip_prefix(key.as_str())?.strip_prefix(" = \"")?;
        value.strip_suffix('"')
    })
}
