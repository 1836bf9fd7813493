//! Reads the tables of `store.toml` according to the declarations of their keys.

use serde::Deserialize;
use toml::de::{DeString, DeTable, DeValue, ValueDeserializer};
use toml::{Spanned, Value};

use crate::settings::key::Section;

/// A wrong value and its position in the document.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    /// The byte position.
    pub at: usize,
    /// What is wrong, with the name of the key.
    pub message: String,
    /// A hint, if the fix is not obvious.
    pub hint: Option<&'static str>,
}

impl Problem {
    fn new(at: usize, message: String) -> Self {
        Self { at, message, hint: None }
    }
}

impl From<toml::de::Error> for Problem {
    fn from(error: toml::de::Error) -> Self {
        Self::new(error.span().map_or(0, |span| span.start), error.message().to_owned())
    }
}

/// A table being read: its keys and values with their positions.
pub(super) type Entries<'i> = Vec<(Spanned<DeString<'i>>, Spanned<DeValue<'i>>)>;

/// Reads the keys of a table into a section.
///
/// # Errors
/// The first problem.
pub(super) fn read_keys<S: Section>(entries: Entries<'_>) -> Result<S, Problem> {
    let mut section = S::default();
    for required in S::KEYS.iter().filter(|key| key.spec.is_required) {
        if !entries.iter().any(|(name, _)| name.get_ref() == required.name) {
            return Err(Problem::new(0, format!("missing field `{}`", required.name)));
        }
    }
    for (name, value) in entries {
        let Some(key) = S::find(name.get_ref()) else {
            let known = S::KEYS.iter().map(|key| key.name);
            return Err(Problem::new(name.span().start, unknown(name.get_ref(), known)));
        };
        let at = value.span().start;
        let value = to_value(value)?;
        key.assign(&mut section, &value).map_err(|message| Problem::new(at, message))?;
    }
    Ok(section)
}

/// Reads a table of the document into a section; a missing table has the defaults.
///
/// # Errors
/// The first problem.
pub(super) fn read_table<S: Section>(document: &mut DeTable<'_>) -> Result<S, Problem> {
    let Some(value) = document.remove(S::TABLE) else { return Ok(S::default()) };
    let at = value.span().start;
    match value.into_inner() {
        DeValue::Table(table) => read_keys(table.into_iter().collect()),
        other => {
            let message = format!("{} must be a table, not {}", S::TABLE, other.type_str());
            Err(Problem::new(at, message))
        }
    }
}

/// Converts a value without its position.
pub(super) fn to_value(value: Spanned<DeValue<'_>>) -> Result<Value, Problem> {
    Ok(match value.get_ref() {
        // Avoids the detour through serde, which every login would pay for.
        DeValue::Boolean(flag) => Value::Boolean(*flag),
        DeValue::Datetime(time) => Value::Datetime(*time),
        DeValue::String(text) => Value::String(text.to_string()),
        _ => Value::deserialize(ValueDeserializer::from(value))?,
    })
}

/// Describes an unknown key, with the closest known one.
pub(super) fn unknown(name: &str, known: impl Iterator<Item = &'static str>) -> String {
    let nearest = nearest(name, known)
        .map_or(String::new(), |nearest| format!("; did you mean '{nearest}'?"));
    format!("unknown field `{}`{nearest}", name.escape_debug())
}

/// Returns the closest known name to a mistyped one.
pub(super) fn nearest(
    name: &str,
    known: impl Iterator<Item = &'static str>,
) -> Option<&'static str> {
    let most = (name.len() / 2).min(4);
    known
        .map(|known| (strsim::damerau_levenshtein(name, known), known))
        .min()
        .filter(|(distance, _)| *distance <= most)
        .map(|(_, nearest)| nearest)
}
