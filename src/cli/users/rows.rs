//! The rows of the list: what is shown of each user and group.

use serde::Serialize;

use crate::error::{Error, Result};
use crate::factor::lockout::LockoutState;
use crate::factor::sms::state::Ending;
use crate::factor::state::{Enrolment, State};
use crate::names::listing::{Listing, Method};
use crate::names::name::Name;
use crate::store::user::missing_half;
use crate::store::{DocumentKind, Reader, records};
use crate::time::Timestamp;

/// One listed user or group.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct Row {
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) method: Option<Method>,
    pub(super) phone: Option<String>,
    pub(super) state: Option<&'static str>,
    pub(super) enrolment: Option<&'static str>,
    pub(super) listed: bool,
    pub(super) locked_until: Option<String>,
    pub(super) last_login: Option<String>,
    pub(super) notes: Option<String>,
    /// The problem of a document of this entry.
    #[serde(skip)]
    pub(super) problem: Option<Error>,
    /// When the last message was sent to this user, and its result.
    #[serde(skip)]
    pub(super) last_message: Option<(Timestamp, &'static str)>,
}

/// The users and groups of a store.
pub(in crate::cli) struct Rows {
    /// Users and groups.
    pub(in crate::cli) rows: Vec<Row>,
    /// Files among their documents that are not documents.
    pub(in crate::cli) strays: Vec<Error>,
}

impl Row {
    pub(in crate::cli) fn is_user(&self) -> bool {
        self.kind == "user"
    }

    /// Returns whether this counts toward the users of a licence: see
    /// [`crate::cli::license::counted`].
    pub(in crate::cli) fn counts(&self) -> bool {
        self.is_user() && (self.listed || self.enrolment == Some(Enrolment::Active.as_str()))
    }

    /// Returns the state, for counting.
    pub(in crate::cli) fn state(&self) -> &str {
        self.state.unwrap_or_default()
    }

    /// Returns how the user gets codes, or the members of the group; `None` if it cannot be known.
    pub(in crate::cli) fn method(&self) -> Option<Method> {
        self.method
    }

    /// Returns when the last message was sent to this user, and its result.
    pub(in crate::cli) fn last_message(&self) -> Option<(Timestamp, &'static str)> {
        self.last_message
    }

    /// Returns the problem of a document of this entry.
    pub(in crate::cli) fn problem(&self) -> Option<&Error> {
        self.problem.as_ref()
    }

    pub(super) fn of_group(name: &Name, listing: &Listing) -> Self {
        Self {
            name: name.canonical(),
            kind: "group",
            method: Some(listing.method),
            phone: None,
            state: None,
            enrolment: None,
            listed: true,
            locked_until: None,
            last_login: None,
            notes: listing.notes.clone(),
            problem: None,
            last_message: None,
        }
    }

    pub(super) fn of_user(
        name: &Name,
        listing: Option<&Listing>,
        state: &State,
        now: Timestamp,
    ) -> Self {
        let lock = match state.failures().rebased(now).state_at(now) {
            LockoutState::Open => None,
            LockoutState::Locked(seconds) => Some(Some(now.plus(seconds).to_string())),
            LockoutState::Stopped => Some(None),
        };
        let method = listing.map_or(Method::App, |listing| listing.method);
        let enrolment = state.enrolment_by(method).as_str();
        Self {
            name: name.canonical(),
            kind: "user",
            method: listing.map(|listing| listing.method),
            phone: listing.and_then(|listing| listing.phone.as_ref()).map(ToString::to_string),
            state: Some(if lock.is_some() { "locked" } else { enrolment }),
            enrolment: Some(enrolment),
            listed: listing.is_some(),
            locked_until: lock.flatten(),
            last_login: state.last_login.map(|time| time.to_string()),
            notes: listing.and_then(|listing| listing.notes.clone()),
            problem: None,
            last_message: state.sms.ended.zip(state.sms.ending.map(Ending::as_str)),
        }
    }

    /// Applies a covering group to a user who is not listed.
    pub(super) fn cover(&mut self, state: &State, group: Option<&Listing>) {
        self.method = group.map(|listing| listing.method);
        if let Some(method) = self.method {
            let was = self.enrolment.replace(state.enrolment_by(method).as_str());
            if self.state == was {
                self.state = self.enrolment;
            }
        }
    }

    fn broken(name: &Name, kind: &'static str, error: Error) -> Self {
        Self {
            name: name.canonical(),
            kind,
            method: None,
            phone: None,
            state: Some("broken"),
            enrolment: None,
            listed: true,
            locked_until: None,
            last_login: None,
            notes: None,
            problem: Some(error),
            last_message: None,
        }
    }
}

/// Lists all groups, then all users, by name.
///
/// # Errors
/// Only when the documents cannot be listed: a damaged one does not hide others.
pub(in crate::cli) fn rows(store: &dyn Reader, now: Timestamp) -> Result<Rows> {
    let (groups, mut users) = (store.list(DocumentKind::Group)?, store.list(DocumentKind::User)?);
    let states = store.list(DocumentKind::State)?;
    let mut strays = groups.problems;
    strays.extend(users.problems);
    strays.extend(states.problems);
    let mut rows = Vec::new();
    for name in groups.names {
        rows.push(match records::listing(store, DocumentKind::Group, &name) {
            Ok(Some(listing)) => Row::of_group(&name, &listing),
            Ok(None) => continue,
            Err(error) => Row::broken(&name, "group", error),
        });
    }
    users.names.extend(states.names);
    users.names.sort();
    users.names.dedup();
    for name in users.names {
        match super::read_user(store, &name) {
            Ok((Some(listing), Some(state))) => {
                rows.push(Row::of_user(&name, Some(&listing), &state, now));
            }
            Ok((None, Some(state))) => {
                let mut row = Row::of_user(&name, None, &state, now);
                match covering(store, &state) {
                    Ok(groups) => row.cover(&state, groups.first().map(|(_, listing)| listing)),
                    Err(error) => row.problem = Some(error),
                }
                rows.push(row);
            }
            Ok((None, None)) => {}
            Ok((Some(_), None)) => {
                let error = missing_half(store, DocumentKind::State, &name);
                rows.push(Row::broken(&name, "user", error));
            }
            Err(error) => rows.push(Row::broken(&name, "user", error)),
        }
    }
    Ok(Rows { rows, strays })
}

/// Returns the user's groups at the last login that are still listed, with their listings.
pub(super) fn covering(store: &dyn Reader, state: &State) -> Result<Vec<(Name, Listing)>> {
    let mut covering = Vec::new();
    for group in state.groups.iter().filter_map(|group| Name::parse(group).ok()) {
        if let Some(listing) = records::listing(store, DocumentKind::Group, &group)? {
            covering.push((group, listing));
        }
    }
    Ok(covering)
}

/// Counts the listed users who get their codes by SMS. Unreadable documents are reported elsewhere.
pub(in crate::cli) fn by_sms(store: &dyn Reader) -> Result<usize> {
    let is_by_sms = |name: &Name| {
        let listing = records::listing(store, DocumentKind::User, name);
        matches!(listing, Ok(Some(listing)) if listing.method == Method::Sms)
    };
    Ok(store.list(DocumentKind::User)?.names.iter().filter(|name| is_by_sms(name)).count())
}
