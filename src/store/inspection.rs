//! Reads every document of a store and reports what is wrong with each.

use crate::error::{Error, ErrorKind};
use crate::factor;
use crate::factor::state::State;
use crate::names::listing::Listing;
use crate::names::name::Name;
use crate::store::seal::KeyRing;
use crate::store::user::{missing_half, open_sealed};
use crate::store::{DocumentKind, NameList, Reader, records};
use std::convert::Infallible;

/// The result of an inspection.
#[derive(Debug, Default)]
pub struct Inspection {
    /// The number of documents read.
    pub documents: usize,
    /// What is wrong, each with a hint, and the user whose document it is.
    problems: Vec<(Option<Name>, Error)>,
    /// Whether the key could be read.
    pub has_keys: bool,
}

/// A user whose documents are readable.
pub struct Seen<'a> {
    /// The name.
    pub name: &'a Name,
    /// The administrator's settings; `None` for a user who is only listed through a group.
    pub listing: Option<&'a Listing>,
    /// The program's own data.
    pub state: &'a State,
}

/// Reads every document. Calls `look` for each user whose documents are valid, and `advance` with the
/// number of users read so far and in total.
pub fn inspect(
    store: &dyn Reader,
    look: &mut dyn FnMut(&Seen<'_>),
    advance: &mut dyn FnMut(usize, usize),
) -> Inspection {
    let mut found = Inspection::default();
    let settings = found.take(records::settings(store));
    // The settings name the location of the key.
    let keys = match records::unfinished_settings(store) {
        Ok(_) => found.take(records::key_ring(store)),
        Err(_) => records::key_ring(store).ok(),
    };
    found.has_keys = keys.is_some();
    if let (Some(settings), Some(keys)) = (&settings, &keys)
        && let Some(sealed) = &settings.sms.auth_token
        && let Err(problem) = keys.open_token(sealed)
    {
        let problem = records::wrong_sms(store, ErrorKind::Store, "auth-token", problem);
        let hint = "restore the key or the document from a backup, or give the token again with \
                       'rw2fa sms configure --auth-token-stdin'";
        found.problems.push((None, problem.with_hint(hint)));
    }
    if let Err(problem) = records::sms_count::<toml::Table>(store) {
        found.problems.push((None, problem));
    }
    let mut users = found.list(store, DocumentKind::User);
    users.extend(found.list(store, DocumentKind::State));
    users.sort();
    users.dedup();
    for (at, name) in users.iter().enumerate() {
        found.user(store, keys.as_ref(), name, look);
        advance(at + 1, users.len());
    }
    for name in found.list(store, DocumentKind::Group) {
        found.take(records::listing(store, DocumentKind::Group, &name));
    }
    for name in found.list(store, DocumentKind::Whitelist) {
        found.take(records::whitelist_entry(store, &name));
    }
    found
}

impl Inspection {
    /// Counts a readable document, or records what is wrong with it.
    fn take<T>(&mut self, read: Result<T, Error>) -> Option<T> {
        self.documents += 1;
        read.map_err(|problem| self.problems.push((None, problem))).ok()
    }

    /// Returns what is wrong, each with a hint, and the user whose document it is.
    pub fn problems(&self) -> impl Iterator<Item = (Option<&Name>, &Error)> {
        self.problems.iter().map(|(name, problem)| (name.as_ref(), problem))
    }

    fn add(&mut self, name: &Name, problem: Error) {
        self.problems.push((Some(name.clone()), problem));
    }

    fn list(&mut self, store: &dyn Reader, kind: DocumentKind) -> Vec<Name> {
        match store.list(kind) {
            Ok(NameList { names, problems }) => {
                self.problems.extend(problems.into_iter().map(|problem| (None, problem)));
                names
            }
            Err(problem) => {
                self.problems.push((None, problem));
                Vec::new()
            }
        }
    }

    fn user(
        &mut self,
        store: &dyn Reader,
        keys: Option<&KeyRing>,
        name: &Name,
        look: &mut dyn FnMut(&Seen<'_>),
    ) {
        let listing = records::listing(store, DocumentKind::User, name);
        let has_listing = matches!(listing, Ok(Some(_)));
        if has_listing || listing.is_err() {
            self.documents += 1;
        }
        let listing = listing.map_err(|problem| self.add(name, problem));
        let state = match records::state(store, name) {
            Ok(None) if has_listing => {
                self.add(name, missing_half(store, DocumentKind::State, name));
                return;
            }
            Ok(None) => return,
            state => state,
        };
        self.documents += 1;
        let mut state = match state {
            Ok(Some(state)) => state,
            Ok(None) => return,
            Err(problem) => return self.add(name, problem),
        };
        if matches!(listing, Ok(None)) && state.listed {
            self.add(name, missing_half(store, DocumentKind::User, name));
            return;
        }
        // Without a key, report one problem instead of one per user.
        if let Some(keys) = keys {
            let found: Result<(), Infallible> =
                factor::for_each_sealed(&mut state, |field, sealed| {
                    let opened = open_sealed(store, Some(keys), name, field, sealed);
                    if let Err(problem) = opened {
                        self.add(name, problem);
                    }
                    Ok(())
                });
            let Ok(()) = found;
        }
        if let Ok(listing) = &listing {
            look(&Seen { name, listing: listing.as_ref(), state: &state });
        }
    }
}
