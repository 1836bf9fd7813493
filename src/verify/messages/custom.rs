//! The catalogues in a store: texts that replace those of the program, or add a language.

use toml::de::{DeTable, DeValue};

use crate::error::{Error, ErrorKind};
use crate::language::Tag;
use crate::printable::printable;
use crate::store::records::line_of;
use crate::store::{Document, Reader};
use crate::verify::messages::built_in;
use crate::verify::messages::key::Key;

/// The longest text, in characters.
const LONGEST_TEXT: usize = 1000;

/// The texts of a catalogue; `None` for an unusable one.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Texts(Vec<(Key, Option<String>)>);

impl Texts {
    /// Reads the texts of a language. An unusable text or catalogue counts as missing.
    // SECURITY: no catalogue can change a decision, or make a login fail.
    pub(super) fn read(store: &dyn Reader, language: &Tag) -> Self {
        let text = store.read(&Document::Messages(language.clone())).ok().flatten();
        text.map_or_else(Self::default, |text| Self::parse(&text, &mut |_, _| {}))
    }

    /// Parses a catalogue. Passes what is wrong with it to `problem`, with the line.
    fn parse(text: &str, problem: &mut dyn FnMut(usize, String)) -> Self {
        let mut texts = Self::default();
        let table = match DeTable::parse(text) {
            Ok(table) => table.into_inner(),
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start);
                problem(line_of(text, at), error.message().trim_end().replace('\n', "; "));
                return texts;
            }
        };
        for (name, value) in table {
            let key = Key::find(name.get_ref());
            let parsed = match key {
                Some(key) => parse_text(key, value.get_ref()),
                None => Err("is not the key of a message".into()),
            };
            let parsed = parsed.map_err(|what| {
                let name = printable(name.get_ref());
                problem(line_of(text, value.span().start), format!("{name} {what}"));
            });
            texts.0.extend(key.map(|key| (key, parsed.ok())));
        }
        texts
    }

    pub(super) fn get(&self, key: Key) -> Option<&str> {
        self.0.iter().find(|(other, _)| *other == key)?.1.as_deref()
    }

    fn mentions(&self, key: Key) -> bool {
        self.0.iter().any(|(other, _)| *other == key)
    }
}

fn parse_text(key: Key, value: &DeValue<'_>) -> Result<String, String> {
    let DeValue::String(text) = value else {
        return Err(format!("must be a text, not {}", value.type_str()));
    };
    check_text(key, text)?;
    Ok(text.to_string())
}

/// Checks that a text is one line, and has only placeholders of its key.
fn check_text(key: Key, text: &str) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err("is empty".into());
    }
    if text.chars().count() > LONGEST_TEXT {
        return Err(format!("has more than {LONGEST_TEXT} characters"));
    }
    if text.contains(['\n', '\t']) || printable(text) != text {
        return Err("contains a line break or another control character".into());
    }
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let braced = rest.get(at..).and_then(|braced| braced.strip_prefix('{'));
        let (name, after) = braced
            .and_then(|braced| braced.split_once('}'))
            .ok_or_else(|| "contains a brace that does not belong to a placeholder".to_owned())?;
        if !key.placeholders().contains(&name) {
            return Err(format!("has the unknown placeholder {{{name}}}"));
        }
        found.push(name);
        rest = after;
    }
    match key.required_placeholders().iter().find(|name| !found.contains(name)) {
        Some(missing) => Err(format!("lacks {{{missing}}}")),
        None => Ok(()),
    }
}

/// What [`check`] found.
#[derive(Debug, Default)]
pub struct Checked {
    /// The number of catalogues.
    pub catalogues: usize,
    /// What is wrong with them. Each wrong text is replaced by that of the program, or of another language.
    pub problems: Vec<Error>,
}

/// Checks every catalogue of a store.
pub fn check(store: &dyn Reader) -> Checked {
    let mut found = Checked::default();
    let languages = match store.languages() {
        Ok(list) => {
            found.problems.extend(list.problems);
            list.languages
        }
        Err(problem) => {
            found.problems.push(problem);
            Vec::new()
        }
    };
    for language in languages {
        found.catalogues += 1;
        found.problems.extend(problems_of(store, &language));
    }
    found
}

fn problems_of(store: &dyn Reader, language: &Tag) -> Vec<Error> {
    let document = Document::Messages(language.clone());
    let text = match store.read(&document) {
        Ok(Some(text)) => text,
        Ok(None) => return Vec::new(),
        Err(problem) => return vec![problem],
    };
    let place = store.describe(&document);
    let wrong = |what: String, hint: &str| Error::new(ErrorKind::Store, what).with_hint(hint);
    let mut problems = Vec::new();
    let texts = Texts::parse(&text, &mut |line, what| {
        let hint = "correct it; until then another text is shown";
        problems.push(wrong(format!("{place}, line {line}: {what}"), hint));
    });
    let is_missing = |key: &&Key| !texts.mentions(**key) && is_needed(language, **key);
    let missing: Vec<_> = Key::ALL.iter().filter(is_missing).map(|key| key.as_str()).collect();
    // A catalogue that cannot be parsed has one problem, not one for each key.
    if let (Some(first), true) = (missing.first(), !texts.0.is_empty() || problems.is_empty()) {
        let what = match missing.len() {
            1 => format!("{place}: the text of {first} is missing"),
            many => format!("{place}: {many} texts are missing, such as {first}"),
        };
        problems.push(wrong(what, "add what is missing; until then, another language is used"));
    }
    problems
}

/// Reports whether a catalogue must have this text, because no catalogue of the program has it for this language.
fn is_needed(language: &Tag, key: Key) -> bool {
    if language.with_parents().any(|tag| built_in::text(&tag, key).is_some()) {
        return false;
    }
    // The singular is optional: a language may have no such form.
    !Key::ALL.iter().any(|other| *other != key && other.singular() == key)
}
