//! `rw2fa store import`: replaces the contents of the store with a bundle.

use std::path::PathBuf;

use clap::Args;
use sha2::{Digest, Sha256};

use crate::cli::Done;
use crate::cli::change::{Change, values};
use crate::cli::context::{Context, count};
use crate::cli::output::{self, ChangeRow, Changed};
use crate::cli::progress::Progress;
use crate::cli::target::{self, Limits};
use crate::error::{Error, ErrorKind, Result};
use crate::store::bundle::{Bundle, LARGEST_MEBIBYTES};
use crate::store::restore::{self, Effect, Restoration};
use crate::store::{Document, DocumentKind, Locked, Scope, Update, records};
use crate::time::Timestamp;

/// A line holds one document of at most 1 MiB, with escaped quotes.
const LIMITS: Limits =
    Limits { mebibytes: LARGEST_MEBIBYTES, line_mebibytes: 4, may_begin: Bundle::may_begin };

/// How far the clocks of two servers may differ, in seconds.
const TOLERATED: u64 = 600;

/// How many problems of a file are shown individually.
const SHOWN: usize = 20;

/// Replace this store with an exported one
///
/// The whole file is checked before anything is written. Entries that are not in it are removed.
/// The key, its location, the licence and the audit trail of this store are kept. Grants are
/// removed, and every code up to now counts as used, so that nothing can be replayed.
///
/// Set the clock of this server first: a file from the future is refused, and if the clock is
/// ahead, codes are refused until you set it and import the file again.
///
/// No login is decided while it runs. If it is interrupted, run it again.
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa store import /backup/rw2fa-2026-11-24.toml --dry-run")]
pub(in crate::cli) struct StoreImportArgs {
    /// A file from 'rw2fa store export'; '-' is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Check the file and show what would be done, without changing anything
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(context: &mut Context<'_>, args: &StoreImportArgs) -> Result<Done> {
    context.no_csv("store import")?;
    // Read before the program becomes the owner of the store, who may not be allowed to read the
    // file.
    let text = target::read_source(context, &args.file, &LIMITS)
        .map_err(|error| error.with_hint("use an unchanged file from 'rw2fa store export'"))?;
    let opened = context.open_unfinished()?;
    let bundle = report_problems(context, Bundle::parse(&text))?;
    check_clock(&bundle, context.now())?;
    let keys = opened.keys()?;
    let plan = Restoration::new(&keys, &bundle, context.now());
    let effects = report_problems(context, plan)?.effects(&*opened.store)?;
    let mut rows: Vec<_> = effects.iter().map(row).collect();
    rows.push(ChangeRow::new("setting", "settings", Ok(Changed::Changed)));
    if args.dry_run {
        return output::changes(context, true, &rows);
    }
    let removed = rows.iter().filter(|row| row.result == Changed::Removed).count();
    let mut question = format!(
        "This restores the store of {}: {}, {}. It removes {} of this store. Every code up to now ({}) counts as used.",
        bundle.exported,
        count(bundle.users.len(), "user"),
        count(bundle.groups.len(), "group"),
        match removed {
            1 => "1 entry".to_owned(),
            removed => format!("{removed} entries"),
        },
        context.now()
    );
    let turns_off = restore::turns_off(&opened.settings, &bundle);
    if turns_off {
        question.push_str(" Two-factor authentication will be off.");
    }
    context.confirm(&question)?;
    let may_turn_off = turns_off || context.globals.yes;
    let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(text.as_bytes()));
    let progress = Progress::new(context, "importing", effects.len());
    opened.store.update(Scope::Settings, |locked| {
        let settings = records::unfinished_settings(locked)?;
        if restore::turns_off(&settings, &bundle) && !may_turn_off {
            let what = "another command turned two-factor authentication on meanwhile";
            return Err(Error::new(ErrorKind::Refused, what)
                .with_hint("run the import again; it turns it off"));
        }
        import(context, locked, &bundle, &hash, &mut || progress.advance(1))
    })?;
    drop(progress);
    output::changes(context, false, &rows)
}

/// Refuses a file from the future: the clock is behind.
// SECURITY: with a clock that is behind, codes that were used already would not count as used.
fn check_clock(bundle: &Bundle, now: Timestamp) -> Result<()> {
    if now.until(bundle.exported) <= TOLERATED {
        return Ok(());
    }
    let what = format!(
        "the file was exported at {}, and the clock of this server says {now}; nothing was changed",
        bundle.exported
    );
    Err(Error::new(ErrorKind::Refused, what).with_hint("set the clock, then import the file again"))
}

fn import(
    context: &Context<'_>,
    locked: &mut dyn Locked,
    bundle: &Bundle,
    hash: &str,
    advance: &mut dyn FnMut(),
) -> Result<()> {
    // Read under the lock: no rotation begins or ends from here on.
    let keys = records::key_ring(locked)?;
    let first = |problems: Vec<Error>| {
        let changed = || Error::new(ErrorKind::Refused, "the key was replaced by another command");
        problems.into_iter().next().unwrap_or_else(changed)
    };
    let plan = Restoration::new(&keys, bundle, context.now()).map_err(first)?;
    let present = locked.read(&Document::Settings)?;
    let next = plan.settings(locked, present.as_ref().map_or("", |text| text.as_str()), &|| {
        context.process.random()
    })?;
    let importing = restore::importing_settings(locked)?;
    locked.write(&Document::Settings, &importing)?;
    let record = |locked: &mut dyn Locked, old: Option<&str>, new: Option<&str>| {
        let change =
            Change { action: "store import", object: None, values: values("importing", old, new) };
        context.audit(locked, Some(&keys), change)
    };
    record(locked, None, Some(hash))?;
    locked.drain()?;
    plan.write(locked, &|| context.process.random(), advance)?;
    record(locked, Some(hash), None)?;
    locked.write(&Document::Settings, &next)
}

fn row((kind, name, effect): &(DocumentKind, crate::names::name::Name, Effect)) -> ChangeRow {
    let kind = match kind {
        DocumentKind::User | DocumentKind::State => "user",
        DocumentKind::Group => "group",
        DocumentKind::Whitelist => "whitelist",
    };
    let result = match effect {
        Effect::Added => Changed::Added,
        Effect::Replaced => Changed::Changed,
        Effect::Removed => Changed::Removed,
    };
    ChangeRow::new(kind, name.canonical(), Ok(result))
}

/// Reports each problem, and returns one error for all of them.
fn report_problems<T>(context: &mut Context<'_>, made: Result<T, Vec<Error>>) -> Result<T> {
    made.map_err(|problems| {
        for problem in problems.iter().take(SHOWN) {
            context.complain(problem);
        }
        let found = count(problems.len(), "problem");
        Error::new(ErrorKind::Refused, format!("the file has {found}; nothing was changed"))
            .with_hint("fix the file, or export it again")
    })
}
