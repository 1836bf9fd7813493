//! Commands that ask once and then change several users and groups.

use super::{Effect, Entries, Target, for_each, try_one};
use crate::cli::Done;
use crate::cli::context::{Context, Opened};
use crate::cli::output::{self, Changed};
use crate::cli::progress::Progress;
use crate::error::Result;
use crate::store::DocumentKind;

/// A change to one target of a command. In a dry run, it checks everything and changes nothing.
type ChangeOne<'c> =
    dyn FnMut(&mut Context<'_>, &Opened, &Target<'_>, DryRun) -> Result<Effect> + 'c;

/// Whether a command only checks what it would change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DryRun {
    Yes,
    No,
}

/// Changes each entry after asking once. Asks only about entries that would change: the others are
/// reported and left alone.
pub(super) fn ask_and_change<'t>(
    context: &mut Context<'_>,
    opened: &Opened,
    dry_run: bool,
    entries: impl IntoIterator<Item = (DocumentKind, &'t String)>,
    question: &dyn Fn(&Entries) -> String,
    change: &mut ChangeOne<'_>,
) -> Result<Done> {
    if dry_run || context.globals.yes {
        let mode = if dry_run { DryRun::Yes } else { DryRun::No };
        return for_each(context, opened, dry_run, entries, &mut |context, opened, target| {
            change(context, opened, target, mode)
        });
    }
    let mut asked = Entries::default();
    let mut rows = Vec::new();
    for entry in entries {
        let row = try_one(context, opened, entry, &mut |context, opened, target| {
            change(context, opened, target, DryRun::Yes)
        });
        let would_change = !matches!(row.result, Changed::Unchanged | Changed::Failed);
        if would_change {
            asked.push(entry);
        }
        rows.push((would_change.then_some(entry), row));
    }
    if !asked.is_empty() {
        context.confirm(&question(&asked))?;
    }
    let progress = Progress::new(context, "working", rows.len());
    let mut done = Vec::with_capacity(rows.len());
    for (entry, row) in rows {
        progress.advance(1);
        // The answer was about what was found then, so the change checks everything again.
        done.push(match entry {
            None => row,
            Some(entry) => try_one(context, opened, entry, &mut |context, opened, target| {
                change(context, opened, target, DryRun::No)
            }),
        });
    }
    drop(progress);
    output::changes(context, false, &done)
}
