//! Writes the entries of `rw2fa users add --from`: many at a time, the trail first.

use std::collections::BTreeMap;

use super::csv_file::{Entry, listing, named};
use super::entry::{ACTION, Missing, audit_values, missing, write_missing};
use crate::cli::change::Change;
use crate::cli::context::{Context, Opened};
use crate::cli::progress::Progress;
use crate::error::{Error, Result};
use crate::factor::state::State;
use crate::names::listing::Listing;
use crate::settings::Settings;
use crate::store::seal::KeyRing;
use crate::store::{Bulk, Document, DocumentKind, Draft, Locked, Reader, Scope, records};

/// How many users are written at once: enough to be fast, few enough that no login waits long for
/// the lock.
const AT_ONCE: usize = 512;

/// The number of new entries from which they are written in batches.
const MANY: usize = 16;

/// One entry to write.
struct Job<'e> {
    entry: &'e Entry,
    /// Its prepared documents, in publishing order. Empty if they depend on the contents of the
    /// store.
    drafts: Vec<(Document, Draft)>,
}

/// Entries that could not be written, by line of the file.
pub(super) type Failures = BTreeMap<u64, Error>;

/// Entries that may not survive a power failure.
pub(super) struct Unsure {
    /// How many; each is also in the failures.
    pub(super) entries: usize,
    pub(super) problem: Error,
}

/// Writes the new entries, a few hundred of one lock at a time. A failed entry does not block
/// others, and every entry is durable afterwards, except for those reported.
///
/// # Errors
/// When nothing was written.
pub(super) fn write(
    context: &Context<'_>,
    opened: &Opened,
    keys: &KeyRing,
    entries: &[Entry],
    missing: &[Missing],
    failures: &mut Failures,
) -> Result<Option<Unsure>> {
    let wanted = entries.iter().zip(missing).filter(|(_, what)| **what != Missing::Nothing);
    let wanted: Vec<_> = wanted.collect();
    let is_bulk = wanted.len() >= MANY;
    let mut bulk = opened.store.bulk();
    let mut places: BTreeMap<u32, Vec<Job<'_>>> = BTreeMap::new();
    let progress = Progress::new(context, "adding", 2 * wanted.len());
    for (entry, missing) in &wanted {
        let is_new = entry.kind == DocumentKind::User && **missing == Missing::StateAndListing;
        let drafts = if is_bulk && is_new {
            drafts(context, &mut *bulk, entry).map_err(|problem| nothing_written(&problem))?
        } else {
            Vec::new()
        };
        let place = opened.store.lock_shard(&entry.name.key());
        places.entry(place).or_default().push(Job { entry, drafts });
        progress.advance(1);
    }
    bulk.prepared().map_err(|problem| nothing_written(&problem))?;
    let mut published = Vec::new();
    for mut jobs in places.into_values() {
        while !jobs.is_empty() {
            let batch: Vec<_> = jobs.drain(..jobs.len().min(AT_ONCE)).collect();
            progress.advance(batch.len());
            write_batch(
                context,
                &opened.settings,
                keys,
                &mut *bulk,
                batch,
                failures,
                &mut published,
            );
        }
    }
    let Err(problem) = bulk.finish() else { return Ok(None) };
    for entry in &published {
        let what = "is on the list, but a power failure could undo it";
        failures.insert(entry.line, named(entry, &Error::new(problem.kind(), what)));
    }
    Ok(Some(Unsure { entries: published.len(), problem }))
}

/// Adds to the error that nothing was written, keeping its hint.
fn nothing_written(problem: &Error) -> Error {
    let error = Error::new(problem.kind(), format!("{problem}; no one was added"));
    match problem.hint() {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}

/// Prepares the documents of a new user, in the same order as [`write_missing`].
fn drafts(
    context: &Context<'_>,
    bulk: &mut dyn Bulk,
    entry: &Entry,
) -> Result<Vec<(Document, Draft)>> {
    let listing = listing(entry, context.now());
    let state = State::new(listing.added);
    let listed = State { listed: true, ..state.clone() };
    let document = |kind| Document::Of(kind, entry.name.clone());
    Ok(vec![
        (document(DocumentKind::State), bulk.prepare(&records::state_text(&state)?)?),
        (document(DocumentKind::User), bulk.prepare(&records::listing_text(&listing)?)?),
        (document(DocumentKind::State), bulk.prepare(&records::state_text(&listed)?)?),
    ])
}

/// Writes entries that share a lock. Failed ones go to `failures`; published ones that are not
/// durable yet go to `published`.
fn write_batch<'e>(
    context: &Context<'_>,
    settings: &Settings,
    keys: &KeyRing,
    bulk: &mut dyn Bulk,
    mut batch: Vec<Job<'e>>,
    failures: &mut Failures,
    published: &mut Vec<&'e Entry>,
) {
    let Some(first) = batch.first() else { return };
    let key = first.entry.name.key();
    let mut listed = Vec::new();
    let result = bulk.lock(Scope::Account(&key)).and_then(|mut locked| {
        let locked = &mut *locked;
        let mut wanted = Vec::with_capacity(batch.len());
        for job in &mut batch {
            let listing = listing(job.entry, context.now());
            // Another command may have written since the check.
            match missing(locked, settings, job.entry.kind, &job.entry.name, &listing) {
                Ok(Missing::Nothing) => listed.push(job.entry.line),
                Ok(missing) => wanted.push((job, listing, missing)),
                Err(problem) => {
                    failures.insert(job.entry.line, named(job.entry, &problem));
                }
            }
        }
        // SECURITY: the audit lines are durable first: no user is listed without a line in the
        // trail.
        record(context, locked, keys, &wanted)?;
        for (job, listing, missing) in wanted {
            match write_job(locked, job, &listing, missing) {
                Ok(Written::Durably) => {}
                Ok(Written::Published) => published.push(job.entry),
                Err(problem) => {
                    let problem = with_listing_status(locked, job.entry, problem);
                    failures.insert(job.entry.line, named(job.entry, &problem));
                }
            }
        }
        Ok(())
    });
    if let Err(problem) = result {
        for Job { entry, .. } in batch.iter().filter(|job| !listed.contains(&job.entry.line)) {
            failures.entry(entry.line).or_insert_with(|| named(entry, &problem));
        }
    }
}

/// Adds to a problem that the entry is listed anyway, if it is.
fn with_listing_status(reader: &dyn Reader, entry: &Entry, problem: Error) -> Error {
    let document = Document::Of(entry.kind, entry.name.clone());
    if !matches!(reader.read(&document), Ok(Some(_))) {
        return problem;
    }
    Error::new(problem.kind(), format!("{problem}; it is on the list anyway"))
        .with_hint("run the command again to complete it")
}

/// How an entry was written.
enum Written {
    /// It is durable.
    Durably,
    /// It is visible, and becomes durable when the work ends.
    Published,
}

/// Writes one entry, which the trail records already.
fn write_job(
    locked: &mut dyn Locked,
    job: &mut Job<'_>,
    listing: &Listing,
    missing: Missing,
) -> Result<Written> {
    if missing == Missing::StateAndListing && !job.drafts.is_empty() {
        records::remove_stray_attempts(locked, &job.entry.name)?;
        for (document, draft) in job.drafts.drain(..) {
            locked.publish(&document, draft)?;
        }
        return Ok(Written::Published);
    }
    write_missing(locked, job.entry.kind, &job.entry.name, listing, missing)?;
    Ok(Written::Durably)
}

/// Appends a line for each new entry to the audit trail.
fn record(
    context: &Context<'_>,
    locked: &mut dyn Locked,
    keys: &KeyRing,
    wanted: &[(&mut Job<'_>, Listing, Missing)],
) -> Result<()> {
    let names: Vec<_> = wanted.iter().map(|(job, ..)| job.entry.name.canonical()).collect();
    let changes = names.iter().zip(wanted).map(|(name, (_, listing, _))| Change {
        action: ACTION,
        object: Some(name),
        values: audit_values(listing),
    });
    context.audit_all(locked, Some(keys), changes)
}
