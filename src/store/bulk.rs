//! Many new documents of the directory at once.
//!
//! Where a whole file system can be synced (Linux), texts are put aside in a directory of their own and
//! synced once, and only then renamed to their places: no lock is held while the disk works, and no power
//! failure leaves an empty document. Elsewhere each document is synced by itself.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::account::name::AccountKey;
use crate::error::{Error, ErrorKind, Result};
use crate::platform;
use crate::store::dir::{DirStore, DirTransaction};
use crate::store::unrecorded::Unrecorded;
use crate::store::{
    Bulk, BulkChange, BulkStore, BulkTransaction, Document, Draft, MakeLines, Scope, Text,
    Transaction, file, file_name,
};

/// Where texts are put aside, below the root of the store.
const ASIDE: &str = ".tmp-bulk";

impl BulkStore for DirStore {
    fn lock_shard(&self, key: &AccountKey) -> u32 {
        file_name::lock_index(key).into()
    }

    fn bulk(&self) -> Box<dyn Bulk + '_> {
        Box::new(DirBulk { store: self, aside: None })
    }
}

struct DirBulk<'a> {
    store: &'a DirStore,
    /// `None` before the first text, and where each document is synced by itself.
    aside: Option<Aside>,
}

impl Bulk for DirBulk<'_> {
    fn prepare(&mut self, text: &str) -> Result<Draft> {
        if !cfg!(target_os = "linux") {
            return Ok(Draft::Text(Text::new(text.to_owned())));
        }
        let aside = match self.aside.take() {
            Some(aside) => aside,
            None => Aside::open(self.store)?,
        };
        self.aside.insert(aside).write(text).map(Draft::Stored)
    }

    fn prepared(&mut self) -> Result<()> {
        self.aside.as_ref().map_or(Ok(()), |_| sync_around(self.store.root()))
    }

    fn update(&mut self, scope: Scope<'_>, change: &mut BulkChange<'_>) -> Result<()> {
        let _lock = self.store.lock(scope)?;
        let inner = DirTransaction::new(self.store);
        change(&mut DirBulkTransaction { inner, aside: self.aside.as_ref() })
    }

    fn finish(&mut self) -> Result<()> {
        if self.aside.is_some() {
            sync_around(self.store.root())?;
        }
        // Dropped, it is removed.
        self.aside = None;
        Ok(())
    }
}

struct DirBulkTransaction<'a> {
    inner: DirTransaction<'a>,
    aside: Option<&'a Aside>,
}

impl Transaction for DirBulkTransaction<'_> {
    fn write(&mut self, document: &Document, text: &str) -> Result<()> {
        self.inner.write(document, text)
    }

    fn remove(&mut self, document: &Document) -> Result<bool> {
        self.inner.remove(document)
    }

    fn prepare(&mut self, month: &str, document: &Document) -> Result<()> {
        self.inner.prepare(month, document)
    }

    fn append_audit(&mut self, month: &str, make: &mut MakeLines<'_>) -> Result<()> {
        self.inner.append_audit(month, make)
    }

    fn unrecorded(&self) -> Result<Vec<Unrecorded>> {
        self.inner.unrecorded()
    }

    fn keep_unrecorded(&mut self, change: &Unrecorded) -> Result<()> {
        self.inner.keep_unrecorded(change)
    }

    fn forget_unrecorded(&mut self, change: &Unrecorded) -> Result<()> {
        self.inner.forget_unrecorded(change)
    }
}

impl BulkTransaction for DirBulkTransaction<'_> {
    fn publish(&mut self, document: &Document, draft: Draft) -> Result<()> {
        match (draft, self.aside) {
            (Draft::Text(text), _) => self.inner.write(document, &text),
            (Draft::Stored(number), Some(aside)) => {
                let path = self.inner.place(document, make_directory)?;
                platform::patiently(|| fs::rename(aside.path(number), &path))
                    .map_err(|error| file::not_written(&path, error))
            }
            (Draft::Stored(_), None) => {
                Err(Error::new(ErrorKind::Store, "a text that was put aside is gone"))
            }
        }
    }
}

/// Whether texts are put aside in the directory at `path`.
pub(super) fn is_aside(store: &DirStore, path: &Path) -> bool {
    path == store.root().join(ASIDE)
}

/// Whether nobody uses the directory at `path`, in which texts were put aside.
pub(super) fn is_left_behind(path: &Path) -> bool {
    File::open(path).is_ok_and(|directory| directory.try_lock().is_ok())
}

/// Removes the texts that a killed program had put aside, and their directory; how many files.
pub(super) fn tidy(store: &DirStore) -> Result<usize> {
    let directory = store.root().join(ASIDE);
    if !file::has_directory(&directory, store.owner())? {
        return Ok(0);
    }
    let texts = fs::read_dir(&directory).map_or(0, Iterator::count);
    // Dropped, it is removed.
    Aside::open(store).map(|_| texts.max(1))
}

/// The directory in which texts are put aside; held by one program at a time, and removed in the end.
struct Aside {
    directory: PathBuf,
    /// Locked. The system frees it when the process dies, and the next one clears the directory.
    _lock: File,
    next: u64,
}

impl Aside {
    fn open(store: &DirStore) -> Result<Self> {
        let directory = store.root().join(ASIDE);
        loop {
            make_directory(&directory)?;
            file::check_directory(&directory, store.owner())?;
            let failed = |error| {
                Error::io(ErrorKind::Store, format!("cannot use {}", directory.display()), error)
            };
            let lock = File::open(&directory).map_err(failed)?;
            match lock.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::new(
                        ErrorKind::Busy,
                        "another program adds users from a file",
                    )
                    .with_hint("wait until it has ended, and try again"));
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

    fn path(&self, number: u64) -> PathBuf {
        self.directory.join(number.to_string())
    }

    fn write(&mut self, text: &str) -> Result<u64> {
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

impl Drop for Aside {
    fn drop(&mut self) {
        // What cannot be removed now is cleared by the next one.
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

/// Makes a directory that only its owner can enter, unless it is there; durable after [`sync_around`].
fn make_directory(path: &Path) -> Result<()> {
    match platform::make_private_directory(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(Error::io(ErrorKind::Store, format!("cannot make {}", path.display()), error))
        }
        _ => Ok(()),
    }
}

/// Makes everything durable that was written to the file system of `path`.
#[cfg_attr(
    not(target_os = "linux"),
    expect(clippy::unnecessary_wraps, reason = "nothing is put aside there")
)]
fn sync_around(path: &Path) -> Result<()> {
    #[cfg(target_os = "linux")]
    platform::sync_file_system(path).map_err(|error| {
        Error::io(ErrorKind::Store, format!("cannot sync {}", path.display()), error)
    })?;
    let _ = path;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::account::name::Name;

    #[test]
    fn a_directory_that_cannot_be_made_is_an_error() {
        let directory = tempfile::TempDir::new().unwrap();
        let path = directory.path().join("made");
        assert!(make_directory(&path).is_ok() && make_directory(&path).is_ok());
        assert!(make_directory(&path.join("missing/below")).is_err());
    }

    /// Guards the lock of an update of many accounts: all that are changed in it share it.
    #[test]
    fn neighbours_are_those_that_share_a_lock() {
        let directory = tempfile::TempDir::new().unwrap();
        let root = directory.path().join("store");
        DirStore::create(&root, None, "", "").unwrap();
        let store = DirStore::open(&root).unwrap();
        let keys = (0..50).map(|number| Name::parse(&format!("user {number}")).unwrap().key());
        let mut places = BTreeSet::new();
        let mut locks = Vec::new();
        // Whoever has another number is not shut out by the locks that are held.
        for key in keys {
            if places.insert(store.lock_shard(&key)) {
                locks.push(store.lock(Scope::Account(&key)).unwrap());
            }
        }
        assert!(locks.len() > 30, "only {} locks for 50 accounts", locks.len());
    }
}
