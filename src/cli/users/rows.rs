//! The rows of the list: what is told of each user and group.

use serde::Serialize;

use crate::account::listing::{Listing, Method};
use crate::account::lockout::LockoutState;
use crate::account::name::Name;
use crate::account::sms::Ending;
use crate::account::state::{Enrolment, State};
use crate::error::{Error, Result};
use crate::store::user::missing_half;
use crate::store::{DocumentKind, Store, records};
use crate::time::Timestamp;

/// One user or group, as listed.
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
    /// What is wrong with a document of this entry.
    #[serde(skip)]
    pub(super) problem: Option<Error>,
    /// When the last message was sent to this user, and how that ended.
    #[serde(skip)]
    pub(super) last_message: Option<(Timestamp, &'static str)>,
}

/// Who is in a store.
pub(in crate::cli) struct Rows {
    /// Users and groups.
    pub(in crate::cli) rows: Vec<Row>,
    /// What lies among their documents and is none.
    pub(in crate::cli) strays: Vec<Error>,
}

impl Row {
    /// Whether this is a user, not a group.
    pub(in crate::cli) fn is_user(&self) -> bool {
        self.kind == "user"
    }

    /// Whether this counts toward the users of a licence: see [`crate::cli::license::counted`].
    pub(in crate::cli) fn counts(&self) -> bool {
        self.is_user() && (self.listed || self.enrolment == Some(Enrolment::Active.as_str()))
    }

    /// The state, for counting.
    pub(in crate::cli) fn state(&self) -> &str {
        self.state.unwrap_or_default()
    }

    /// When the last message was sent to this user, and how that ended.
    pub(in crate::cli) fn last_message(&self) -> Option<(Timestamp, &'static str)> {
        self.last_message
    }

    /// What is wrong with a document of this entry.
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
            problem: None,
            last_message: state.sms.ended.zip(state.sms.ending.map(Ending::as_str)),
        }
    }

    /// What a covering group says of a user who is not listed himself.
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
            problem: Some(error),
            last_message: None,
        }
    }
}

/// All groups, then all users, by name.
///
/// # Errors
/// Only when the documents cannot be listed: a damaged one hides no other.
pub(in crate::cli) fn rows(store: &dyn Store, now: Timestamp) -> Result<Rows> {
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
        match super::user(store, &name) {
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

/// Which of the groups that a user was last seen in are still listed, and how codes reach their members.
pub(super) fn covering(store: &dyn Store, state: &State) -> Result<Vec<(Name, Listing)>> {
    let mut covering = Vec::new();
    for group in state.groups.iter().filter_map(|group| Name::parse(group).ok()) {
        if let Some(listing) = records::listing(store, DocumentKind::Group, &group)? {
            covering.push((group, listing));
        }
    }
    Ok(covering)
}

/// How many listed users get their codes by SMS. What cannot be read is told elsewhere.
pub(in crate::cli) fn by_sms(store: &dyn Store) -> Result<usize> {
    let is_by_sms = |name: &Name| {
        let listing = records::listing(store, DocumentKind::User, name);
        matches!(listing, Ok(Some(listing)) if listing.method == Method::Sms)
    };
    Ok(store.list(DocumentKind::User)?.names.iter().filter(|name| is_by_sms(name)).count())
}
