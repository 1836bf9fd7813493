//! `rw2fa explain --all`: who will be asked for a code at the next login.

use serde::Serialize;

use super::{End, Look, bare_request, look};
use crate::account::grant::ClientHash;
use crate::account::name::Name;
use crate::cli::Done;
use crate::cli::context::{Context, Opened};
use crate::cli::output::{self, Column};
use crate::error::Result;
use crate::store::{Kind, Store};
use crate::verify::decision::Subject;
use crate::verify::facts::covers;
use crate::verify::reason::{Outcome, Reason};
use crate::verify::request::{Ask, Memberships, Request};

/// Whether one entry of the store will be asked.
#[derive(Serialize)]
struct Row {
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
    listed: bool,
    asked: bool,
    outcome: Option<&'static str>,
    reason: Option<&'static str>,
    why: String,
}

const COLUMNS: &[Column<Row>] = &[
    Column { name: "name", cell: |row| row.name.clone(), tells: |_| true },
    Column { name: "type", cell: |row| row.kind.into(), tells: |_| true },
    Column { name: "listed", cell: |row| row.listed.to_string(), tells: |row| !row.listed },
    Column { name: "asked", cell: |row| row.asked.to_string(), tells: |_| true },
    Column { name: "outcome", cell: |row| row.outcome.unwrap_or("-").into(), tells: |_| true },
    Column { name: "reason", cell: |row| row.reason.unwrap_or("-").into(), tells: |_| true },
    Column { name: "why", cell: |row| row.why.clone(), tells: |_| true },
];

pub(super) fn run(context: &mut Context<'_>, no_groups: bool) -> Result<Done> {
    let opened = context.open()?;
    let store = &opened.store;
    let (groups, users) = (store.survey(Kind::Group)?, store.survey(Kind::User)?);
    let states = store.survey(Kind::State)?;
    let mut done = Done::All;
    for problem in groups.problems.iter().chain(&users.problems).chain(&states.problems) {
        context.complain(problem);
        done = Done::Partly;
    }
    let mut rows = Vec::new();
    let newcomer = newcomer(store)?;
    for group in groups.names {
        let memberships = Memberships::Told(vec![group.clone()]);
        let look = look(context, &opened, sign_in(&newcomer, memberships));
        let why = obstacle(&look).unwrap_or_else(|| "a member at his first login".into());
        rows.push(row(&group, "group", true, &look, why));
    }
    let listed = users.names.clone();
    let mut names = users.names;
    names.extend(states.names);
    names.sort();
    names.dedup();
    for name in names {
        let memberships =
            if no_groups { Memberships::Told(Vec::new()) } else { Memberships::AskSystem };
        let look = look(context, &opened, sign_in(&name, memberships));
        let why = obstacle(&look).unwrap_or_else(|| cover(&opened, &look));
        rows.push(row(&name, "user", listed.binary_search(&name).is_ok(), &look, why));
    }
    output::list(context, "entries", &rows, COLUMNS)?;
    Ok(done)
}

/// A sign-in; that the portal names its session makes no difference to it.
fn sign_in(login: &Name, memberships: Memberships) -> Request {
    let client = Some(ClientHash::of("explain"));
    Request { memberships, client, ..bare_request(login, Ask::SignIn) }
}

/// A login that the store knows nothing of.
fn newcomer(store: &dyn Store) -> Result<Name> {
    for number in 0_u64.. {
        let Ok(name) = Name::parse(&format!("newcomer{number}")) else { break };
        let key = name.key();
        if store.names_like(Kind::User, &key)?.is_empty()
            && store.names_like(Kind::State, &key)?.is_empty()
        {
            return Ok(name);
        }
    }
    super::parse_name("newcomer")
}

fn row(name: &Name, kind: &'static str, listed: bool, look: &Look<'_>, why: String) -> Row {
    let outcome = look.reason().map(Reason::outcome);
    Row {
        name: name.canonical(),
        kind,
        listed,
        asked: outcome == Some(Outcome::Challenge),
        outcome: outcome.map(Outcome::as_str),
        reason: look.reason().map(Reason::as_str),
        why,
    }
}

/// Why nobody looked at the user himself.
fn obstacle(look: &Look<'_>) -> Option<String> {
    if let End::Failed(error) = &look.end {
        return Some(error.to_string());
    }
    let told = match (look.reason(), look.facts.as_ref().map(|facts| &facts.subject)) {
        (Some(Reason::Disabled), _) => "two-factor authentication is off",
        (_, Some(Subject::GroupsUnknown)) => "the groups of the user cannot be determined",
        (_, Some(Subject::Ambiguous)) => "the name could mean several users",
        (_, Some(Subject::Unlisted) | None) => "in no listed group",
        (_, Some(Subject::Known(_))) => return None,
    };
    Some(told.into())
}

/// What makes a known user need a code.
fn cover(opened: &Opened, look: &Look<'_>) -> String {
    let subject = look.facts.as_ref().map(|facts| &facts.subject);
    if matches!(subject, Some(Subject::Known(account)) if account.listed) {
        return "listed".into();
    }
    let known = look.groups.as_ref();
    let by = known.and_then(|known| covers(&opened.store, &opened.settings, known).ok());
    match by.as_ref().and_then(|by| by.first()) {
        Some(group) => format!("by group {group}"),
        None => "by a group".into(),
    }
}
