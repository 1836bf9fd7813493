//! Determines whether logins can work on this store, by doing what a login does.
//!
//! Looks at the disk, takes locks and opens the trail; `probes` writes files. Leaves nothing behind.

use std::error::Error as _;
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::error::{Error, ErrorKind};
use crate::platform;
use crate::store::dir::creation::{NEW_TRAIL_HINT, lock_names};
use crate::store::dir::files::Files;
use crate::store::dir::lock_file;
use crate::store::dir::months;
use crate::store::dir::trail;
use crate::store::file;
use crate::store::upkeep::{Extent, HealthProblem};
use crate::time::Timestamp;

/// How long to wait for all locks together.
const PATIENCE: Duration = Duration::from_secs(5);

/// The number of free inodes below which to warn.
const FEW_INODES: u64 = 1000;

impl Files {
    /// Tries what a login does, and returns every problem.
    pub(super) fn health_problems(&self, now: Timestamp, extent: Extent) -> Vec<HealthProblem> {
        if platform::is_read_only(self.root()) {
            let problem =
                file::broken(self.root(), "is on a read-only file system: no login is granted");
            let hint = platform::remount_command(self.root());
            return vec![HealthProblem::error("read-only", problem.with_hint(hint))];
        }
        let mut found: Vec<_> = self.space().into_iter().chain(self.inodes()).collect();
        // On a full disk, creating any file fails for the same reason.
        if !found.iter().any(|problem| problem.is_error) {
            found.extend(self.directories(extent));
        }
        found.extend(self.locks());
        found.extend(self.trail(now));
        if extent == Extent::Whole {
            found.extend(self.unwritable());
        }
        found
    }

    /// The directories that a login writes to. Each may be on a file system of its own.
    fn written_directories(&self) -> impl Iterator<Item = PathBuf> {
        ["", "audit", "state"].into_iter().map(|part| self.root().join(part))
    }

    /// Looks for the space that a login needs before it checks a code.
    fn space(&self) -> Option<HealthProblem> {
        let is_full = |path: &PathBuf| {
            platform::free_bytes(path).is_some_and(|free| free < platform::LEAST_BYTES)
        };
        let full = self.written_directories().find(is_full)?;
        let problem = file::broken(&full, "is on a disk that is full: no login is granted")
            .with_hint(
                "free some disk space, or archive old months of the audit trail: rw2fa audit archive --before MONTH DIR",
            );
        Some(HealthProblem::error("disk-space", problem))
    }

    fn inodes(&self) -> Option<HealthProblem> {
        let free = |path: PathBuf| Some((platform::free_inodes(&path)?, path));
        let (free, path) = self.written_directories().filter_map(free).min()?;
        if free >= FEW_INODES {
            return None;
        }
        let hint = "remove unneeded files from this file system; 'df -i' counts them";
        let problem = |what: &str| file::broken(&path, what).with_hint(hint);
        let left = match free {
            0 => "no inode left".to_owned(),
            1 => "1 inode left".to_owned(),
            _ => format!("{free} inodes left"),
        };
        let what = format!("is on a file system with {left}");
        Some(if free < platform::LEAST_FILES {
            HealthProblem::error("inodes", problem(&format!("{what}: no login is granted")))
        } else {
            HealthProblem::warning("inodes", problem(&what))
        })
    }

    /// Takes each lock. Waits for all held locks together.
    fn locks(&self) -> Vec<HealthProblem> {
        let directory = self.root().join("locks");
        if let Err(problem) = file::check_directory(&directory, self.owner()) {
            return vec![HealthProblem::error("locks", problem)];
        }
        let mut found: Vec<_> = self.missing_lock().into_iter().collect();
        let mut unusable: Vec<Error> = Vec::new();
        let mut held: Vec<(PathBuf, File)> = Vec::new();
        for name in lock_names() {
            let path = self.lock_path(&name);
            match lock_file::open_lock(&path, self.owner()) {
                Ok(Some(file)) => held.push((path, file)),
                Ok(None) => {}
                Err(problem) => unusable.push(unusable_file(problem, &path)),
            }
        }
        let started = Instant::now();
        loop {
            held.retain(|(path, lock_file)| match lock_file.try_lock() {
                Ok(()) => false,
                Err(TryLockError::WouldBlock) => true,
                Err(TryLockError::Error(error)) => {
                    unusable.push(lock_file::not_locked(path, error));
                    false
                }
            });
            if held.is_empty() || started.elapsed() > PATIENCE {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        if let Some(first) = summary(unusable, "locks cannot be used") {
            found.push(HealthProblem::error("locks", first));
        }
        found.extend(
            holders(&held).into_iter().map(|problem| HealthProblem::error("locks", problem)),
        );
        found
    }

    fn missing_lock(&self) -> Option<HealthProblem> {
        let missing = self.missing_locks();
        let first = missing.first()?.display();
        let message = match missing.len() {
            1 => format!("{first} is missing: every login that needs this lock is refused"),
            many => format!(
                "{many} lock files are missing, such as {first}: every login that needs one is refused"
            ),
        };
        Some(HealthProblem::error(
            "locks",
            Error::new(ErrorKind::Store, message).with_hint("rw2fa init"),
        ))
    }

    /// Opens the audit trail as a login does, but does not write.
    fn trail(&self, now: Timestamp) -> Vec<HealthProblem> {
        let directory = self.root().join("audit");
        let error = |problem| vec![HealthProblem::error("audit-trail", problem)];
        match file::has_directory(&directory, self.owner()) {
            Ok(true) => {}
            Ok(false) => {
                return error(
                    file::broken(&directory, "is missing: no login is granted")
                        .with_hint(NEW_TRAIL_HINT),
                );
            }
            Err(problem) => return error(problem),
        }
        let entries = match file::entries(&directory) {
            Ok(entries) => entries,
            Err(problem) => return error(problem),
        };
        let months = entries.into_iter().filter(|(name, _)| months::is_audit_file(name));
        let (directories, files): (Vec<_>, Vec<_>) =
            months.partition(|(_, is_directory)| *is_directory);
        let mut found = Vec::new();
        for (name, _) in directories {
            let path = directory.join(name);
            let problem =
                file::broken(&path, "is a directory, but should be a file of the audit trail");
            let hint = format!(
                "{}; then restore the file from a backup, if there was one",
                platform::set_aside_command(&path)
            );
            found.push(HealthProblem::error("audit-trail", problem.with_hint(hint)));
        }
        let mut files: Vec<String> = files.into_iter().map(|(name, _)| name).collect();
        files.sort();
        let Some(last) = files.last() else {
            if found.is_empty() {
                let problem =
                    file::broken(&directory, "contains no audit file: the audit trail was removed");
                found.push(HealthProblem::error("audit-trail", problem.with_hint(NEW_TRAIL_HINT)));
            }
            return found;
        };
        // Avoids creating a file: without one for this month, check the end of the newest.
        let month = last.trim_end_matches(".jsonl");
        let mut is_reached = false;
        let opened = trail::append(&directory, self.owner(), month, None, &mut |_| {
            is_reached = true;
            Err(Error::new(ErrorKind::Declined, "nothing to write"))
        });
        if let Err(problem) = opened
            && !is_reached
        {
            let problem = unusable_file(problem, &directory.join(last));
            found.push(HealthProblem::error("audit-trail", problem));
        }
        found.extend(self.future_months(&directory, &files, &now.month()));
        found
    }

    /// Reports a trail that begins in a future month. One that begins earlier needs no help: the next
    /// line brings its files of future months back.
    fn future_months(
        &self,
        directory: &Path,
        files: &[String],
        month: &str,
    ) -> Option<HealthProblem> {
        let first = directory.join(files.first()?);
        if !months::is_ahead(&first, month) {
            return None;
        }
        let what = "is the audit trail of a future month: the clock was wrong, and every new line goes there until \
             then";
        let present = format!("{month}.jsonl");
        let command = platform::join_command(directory, &self.lock_path("audit"), files, &present);
        let owner = self.owner().name();
        let hint = format!("check the clock first; then, as {owner}: {command}");
        Some(HealthProblem::warning("audit-month", file::broken(&first, what).with_hint(hint)))
    }
}

/// Returns one error for each process that holds some of these locks.
fn holders(held: &[(PathBuf, File)]) -> Vec<Error> {
    let mut by_holder: Vec<(platform::LockHolder, Vec<&Path>)> = Vec::new();
    for (path, file) in held {
        let holder = platform::lock_holder(file);
        match by_holder.iter_mut().find(|(known, _)| *known == holder) {
            Some((_, paths)) => paths.push(path),
            None => by_holder.push((holder, vec![path])),
        }
    }
    let problem = |(holder, paths): (platform::LockHolder, Vec<&Path>)| {
        let first = paths.first().map(|path| path.display().to_string()).unwrap_or_default();
        let locks = match paths.len() {
            1 => format!("the lock {first}"),
            many => format!("{many} locks, such as {first},"),
        };
        Error::new(ErrorKind::Busy, format!("{holder} held {locks} for 5 s"))
            .with_hint(holder.hint())
    };
    by_holder.into_iter().map(problem).collect()
}

/// Returns the first error, with the number of errors if there are several.
fn summary(problems: Vec<Error>, what: &str) -> Option<Error> {
    let count = problems.len();
    let first = problems.into_iter().next()?;
    if count == 1 {
        return Some(first);
    }
    let hint = first.hint().map(str::to_owned);
    let problem = Error::new(ErrorKind::Store, format!("{count} {what}; the first: {first}"));
    Some(with_hint(problem, hint))
}

/// Adds the command that makes the file at `path` usable again as a hint.
fn unusable_file(problem: Error, path: &Path) -> Error {
    let source = problem.source().and_then(|source| source.downcast_ref::<io::Error>());
    let hint = match source {
        Some(error) if error.kind() == io::ErrorKind::IsADirectory => {
            Some(format!("{}; then: rw2fa init", platform::set_aside_command(path)))
        }
        Some(error) => platform::unlock_command(path, false, error),
        None => None,
    };
    with_hint(problem, hint)
}

/// Sets this hint, unless there is one already. Without either, refers to the system log.
pub(super) fn with_hint(problem: Error, hint: Option<String>) -> Error {
    if problem.hint().is_some() && hint.is_none() {
        return problem;
    }
    problem.with_hint(hint.unwrap_or_else(|| "look in the system's log for the reason".into()))
}
