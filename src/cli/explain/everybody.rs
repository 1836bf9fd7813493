//! `rw2fa explain --all`: who will be asked for a code at the next login.

use std::collections::HashSet;
use std::path::Path;

use serde::Serialize;

use super::{End, ExplainArgs, Look, groups_of, look};
use crate::cli::context::{Context, Opened};
use crate::cli::csv_file::Line;
use crate::cli::output::{self, Column};
use crate::cli::target::{ListOfTargets, Takes};
use crate::cli::{Done, Format};
use crate::error::Result;
use crate::factor::grant::ClientHash;
use crate::names::name::Name;
use crate::store::{DocumentKind, Reader, records};
use crate::verify::reason::{Outcome, Reason};
use crate::verify::request::{self, Ask, Memberships, Request};
use crate::verify::subject::Subject;

/// Whether one entry of the store will be asked for a code.
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
    Column { name: "name", cell: |row| row.name.clone(), is_useful: |_| true },
    Column { name: "type", cell: |row| row.kind.into(), is_useful: |_| true },
    Column { name: "listed", cell: |row| row.listed.to_string(), is_useful: |row| !row.listed },
    Column { name: "asked", cell: |row| row.asked.to_string(), is_useful: |_| true },
    Column { name: "outcome", cell: |row| row.outcome.unwrap_or("-").into(), is_useful: |_| true },
    Column { name: "reason", cell: |row| row.reason.unwrap_or("-").into(), is_useful: |_| true },
    Column { name: "why", cell: |row| row.why.clone(), is_useful: |_| true },
];

pub(super) fn run(context: &mut Context<'_>) -> Result<Done> {
    let opened = context.open()?;
    let store = &*opened.store;
    let (groups, users) = (store.list(DocumentKind::Group)?, store.list(DocumentKind::User)?);
    let states = store.list(DocumentKind::State)?;
    let mut done = Done::All;
    for problem in groups.problems.iter().chain(&users.problems).chain(&states.problems) {
        context.complain(problem);
        done = Done::Partly;
    }
    let mut rows = Vec::new();
    let newcomer = newcomer(store)?;
    for group in groups.names {
        let look = look_at(context, &opened, &newcomer, vec![group.clone()]);
        let why = obstacle(&look).unwrap_or_else(|| "members at their first login".into());
        rows.push(row(&group, "group", true, &look, why));
    }
    let listed = users.names.clone();
    let mut names = users.names;
    names.extend(states.names);
    names.sort();
    names.dedup();
    for name in names {
        let look = look_at(context, &opened, &name, groups_at_last_login(store, &name));
        let why = obstacle(&look).unwrap_or_else(|| cover(&look));
        rows.push(row(&name, "user", listed.binary_search(&name).is_ok(), &look, why));
    }
    output::list_or(
        context,
        "entries",
        &rows,
        COLUMNS,
        "no users or groups are listed; add one with: rw2fa users add NAME",
    )?;
    Ok(done)
}

/// Shows the users of a list, each as `explain NAME` would.
///
/// # Errors
/// When the list has bad lines, or the arguments are not valid.
pub(super) fn of_list(context: &mut Context<'_>, path: &Path, args: &ExplainArgs) -> Result<Done> {
    let (_, list) = ListOfTargets::read(context, path, Takes::Users)?.finish(context)?;
    let client = args.client.as_deref().map(request::checked_client).transpose()?;
    // The portal's session does not affect a sign-in, but may be required.
    let client = client.unwrap_or_else(|| ClientHash::new("explain"));
    let opened = context.open()?;
    let listed: HashSet<_> = opened.store.list(DocumentKind::User)?.names.into_iter().collect();
    let mut rows = Vec::with_capacity(list.lines.len());
    for Line { name, written, .. } in &list.lines {
        let ask = args.session.map_or(Ask::SignIn, Ask::Open);
        let memberships = request::memberships(&args.groups, args.no_groups)?;
        let (written, client) = (written.clone(), Some(client.clone()));
        let request = Request { written, memberships, client, ..Request::asking(name, ask) };
        let groups = groups_of(context, &opened, &request);
        let look = look(context, &opened, request, &groups);
        let why = obstacle(&look).unwrap_or_else(|| cover(&look));
        let is_listed = look.user().is_some_and(|user| listed.contains(user));
        rows.push(row(name, "user", is_listed, &look, why));
    }
    // An empty list was noted already.
    if !rows.is_empty() || context.globals.format != Format::Text {
        output::list(context, "entries", &rows, COLUMNS)?;
    }
    Ok(Done::All)
}

/// Evaluates a sign-in of a member of these groups.
fn look_at<'a>(
    context: &Context<'_>,
    opened: &'a Opened,
    login: &Name,
    groups: Vec<Name>,
) -> Look<'a> {
    // The portal's session does not affect a sign-in, but may be required.
    let client = Some(ClientHash::new("explain"));
    let memberships = Memberships::Given(groups);
    let request = Request { memberships, client, ..Request::asking(login, Ask::SignIn) };
    let groups = groups_of(context, opened, &request);
    look(context, opened, request, &groups)
}

/// Returns the listed groups that covered a user at the last sign-in. Asking the system about every
/// user would take too long.
fn groups_at_last_login(store: &dyn Reader, name: &Name) -> Vec<Name> {
    // The evaluation reports a damaged document.
    let state = records::state(store, name).ok().flatten();
    let groups = state.map(|state| state.groups).unwrap_or_default();
    groups.iter().filter_map(|group| Name::parse(group).ok()).collect()
}

/// Returns a login that is unknown to the store.
fn newcomer(store: &dyn Reader) -> Result<Name> {
    for number in 0_u64.. {
        let Ok(name) = Name::parse(&format!("newcomer{number}")) else { break };
        let key = name.key();
        if store.names_like(DocumentKind::User, &key)?.is_empty()
            && store.names_like(DocumentKind::State, &key)?.is_empty()
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

/// Explains why no known user was found to check.
fn obstacle(look: &Look<'_>) -> Option<String> {
    if let End::Failed(_, message) = &look.end {
        return Some(message.clone());
    }
    let obstacle = match (look.reason(), look.facts.as_ref().map(|facts| &facts.subject)) {
        (Some(Reason::Disabled), _) => "two-factor authentication is off",
        (_, Some(Subject::GroupsUnknown)) => "the groups of the user cannot be determined",
        (_, Some(Subject::Ambiguous)) => "the name could mean several users",
        (_, Some(Subject::Unlisted) | None) => "in no listed group",
        (_, Some(Subject::Known(_))) => return None,
    };
    Some(obstacle.into())
}

/// Explains why a known user needs a code.
fn cover(look: &Look<'_>) -> String {
    match look.facts.as_ref().map(|facts| &facts.subject) {
        Some(Subject::Known(account)) if !account.listed => {
            match account.groups.iter().flatten().next() {
                Some(group) => format!("by group {group}"),
                None => "by a group".into(),
            }
        }
        _ => "listed".into(),
    }
}
