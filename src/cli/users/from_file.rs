//! `rw2fa users add --from`: adds the entries of a CSV file. All are checked before the first is
//! written, and many are written at a time.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use super::csv_file::{self, Entry};
use super::entry::{
    ACTION, Missing, System, audit_values, missing, overlap, warn_of_unknown, write_missing,
};
use super::{Target, check_gateway, check_method};
use crate::cli::Done;
use crate::cli::change::Change;
use crate::cli::context::{Context, Opened, count};
use crate::cli::license::Gate;
use crate::cli::output::{self, ChangeRow, Changed};
use crate::cli::progress::Progress;
use crate::cli::target::{self, Limits};
use crate::error::{Error, ErrorKind, Result};
use crate::factor::state::State;
use crate::names::listing::{Listing, Method};
use crate::names::matching::overlapping;
use crate::names::name::{AccountKey, Name};
use crate::printable::printable;
use crate::settings::Settings;
use crate::store::seal::KeyRing;
use crate::store::{Bulk, Document, DocumentKind, Draft, Locked, Reader, Scope, records};

/// A list of 100,000 users has about 3 MB. A name has at most 256 bytes; other columns may be
/// longer.
const LIMITS: Limits = Limits { mebibytes: 64, line_mebibytes: 1, may_begin: |_| true };

/// How many users are written at once: enough to be fast, few enough that no login waits long for
/// the lock.
const AT_ONCE: usize = 512;

/// The number of new entries from which they are written in batches.
const MANY: usize = 16;

/// Options besides the file.
pub(super) struct Options {
    /// The method of lines without one.
    pub(super) method: Method,
    /// Whether a name unknown to the system is an error.
    pub(super) must_exist: bool,
    /// Whether to write nothing.
    pub(super) dry_run: bool,
}

pub(super) fn run(context: &mut Context<'_>, path: &Path, options: &Options) -> Result<Done> {
    // Read before the program becomes the owner of the store, who may not be allowed to read the
    // file.
    let text = target::read_source(context, path, &LIMITS)?;
    let opened = context.open()?;
    let keys = opened.keys()?;
    let (entries, mut problems) = csv_file::parse(&text, options.method);
    let checked = check(context, &opened, &entries, options, &mut problems)?;
    let place =
        if path == Path::new("-") { "standard input".into() } else { path.display().to_string() };
    refuse(context, &place, problems)?;
    let mut failures = Failures::new();
    let mut unsure = None;
    if !options.dry_run {
        unsure = write(context, &opened, &keys, &entries, &checked, &mut failures)?;
    }
    let failed = failures.len() - unsure.as_ref().map_or(0, |unsure: &Unsure| unsure.entries);
    let rows: Vec<_> = entries
        .iter()
        .zip(&checked.missing)
        .map(|(entry, missing)| {
            let word = if entry.kind == DocumentKind::Group { "group" } else { "user" };
            let is_new = *missing != Missing::Nothing;
            let result = if is_new { Changed::Added } else { Changed::Unchanged };
            let result = failures.remove(&entry.line).map_or(Ok(result), Err);
            ChangeRow::new(word, entry.name.canonical(), result)
        })
        .collect();
    let done = output::changes(context, options.dry_run, &rows)?;
    if failed > 0 {
        let what = format!("{failed} of {} were not added", count(rows.len(), "name"));
        context.complain(&Error::new(ErrorKind::Refused, what).with_hint(
            "fix them and run the command again; names already on the list are left alone",
        ));
    }
    warn_of_unknown(context, &checked.unknown);
    match unsure {
        None => Ok(done),
        Some(Unsure { entries, problem }) => {
            let new = count(entries, "new name");
            let what = format!("{problem}; {new} may be gone after a power failure");
            Err(Error::new(problem.kind(), what).with_hint(
                "fix the disk, then run 'sync'; if the power fails before, 'rw2fa store check' and the same command \
                 again show who is missing",
            ))
        }
    }
}

/// The result of checking all entries.
struct Checked {
    /// What each entry still needs.
    missing: Vec<Missing>,
    /// New names that the system does not know.
    unknown: Vec<String>,
}

/// Reports every bad line by its number.
///
/// # Errors
/// When there is any.
fn refuse(context: &mut Context<'_>, place: &str, mut problems: Vec<(u64, Error)>) -> Result<()> {
    if problems.is_empty() {
        return Ok(());
    }
    problems.sort_by_key(|(line, _)| *line);
    let place = printable(place);
    for (line, problem) in &problems {
        let error = Error::new(problem.kind(), format!("{place}, line {line}: {problem}"));
        context.complain(&match problem.hint() {
            Some(hint) => error.with_hint(hint),
            None => error,
        });
    }
    let found = count(problems.len(), "bad line");
    Err(Error::new(ErrorKind::Refused, format!("{place} has {found}; no one was added"))
        .with_hint("fix the file and run the command again"))
}

/// Checks every entry against the others, the store and the system.
///
/// # Errors
/// When the licence does not allow this number of users. Problems with lines go to `problems`.
fn check(
    context: &Context<'_>,
    opened: &Opened,
    entries: &[Entry],
    options: &Options,
    problems: &mut Vec<(u64, Error)>,
) -> Result<Checked> {
    let by_sms = entries.iter().any(|entry| entry.method == Method::Sms);
    check_gateway(opened, by_sms.then_some(Method::Sms))?;
    let (reader, settings) = (&*opened.store, &opened.settings);
    let mut gate = Gate::new(context, opened)?;
    let mut system = System::new(options.must_exist);
    let mut before = Before::default();
    let mut checked = Checked { missing: Vec::with_capacity(entries.len()), unknown: Vec::new() };
    let mut refusal = None;
    let progress = Progress::new(context, "checking", entries.len());
    for entry in entries {
        progress.advance(1);
        let found = check_method(entry.kind, entry.method, entry.phone.as_ref())
            .and_then(|()| before.admit(entry, opened))
            .and_then(|()| {
                missing(reader, settings, entry.kind, &entry.name, &listing(context, entry))
            });
        let mut adds = true;
        match found {
            Ok(missing) => {
                checked.missing.push(missing);
                if missing == Missing::Nothing {
                    continue;
                }
                adds = missing.adds();
            }
            Err(problem) => problems.push((entry.line, named(entry, &problem))),
        }
        let target = Target { kind: entry.kind, name: &entry.name, written: &entry.written };
        match system.knows(context, &target) {
            Ok(true) => {}
            Ok(false) => checked.unknown.push(entry.name.canonical()),
            Err(problem) => problems.push((entry.line, named(entry, &problem))),
        }
        if adds {
            let admitted = gate.admit(&*opened.store, entry.kind, &entry.name);
            refusal = refusal.or(admitted.err());
        }
    }
    match refusal {
        // Problems with the file are reported first.
        Some(refusal) if problems.is_empty() => Err(refusal),
        _ => Ok(checked),
    }
}

/// Adds the entry's name to a problem.
fn named(entry: &Entry, problem: &Error) -> Error {
    let error = Error::new(problem.kind(), format!("'{}': {problem}", entry.name));
    match problem.hint() {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}

/// The earlier entries of the file, to find duplicates.
#[derive(Default)]
struct Before {
    users: HashMap<AccountKey, Vec<(u64, Name)>>,
    groups: HashMap<Name, u64>,
}

impl Before {
    /// Admits an entry that is not in the file yet, in any spelling.
    fn admit(&mut self, entry: &Entry, opened: &Opened) -> Result<()> {
        let twice = |line: u64| {
            Error::new(ErrorKind::Conflict, format!("already in line {line}"))
                .with_hint("remove one of the lines")
        };
        if entry.kind == DocumentKind::Group {
            return match self.groups.insert(entry.name.clone(), entry.line) {
                Some(line) => Err(twice(line)),
                None => Ok(()),
            };
        }
        let same = self.users.entry(entry.name.key()).or_default();
        if let Some((line, _)) = same.iter().find(|(_, name)| *name == entry.name) {
            return Err(twice(*line));
        }
        let names: Vec<_> = same.iter().map(|(_, name)| name.clone()).collect();
        let other = overlapping(&entry.name, &names, &opened.settings.domains);
        let line = same.iter().find(|(_, name)| Some(name) == other).map(|(line, _)| *line);
        same.push((entry.line, entry.name.clone()));
        match (other, line) {
            (Some(other), Some(line)) => Err(overlap(&format!("'{other}' in line {line}"))),
            _ => Ok(()),
        }
    }
}

fn listing(context: &Context<'_>, entry: &Entry) -> Listing {
    Listing { method: entry.method, phone: entry.phone.clone(), notes: None, added: context.now() }
}

/// One entry to write.
struct Job<'e> {
    entry: &'e Entry,
    /// Its prepared documents, in publishing order. Empty if they depend on the contents of the
    /// store.
    drafts: Vec<(Document, Draft)>,
}

/// Entries that could not be written, by line of the file.
type Failures = BTreeMap<u64, Error>;

/// Entries that may not survive a power failure.
struct Unsure {
    /// How many; each is also in the failures.
    entries: usize,
    problem: Error,
}

/// Writes the new entries, a few hundred of one lock at a time. A failed entry does not block
/// others, and every entry is durable afterwards, except for those reported.
///
/// # Errors
/// When nothing was written.
fn write(
    context: &Context<'_>,
    opened: &Opened,
    keys: &KeyRing,
    entries: &[Entry],
    checked: &Checked,
    failures: &mut Failures,
) -> Result<Option<Unsure>> {
    let wanted =
        entries.iter().zip(&checked.missing).filter(|(_, what)| **what != Missing::Nothing);
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
        let what = "is on the list, and may be gone after a power failure";
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
    let listing = listing(context, entry);
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
            let listing = listing(context, job.entry);
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

/// Adds to a problem whether the entry was listed all the same.
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
