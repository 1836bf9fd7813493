//! `rw2fa whitelist`: who may connect by plain RDP without a code.

mod list;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};
use serde_json::{Map, Value, json};

use crate::cli::accounts::System;
use crate::cli::change::Change;
use crate::cli::context::{Context, Opened};
use crate::cli::csv_file::{Line, List, named};
use crate::cli::lost_backslash::warn_of_lost_backslashes;
use crate::cli::moment::{Counts, FORMS, Moment};
use crate::cli::new_names::{Adding, NewNames};
use crate::cli::output::{self, ChangeRow, Changed};
use crate::cli::target::{ListOfTargets, Takes, Target, Targets};
use crate::cli::unlisted::not_listed;
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
    #[arg(value_name = "NAME", required_unless_present = "from")]
    names: Vec<String>,
    /// The users of a CSV list, with 'reason' and 'until' of their own; '-' is standard input
    #[arg(
        long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "names"
    )]
    from: Option<PathBuf>,
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
    #[arg(value_name = "NAME", required_unless_present = "from")]
    names: Vec<String>,
    /// The entries of a CSV list; '-' is standard input
    #[arg(
        long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "names"
    )]
    from: Option<PathBuf>,
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
        WhitelistCommand::List(_) => list::list(context),
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

/// Parses an end: a time, a date, a duration from `now`, or `never`.
fn parse_until(what: &str, text: &str, now: Timestamp, names: &[String]) -> Result<Until> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("never") {
        return Ok(Until::Never);
    }
    let until = Moment::parse(what, text, now, Counts::Forward)
        .map_err(|error| error.with_hint(format!("use never, or one of: {FORMS}")))?
        .end();
    if until <= now {
        let mut names: Vec<_> = names.iter().map(platform::quoted).collect();
        if names.is_empty() {
            names.push("--from FILE".into());
        }
        return Err(Error::new(ErrorKind::Refused, format!("{what}: {until} is in the past"))
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
    let until = args
        .until
        .as_deref()
        .map(|text| parse_until("--until", text, now, &args.names))
        .transpose()?;
    let given = Wanted { name: String::new(), reason: args.reason.clone(), until };
    let list = args.from.as_deref();
    let list = list.map(|path| ListOfTargets::read(context, path, Takes::Users)).transpose()?;
    let opened = context.open()?;
    let (wanted, skipped) = match list {
        None => {
            let names = args.names.iter();
            (names.map(|name| Wanted { name: name.clone(), ..given.clone() }).collect(), None)
        }
        Some(list) => from_list(context, &opened, list, &given)?,
    };
    NewNames::new(context, &opened).check(Adding::Whitelist, &args.names)?;
    let keys = opened.keys()?;
    let mut rows = Vec::with_capacity(wanted.len());
    for wanted in &wanted {
        rows.push(change_one(&wanted.name, |name| {
            opened.store.update(Scope::Account(&name.key()), |locked| {
                let before = records::whitelist_entry(locked, name)?;
                let after = updated_entry(name, before.as_ref(), wanted, now)?;
                let changed = match &before {
                    None => Changed::Added,
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
    let done = output::changes_of_list(context, args.dry_run, &rows, skipped)?;
    let mut system = System::new(&opened.settings, false)?;
    let mut unconfirmed = Vec::new();
    for (row, Wanted { name: written, .. }) in rows.iter().zip(&wanted) {
        if row.result == Changed::Added {
            let name = parse_name(written)?;
            let target = Target { kind: DocumentKind::User, name: &name, written };
            let is_known = system.knows(context, &target)?;
            unconfirmed.extend((is_known != Some(true)).then(|| row.name.clone()));
        }
    }
    warn_of_lost_backslashes(context, &opened, &unconfirmed);
    Ok(done)
}

/// One entry to add, and what it changes about an existing one.
#[derive(Clone)]
struct Wanted {
    name: String,
    reason: Option<String>,
    until: Option<Until>,
}

/// Reads the list of `whitelist add --from`. A line without a reason or an end gets the `given` one.
/// Returns how many lines were skipped, too.
fn from_list(
    context: &mut Context<'_>,
    opened: &Opened,
    mut found: ListOfTargets,
    given: &Wanted,
) -> Result<(Vec<Wanted>, Option<usize>)> {
    let state = |list: &List, line: &Line| {
        list.cell(line, "state").unwrap_or_default().to_ascii_lowercase()
    };
    // These let no one in, and adding them again would.
    let expired = found.list.keep(|list, line| state(list, line) != "expired");
    let (mut wanted, mut problems) = (Vec::new(), Vec::new());
    let new_names = NewNames::new(context, opened);
    for line in &found.list.lines {
        if let Err(problem) = new_names.check_line(Adding::Whitelist, &line.written) {
            problems.push((line.number, problem));
        }
        let cell = |column| found.list.cell(line, column).filter(|text| !text.is_empty());
        let refused = |what: String| Error::new(ErrorKind::Refused, what);
        let checked = || {
            if state(&found.list, line) == "broken" {
                return Err(refused("the list was made from a damaged document".into())
                    .with_hint("remove the line"));
            }
            let reason = cell("reason").map(|text| parse_reason(&text)).transpose();
            let until = cell("until")
                .map(|text| {
                    parse_until("until", &text, context.now(), std::slice::from_ref(&line.written))
                })
                .transpose()?;
            Ok(Wanted {
                name: line.written.clone(),
                reason: reason.map_err(refused)?.or_else(|| given.reason.clone()),
                until: until.or(given.until),
            })
        };
        match checked() {
            Ok(entry) => wanted.push(entry),
            Err(problem) => problems.push((line.number, named(&line.name, &problem))),
        }
    }
    found.list.problems.append(&mut problems);
    let targets = found.finish(context)?.0;
    if expired > 0 {
        let entries = if expired == 1 { "entry" } else { "entries" };
        context.note(&format!("skipped {expired} expired {entries}"));
    }
    Ok((wanted, targets.skipped.map(|skipped| skipped + expired)))
}

/// Builds the new entry from what is wanted and the old entry.
fn updated_entry(
    name: &Name,
    before: Option<&WhitelistEntry>,
    wanted: &Wanted,
    now: Timestamp,
) -> Result<WhitelistEntry> {
    let old = before.cloned().unwrap_or(WhitelistEntry { reason: None, until: None, added: now });
    // SECURITY: an expired entry is renewed only with an explicit new end.
    if let (None, Some(end)) = (wanted.until, old.until.filter(|_| !old.is_valid(now))) {
        return Err(Error::new(ErrorKind::Conflict, format!("the entry expired at {end}"))
            .with_hint(format!(
                "renew it: rw2fa whitelist add {} --until 8h",
                platform::quoted(name.canonical())
            )));
    }
    let reason =
        wanted.reason.clone().map_or(old.reason, |text| Some(text).filter(|t| !t.is_empty()));
    Ok(WhitelistEntry {
        reason,
        until: wanted.until.map_or(old.until, Until::time),
        added: old.added,
    })
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
    let list = args.from.as_deref();
    let list = list.map(|path| ListOfTargets::read(context, path, Takes::Users)).transpose()?;
    let opened = context.open()?;
    let keys = opened.keys()?;
    let store = &*opened.store;
    let targets = match list {
        None => Targets::given(&args.names, &[]),
        Some(mut list) => {
            if !args.ignore_missing {
                list.find_unknown(store, &[DocumentKind::Whitelist], &[])?;
            }
            list.finish(context)?.0
        }
    };
    let mut rows = Vec::with_capacity(targets.users.len());
    for text in &targets.users {
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
    output::changes_of_list(context, args.dry_run, &rows, targets.skipped)
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
