//! Lock files, each held by one process at a time.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::error::{Error, ErrorKind, Result};
use crate::platform::{self, Owner};
use crate::store::file::{broken, check_directory, open};

/// How long to wait for a lock.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// A held lock, released on drop. The system releases it if the process dies.
pub(super) struct Lock {
    file: File,
}

impl Lock {
    /// Releases the lock. Keeps the lock file open for [`take`] where the system can unlock an open
    /// file.
    pub(super) fn release(self) -> Option<File> {
        // Otherwise closing the file frees the lock.
        self.file.unlock().ok().map(|()| self.file)
    }
}

/// What to do if a lock file is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IfMissing {
    /// Refuse: a part of the store is missing.
    Refuse,
    /// Create it: stores of earlier versions do not have it.
    Create,
}

/// Takes the lock on the file at `path`.
///
/// # Errors
/// [`ErrorKind::Busy`] if another process holds it for 5 s; the error names that process.
pub(super) fn lock(path: &Path, owner: Owner, if_missing: IfMissing) -> Result<Lock> {
    let mut found = open_lock(path, owner)?;
    if found.is_none() && if_missing == IfMissing::Create {
        if let Some(directory) = path.parent() {
            check_directory(directory, owner)?;
        }
        let mut options = platform::private_file();
        options.read(true).write(true).create(true);
        // If several programs create it at once, they all open the same file.
        found = open(path, owner, &options)?.map(|(file, _)| file);
    }
    let Some(file) = found else {
        return Err(broken(path, "is missing").with_hint("create it again: rw2fa init"));
    };
    take(path, file, PATIENCE)
}

/// Takes the lock on an open lock file.
///
/// # Errors
/// As for [`lock`].
pub(super) fn take(path: &Path, file: File, patience: Duration) -> Result<Lock> {
    let started = Instant::now();
    let mut pause = Duration::from_micros(200);
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Lock { file }),
            Err(TryLockError::WouldBlock) if started.elapsed() < patience => {
                std::thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(5));
            }
            Err(TryLockError::WouldBlock) => return last_try(path, file),
            Err(TryLockError::Error(error)) => return Err(not_locked(path, error)),
        }
    }
}

/// Opens the lock file at `path`; `None` if it is missing.
pub(super) fn open_lock(path: &Path, owner: Owner) -> Result<Option<File>> {
    let mut options = platform::private_file();
    options.read(true).write(true);
    Ok(open(path, owner, &options)?.map(|(file, _)| file))
}

/// Tries one last time after the wait. If that fails, the error names the lock's holder.
fn last_try(path: &Path, file: File) -> Result<Lock> {
    let holder = platform::lock_holder(&file);
    match file.try_lock() {
        Ok(()) => Ok(Lock { file }),
        Err(TryLockError::WouldBlock) => {
            let message = format!("{holder} held the lock {} for 5 s", path.display());
            Err(Error::new(ErrorKind::Busy, message).with_hint(holder.hint()))
        }
        Err(TryLockError::Error(error)) => Err(not_locked(path, error)),
    }
}

pub(super) fn not_locked(path: &Path, error: std::io::Error) -> Error {
    let hint = "move the store to a local disk whose file system supports locks";
    Error::io(ErrorKind::Store, format!("cannot lock {}", path.display()), error).with_hint(hint)
}
