//! The store as a directory of TOML documents.
//!
//! `files` owns the layout, `locked` the changes, `creation` what `init` creates, `trail`
//! and `archive` the audit trail, `health`, `probes` and `tidiness` what `doctor` checks.

mod archive;
mod bulk;
mod creation;
pub mod file_name;
mod files;
mod health;
mod lock_file;
mod locked;
mod months;
mod probes;
mod staging;
mod tidiness;
mod trail;
mod unrecorded;
mod upkeep;

use std::cell::Cell;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};
use crate::names::name::AccountKey;
use crate::platform::{self, Owner, SystemLog};
use crate::store::{
    Bulk, Document, Locked, Locks, LoginStore, Reader, ReadsFrom, Scope, Store, file,
};

pub(super) use creation::begin;
use creation::{holds_documents, refuse_link, without_trailing_slash};
use files::Files;
use locked::DirLocked;

/// A store in a directory.
pub struct DirStore {
    files: Files,
    /// The number of locks held through this value.
    held: Cell<u32>,
}

/// A directory that may contain a store.
pub(super) struct Found {
    root: PathBuf,
    owner: Owner,
}

/// Finds the directory at `root` and its owner.
///
/// # Errors
/// If there is no directory, or it is reached through a link.
pub(super) fn find(root: &Path) -> Result<Found> {
    let root = without_trailing_slash(root);
    let metadata = match fs::symlink_metadata(&root) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(missing(&root, "")
                .with_hint("create one with 'rw2fa init', or use another with --store"));
        }
        Err(error) => {
            let denied = error.kind() == std::io::ErrorKind::PermissionDenied;
            let hint = if denied { platform::AS_ADMINISTRATOR } else { "check the path" };
            return Err(unusable(&root, error).with_hint(hint));
        }
    };
    refuse_link(&root, &metadata)?;
    if !metadata.is_dir() {
        let error = missing(&root, ": it is not a directory");
        return Err(error.with_hint("use another with --store"));
    }
    Ok(Found { owner: Owner::of_store(&root, &metadata)?, root })
}

impl Found {
    /// The account that owns the directory.
    pub(super) fn owner(&self) -> Owner {
        self.owner
    }

    /// Checks that the directory is still accessible after its owner's identity was assumed.
    ///
    /// # Errors
    /// If it cannot.
    pub(super) fn check_reachable(&self) -> Result<()> {
        let reached = fs::symlink_metadata(&self.root).map(drop);
        reached.map_err(|error| {
            let owner = self.owner.name();
            unusable(&self.root, error).with_hint(format!(
                "{owner}, its owner, must be able to enter the directories above"
            ))
        })
    }

    /// Opens the store in the directory.
    ///
    /// # Errors
    /// If there is no store, or other accounts can use it.
    pub(super) fn open(self) -> Result<DirStore> {
        let Self { root, owner } = self;
        file::check_directory(&root, owner)?;
        let files = Files::new(root, owner);
        let settings = fs::symlink_metadata(files.path(&Document::Settings));
        if settings.is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
            let error = missing(files.root(), ": store.toml is missing");
            return Err(if holds_documents(files.root())? {
                error.with_hint("restore it from a backup: the other documents are still there")
            } else {
                error.with_hint("create one with 'rw2fa init', or use another with --store")
            });
        }
        Ok(DirStore { files, held: Cell::new(0) })
    }
}

fn missing(root: &Path, what: &str) -> Error {
    Error::new(ErrorKind::Store, format!("there is no store at {}{what}", root.display()))
}

fn unusable(root: &Path, error: std::io::Error) -> Error {
    Error::io(ErrorKind::Store, format!("cannot use the store at {}", root.display()), error)
}

impl ReadsFrom for DirStore {
    fn reader(&self) -> &dyn Reader {
        // A change reads through the lock that it holds, or it would not see a backend's own view of that lock.
        debug_assert_eq!(self.held.get(), 0, "an update reads around its lock");
        &self.files
    }
}

impl Locks for DirStore {
    fn lock(&self, scope: Scope<'_>) -> Result<Box<dyn Locked + '_>> {
        DirLocked::new(&self.files, &self.held, scope).map(|locked| Box::new(locked) as _)
    }

    fn drain(&self) -> Result<()> {
        self.files.drain()
    }
}

impl LoginStore for DirStore {
    fn argument(&self) -> Result<OsString> {
        let root = std::path::absolute(&self.files.root).map_err(|error| {
            Error::io(ErrorKind::System, "cannot determine the path of the store", error)
        })?;
        Ok(root.into_os_string())
    }

    fn copy_to_system_log(&mut self, log: SystemLog) {
        self.files.system_log = Some(log);
    }

    fn use_key_file(&mut self, path: PathBuf) {
        self.files.key_file.relocate(path);
    }
}

impl Store for DirStore {
    fn lock_shard(&self, key: &AccountKey) -> u32 {
        file_name::lock_index(key).into()
    }

    fn bulk(&self) -> Box<dyn Bulk + '_> {
        Box::new(bulk::DirBulk::new(&self.files, &self.held))
    }
}
