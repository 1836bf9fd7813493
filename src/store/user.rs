//! The link between a user's two documents and the key: opens sealed values and reports missing halves.

use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::factor::sealed::{Field, Sealed};
use crate::factor::sms::state::SentCode;
use crate::names::name::Name;
use crate::otp::Secret;
use crate::platform;
use crate::store::seal::KeyRing;
use crate::store::{Document, DocumentKind, Reader};

/// Opens the secret of `name`.
///
/// # Errors
/// If there is no key, or the secret does not open under it.
pub fn open_secret(
    store: &dyn Reader,
    keys: Option<&KeyRing>,
    name: &Name,
    sealed: &Sealed,
) -> Result<Secret> {
    open(store, keys, name, Field::Secret, sealed, Secret::from_slice)
}

/// Opens a code that was sent to `name` by SMS.
///
/// # Errors
/// If there is no key, or the code does not open under it.
pub fn open_code(
    store: &dyn Reader,
    keys: Option<&KeyRing>,
    name: &Name,
    sealed: &Sealed,
) -> Result<SentCode> {
    open(store, keys, name, Field::SmsCode, sealed, SentCode::from_plain)
}

fn open<T>(
    store: &dyn Reader,
    keys: Option<&KeyRing>,
    name: &Name,
    field: Field,
    sealed: &Sealed,
    read: fn(&[u8]) -> Option<T>,
) -> Result<T> {
    let plain = open_sealed(store, keys, name, field, sealed)?;
    read(&plain).ok_or_else(|| unopened(store, name, UNREADABLE))
}

/// Opens a sealed value of `name`.
///
/// # Errors
/// If there is no key, the value does not open under it, or it is not what the field holds.
pub fn open_sealed(
    store: &dyn Reader,
    keys: Option<&KeyRing>,
    name: &Name,
    field: Field,
    sealed: &Sealed,
) -> Result<Zeroizing<Vec<u8>>> {
    let problem = match keys.map(|keys| keys.open(name, field, sealed)) {
        None => "the key needed to open sealed values is missing",
        Some(Err(problem)) => problem,
        Some(Ok(plain)) if field.accepts(&plain) => return Ok(plain),
        Some(Ok(_)) => UNREADABLE,
    };
    Err(unopened(store, name, problem))
}

const UNREADABLE: &str = "the sealed value cannot be read";

fn unopened(store: &dyn Reader, name: &Name, problem: &str) -> Error {
    let place = store.describe(&Document::Of(DocumentKind::State, name.clone()));
    Error::new(ErrorKind::Store, format!("{place}: {problem}")).with_hint(format!(
        "restore the key or the document from a backup, or run: rw2fa users reset {}",
        platform::quoted(name.canonical())
    ))
}

/// Reports that one of a user's two documents is missing.
pub fn missing_half(store: &dyn Reader, kind: DocumentKind, name: &Name) -> Error {
    let place = store.describe(&Document::Of(kind, name.clone()));
    let quoted = platform::quoted(name.canonical());
    let hint = match kind {
        DocumentKind::User => {
            format!("restore it from a backup, or list {name} again: rw2fa users add {quoted}")
        }
        _ => format!("restore it from a backup, or run: rw2fa users reset {quoted}"),
    };
    Error::new(ErrorKind::Store, format!("{place} is missing, though {name} is listed"))
        .with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::memory::Memory;

    /// Guards the hints: a user with only a state is listed again, not removed, which would leave the password alone. A
    /// user with only settings is reset.
    #[test]
    fn each_missing_half_has_its_hint() {
        let store = Memory::default().open();
        let name = Name::parse("alice").unwrap();
        for (kind, command) in [(DocumentKind::User, "add"), (DocumentKind::State, "reset")] {
            let problem = missing_half(&*store, kind, &name);
            assert!(problem.to_string().ends_with("is missing, though alice is listed"));
            let hint = problem.hint().unwrap();
            assert!(hint.contains(&format!("rw2fa users {command} alice")), "{hint}");
        }
    }
}
