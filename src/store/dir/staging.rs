//! The staging directory, where the texts of a batch wait until they are published.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};
use crate::platform;
use crate::store::dir::files::Files;
use crate::store::file;

/// The staging directory, below the root of the store.
const STAGING: &str = ".tmp-bulk";

/// Reports whether `path` is the staging directory.
pub(super) fn is_staging_directory(files: &Files, path: &Path) -> bool {
    path == files.root().join(STAGING)
}

/// Reports whether the staging directory at `path` is unused.
pub(super) fn is_left_behind(path: &Path) -> bool {
    File::open(path).is_ok_and(|directory| directory.try_lock().is_ok())
}

/// Removes the staging directory that a killed program left behind. Returns the number of files removed.
pub(super) fn tidy(files: &Files) -> Result<usize> {
    let directory = files.root().join(STAGING);
    if !file::has_directory(&directory, files.owner())? {
        return Ok(0);
    }
    let texts = fs::read_dir(&directory).map_or(0, Iterator::count);
    // Dropping it removes the directory.
    Staging::open(files).map(|_| texts.max(1))
}

/// The staging directory, used by one program at a time and removed at the end.
pub(super) struct Staging {
    directory: PathBuf,
    /// Locked. The system releases it if the process dies, and the next program clears the directory.
    _lock: File,
    next: u64,
}

impl Staging {
    /// Makes and locks the directory, and clears what a killed program left in it.
    ///
    /// # Errors
    /// [`ErrorKind::Busy`] while another program uses it.
    pub(super) fn open(files: &Files) -> Result<Self> {
        let directory = files.root().join(STAGING);
        loop {
            make_directory(&directory)?;
            file::check_directory(&directory, files.owner())?;
            let failed = |error| {
                Error::io(ErrorKind::Store, format!("cannot use {}", directory.display()), error)
            };
            let lock = File::open(&directory).map_err(failed)?;
            match lock.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::new(
                        ErrorKind::Busy,
                        "another program is adding users from a file",
                    )
                    .with_hint("wait until it has finished, then try again"));
                }
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
            let is_gone = platform::was_replaced(&lock.metadata().map_err(failed)?);
            if !is_gone {
                clear(&directory).map_err(failed)?;
                return Ok(Self { directory, _lock: lock, next: 0 });
            }
        }
    }

    /// Moves a staged text to `path`.
    pub(super) fn publish(&self, number: u64, path: &Path) -> Result<()> {
        platform::with_retry(|| fs::rename(self.path(number), path))
            .map_err(|error| file::not_written(path, error))
    }

    fn path(&self, number: u64) -> PathBuf {
        self.directory.join(number.to_string())
    }

    /// Stages a text and returns its number.
    pub(super) fn write(&mut self, text: &str) -> Result<u64> {
        let number = self.next;
        self.next += 1;
        let path = self.path(number);
        let mut options = platform::private_file();
        let file = options.write(true).create_new(true).open(&path);
        file.and_then(|mut file| file.write_all(text.as_bytes()))
            .map_err(|error| file::not_written(&path, error))?;
        Ok(number)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // The next program clears anything that cannot be removed now.
        let _ = clear(&self.directory).and_then(|()| fs::remove_dir(&self.directory));
    }
}

/// Removes what a killed program left behind.
fn clear(directory: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(directory)? {
        fs::remove_file(entry?.path())?;
    }
    Ok(())
}

/// Creates a directory that only its owner can enter, unless it exists. Durable after the batch is finished.
pub(super) fn make_directory(path: &Path) -> Result<()> {
    match platform::make_private_directory(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(Error::io(ErrorKind::Store, format!("cannot create {}", path.display()), error))
        }
        _ => Ok(()),
    }
}

/// Syncs the whole file system that contains `path`.
#[cfg_attr(
    not(target_os = "linux"),
    expect(clippy::unnecessary_wraps, reason = "nothing is staged there")
)]
pub(super) fn sync_file_system(path: &Path) -> Result<()> {
    #[cfg(target_os = "linux")]
    platform::sync_file_system(path).map_err(|error| {
        Error::io(ErrorKind::Store, format!("cannot sync {}", path.display()), error)
    })?;
    let _ = path;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_that_cannot_be_made_is_an_error() {
        let directory = tempfile::TempDir::new().unwrap();
        let path = directory.path().join("made");
        assert!(make_directory(&path).is_ok() && make_directory(&path).is_ok());
        assert!(make_directory(&path.join("missing/below")).is_err());
    }
}
