//! Names that are not listed, and what was probably meant.

use crate::error::{Error, ErrorKind};
use crate::names::name::Name;
use crate::store::{Document, DocumentKind, Reader};

/// Finds the listed name closest to a mistyped one.
pub(super) fn nearest(store: &dyn Reader, kind: DocumentKind, name: &Name) -> Option<Name> {
    let alike = store.names_like(kind, &name.key()).unwrap_or_default().into_iter().next();
    alike.or_else(|| {
        let listed = store.list(kind).unwrap_or_default().names;
        let wanted = name.canonical();
        let distance = |other: &Name| strsim::damerau_levenshtein(&wanted, &other.canonical());
        let most = (wanted.chars().count() / 3).clamp(1, 3);
        let nearest = listed.into_iter().map(|other| (distance(&other), other)).min();
        nearest.filter(|(distance, _)| *distance <= most).map(|(_, other)| other)
    })
}

/// Returns the hint for the name of a group that was given as a user, or the other way round.
fn listed_as_other_kind(store: &dyn Reader, kind: DocumentKind, name: &Name) -> Option<String> {
    let (other, hint) = match kind {
        DocumentKind::User => (DocumentKind::Group, format!("'{name}' is a group: use --group")),
        DocumentKind::Group => {
            (DocumentKind::User, format!("'{name}' is a user: leave out --group"))
        }
        _ => return None,
    };
    let is_listed = store.read(&Document::Of(other, name.clone())).is_ok_and(|text| text.is_some());
    is_listed.then_some(hint)
}

/// Builds the error that `name` is not listed, suggesting similar entries.
pub(super) fn not_listed(store: &dyn Reader, kind: DocumentKind, name: &Name) -> Error {
    let error = Error::new(ErrorKind::NotFound, format!("no {kind} is called '{name}'"));
    if let Some(hint) = listed_as_other_kind(store, kind, name) {
        return error.with_hint(hint);
    }
    match nearest(store, kind, name) {
        Some(other) => error.with_hint(format!("did you mean '{other}'?")),
        None if kind == DocumentKind::Whitelist => {
            error.with_hint("'rw2fa whitelist list' shows every entry")
        }
        None => error.with_hint("'rw2fa users list' shows every user and group"),
    }
}
