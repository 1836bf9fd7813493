//! `rw2fa audit archive`: moves whole months out of the trail; the rest can still be verified.
//!
//! First writes a line for each month that records its last line, then moves the months, oldest
//! first. If a kill interrupts this, the remaining trail still starts right after a month that such
//! a line names.

use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};

use crate::audit::{self, Chain, Event, Link, UNKEYED};
use crate::cli::Done;
use crate::cli::context::{self, Context, Opened};
use crate::cli::output::{self, ChangeRow, Changed};
use crate::error::{Error, ErrorKind, Result};
use crate::platform::{self, Owner};
use crate::printable::printable;
use crate::store::seal::KeyRing;
use crate::store::{Scope, Update};
use crate::time::Timestamp;

/// Move old months of the audit trail to another directory
///
/// Moves every month before MONTH, and adds a line to the trail that records how each of them ends,
/// so that 'rw2fa audit verify' accepts the rest. With --archive DIR, it checks both as one chain.
/// Nothing is moved unless the whole trail is intact. Logins continue meanwhile. If it is
/// interrupted, run it again.
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa audit archive --before 2026-09 /var/backups/rw2fa-audit")]
pub(super) struct AuditArchiveArgs {
    /// The first month to keep, such as 2026-09; at the latest the current month
    #[arg(long, value_name = "MONTH")]
    before: String,
    /// The directory to move them to; created if missing, private to the store's owner
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    directory: PathBuf,
    /// Also move lines written without a key
    #[arg(long)]
    allow_unkeyed: bool,
    /// Show what would be done, without changing anything
    #[arg(long)]
    dry_run: bool,
}

/// The last lines of the months to move, as found in the trail.
struct Ends {
    /// The last line of each month; `None` if it is the last line of the trail.
    months: Vec<(String, Option<Link>)>,
    /// The last line of the trail.
    last: Link,
    /// The months already recorded as moved, and their last lines.
    recorded: Vec<(String, Link)>,
}

pub(super) fn run(context: &mut Context<'_>, args: &AuditArchiveArgs) -> Result<Done> {
    context.no_csv("audit archive")?;
    let before = first_to_stay(&args.before, context.now())?;
    let directory = args.directory.as_path();
    if !args.dry_run {
        make_directory(context, directory)?;
    }
    let opened = context.open()?;
    let keys = opened.keys()?;
    opened.store.refuse_inside(directory)?;
    let find = || find_ends(&opened, &keys, before, args.allow_unkeyed);
    let mut ends = find()?;
    if ends.months.is_empty() {
        context.note(&format!("the trail has no month before {before}"));
    }
    let moved = |month: &String, result| ChangeRow::new("month", month.as_str(), result);
    if args.dry_run {
        let months = ends.months.iter();
        let rows: Vec<_> = months.map(|(month, _)| moved(month, Ok(Changed::Moved))).collect();
        return output::changes(context, true, &rows);
    }
    let archive = opened.store.archive(directory)?;
    for (month, _) in &ends.months {
        archive.check(month)?;
    }
    if let Err(error) = record(context, &opened, &keys, &ends) {
        if error.kind() != ErrorKind::Busy {
            return Err(error);
        }
        // A login was recorded in the meantime. Its line ends the months before it, so this happens
        // only once.
        ends = find()?;
        record(context, &opened, &keys, &ends)?;
    }
    let mut rows = Vec::new();
    for (month, _) in &ends.months {
        let result = archive.take(month).map(|()| Changed::Moved);
        let has_failed = result.is_err();
        rows.push(moved(month, result));
        // A later month must not be moved before this one.
        if has_failed {
            break;
        }
    }
    output::changes(context, false, &rows)
}

/// Parses the month of `--before`. It must not be later than the current month.
fn first_to_stay(text: &str, now: Timestamp) -> Result<&str> {
    let date = format!("{text}-01");
    let is_month = text.len() == "2026-09".len() && Timestamp::parse(&date).is_some();
    if !is_month {
        return Err(Error::new(ErrorKind::Usage, format!("'{}' is not a month", printable(text)))
            .with_hint("write it like 2026-09"));
    }
    let present = now.month();
    if text > present.as_str() {
        return Err(Error::new(ErrorKind::Refused, format!("{present} is still being written"))
            .with_hint(format!("use --before {present} or an earlier month")));
    }
    Ok(text)
}

/// Creates a missing directory before the program becomes the store's owner, who may not be allowed
/// to write there.
fn make_directory(context: &Context<'_>, directory: &Path) -> Result<()> {
    let failed = |error| {
        let what = format!("cannot create {}", directory.display());
        Error::io(ErrorKind::Refused, what, error).with_hint("create the directory above it first")
    };
    match std::fs::symlink_metadata(directory) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        _ => return Ok(()),
    }
    let store = context::store_path(context.process, context.globals.store.as_ref())?;
    let Ok(metadata) = std::fs::symlink_metadata(&store) else { return Ok(()) };
    let (owner, current) = (Owner::of_store(&store, &metadata)?, Owner::current());
    let is_given = !owner.accepts(current) && current.is_administrator();
    let parent = directory.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = std::fs::canonicalize(parent.unwrap_or(Path::new("."))).map_err(failed)?;
    // SECURITY: someone who can replace a directory on the path could redirect the archive.
    if let Some(problem) = is_given.then(|| platform::trust_problem(&parent)).flatten() {
        return Err(Error::new(ErrorKind::Refused, problem).with_hint(format!(
            "create {} yourself, owned by {}",
            directory.display(),
            owner.name()
        )));
    }
    platform::make_private_directory(directory).map_err(failed)?;
    if is_given {
        owner.give(directory)?;
    }
    platform::sync_directory(&parent).map_err(failed)
}

/// Verifies the whole trail and finds the last line of each month before `before`.
fn find_ends(opened: &Opened, keys: &KeyRing, before: &str, allow_unkeyed: bool) -> Result<Ends> {
    let broken = |file: &str, line: usize, what: &str| {
        Error::new(ErrorKind::Refused, format!("the trail is broken: {file}, line {line} {what}"))
            .with_hint("nothing was moved; see 'rw2fa audit verify'")
    };
    let keys = keys.audit_keys();
    let mut chain = Chain::new(&keys);
    let mut months: Vec<(String, Option<Link>)> = Vec::new();
    let (mut recorded, mut last) = (Vec::new(), Link::first());
    for month in opened.store.audit_months()? {
        opened.store.audit_month(&month, &mut |place, bytes| {
            let fed = chain.feed(place, bytes);
            let Some(line) = fed.map_err(|found| broken(&found.file, found.line, found.what))?
            else {
                return Ok(());
            };
            // The first line after a month says which line the month ended with.
            for (_, end) in months.iter_mut().filter(|(_, end)| end.is_none()) {
                *end = line.follows();
            }
            // A line without its newline was cut off: the next line does not chain to it.
            if place.is_ended {
                last = line.link();
            }
            if let Some(Event::Archive(found)) = line.event() {
                let mac = found.last_mac.map(str::to_owned);
                recorded.push((found.month.to_owned(), Link { seq: found.last_seq, mac }));
            }
            Ok(())
        })?;
        if month.as_str() < before {
            months.push((month, None));
        }
    }
    chain.finish().map_err(|found| broken(&found.file, found.line, found.what))?;
    if let Some(gap) = chain.gaps().iter().find(|gap| gap.what == UNKEYED && !allow_unkeyed) {
        let what = format!("{}, line {} {}", gap.file, gap.line, gap.what);
        return Err(Error::new(ErrorKind::Refused, what).with_hint(
            "if the key was lost at that time, add --allow-unkeyed; nothing was moved",
        ));
    }
    Ok(Ends { months, last, recorded })
}

/// Appends, in one write, a line for each month that does not have one yet.
fn record(context: &Context<'_>, opened: &Opened, keys: &KeyRing, ends: &Ends) -> Result<()> {
    let all = ends.months.iter().map(|(month, end)| (month, end.as_ref().unwrap_or(&ends.last)));
    let is_new = |(month, end): &(&String, &Link)| {
        let is_recorded = ends.recorded.iter().any(|(name, link)| (name, link) == (*month, *end));
        // A month before the first line has no last line to record.
        end.seq > 0 && !is_recorded
    };
    let events: Vec<_> = all
        .filter(is_new)
        .map(|(month, end)| {
            Event::Archive(audit::Archive {
                by: context.caller(),
                month,
                last_seq: end.seq,
                last_mac: end.mac.as_deref(),
            })
        })
        .collect();
    if events.is_empty() {
        return Ok(());
    }
    // If nothing follows the months, no other line may be appended before these.
    let is_open = ends.months.iter().any(|(_, end)| end.is_none());
    let expected = is_open.then_some(&ends.last);
    let key = keys.audit_key();
    opened.store.update(Scope::Settings, |locked| {
        audit::append_archive(locked, &key, context.now(), &events, expected)
    })
}
