//! A new entry of the list: what is missing for it to be listed, writing that, and whether the system knows its name.

use serde_json::{Map, Value};

use crate::cli::change::values;
use crate::cli::context::Context;
use crate::cli::target::first_few;
use crate::error::{Error, ErrorKind, Result};
use crate::factor::state::State;
use crate::names::listing::{Listing, Phone};
use crate::names::matching::overlapping;
use crate::names::name::Name;
use crate::platform;
use crate::settings::Settings;
use crate::store::user::missing_half;
use crate::store::{Document, DocumentKind, Locked, Reader, records};

/// What still has to be written for an entry to be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    Nothing,
    /// The mark in the state: the command that listed the user was killed before writing it.
    Mark,
    Listing,
    StateAndListing,
}

impl Missing {
    /// Returns whether the list grows.
    pub(super) fn adds(self) -> bool {
        matches!(self, Missing::Listing | Missing::StateAndListing)
    }
}

/// Finds what is missing for an entry to be listed with these attributes.
///
/// # Errors
/// When the name is already listed with different settings, or overlaps another entry.
pub(super) fn missing(
    reader: &dyn Reader,
    settings: &Settings,
    kind: DocumentKind,
    name: &Name,
    listing: &Listing,
) -> Result<Missing> {
    let present = same_listing(reader, kind, name, listing)?;
    if kind == DocumentKind::Group {
        // Groups may overlap: any match counts.
        return Ok(if present { Missing::Nothing } else { Missing::Listing });
    }
    let has_state = reader.read(&Document::Of(DocumentKind::State, name.clone()))?.is_some();
    if present {
        // A listed user without a state is data loss that only 'reset' may repair.
        if !has_state {
            return Err(missing_half(reader, DocumentKind::State, name));
        }
        // Commands that need the state report that it is damaged.
        let is_marked = records::state(reader, name).map_or(true, |s| s.is_none_or(|s| s.listed));
        return Ok(if is_marked { Missing::Nothing } else { Missing::Mark });
    }
    let mut others = reader.names_like(DocumentKind::User, &name.key())?;
    others.extend(reader.names_like(DocumentKind::State, &name.key())?);
    if let Some(other) = overlapping(name, &others, &settings.domains) {
        return Err(overlap(&format!("'{other}'")));
    }
    Ok(if has_state { Missing::Listing } else { Missing::StateAndListing })
}

/// Builds the error that a new entry could match the same login as another one.
pub(super) fn overlap(other: &str) -> Error {
    Error::new(ErrorKind::Conflict, format!("overlaps {other}: a login could match both"))
        .with_hint("use one entry for both, or give both their NetBIOS domain: DOMAIN\\NAME")
}

/// Returns whether an entry is listed with these attributes.
///
/// # Errors
/// When it is listed with others.
fn same_listing(
    reader: &dyn Reader,
    kind: DocumentKind,
    name: &Name,
    listing: &Listing,
) -> Result<bool> {
    let Some(present) = records::listing(reader, kind, name)? else { return Ok(false) };
    let same = present.method == listing.method
        && (listing.phone.is_none() || present.phone == listing.phone)
        && (listing.notes.is_none() || present.notes == listing.notes);
    if same {
        return Ok(true);
    }
    Err(Error::new(ErrorKind::Conflict, "already listed, with different settings")
        .with_hint(format!("change them with: {}", edit_command(kind, name, &present, listing))))
}

/// Returns the command that changes the settings of an entry to the wanted ones.
fn edit_command(kind: DocumentKind, name: &Name, present: &Listing, wanted: &Listing) -> String {
    let mut words = vec!["rw2fa users edit".to_owned()];
    if kind == DocumentKind::Group {
        words.push("--group".into());
    }
    words.push(platform::quoted(name.canonical()));
    if wanted.method != present.method {
        words.extend(["--method".into(), wanted.method.as_str().into()]);
    }
    if let Some(phone) = wanted.phone.as_ref().filter(|_| wanted.phone != present.phone) {
        words.extend(["--phone".into(), phone.to_string()]);
    }
    if let Some(notes) = wanted.notes.as_ref().filter(|_| wanted.notes != present.notes) {
        words.extend(["--notes".into(), platform::quoted(notes)]);
    }
    words.join(" ")
}

/// Writes the missing documents of an entry. The trail records the entry already.
pub(super) fn write_missing(
    locked: &mut dyn Locked,
    kind: DocumentKind,
    name: &Name,
    listing: &Listing,
    missing: Missing,
) -> Result<()> {
    // The state first: a kill in between leaves a user who is not listed yet. The mark that the
    // state belongs to a listed user is written last: from then on a lost listing is an error, not
    // a removal.
    if missing == Missing::StateAndListing {
        records::remove_stray_attempts(locked, name)?;
        records::write_state(locked, name, &State::new(listing.added))?;
    }
    if missing.adds() {
        records::write_listing(locked, kind, name, listing)?;
    }
    if kind == DocumentKind::User
        && let Some(state) = records::state_document(locked, name)?
    {
        records::write_state(locked, name, &State { listed: true, ..state })?;
    }
    Ok(())
}

/// The action in the audit trail.
pub(super) const ACTION: &str = "users add";

/// Builds the values of a new entry for the audit trail.
pub(super) fn audit_values(listing: &Listing) -> Map<String, Value> {
    let mut values = values("method", None, Some(listing.method));
    if let Some(phone) = listing.phone.as_ref().map(Phone::masked) {
        values.insert("phone".into(), serde_json::json!([null, phone]));
    }
    if let Some(notes) = &listing.notes {
        values.insert("notes".into(), serde_json::json!([null, notes]));
    }
    values
}

/// Warns of names that the system does not know.
pub(super) fn warn_of_unknown(context: &mut Context<'_>, unknown: &[String]) {
    if !unknown.is_empty() {
        context.warn(&format!(
            "this system has no account or group called {}: check the spelling, because a misspelt entry protects no \
             one",
            first_few(unknown)
        ));
    }
}
