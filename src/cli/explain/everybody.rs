//! `rw2fa explain --all`: who will be asked for a code at the next login.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use serde::Serialize;

use super::{End, ExplainArgs, Look, given_memberships, groups_of, look};
use crate::cli::context::{Context, Opened};
use crate::cli::csv_file::Line;
use crate::cli::output::{self, Column};
use crate::cli::progress::Progress;
use crate::cli::target::{ListOfTargets, Takes, first_few};
use crate::cli::{Done, Format};
use crate::error::{Error, Result};
use crate::factor::grant::ClientHash;
use crate::names::name::Name;
use crate::store::{DocumentKind, Reader, records};
use crate::time::Timestamp;
use crate::verify::facts::covering_whitelist_entry;
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
    reason: Option<Reason>,
    why: String,
    /// The reason once two-factor authentication is on.
    once_enabled: Option<Reason>,
    /// Whether the user may connect by RDP without a code.
    whitelisted: bool,
}

const COLUMNS: &[Column<Row>] = &[
    Column { name: "name", cell: |row| row.name.clone(), is_useful: |_| true },
    Column { name: "type", cell: |row| row.kind.into(), is_useful: |_| true },
    Column { name: "listed", cell: |row| row.listed.to_string(), is_useful: |row| !row.listed },
    Column { name: "asked", cell: |row| row.asked.to_string(), is_useful: |_| true },
    Column { name: "outcome", cell: |row| row.outcome.unwrap_or("-").into(), is_useful: |_| true },
    Column {
        name: "reason",
        cell: |row| row.reason.map_or("-", Reason::as_str).into(),
        is_useful: |_| true,
    },
    Column { name: "why", cell: |row| row.why.clone(), is_useful: |_| true },
    Column {
        name: "once_enabled",
        cell: |row| row.once_enabled.map_or("-", Reason::as_str).into(),
        is_useful: |row| row.once_enabled != row.reason,
    },
    Column {
        name: "whitelisted",
        cell: |row| row.whitelisted.to_string(),
        is_useful: |row| row.whitelisted,
    },
];

/// A user or group that is known to the store.
struct Entry {
    name: Name,
    kind: DocumentKind,
    listed: bool,
    /// The login that is evaluated.
    login: Name,
    /// The groups of that login.
    groups: Vec<Name>,
}

pub(super) fn run(context: &mut Context<'_>) -> Result<Done> {
    let mut opened = context.open()?;
    let (entries, done) = entries(context, &*opened.store)?;
    let rows = with_forecast(&mut opened, |opened| evaluate(context, opened, &entries));
    output::list_or(
        context,
        "entries",
        &rows,
        COLUMNS,
        "no users or groups are listed; add one with: rw2fa users add NAME",
    )?;
    Ok(done)
}

/// Adds what entries get once two-factor authentication is on to what they get now.
fn with_forecast(opened: &mut Opened, mut evaluate: impl FnMut(&Opened) -> Vec<Row>) -> Vec<Row> {
    let mut rows = evaluate(opened);
    if !opened.settings.enabled {
        // Only in memory: the rules are applied as they will be.
        opened.settings.enabled = true;
        for (row, later) in rows.iter_mut().zip(evaluate(opened)) {
            (row.once_enabled, row.listed) = (later.reason, row.listed || later.listed);
        }
    }
    rows
}

/// Shows the users of a list, each as `explain NAME` would.
///
/// # Errors
/// When the list has bad lines, or the arguments are not valid.
pub(super) fn of_list(context: &mut Context<'_>, path: &Path, args: &ExplainArgs) -> Result<Done> {
    let (_, list) = ListOfTargets::read(context, path, Takes::Users)?.finish(context)?;
    let client = args.client.as_deref().map(request::checked_client).transpose()?;
    // The portal's session does not affect a sign-in, but may be required.
    let client = Some(client.unwrap_or_else(|| ClientHash::new("explain")));
    let memberships = given_memberships(args)?;
    let ask = args.session.map_or(Ask::SignIn, Ask::Open);
    let mut opened = context.open()?;
    let listed: HashSet<_> = opened.store.list(DocumentKind::User)?.names.into_iter().collect();
    let rows = with_forecast(&mut opened, |opened| {
        let row_of = |Line { name, written, .. }: &Line| {
            let (written, memberships) = (written.clone(), memberships.clone());
            let client = client.clone();
            let request = Request { written, memberships, client, ..Request::asking(name, ask) };
            let groups = groups_of(context, opened, &request);
            let look = look(context, opened, request, &groups);
            let entry = Entry {
                listed: look.user().is_some_and(|user| listed.contains(user)),
                name: name.clone(),
                kind: DocumentKind::User,
                login: name.clone(),
                groups: Vec::new(),
            };
            row(&entry, &look, opened, context.now())
        };
        list.lines.iter().map(row_of).collect()
    });
    // An empty list was noted already.
    if !rows.is_empty() || context.globals.format != Format::Text {
        output::list(context, "entries", &rows, COLUMNS)?;
    }
    Ok(Done::All)
}

/// Shows who gets what at the next login once two-factor authentication is on.
pub(in crate::cli) fn report_forecast(
    context: &mut Context<'_>,
    opened: &mut Opened,
) -> Result<()> {
    let was_enabled = std::mem::replace(&mut opened.settings.enabled, true);
    // `enable` reports problems of the lists itself.
    let entries = list_entries(&*opened.store)?.0;
    let rows = evaluate(context, opened, &entries);
    opened.settings.enabled = was_enabled;
    let mut forecast: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for row in &rows {
        forecast.entry(words(row)).or_default().push(&row.name);
        if row.whitelisted {
            let what = "may connect by RDP without a code".to_owned();
            forecast.entry(what).or_default().push(&row.name);
        }
    }
    if !forecast.is_empty() {
        context.note("at the next login, once two-factor authentication is on:");
    }
    for (what, names) in forecast {
        context.note(&format!("  {what}: {} ({})", names.len(), first_few(&names)));
    }
    Ok(())
}

/// Says what an entry gets at the next login.
fn words(row: &Row) -> String {
    let what = match row.reason {
        Some(Reason::CodeRequired) => "asked for a code",
        Some(Reason::EnrolmentRequired) => "shown a QR code",
        Some(Reason::SmsSent | Reason::SmsAlreadySent | Reason::SmsNotYet) => {
            "asked for a code sent by SMS"
        }
        Some(Reason::SmsFailed) => "refused, because no code can be sent by SMS",
        Some(Reason::Locked) => "refused, because of too many wrong codes",
        Some(Reason::EnrolmentClosed) => "refused, because they cannot enrol on their own",
        Some(reason) if reason.outcome() == Outcome::Grant => "let in without a code",
        reason => {
            let reason = reason.map_or("the portal must pass --client", Reason::as_str);
            return format!("refused ({reason})");
        }
    };
    if row.kind == "group" { format!("{what}, as new members of a group") } else { what.into() }
}

/// Lists every entry, and reports those that cannot be read.
fn entries(context: &mut Context<'_>, store: &dyn Reader) -> Result<(Vec<Entry>, Done)> {
    let (entries, problems) = list_entries(store)?;
    for problem in &problems {
        context.complain(problem);
    }
    Ok((entries, if problems.is_empty() { Done::All } else { Done::Partly }))
}

/// Lists the groups, then the users who are listed or have a state, and the files that are neither.
fn list_entries(store: &dyn Reader) -> Result<(Vec<Entry>, Vec<Error>)> {
    let (groups, users) = (store.list(DocumentKind::Group)?, store.list(DocumentKind::User)?);
    let states = store.list(DocumentKind::State)?;
    let problems =
        groups.problems.into_iter().chain(users.problems).chain(states.problems).collect();
    let newcomer = newcomer(store)?;
    let mut entries: Vec<_> = groups
        .names
        .into_iter()
        .map(|name| Entry {
            login: newcomer.clone(),
            groups: vec![name.clone()],
            name,
            kind: DocumentKind::Group,
            listed: true,
        })
        .collect();
    let listed = users.names.clone();
    let mut names = users.names;
    names.extend(states.names);
    names.sort();
    names.dedup();
    entries.extend(names.into_iter().map(|name| Entry {
        login: name.clone(),
        groups: groups_at_last_login(store, &name),
        kind: DocumentKind::User,
        listed: listed.binary_search(&name).is_ok(),
        name,
    }));
    Ok((entries, problems))
}

/// Evaluates a sign-in of each entry.
fn evaluate(context: &Context<'_>, opened: &Opened, entries: &[Entry]) -> Vec<Row> {
    let progress = Progress::new(context, "looking", entries.len());
    let evaluated = entries.iter().map(|entry| {
        progress.advance(1);
        row(
            entry,
            &look_at(context, opened, &entry.login, entry.groups.clone()),
            opened,
            context.now(),
        )
    });
    evaluated.collect()
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

fn row(entry: &Entry, look: &Look<'_>, opened: &Opened, now: Timestamp) -> Row {
    let outcome = look.reason().map(Reason::outcome);
    let reason = look.reason();
    let is_group = entry.kind == DocumentKind::Group;
    let cover = || if is_group { "members at their first login".into() } else { cover(look) };
    Row {
        name: entry.name.canonical(),
        kind: if is_group { "group" } else { "user" },
        listed: entry.listed,
        asked: outcome == Some(Outcome::Challenge),
        outcome: outcome.map(Outcome::as_str),
        reason,
        why: obstacle(look).unwrap_or_else(cover),
        once_enabled: reason,
        whitelisted: !is_group && is_whitelisted(opened, &entry.name, now),
    }
}

/// Returns whether the whitelist lets a user connect by RDP. A damaged entry lets no one in.
fn is_whitelisted(opened: &Opened, name: &Name, now: Timestamp) -> bool {
    let found = covering_whitelist_entry(&*opened.store, &opened.settings, name, now);
    found.ok().flatten().is_some_and(|(_, entry)| entry.is_valid(now))
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
