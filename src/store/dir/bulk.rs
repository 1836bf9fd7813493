//! Creates many documents of a directory store in one batch.
//!
//! Where a whole file system can be synced (Linux), texts are staged in a separate directory, synced once,
//! and only then renamed into place. No lock is held during the sync, and a power failure leaves no empty
//! document. Elsewhere, each document is synced separately.

use std::cell::Cell;

use crate::error::Result;
use crate::store::dir::files::Files;
use crate::store::dir::locked::DirLocked;
use crate::store::dir::staging::{Staging, sync_file_system};
use crate::store::{Bulk, Draft, Locked, Scope, Text};

/// A batch.
pub(super) struct DirBulk<'a> {
    files: &'a Files,
    held: &'a Cell<u32>,
    /// `None` before the first text, and on systems that sync each document separately.
    staging: Option<Staging>,
}

impl<'a> DirBulk<'a> {
    /// Begins a batch.
    pub(super) fn new(files: &'a Files, held: &'a Cell<u32>) -> Self {
        Self { files, held, staging: None }
    }
}

impl Bulk for DirBulk<'_> {
    fn prepare(&mut self, text: &str) -> Result<Draft> {
        if !cfg!(target_os = "linux") {
            return Ok(Draft::Text(Text::new(text.to_owned())));
        }
        let staging = match self.staging.take() {
            Some(staging) => staging,
            None => Staging::open(self.files)?,
        };
        self.staging.insert(staging).write(text).map(Draft::Stored)
    }

    fn prepared(&mut self) -> Result<()> {
        self.staging.as_ref().map_or(Ok(()), |_| sync_file_system(self.files.root()))
    }

    fn lock(&self, scope: Scope<'_>) -> Result<Box<dyn Locked + '_>> {
        let locked = DirLocked::new(self.files, self.held, scope)?;
        Ok(Box::new(locked.with_staging(self.staging.as_ref())))
    }

    fn finish(&mut self) -> Result<()> {
        if self.staging.is_some() {
            sync_file_system(self.files.root())?;
        }
        // Dropping it removes the directory.
        self.staging = None;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::names::name::Name;
    use crate::store::dir::find;

    /// Guards the lock of a bulk update: all accounts changed in it share the lock.
    #[test]
    fn accounts_with_the_same_number_share_a_lock() {
        let directory = tempfile::TempDir::new().unwrap();
        let root = directory.path().join("store");
        crate::store::create(&root, None, "", "").unwrap();
        let store = find(&root).unwrap().open().unwrap().files;
        let keys = (0..50).map(|number| Name::parse(&format!("user {number}")).unwrap().key());
        let mut places = BTreeSet::new();
        let mut locks = Vec::new();
        // Accounts with another number must not be blocked by the lock.
        for key in keys {
            if places.insert(crate::store::dir::file_name::lock_index(&key)) {
                locks.push(store.lock(Scope::Account(&key)).unwrap());
            }
        }
        assert!(locks.len() > 30, "only {} locks for 50 accounts", locks.len());
    }
}
