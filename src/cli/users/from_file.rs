//! `rw2fa users add --from`: adds the entries of a CSV file. All are checked before the first is
//! written, and many are written at a time.

use std::collections::HashMap;
use std::path::Path;

use super::batch::{Failures, Unsure, write};
use super::csv_file::{self, Entry, listing, named};
use super::entry::{Missing, System, missing, overlap, warn_of_unknown};
use super::{Target, check_gateway, check_method};
use crate::cli::Done;
use crate::cli::context::{Context, Opened, count};
use crate::cli::license::Gate;
use crate::cli::mistyped::{refuse_slash, warn_of_lost_backslashes};
use crate::cli::output::{self, ChangeRow, Changed};
use crate::cli::progress::Progress;
use crate::cli::target::{self, Limits};
use crate::error::{Error, ErrorKind, Result};
use crate::names::listing::Method;
use crate::names::matching::overlapping;
use crate::names::name::{AccountKey, Name};
use crate::printable::printable;
use crate::store::DocumentKind;

/// A list of 100,000 users has about 3 MB. A name has at most 256 bytes; other columns may be
/// longer.
const LIMITS: Limits = Limits { mebibytes: 64, line_mebibytes: 1, may_begin: |_| true };

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
        unsure = write(context, &opened, &keys, &entries, &checked.missing, &mut failures)?;
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
    warn_of_lost_backslashes(context, &opened, &checked.unknown);
    match unsure {
        None => Ok(done),
        Some(Unsure { entries, problem }) => {
            let new = count(entries, "new name");
            let what = format!("{problem}; a power failure could undo {new}");
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
    let mut system = System::new(settings, options.must_exist)?;
    let mut before = Before::default();
    let mut checked = Checked { missing: Vec::with_capacity(entries.len()), unknown: Vec::new() };
    let mut refusal = None;
    let progress = Progress::new(context, "checking", entries.len());
    for entry in entries {
        progress.advance(1);
        let found = check_method(entry.kind, entry.method, entry.phone.as_ref())
            .and_then(|()| before.admit(entry, opened))
            .and_then(|()| {
                missing(reader, settings, entry.kind, &entry.name, &listing(entry, context.now()))
            })
            .and_then(|missing| {
                if missing.adds() {
                    let is_group = entry.kind == DocumentKind::Group;
                    refuse_slash(context.process, &entry.name, &entry.written, is_group)?;
                }
                Ok(missing)
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
