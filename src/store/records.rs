//! Typed documents: converts text to domain types, with errors that name the file, line and key.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, ErrorKind, Result};
use crate::factor::attempts::{Attempts, Charge};
use crate::factor::lockout::Rules;
use crate::factor::state::State;
use crate::names::listing::{Listing, WhitelistEntry};
use crate::names::name::Name;
use crate::platform;
use crate::settings::key::Section as _;
use crate::settings::sms::SmsSection;
use crate::settings::{self, Settings};
use crate::store::seal::KeyRing;
use crate::store::{Document, DocumentKind, Locked, Reader, Text};
use crate::time::Timestamp;

/// The last line of a state document. If it is missing, the document was cut short.
const END: &str = "# end\n";

/// The longest word that an error quotes. Every key is at most this long; every secret is longer, sealed or
/// in base32.
const LONGEST_WORD: usize = 30;

/// Reads the settings of the store.
pub fn settings(store: &dyn Reader) -> Result<Settings> {
    let text = required(store, &Document::Settings, "restore it from a backup")?;
    parse_settings(store, &text)
}

/// Reads the settings of the store, even while an import is unfinished.
pub fn unfinished_settings(store: &dyn Reader) -> Result<Settings> {
    let text = required(store, &Document::Settings, "restore it from a backup")?;
    with_location(store, &text, settings::parse_unfinished(&text))
}

/// Parses a text that is, or will become, the settings.
pub fn parse_settings(store: &dyn Reader, text: &str) -> Result<Settings> {
    with_location(store, text, settings::parse(text))
}

/// Reports a wrong key in the `[sms]` section of the settings, with its file and line.
pub fn wrong_sms(store: &dyn Reader, kind: ErrorKind, key: &str, what: &str) -> Error {
    let place = store.describe(&Document::Settings);
    let text = store.read(&Document::Settings).ok().flatten();
    let at = text.as_ref().and_then(|text| settings::position_of(SmsSection::TABLE, key, text));
    let line = match (&text, at) {
        (Some(text), Some(at)) => format!(", line {}", line_of(text, at)),
        _ => String::new(),
    };
    Error::new(kind, format!("{place}{line}: [sms] {key}: {what}"))
        .with_hint("correct it with 'rw2fa sms configure'")
}

fn with_location(
    store: &dyn Reader,
    text: &str,
    parsed: std::result::Result<Settings, settings::Problem>,
) -> Result<Settings> {
    parsed.map_err(|problem| {
        let error = located(store, &Document::Settings, text, problem.at, &problem.message);
        match problem.hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    })
}

/// Reads the keys that seal secrets.
pub fn key_ring(store: &dyn Reader) -> Result<KeyRing> {
    store.key_file().ring()
}

/// Replaces the keys that seal secrets. The caller holds the settings lock.
pub fn write_key_ring(locked: &dyn Locked, keys: &KeyRing) -> Result<()> {
    locked.key_file().write(keys)
}

/// Reads the settings of a user or group.
pub fn listing(store: &dyn Reader, kind: DocumentKind, name: &Name) -> Result<Option<Listing>> {
    read(store, &Document::Of(kind, name.clone()))
}

/// Reads a whitelist entry.
pub fn whitelist_entry(store: &dyn Reader, name: &Name) -> Result<Option<WhitelistEntry>> {
    read(store, &Document::Of(DocumentKind::Whitelist, name.clone()))
}

/// Reads a user's state together with the attempt counter.
///
/// # Errors
/// If a document is damaged. An active user without a counter, or with one below the forgiven count, is
/// damaged too: a missing counter never makes attempts free.
pub fn state(store: &dyn Reader, name: &Name) -> Result<Option<State>> {
    let Some(mut state) = state_document(store, name)? else { return Ok(None) };
    let attempts = attempts(store, name)?;
    let forgiven = state.forgiven.unwrap_or(0);
    match attempts {
        Some(attempts) if attempts.count >= forgiven => state.attempts = attempts,
        None if !state.needs_counter() => {}
        Some(attempts) => {
            let count = attempts.count;
            let what =
                format!("counts {count} attempts, fewer than the {forgiven} already forgiven");
            return Err(bad_counter(store, name, &what));
        }
        None => return Err(bad_counter(store, name, "is missing")),
    }
    Ok(Some(state))
}

/// Reads the state document alone, without checking it against the attempt counter.
///
/// # Errors
/// If it is damaged.
pub fn state_document(store: &dyn Reader, name: &Name) -> Result<Option<State>> {
    let document = Document::Of(DocumentKind::State, name.clone());
    let Some(text) = store.read(&document)? else { return Ok(None) };
    // The counter keeps its value, so with an older document the right codes since then count as wrong
    // ones.
    let hint = || {
        let name = platform::quoted(name.canonical());
        format!(
            "restore it from a backup and run: rw2fa users unlock {name}; or run: rw2fa users reset {name}"
        )
    };
    let problem = if text.ends_with(END) {
        let parsed = parse::<State>(store, &document, &text);
        let state = parsed.map_err(|error| error.with_hint(hint()))?;
        match state.contradiction() {
            None => return Ok(Some(state)),
            Some(problem) => problem,
        }
    } else {
        "the document is cut short: its last line '# end' is missing"
    };
    let place = store.describe(&document);
    Err(Error::new(ErrorKind::Store, format!("{place}: {problem}")).with_hint(hint()))
}

/// Reads a user's attempt counter; `None` if there is none.
///
/// # Errors
/// If it cannot be read.
pub fn attempts(store: &dyn Reader, name: &Name) -> Result<Option<Attempts>> {
    let Some(text) = store.read(&Document::Attempts(name.clone()))? else { return Ok(None) };
    let attempts = Attempts::from_text(&text);
    attempts.map(Some).ok_or_else(|| bad_counter(store, name, "is damaged"))
}

/// Returns the highest attempt number of each account. Unreadable counters are left out.
///
/// # Errors
/// If the users cannot be listed.
pub fn counters(store: &dyn Reader) -> Result<BTreeMap<String, u64>> {
    let names = store.list(DocumentKind::State)?.names.into_iter();
    let counted = names.filter_map(|name| {
        let attempts = attempts(store, &name).ok().flatten()?;
        Some((name.canonical(), attempts.count))
    });
    Ok(counted.collect())
}

fn bad_counter(store: &dyn Reader, name: &Name, what: &str) -> Error {
    let place = store.describe(&Document::Attempts(name.clone()));
    Error::new(ErrorKind::Store, format!("{place}: the attempt counter of {name} {what}"))
        .with_hint(format!(
            "create a new counter: rw2fa users unlock {}",
            platform::quoted(name.canonical())
        ))
}

/// Returns the counter that a user with this `state` continues with, and whether it must be written because
/// the document is missing, damaged, or below the forgiven count. Never reuses a known number.
pub fn repaired_attempts(
    store: &dyn Reader,
    name: &Name,
    state: Option<&State>,
) -> (Attempts, bool) {
    let forgiven = state.and_then(|state| state.forgiven);
    match (attempts(store, name), forgiven) {
        (Ok(Some(attempts)), _) if attempts.count >= forgiven.unwrap_or(0) => (attempts, false),
        (Ok(None), None) => (Attempts::default(), false),
        (_, forgiven) => (Attempts { count: forgiven.unwrap_or(0), lockout: None }, true),
    }
}

/// Writes the attempt counter of a user.
pub fn write_attempts(locked: &mut dyn Locked, name: &Name, attempts: Attempts) -> Result<()> {
    locked.write(&Document::Attempts(name.clone()), &attempts.to_text())
}

/// Charges one attempt to a user, durably, and adds it to `state`.
///
/// # Errors
/// If the counter could not be written. The caller must then not compare any code.
// SECURITY: the only place that charges an attempt.
pub fn charge(
    locked: &mut dyn Locked,
    name: &Name,
    state: &mut State,
    rules: Rules,
    now: Timestamp,
) -> Result<Charge> {
    let charge = state
        .attempts
        .charge(state.failures(), rules, now, |next| write_attempts(locked, name, next))?;
    state.attempts = charge.attempts();
    if !state.needs_counter() && state.has_proved_anything() {
        // A user of an earlier version: the counter must exist from now on.
        state.forgiven = Some(0);
        write_state(locked, name, state)?;
    }
    Ok(charge)
}

/// Removes a user's state and counter. Returns whether there were any. The counter goes last: if killed in
/// between, this leaves an unused counter, not a state that blocks every login.
pub fn remove_state(locked: &mut dyn Locked, name: &Name) -> Result<bool> {
    let was_there = locked.remove(&Document::Of(DocumentKind::State, name.clone()))?;
    remove_stray_attempts(locked, name)?;
    Ok(was_there)
}

/// Removes a counter without a state, so that a new user of that name does not inherit its failed attempts.
pub fn remove_stray_attempts(locked: &mut dyn Locked, name: &Name) -> Result<()> {
    locked.remove(&Document::Attempts(name.clone())).map(drop)
}

/// Writes a user's state.
pub fn write_state(locked: &mut dyn Locked, name: &Name, state: &State) -> Result<()> {
    locked.write(&Document::Of(DocumentKind::State, name.clone()), &state_text(state)?)
}

/// The text of a state document.
pub fn state_text(state: &State) -> Result<Text> {
    Ok(Text::new(serialize(state)? + END))
}

/// The text of a listing.
pub fn listing_text(listing: &Listing) -> Result<Text> {
    serialize(listing).map(Text::new)
}

/// Writes the settings of a new user or group.
pub fn write_listing(
    locked: &mut dyn Locked,
    kind: DocumentKind,
    name: &Name,
    listing: &Listing,
) -> Result<()> {
    locked.write(&Document::Of(kind, name.clone()), &serialize(listing)?)
}

/// Writes a new whitelist entry.
pub fn write_whitelist_entry(
    locked: &mut dyn Locked,
    name: &Name,
    entry: &WhitelistEntry,
) -> Result<()> {
    locked.write(&Document::Of(DocumentKind::Whitelist, name.clone()), &serialize(entry)?)
}

/// Reads the number of messages sent today.
pub fn sms_count<T: DeserializeOwned>(store: &dyn Reader) -> Result<Option<T>> {
    read(store, &Document::SmsCount)
}

/// Writes the number of messages sent today.
pub fn write_sms_count(locked: &mut dyn Locked, count: &impl Serialize) -> Result<()> {
    locked.write(&Document::SmsCount, &serialize(count)?)
}

pub(super) fn required(store: &dyn Reader, document: &Document, hint: &str) -> Result<Text> {
    store.read(document)?.ok_or_else(|| {
        Error::new(ErrorKind::Store, format!("{} is missing", store.describe(document)))
            .with_hint(hint)
    })
}

fn read<T: DeserializeOwned>(store: &dyn Reader, document: &Document) -> Result<Option<T>> {
    store.read(document)?.map(|text| parse(store, document, &text)).transpose()
}

fn parse<T: DeserializeOwned>(store: &dyn Reader, document: &Document, text: &str) -> Result<T> {
    toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        located(store, document, text, at, error.message())
    })
}

fn serialize<T: Serialize>(value: &T) -> Result<String> {
    toml::to_string(value)
        .map_err(|error| Error::new(ErrorKind::Store, format!("cannot write a document: {error}")))
}

/// Puts a parser's message on one line and drops long words.
// SECURITY: a parser quotes unexpected text, which may be a sealed value in the wrong place.
pub fn without_values(message: &str) -> String {
    let short = |word: &str| if word.len() > LONGEST_WORD { "…".into() } else { word.to_owned() };
    let message = message.trim_end().replace('\n', "; ");
    message.split(' ').map(short).collect::<Vec<_>>().join(" ")
}

/// Returns the line that contains byte `at` of a text, counted from 1.
pub(crate) fn line_of(text: &str, at: usize) -> usize {
    let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text[..at].matches('\n').count() + 1
}

/// An error at byte `at` of a document, with its file, line and key.
pub(super) fn located(
    store: &dyn Reader,
    document: &Document,
    text: &str,
    at: usize,
    message: &str,
) -> Error {
    let line = line_of(text, at);
    let place = store.describe(document);
    let message = without_values(message);
    let content = text.lines().nth(line - 1).unwrap_or_default();
    // SECURITY: quotes only the key, never a value.
    let key = content.split_once('=').map(|(key, _)| key.trim().escape_debug().to_string());
    let key = match key {
        // Anything longer than a key may be a value in the wrong place.
        Some(key) if !key.is_empty() && key.len() <= LONGEST_WORD && !message.contains(&key) => {
            format!(" '{key}':")
        }
        _ => String::new(),
    };
    Error::new(ErrorKind::Store, format!("{place}, line {line}:{key} {message}"))
        .with_hint("fix the document by hand, or restore it from a backup; nothing was changed")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::memory::Memory;
    use crate::store::{Scope, Update as _};

    /// Guards against a lockout: a removal killed before its last step leaves no state that blocks every
    /// login.
    #[test]
    fn the_counter_of_a_removed_user_is_removed_last() {
        let directory = tempfile::TempDir::new().unwrap();
        let root = directory.path().join("store");
        crate::store::create(&root, None, "", "").unwrap();
        let store = crate::store::open(&root).unwrap();
        let name = Name::parse("alice").unwrap();
        let now = Timestamp::from_unix(0);
        let update = store.update(Scope::Account(&name.key()), |locked| {
            let state = State::reset(now, Attempts { count: 7, lockout: None });
            write_state(locked, &name, &state)?;
            // A directory cannot be removed as a file: the last step fails.
            let counter = locked.describe(&Document::Attempts(name.clone()));
            std::fs::create_dir(counter).unwrap();
            assert!(remove_state(locked, &name).is_err());
            assert!(state_document(locked, &name)?.is_none());
            Ok::<_, Error>(())
        });
        update.unwrap();
    }

    /// Guards secrets: an error names the line and key, and quotes nothing that could be a value.
    #[test]
    fn an_error_names_line_and_key_but_never_a_value() {
        let store = Memory::default().open();
        let (word, secret) = ("w".repeat(LONGEST_WORD), "s".repeat(LONGEST_WORD + 1));
        for (text, at, message, expected) in [
            ("a = 1\nbb = secret\n", 6, "is wrong", "line 2: 'bb': is wrong".to_owned()),
            ("a = 1\nbb = secret\n", 0, "is wrong", "line 1: 'a': is wrong".to_owned()),
            ("a = 1\nbb = 2\n", 6, "no key `bb`", "line 2: no key `bb`".to_owned()),
            ("a = 1\n= 2\n", 6, "no key", "line 2: no key".to_owned()),
            ("a = 1\nsecret\n", 6, "no '='", "line 2: no '='".to_owned()),
            ("a = 1", 99, "is cut", "line 1: 'a': is cut".to_owned()),
            (&format!("{word} = 1"), 0, "is wrong", format!("line 1: '{word}': is wrong")),
            (&format!("{secret} = 1"), 0, "is wrong", "line 1: is wrong".to_owned()),
            ("", 0, &format!("it is {word} or\n{secret}\n"), format!("line 1: it is {word} or; …")),
        ] {
            let error = located(&*store, &Document::Settings, text, at, message).to_string();
            assert!(error.ends_with(&format!("store.toml, {expected}")), "{expected}: {error}");
        }
    }
}
