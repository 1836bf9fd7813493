//! `rw2fa whitelist`: who may connect by plain RDP without a code.

use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::cli::change::Change;
use crate::cli::context::{Context, Opened, not_listed};
use crate::cli::misplaced::{self, Adding};
use crate::cli::mistyped::{refuse_slash, warn_of_lost_backslashes};
use crate::cli::moment::{Counts, FORMS, Moment};
use crate::cli::output::{self, ChangeRow, Changed, Column};
use crate::cli::{Done, parse_name};
use crate::error::{Error, ErrorKind, Result};
use crate::names::listing::WhitelistEntry;
use crate::names::matching::whitelisted;
use crate::names::name::Name;
use crate::platform;
use crate::printable::printable;
use crate::store::{Document, DocumentKind, Locked, Scope, Update, editing, records};
use crate::time::Timestamp;

/// Longest reason, in characters.
const LONGEST_REASON: usize = 200;

/// Manage which users may connect by plain RDP without a code
#[derive(Subcommand, Debug)]
#[command(after_help = "Example: rw2fa whitelist add alice --until 8h")]
pub(super) enum WhitelistCommand {
    Add(AddArgs),
    Remove(RemoveArgs),
    List(ListArgs),
}

/// Let users connect by plain RDP without a code
///
/// An entry lets in the logins of its own account and domain only: 'alice' lets in alice and .\alice,
/// but not CORP\alice. For an existing entry, only the given options are changed.
#[derive(Args, Debug)]
#[command(
    after_help = "Example: rw2fa whitelist add 'CORP\\alice' --reason 'new phone' --until 8h"
)]
pub(super) struct AddArgs {
    /// The users: NAME, DOMAIN\NAME or NAME@DNS-SUFFIX
    #[arg(value_name = "NAME", required = true)]
    names: Vec<String>,
    /// Why, in at most 200 characters; an empty text deletes it
    #[arg(long, value_name = "TEXT", value_parser = parse_reason)]
    reason: Option<String>,
    /// When the entry expires: a date (at the end of that day in UTC), a time, a duration, or never:
    /// 2026-12-31, 2026-12-31T18:00 (UTC), 2026-12-31T18:00+01:00, 30m, 8h, 3d, 2w
    #[arg(long, value_name = "DATE|DURATION")]
    until: Option<String>,
    /// Show what would be done, without changing anything
    #[arg(long)]
    dry_run: bool,
}

/// Remove users from the whitelist
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa whitelist remove alice")]
pub(super) struct RemoveArgs {
    /// The entries
    #[arg(value_name = "NAME", required = true)]
    names: Vec<String>,
    /// Do not fail for a name that is not on the whitelist
    #[arg(long)]
    ignore_missing: bool,
    /// Show what would be done, without changing anything
    #[arg(long)]
    dry_run: bool,
}

/// List the whitelist; expired entries have no effect
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa whitelist list --format csv")]
pub(super) struct ListArgs {}

pub(super) fn run(context: &mut Context<'_>, command: WhitelistCommand) -> Result<Done> {
    match command {
        WhitelistCommand::Add(args) => add(context, &args),
        WhitelistCommand::Remove(args) => remove(context, &args),
        WhitelistCommand::List(_) => list(context),
    }
}

fn parse_reason(text: &str) -> std::result::Result<String, String> {
    let text = text.trim();
    if printable(text) != text || text.contains(['\n', '\t']) {
        return Err("a reason is one line without control or invisible characters".into());
    }
    if text.chars().count() > LONGEST_REASON {
        return Err(format!("a reason has at most {LONGEST_REASON} characters"));
    }
    Ok(text.to_owned())
}

/// The value of `--until`.
#[derive(Clone, Copy)]
enum Until {
    /// The entry does not expire.
    Never,
    /// The entry expires at this time.
    Time(Timestamp),
}

impl Until {
    fn time(self) -> Option<Timestamp> {
        match self {
            Until::Never => None,
            Until::Time(time) => Some(time),
        }
    }
}

/// Parses `--until`: a time, a date, a duration from `now`, or `never`.
fn parse_until(text: &str, now: Timestamp, names: &[String]) -> Result<Until> {
    let text = text.trim();
    if text == "never" {
        return Ok(Until::Never);
    }
    let until = Moment::parse("--until", text, now, Counts::Forward)
        .map_err(|error| error.with_hint(format!("use never, or one of: {FORMS}")))?
        .end();
    if until <= now {
        let names: Vec<_> = names.iter().map(platform::quoted).collect();
        return Err(Error::new(ErrorKind::Refused, format!("--until: {until} is in the past"))
            .with_hint(format!(
                "to end an entry now: rw2fa whitelist remove {}",
                names.join(" ")
            )));
    }
    Ok(Until::Time(until))
}

fn add(context: &mut Context<'_>, args: &AddArgs) -> Result<Done> {
    context.no_csv("whitelist add")?;
    let now = context.now();
    let until =
        args.until.as_deref().map(|text| parse_until(text, now, &args.names)).transpose()?;
    let opened = context.open()?;
    misplaced::refuse(context, &*opened.store, Adding::Whitelist, &args.names)?;
    let keys = opened.keys()?;
    let mut rows = Vec::with_capacity(args.names.len());
    for text in &args.names {
        rows.push(change_one(text, |name| {
            opened.store.update(Scope::Account(&name.key()), |locked| {
                let before = records::whitelist_entry(locked, name)?;
                let after = updated_entry(name, before.as_ref(), args, until, now)?;
                let changed = match &before {
                    None => {
                        refuse_slash(context.process, name, text, false)?;
                        Changed::Added
                    }
                    Some(before) if *before == after => {
                        return Ok((Changed::Unchanged, after.until));
                    }
                    Some(_) => Changed::Changed,
                };
                let values = audit_values(before.as_ref(), Some(&after));
                let object = name.canonical();
                let change = Change { action: "whitelist add", object: Some(&object), values };
                context.change(locked, Some(&keys), args.dry_run, change, |locked| {
                    write(locked, name, before.as_ref(), &after)
                })?;
                Ok((changed, after.until))
            })
        }));
    }
    let done = output::changes(context, args.dry_run, &rows)?;
    let is_known = |written: &String| {
        parse_name(written).is_ok_and(|name| {
            context.process.knows(&name.system_spellings(written), false) == Some(true)
        })
    };
    let added = rows.iter().zip(&args.names).filter(|(row, _)| row.result == Changed::Added);
    let unknown = added.filter(|(_, written)| !is_known(written));
    let unknown: Vec<_> = unknown.map(|(row, _)| row.name.clone()).collect();
    warn_of_lost_backslashes(context, &opened, &unknown);
    Ok(done)
}

/// Builds the new entry from the arguments and the old entry.
fn updated_entry(
    name: &Name,
    before: Option<&WhitelistEntry>,
    args: &AddArgs,
    until: Option<Until>,
    now: Timestamp,
) -> Result<WhitelistEntry> {
    let old = before.cloned().unwrap_or(WhitelistEntry { reason: None, until: None, added: now });
    // SECURITY: an expired entry is renewed only with an explicit new end.
    if let (None, Some(end)) = (until, old.until.filter(|_| !old.is_valid(now))) {
        return Err(Error::new(ErrorKind::Conflict, format!("the entry expired at {end}"))
            .with_hint(format!(
                "renew it: rw2fa whitelist add {} --until 8h",
                platform::quoted(name.canonical())
            )));
    }
    let reason =
        args.reason.clone().map_or(old.reason, |text| Some(text).filter(|t| !t.is_empty()));
    Ok(WhitelistEntry { reason, until: until.map_or(old.until, Until::time), added: old.added })
}

/// Writes a new entry, or edits the existing document.
fn write(
    locked: &mut dyn Locked,
    name: &Name,
    before: Option<&WhitelistEntry>,
    after: &WhitelistEntry,
) -> Result<()> {
    if before.is_none() {
        return records::write_whitelist_entry(locked, name, after);
    }
    let document = Document::Of(DocumentKind::Whitelist, name.clone());
    let until = after.until.map(|until| toml::value::Datetime::from(until).into());
    let reason = after.reason.as_deref().map(Into::into);
    let text = editing::edit(locked, &document, &[(&["reason"], reason), (&["until"], until)])?;
    locked.write(&document, &text)
}

fn remove(context: &mut Context<'_>, args: &RemoveArgs) -> Result<Done> {
    context.no_csv("whitelist remove")?;
    let opened = context.open()?;
    let keys = opened.keys()?;
    let store = &*opened.store;
    let mut rows = Vec::with_capacity(args.names.len());
    for text in &args.names {
        let row = change_one(text, |name| {
            let document = Document::Of(DocumentKind::Whitelist, name.clone());
            store.update(Scope::Account(&name.key()), |locked| {
                // A damaged entry can be removed too, so it is not read here.
                if locked.read(&document)?.is_none() {
                    return if args.ignore_missing {
                        Ok((Changed::Unchanged, None))
                    } else {
                        Err(not_listed(locked, DocumentKind::Whitelist, name))
                    };
                }
                let before = records::whitelist_entry(locked, name).ok().flatten();
                let name = name.canonical();
                let values = audit_values(before.as_ref(), None);
                let change = Change { action: "whitelist remove", object: Some(&name), values };
                context.change(locked, Some(&keys), args.dry_run, change, |locked| {
                    locked.remove(&document).map(drop)
                })?;
                Ok((Changed::Removed, None))
            })
        });
        if row.result == Changed::Removed {
            warn_of_others(context, &opened, &row.name)?;
        }
        rows.push(row);
    }
    output::changes(context, args.dry_run, &rows)
}

/// Warns of an entry in another spelling that still lets the removed login in.
fn warn_of_others(context: &mut Context<'_>, opened: &Opened, removed: &str) -> Result<()> {
    let name = parse_name(removed)?;
    for other in opened.store.names_like(DocumentKind::Whitelist, &name.key())? {
        if other != name && whitelisted(&name, &other, &opened.settings.domains) {
            context.warn(&format!("the whitelist entry '{other}' still lets '{name}' in"));
        }
    }
    Ok(())
}

/// Applies a change to one name.
fn change_one(
    text: &str,
    change: impl FnOnce(&Name) -> Result<(Changed, Option<Timestamp>)>,
) -> ChangeRow {
    match parse_name(text) {
        Ok(name) => {
            let (result, until) = match change(&name) {
                Ok((result, until)) => (Ok(result), until),
                Err(error) => (Err(error), None),
            };
            let row = ChangeRow::new("whitelist", name.canonical(), result);
            ChangeRow { until: until.map(|until| until.to_string()), ..row }
        }
        Err(error) => ChangeRow::new("whitelist", text, Err(error)),
    }
}

/// Builds the old and new values for the audit trail.
fn audit_values(
    before: Option<&WhitelistEntry>,
    after: Option<&WhitelistEntry>,
) -> Map<String, Value> {
    let reason = |entry: Option<&WhitelistEntry>| json!(entry.and_then(|e| e.reason.as_ref()));
    let until = |entry: Option<&WhitelistEntry>| {
        // `never` marks an entry that does not expire: null means that there is no entry.
        json!(entry.map(|e| e.until.map_or("never".to_owned(), |until| until.to_string())))
    };
    let mut values = Map::new();
    for (key, old, new) in
        [("reason", reason(before), reason(after)), ("until", until(before), until(after))]
    {
        if old != new {
            values.insert(key.to_owned(), json!([old, new]));
        }
    }
    values
}

#[derive(Serialize)]
struct Row {
    name: String,
    reason: Option<String>,
    until: Option<String>,
    state: &'static str,
    added: Option<String>,
}

const COLUMNS: &[Column<Row>] = &[
    Column { name: "name", cell: |row| row.name.clone(), is_useful: |_| true },
    Column {
        name: "reason",
        cell: |row| row.reason.clone().unwrap_or_default(),
        is_useful: |row| row.reason.is_some(),
    },
    Column {
        name: "until",
        cell: |row| row.until.clone().unwrap_or_default(),
        is_useful: |row| row.until.is_some(),
    },
    Column { name: "state", cell: |row| row.state.into(), is_useful: |_| true },
    Column {
        name: "added",
        cell: |row| row.added.clone().unwrap_or_default(),
        is_useful: |_| true,
    },
];

fn list(context: &mut Context<'_>) -> Result<Done> {
    let opened = context.open()?;
    let now = context.now();
    let found = opened.store.list(DocumentKind::Whitelist)?;
    let mut problems = found.problems;
    let mut rows = Vec::with_capacity(found.names.len());
    for name in found.names {
        match records::whitelist_entry(&*opened.store, &name) {
            Ok(Some(entry)) => rows.push(Row {
                name: name.canonical(),
                state: if entry.is_valid(now) { "valid" } else { "expired" },
                reason: entry.reason,
                until: entry.until.map(|until| until.to_string()),
                added: Some(entry.added.to_string()),
            }),
            Ok(None) => {}
            Err(error) => {
                problems.push(error);
                let name = name.canonical();
                rows.push(Row { name, reason: None, until: None, state: "broken", added: None });
            }
        }
    }
    for problem in &problems {
        context.complain(problem);
    }
    let nothing = "the whitelist is empty: no user who needs a code can connect by RDP";
    output::list_or(context, "entries", &rows, COLUMNS, nothing)?;
    Ok(if problems.is_empty() { Done::All } else { Done::Partly })
}
