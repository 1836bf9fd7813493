//! Determines whether logins can work on this store, by doing what a login does.
//!
//! Takes locks, opens the trail, and creates, writes and removes temporary files. Leaves nothing behind.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::fs::{self, File, TryLockError};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::error::{Error, ErrorKind};
use crate::platform;
use crate::store::dir::creation::{NEW_TRAIL_HINT, lock_names};
use crate::store::dir::files::Files;
use crate::store::dir::lock_file;
use crate::store::dir::trail;
use crate::store::file;
use crate::store::upkeep::HealthProblem;
use crate::time::Timestamp;

/// How long to wait for all locks together.
const PATIENCE: Duration = Duration::from_secs(5);

/// The number of free inodes below which to warn.
const FEW_INODES: u64 = 1000;

/// The disk space of one document.
const PROBE: [u8; 4096] = [0; 4096];

impl Files {
    /// Tries everything that a login does, and returns every problem.
    pub(super) fn health_problems(&self, now: Timestamp) -> Vec<HealthProblem> {
        if platform::is_read_only(self.root()) {
            let problem =
                file::broken(self.root(), "is on a read-only file system: no login is granted");
            let hint = format!(
                "look in the system's log for the reason, then: mount -o remount,rw $(findmnt -no TARGET -T {})",
                platform::quoted(self.root())
            );
            return vec![HealthProblem::error("read-only", problem.with_hint(hint))];
        }
        let mut found: Vec<_> = self.inodes().into_iter().collect();
        // Without a free inode, creating any file fails for the same reason.
        if !found.iter().any(|problem| problem.is_error) {
            found.extend(self.directories());
        }
        found.extend(self.locks());
        found.extend(self.trail(now));
        found.extend(self.unwritable());
        found
    }

    fn inodes(&self) -> Option<HealthProblem> {
        let free = platform::free_inodes(self.root()).filter(|free| *free < FEW_INODES)?;
        let hint = "remove unneeded files from this file system; 'df -i' counts them";
        let problem = |what: &str| file::broken(self.root(), what).with_hint(hint);
        Some(if free == 0 {
            let what = "is on a file system that has no inodes left: no login is granted";
            HealthProblem::error("inodes", problem(what))
        } else {
            HealthProblem::warning(
                "inodes",
                problem(&format!("is on a file system with {free} inodes left")),
            )
        })
    }

    /// Creates, writes and removes a file in a directory of each kind.
    fn directories(&self) -> Vec<HealthProblem> {
        let mut directories = vec![self.root().to_owned()];
        for kind in ["users", "state", "groups", "whitelist", "audit"] {
            let directory = self.root().join(kind);
            // Other checks report a missing directory.
            if !matches!(file::has_directory(&directory, self.owner()), Ok(true)) {
                continue;
            }
            let entries = file::entries(&directory).unwrap_or_default();
            let shard =
                entries.into_iter().find(|(name, is_directory)| *is_directory && name.len() == 3);
            directories.extend(shard.map(|(name, _)| directory.join(name)));
            directories.push(directory);
        }
        let mut found = Vec::new();
        for directory in directories {
            if let Err(error) = write_and_remove(&directory) {
                let hint = platform::unlock_command(&directory, false, &error);
                let what = format!("cannot write in {}", directory.display());
                found.push(HealthProblem::error(
                    "writing",
                    with_hint(Error::io(ErrorKind::Store, what, error), hint),
                ));
            }
        }
        found
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
        let months = entries.into_iter().filter(|(name, _)| trail::is_audit_file(name));
        let (directories, files): (Vec<_>, Vec<_>) =
            months.partition(|(_, is_directory)| *is_directory);
        let mut found = Vec::new();
        for (name, _) in directories {
            let path = directory.join(name);
            let problem =
                file::broken(&path, "is a directory, where a file of the audit trail belongs");
            let hint = format!(
                "{}; then restore the file from a backup, if there was one",
                platform::set_aside_command(&path)
            );
            found.push(HealthProblem::error("audit-trail", problem.with_hint(hint)));
        }
        let mut files: Vec<String> = files.into_iter().map(|(name, _)| name).collect();
        files.sort();
        let present = format!("{}.jsonl", now.month());
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
        let future: Vec<_> = files.into_iter().filter(|name| *name > present).collect();
        found.extend(self.future_months(&directory, &future, &present));
        found
    }

    fn future_months(
        &self,
        directory: &Path,
        future: &[String],
        present: &str,
    ) -> Option<HealthProblem> {
        let first = directory.join(future.first()?);
        let what = "is the audit trail of a future month: the clock was wrong once, and every line goes there until \
             then";
        let command = platform::join_command(directory, &self.lock_path("audit"), future, present);
        let owner = self.owner().name();
        let hint = format!("check the clock first; then, as {owner}: {command}");
        Some(HealthProblem::warning("audit-month", file::broken(&first, what).with_hint(hint)))
    }

    /// Finds documents that cannot be replaced. A login must be able to change those in `state/`.
    fn unwritable(&self) -> Vec<HealthProblem> {
        let mut found = Vec::new();
        for kind in ["state", "users", "groups", "whitelist"] {
            let directory = self.root().join(kind);
            let mut files = BTreeMap::new();
            find_unwritable(&directory, &mut files);
            let count = files.len();
            let Some((path, error)) = files.into_iter().next() else { continue };
            let hint = if count == 1 {
                platform::unlock_command(&path, false, &error)
            } else {
                platform::unlock_command(&directory, true, &error)
            };
            let place = path.display();
            let what = match count {
                1 => format!("cannot write {place}"),
                _ => format!("cannot write {count} documents, such as {place}"),
            };
            let problem = with_hint(Error::io(ErrorKind::Store, what, error), hint);
            // An administrator may deliberately have made the lists immutable.
            let is_error = kind == "state";
            found.push(HealthProblem { part: "writing", is_error, error: problem });
        }
        found
    }
}

/// Creates a file, syncs it, changes it in place, and removes it.
fn write_and_remove(directory: &Path) -> io::Result<()> {
    let path = directory.join(format!("{}health-{}", file::TEMPORARY, std::process::id()));
    let written = write_twice(&path);
    let removed = match fs::remove_file(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    };
    written.and(removed)
}

fn write_twice(path: &Path) -> io::Result<()> {
    let mut file = file::create_fresh(path)?;
    file.write_all(&PROBE)?;
    file.sync_all()?;
    drop(file);
    let mut file = platform::open_with_retry(platform::private_file().write(true), path)?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&PROBE[..8])?;
    file.sync_data()
}

/// Collects the files below `directory` that cannot be opened for writing. Other checks report unreadable
/// directories.
fn find_unwritable(directory: &Path, found: &mut BTreeMap<PathBuf, io::Error>) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => find_unwritable(&path, found),
            Ok(kind) if kind.is_file() => {
                let opened = platform::open_with_retry(platform::private_file().write(true), &path);
                match opened {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => {
                        found.insert(path, error);
                    }
                    _ => {}
                }
            }
            _ => {}
        }
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
    let hint = first.hint().unwrap_or_default().to_owned();
    Some(
        Error::new(ErrorKind::Store, format!("{count} {what}; the first: {first}")).with_hint(hint),
    )
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
fn with_hint(problem: Error, hint: Option<String>) -> Error {
    if problem.hint().is_some() && hint.is_none() {
        return problem;
    }
    problem.with_hint(hint.unwrap_or_else(|| "look in the system's log for the reason".into()))
}
