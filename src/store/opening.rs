//! Chooses the backend of a store, and opens it as the account that owns it.
//!
//! A program that runs as root or administrator assumes the owner's identity first, so that it never leaves files behind
//! that the owner cannot read.

use std::path::Path;

use crate::error::{Error, ErrorKind, Result};
use crate::platform::{self, Owner, SystemLog};
use crate::settings::Settings;
use crate::store::dir::{self, DirStore};
use crate::store::{LoginStore, Store};

/// What [`create`] created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// A new store.
    Store,
    /// This many lock files that an existing store was missing.
    Locks(usize),
}

/// Opens the store at `location`.
///
/// # Errors
/// If there is no store, it belongs to another account, or other accounts can use it.
pub fn open(location: &Path) -> Result<Box<dyn Store>> {
    open_directory(location).map(|store| Box::new(store) as _)
}

/// Opens the store at `location` for a login.
///
/// # Errors
/// Those of [`open`].
pub fn open_for_login(location: &Path) -> Result<Box<dyn LoginStore>> {
    open_directory(location).map(|store| Box::new(store) as _)
}

fn open_directory(location: &Path) -> Result<DirStore> {
    let found = dir::find(location)?;
    let (owner, current) = (found.owner(), Owner::current());
    if !owner.accepts(current) {
        if !current.is_administrator() {
            return Err(belongs_to_another(location, owner));
        }
        owner.assume(location)?;
        found.check_reachable()?;
    }
    found.open()
}

/// Opens the store at `location` for a look, without becoming its owner; `None` if [`open`] would
/// become the owner first.
///
/// # Errors
/// As for [`open`].
pub fn look(location: &Path) -> Result<Option<Box<dyn Store>>> {
    let found = dir::find(location)?;
    let (owner, current) = (found.owner(), Owner::current());
    match (owner.accepts(current), current.is_administrator()) {
        (true, _) => Ok(Some(Box::new(found.open()?))),
        (false, true) => Ok(None),
        (false, false) => Err(belongs_to_another(location, owner)),
    }
}

/// Creates a store at `location` for `owner`, or the missing parts of an existing one. Returns what
/// it created. Existing parts are not changed.
///
/// If the place contains something else, or a part of an existing store is missing.
pub fn create(location: &Path, owner: Option<Owner>, settings: &str, key: &str) -> Result<Made> {
    let begun = dir::begin(location, owner)?;
    if !begun.owner().accepts(Owner::current()) {
        begun.owner().assume(location)?;
    }
    let locks = begun.complete()?;
    if begun.existed() {
        return Ok(Made::Locks(locks));
    }
    begun.key_file().create(key)?;
    begun.write_settings(settings)?;
    Ok(Made::Store)
}

/// Applies the settings to the store: where the key is, and whether the system log gets a copy of
/// the trail.
pub fn configure(store: &mut dyn LoginStore, settings: &Settings, log: Option<&SystemLog>) {
    if let Some(path) = &settings.key_file {
        store.use_key_file(path.clone());
    }
    if let Some(log) = log.filter(|_| settings.syslog) {
        store.copy_to_system_log(log.clone());
    }
}

fn belongs_to_another(location: &Path, owner: Owner) -> Error {
    let (obstacle, owner) = (platform::set_uid_obstacle(owner), owner.name());
    let place = location.components().collect::<std::path::PathBuf>();
    let what = format!("the store at {} belongs to {owner}", place.display());
    let asks = if cfg!(target_os = "linux") && location == platform::system_store() {
        "; logins of other accounts need the service rw2fa-verify.socket"
    } else {
        ""
    };
    let hint =
        obstacle.unwrap_or_else(|| format!("{}, or as {owner}{asks}", platform::AS_ADMINISTRATOR));
    Error::new(ErrorKind::Store, what).with_hint(hint)
}
