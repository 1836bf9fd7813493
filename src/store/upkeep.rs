//! Maintenance of a store: what `init`, `doctor` and `audit archive` need from a backend.
//!
//! A backend without files has no file problems and nothing to tidy, so the default methods suit
//! it.

use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};
use crate::platform::FileSystem;
use crate::store::EachLine;
use crate::time::Timestamp;

/// How much of a store to examine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// What every login needs. Takes the same time for any number of users.
    Shared,
    /// Also what the login of a single user needs.
    Whole,
}

/// A problem that prevents logins or changes, now or soon.
#[derive(Debug)]
pub struct HealthProblem {
    /// The part of the store.
    pub part: &'static str,
    /// Whether logins or changes already fail.
    pub is_error: bool,
    /// What is wrong, with a hint.
    pub error: Error,
}

impl HealthProblem {
    pub(super) fn error(part: &'static str, problem: Error) -> Self {
        Self { part, is_error: true, error: problem }
    }

    pub(super) fn warning(part: &'static str, problem: Error) -> Self {
        Self { part, is_error: false, error: problem }
    }
}

/// What is wrong with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileFlaw {
    /// It belongs to another account, or it has several links.
    Open,
    /// It has the right owner, and other accounts may use it.
    Exposed,
    /// It is a link, which could redirect the program elsewhere.
    Link,
    /// A killed writer left it behind.
    Temporary,
}

/// A problem with a file.
#[derive(Debug)]
pub struct FileProblem {
    /// The file.
    pub path: PathBuf,
    /// The kind of problem.
    pub flaw: FileFlaw,
    /// What is wrong, with a hint.
    pub error: Error,
}

/// The disk that a store is on.
#[derive(Debug, Default)]
pub struct Disk {
    /// The free space in bytes, where the system reports it.
    pub free: Option<u64>,
    /// The kind of file system, for a store of files.
    pub file_system: Option<FileSystem>,
    /// The size of the audit trail in bytes.
    pub audit_size: u64,
    /// The number of months in the trail.
    pub audit_months: u64,
}

/// A place for archived months of the audit trail, locked until it is dropped.
pub trait Archive {
    /// Checks that a month can be moved: that the archive does not have it yet, or has the same bytes.
    ///
    /// # Errors
    /// If it has other bytes.
    fn check(&self, month: &str) -> Result<()>;

    /// Moves a month out of the store. It is durable in the archive before it leaves the store.
    ///
    /// # Errors
    /// Those of [`Archive::check`], and if it could not be copied or removed.
    fn take(&self, month: &str) -> Result<()>;
}

/// Maintains a store.
pub trait Upkeep {
    /// Tries what a login does, and returns every problem.
    fn health_problems(&self, now: Timestamp, extent: Extent) -> Vec<HealthProblem> {
        let (_, _) = (now, extent);
        Vec::new()
    }

    /// Checks the names, owners and permissions of every file.
    ///
    /// # Errors
    /// If they cannot be listed.
    fn file_problems(&self, now: Timestamp) -> Result<Vec<FileProblem>> {
        let _ = now;
        Ok(Vec::new())
    }

    /// Returns what fixes a flaw of many files at once.
    fn hint_for_all(&self, flaw: FileFlaw) -> String {
        let _ = flaw;
        String::new()
    }

    /// Removes what killed writers left behind. Returns the number of files removed.
    ///
    /// # Errors
    /// If one of them cannot be removed, or another process holds its lock.
    fn tidy(&self, now: Timestamp) -> Result<usize> {
        let _ = now;
        Ok(0)
    }

    /// Describes the disk that the store is on.
    fn disk(&self) -> Disk {
        Disk::default()
    }

    /// Reports whether a copy of the store would contain the file at `path`.
    fn contains(&self, path: &Path) -> bool {
        let _ = path;
        false
    }

    /// Reports whether the store has no users, groups, whitelist entries or audit lines.
    ///
    /// If this cannot be determined.
    fn is_unused(&self) -> Result<bool>;

    /// Reports whether the place of the audit trail is missing, so that no login can be recorded.
    ///
    /// # Errors
    /// If this cannot be determined.
    fn lacks_trail(&self) -> Result<bool> {
        Ok(false)
    }

    /// Prepares for a new audit trail where the old one is missing.
    ///
    /// # Errors
    /// [`ErrorKind::Refused`] if there is a trail.
    fn make_trail(&self) -> Result<()>;

    /// Lists the months of the trail, oldest first, such as `2026-09`.
    ///
    /// # Errors
    /// If they cannot be listed.
    fn audit_months(&self) -> Result<Vec<String>>;

    /// Passes each line of one month of the trail to `each`.
    ///
    /// # Errors
    /// If the month is missing or cannot be read, and any error of `each`.
    fn audit_month(&self, month: &str, each: &mut EachLine<'_>) -> Result<()>;

    /// Passes each line of the months in `directory` to `each`, then those of the trail, oldest first.
    ///
    /// # Errors
    /// If they cannot be read, or a month differs between the two, and any error of `each`.
    fn archived_lines(&self, directory: &Path, each: &mut EachLine<'_>) -> Result<()> {
        let (_, _) = (directory, each);
        Err(no_archive())
    }

    /// Rejects a directory that is part of the store.
    ///
    /// # Errors
    /// [`ErrorKind::Refused`] if it is.
    fn refuse_inside(&self, directory: &Path) -> Result<()> {
        let _ = directory;
        Ok(())
    }

    /// Opens the archive in `directory`.
    ///
    /// # Errors
    /// If it is not a private directory outside the store, and [`ErrorKind::Busy`] while another program uses it.
    fn archive<'a>(&'a self, directory: &'a Path) -> Result<Box<dyn Archive + 'a>> {
        let _ = directory;
        Err(no_archive())
    }
}

fn no_archive() -> Error {
    Error::new(ErrorKind::Refused, "the trail of this store is not kept in files")
        .with_hint("'rw2fa audit --format json' exports its lines")
}
