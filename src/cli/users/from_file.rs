//! `rw2fa users add --from`: adds the entries of a list. All are checked before the first is
//! written, and many are written at a time.

use std::collections::HashMap;
use std::path::Path;

use super::batch::{Failures, Unsure, write};
use super::entry::{Missing, missing, overlap, warn_of_unknown};
use super::file_entry::Entry;
use super::{check_gateway, check_method};
use crate::cli::Done;
use crate::cli::accounts::System;
use crate::cli::context::{Context, Opened, count};
use crate::cli::csv_file::{List, named, twice};
use crate::cli::license::Gate;
use crate::cli::lost_backslash::warn_of_lost_backslashes;
use crate::cli::new_names::{Adding, NewNames};
use crate::cli::output::{self, ChangeRow, Changed};
use crate::cli::progress::Progress;
use crate::cli::target::{Takes, Target};
use crate::error::{Error, ErrorKind, Result};
use crate::names::listing::Method;
use crate::names::matching::overlapping;
use crate::names::name::{AccountKey, Name};
use crate::store::DocumentKind;

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
    let mut list = List::read(context, path)?;
    let opened = context.open()?;
    let keys = opened.keys()?;
    let members = list.keep(|_, line| Takes::Listed.takes(line));
    let entries = entries(&mut list, options.method);
    let (checked, refusal) = check(context, &opened, &entries, options, &mut list.problems)?;
    if let Some(refusal) = refusal.as_ref().filter(|_| !list.problems.is_empty()) {
        context.complain(refusal);
    }
    list.refuse_problems(context, "no one was added")?;
    refusal.map_or(Ok(()), Err)?;
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
    let done = output::changes_of_list(context, options.dry_run, &rows, Some(members))?;
    Takes::Listed.note_skipped(context, members);
    if failed > 0 {
        let what = format!("{failed} of {} were not added", count(rows.len(), "name"));
        context.complain(&Error::new(ErrorKind::Refused, what).with_hint(
            "fix them and run the command again; names already on the list are left alone",
        ));
    }
    warn_of_unknown(context, &checked.unknown);
    warn_of_lost_backslashes(context, &opened, &checked.unconfirmed);
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
#[derive(Default)]
struct Checked {
    /// What each entry still needs.
    missing: Vec<Missing>,
    /// New names that the system does not know.
    unknown: Vec<String>,
    /// These, and new names for which it was not asked.
    unconfirmed: Vec<String>,
}

/// Reads the attributes of every line. Lines that have bad ones become problems.
fn entries(list: &mut List, method: Method) -> Vec<Entry> {
    let (mut entries, mut problems) = (Vec::with_capacity(list.lines.len()), Vec::new());
    for line in &list.lines {
        match Entry::of_line(list, line, method) {
            Ok(entry) => entries.push(entry),
            Err(problem) => problems.push((line.number, problem)),
        }
    }
    list.problems.append(&mut problems);
    entries
}

/// Checks every entry against the others, the store and the system. Problems with lines go to
/// `problems`. Returns the refusal of a licence that does not allow this number of users, too.
///
/// # Errors
/// When the licence or the number of users cannot be read.
fn check(
    context: &Context<'_>,
    opened: &Opened,
    entries: &[Entry],
    options: &Options,
    problems: &mut Vec<(u64, Error)>,
) -> Result<(Checked, Option<Error>)> {
    let no_gateway = check_gateway(opened, Some(Method::Sms)).err();
    let (reader, settings) = (&*opened.store, &opened.settings);
    let mut gate = Gate::new(context, opened)?;
    let mut system = System::new(settings, options.must_exist)?;
    let mut before = Before::default();
    let mut checked = Checked::default();
    let new_names = NewNames::new(context, opened);
    let mut refusal = None;
    let progress = Progress::new(context, "checking", entries.len());
    for entry in entries {
        progress.advance(1);
        let found = check_method(entry.kind, entry.method, entry.phone.as_ref())
            .and_then(|()| before.admit(entry, opened))
            .and_then(|()| {
                missing(reader, settings, entry.kind, &entry.name, &entry.listing(context.now()))
            });
        let adding = match entry.kind {
            DocumentKind::Group => Adding::Groups,
            _ => Adding::Users,
        };
        if let Err(problem) = new_names.check_line(adding, &entry.written) {
            problems.push((entry.line, problem));
        }
        if let Some(problem) = no_gateway.as_ref().filter(|_| entry.method == Method::Sms) {
            problems.push((entry.line, named(&entry.name, problem)));
        }
        let mut adds = true;
        match found {
            Ok(missing) => {
                checked.missing.push(missing);
                if missing == Missing::Nothing {
                    continue;
                }
                adds = missing.adds();
            }
            Err(problem) => problems.push((entry.line, named(&entry.name, &problem))),
        }
        let target = Target { kind: entry.kind, name: &entry.name, written: &entry.written };
        match system.knows(context, &target) {
            Ok(Some(true)) => {}
            Ok(is_known) => {
                checked.unconfirmed.push(entry.name.canonical());
                checked.unknown.extend(is_known.map(|_| entry.name.canonical()));
            }
            Err(problem) => problems.push((entry.line, named(&entry.name, &problem))),
        }
        if adds {
            let admitted = gate.admit(&*opened.store, entry.kind, &entry.name);
            refusal = refusal.or(admitted.err());
        }
    }
    Ok((checked, refusal))
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
