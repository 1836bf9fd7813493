//! File owners and permissions.
//!
//! A store belongs to the administrators group, to the system, or to the one account that created it for
//! itself. One more account may use it: the service account. Its identifier is in a file of the store that
//! only an administrator can have created.

use std::fmt;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::os::windows::fs::OpenOptionsExt;
use std::path::Path;

use windows_sys::Win32::Storage::FileSystem::{
    DELETE, FILE_ADD_FILE, FILE_ADD_SUBDIRECTORY, FILE_DELETE_CHILD, FILE_FLAG_BACKUP_SEMANTICS,
    FILE_FLAG_OPEN_REPARSE_POINT, FILE_LIST_DIRECTORY, FILE_READ_ATTRIBUTES, FILE_SHARE_READ,
    FILE_SHARE_WRITE, READ_CONTROL, WRITE_DAC, WRITE_OWNER,
};

use super::api::{accounts, files};
use super::descriptor::{self, Allowed, Below, Descriptor, FULL, MODIFY, READ};
use super::sid::{
    ADMINISTRATORS, CREATOR_OWNER, NOBODY, OWNER_RIGHTS, SYSTEM, Sid, TRUSTED_INSTALLER,
};
use super::{private_file, quoted};
use crate::error::{Error, ErrorKind, Result};

/// The files at the top of a store that are not documents.
pub const OWN_FILES: &[&str] = &[SERVICE_ACCOUNT];

/// The file of a store that holds the identifier of its service account.
const SERVICE_ACCOUNT: &str = "service-account";

/// The longest identifier, as text.
const LONGEST: u64 = 200;

/// The rights that let an account swap the contents of a directory.
const EXCHANGE: u32 = DELETE | FILE_DELETE_CHILD | WRITE_DAC | WRITE_OWNER | GENERIC_ALL;
/// The rights that let an account create files in a directory, or write to a file: the bits are the same.
const WRITE: u32 = EXCHANGE | FILE_ADD_FILE | FILE_ADD_SUBDIRECTORY | GENERIC_WRITE;
const GENERIC_ALL: u32 = 0x1000_0000;
const GENERIC_WRITE: u32 = 0x4000_0000;

/// The account that owns a store, or that this program runs as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    sid: Sid,
    /// The account that may also use the store.
    service: Option<Sid>,
    /// Whether the program runs with administrator rights.
    is_administrator: bool,
}

impl Owner {
    /// Returns the owner of the store at `path`.
    ///
    /// # Errors
    /// If the system does not report it, or the store's service account cannot be read.
    pub fn of_store(path: &Path, _: &Metadata) -> Result<Self> {
        let failed = |error| {
            let what = format!("cannot determine who may use {}", path.display());
            Error::io(ErrorKind::Store, what, error)
        };
        let sid = descriptor_of(&look_at(path).map_err(failed)?).map_err(failed)?.owner;
        Ok(Self { sid, service: service_account(path)?, is_administrator: sid.is_administrative() })
    }

    /// The account this program runs as.
    pub fn current() -> Self {
        // An unknown account has no rights.
        let sid = accounts::current().unwrap_or(NOBODY);
        let is_administrator = accounts::is_member(&ADMINISTRATORS).unwrap_or(false);
        Self { sid, service: None, is_administrator: is_administrator || sid == SYSTEM }
    }

    /// Looks up a service account by name.
    pub fn named(name: &str) -> Result<Self> {
        let failed =
            |error| Error::io(ErrorKind::System, format!("cannot look up '{name}'"), error);
        let Some(found) = super::account::look_up(name).map_err(failed)? else {
            return Err(Error::new(ErrorKind::Refused, format!("no account is called '{name}'"))
                .with_hint(
                    r"write DOMAIN\NAME, NT SERVICE\NAME, IIS APPPOOL\NAME or NETWORK SERVICE",
                ));
        };
        if !found.is_account() && !found.sid.is_service() {
            return Err(Error::new(ErrorKind::Refused, format!("'{name}' is not a single account"))
                .with_hint("name the account that the portal runs as: all members of a group could read the secrets"));
        }
        Ok(Self { sid: found.sid, service: None, is_administrator: false })
    }

    /// Reports whether `other` may work on a store of this owner.
    pub fn accepts(self, other: Self) -> bool {
        // SECURITY: the owner of a store can give others access, so the owner must be the administrators or
        // the one account that uses the store.
        let is_official = self.sid.is_administrative();
        self.sid == other.sid
            || is_official && (other.is_administrator || self.service == Some(other.sid))
    }

    /// Reports whether this account has administrator rights.
    pub fn is_administrator(self) -> bool {
        self.is_administrator
    }

    /// Returns the account's name, or its identifier if it has none.
    pub fn name(self) -> String {
        super::account::name_of(&self.sid)
    }

    /// Windows programs cannot switch accounts.
    pub fn assume(self, store: &Path) -> Result<()> {
        let owner = self.name();
        Err(Error::new(ErrorKind::Store, format!("the store belongs to {owner}")).with_hint(
            format!(
                "find out who created it; run as {owner}, or if it is yours: takeown /a /r /f {}",
                quoted(store)
            ),
        ))
    }

    /// Reports whether this is the service account of the store at `path`.
    ///
    /// # Errors
    /// If the store's service account cannot be read.
    pub fn is_given(self, path: &Path) -> Result<bool> {
        Ok(service_account(path)? == Some(self.sid))
    }

    /// Gives this account access to the store at `path`, besides administrators and the system, and removes
    /// all others.
    pub fn give(self, path: &Path) -> Result<()> {
        let failed = |error| {
            let what = format!("cannot give {} to {}", path.display(), self.name());
            Error::io(ErrorKind::System, what, error)
        };
        if !Self::current().is_administrator {
            return Err(Error::new(
                ErrorKind::Refused,
                "only administrators can name a service account",
            )
            .with_hint(super::AS_ADMINISTRATOR));
        }
        // A kill after this point leaves a store that refuses to work until this is repeated.
        let record = path.join(SERVICE_ACCOUNT);
        let mut options = private_file();
        options.write(true).create(true).truncate(true);
        let written = super::open_with_retry(&options, &record).and_then(|mut file| {
            file.write_all(format!("{}\n", self.sid).as_bytes()).and_then(|()| file.sync_all())
        });
        written.map_err(failed)?;
        let allowed = |rights| [(SYSTEM, FULL), (ADMINISTRATORS, FULL), (self.sid, rights)];
        // SECURITY: the account may replace every document, but never give access to others.
        grant_access(&record, &allowed(READ))
            .and_then(|()| grant_access(path, &allowed(MODIFY)))
            .map_err(failed)
    }

    /// Reports whether a store of this owner may give `who` access.
    fn trusts(&self, who: &Sid) -> bool {
        who.is_administrative() || *who == self.sid || self.service.as_ref() == Some(who)
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.sid, f)
    }
}

/// Gives exactly these accounts access to `path` and everything below it, except for the service-account
/// record.
///
/// # Errors
/// [`io::ErrorKind::PermissionDenied`] for a link, or for a file with a second name, which may be anywhere.
fn grant_access(path: &Path, allowed: &[(Sid, u32)]) -> std::io::Result<()> {
    let opened = held(path)?;
    let metadata = opened.metadata()?;
    let is_elsewhere = metadata.is_symlink() || metadata.is_file() && files::links(&opened)? > 1;
    if is_elsewhere {
        let what = format!("{} is a link or has another hard link: remove it", path.display());
        return Err(std::io::Error::new(io::ErrorKind::PermissionDenied, what));
    }
    let below = if metadata.is_dir() { Below::Same } else { Below::Nothing };
    files::set_descriptor(&opened, &descriptor::private(None, allowed, below))?;
    if metadata.is_dir() {
        for entry in std::fs::read_dir(path)? {
            let inner = entry?.path();
            if !inner.ends_with(SERVICE_ACCOUNT) {
                grant_access(&inner, allowed)?;
            }
        }
    }
    Ok(())
}

/// Opens `path` to change its permissions, even if it is a link or a directory.
// SECURITY: accounts that already have access must not redirect an administrator. A directory opened this
// way can be neither renamed nor removed, so the paths below it stay valid. Denying sharing works only with
// a right to the content, such as listing.
fn held(path: &Path) -> std::io::Result<File> {
    let mut options = looking_at(WRITE_DAC | FILE_LIST_DIRECTORY);
    super::open_with_retry(options.share_mode(FILE_SHARE_READ | FILE_SHARE_WRITE), path)
}

/// Returns the access list of files that this program creates for itself: administrators, the system, and
/// the account it runs as.
fn own_list(below: Below) -> Vec<u8> {
    let current = Owner::current();
    let mut allowed = vec![(SYSTEM, FULL), (ADMINISTRATORS, FULL)];
    if !current.is_administrator {
        allowed.push((current.sid, FULL));
    }
    let owner = if current.is_administrator { ADMINISTRATORS } else { current.sid };
    descriptor::private(Some(owner), &allowed, below)
}

/// Creates the directory of a store, which no other account can enter.
pub fn make_private_directory(path: &Path) -> std::io::Result<()> {
    files::create_directory(path, &own_list(Below::Same))
}

/// Creates a directory in a store, with the same access as its parent.
pub fn make_inner_directory(path: &Path) -> std::io::Result<()> {
    std::fs::create_dir(path)
}

/// Creates a file anywhere that no other account can read.
pub fn make_private_file(path: &Path) -> std::io::Result<File> {
    // SECURITY: it never inherits the list of its directory, not even briefly: an account could open it
    // then and keep it open.
    files::create_file(path, &own_list(Below::Nothing))
}

/// Returns what is wrong with the owner or permissions of `path`, if anything, and a hint. `file` is the
/// open file, if there is one.
pub fn privacy_problem(
    path: &Path,
    file: Option<&File>,
    metadata: &Metadata,
    owner: Owner,
) -> Option<(String, String)> {
    let unknown = |error: &std::io::Error| {
        let problem = format!("cannot determine who may use {}: {error}", path.display());
        Some((problem, format!("see its permissions: icacls {}", quoted(path))))
    };
    let opened;
    let file = match file {
        Some(file) => file,
        None => match look_at(path) {
            Ok(file) => {
                opened = file;
                &opened
            }
            Err(error) => return unknown(&error),
        },
    };
    let found = match descriptor_of(file) {
        Ok(found) => found,
        Err(error) => return unknown(&error),
    };
    if let Some(problem) = list_problem(path, &found, owner) {
        return Some(problem);
    }
    if !metadata.is_file() {
        return None;
    }
    match files::links(file) {
        Ok(0 | 1) => None,
        Ok(links) => Some((
            format!("{} has {links} hard links", path.display()),
            format!("find the others and remove them: fsutil hardlink list {}", quoted(path)),
        )),
        Err(error) => unknown(&error),
    }
}

/// Returns what is wrong with an owner and an access list.
fn list_problem(path: &Path, found: &Descriptor, owner: Owner) -> Option<(String, String)> {
    let place = path.display();
    if !owner.trusts(&found.owner) {
        let actual = super::account::name_of(&found.owner);
        return Some((
            format!("{place} belongs to {actual}, not to {}", owner.name()),
            format!(
                "find out who created it; if it is yours: icacls {} /setowner *{}",
                quoted(path),
                owner.sid
            ),
        ));
    }
    let Some(allowed) = &found.allowed else {
        return Some((
            format!("{place} can be used by everyone"),
            format!("icacls {} /reset, or restore its permissions from a backup", quoted(path)),
        ));
    };
    let is_stranger = |entry: &&Allowed| {
        entry.rights != 0
            && !owner.trusts(&entry.who)
            && entry.who != CREATOR_OWNER
            && entry.who != OWNER_RIGHTS
    };
    let stranger = allowed.iter().find(is_stranger)?.who;
    Some((
        format!("{place} can be used by {}", super::account::name_of(&stranger)),
        format!("icacls {} /inheritance:d /remove:g *{stranger}", quoted(path)),
    ))
}

/// Returns why an account other than an administrator could have put the file at `path` there, if that is
/// possible.
pub fn trust_problem(path: &Path) -> Option<String> {
    let current = Owner::current();
    let is_trusted = |who: &Sid| {
        who.is_administrative()
            || *who == TRUSTED_INSTALLER
            || current.is_administrator && *who == current.sid
    };
    let mut rights = if path.is_dir() { EXCHANGE } else { WRITE };
    for (above, part) in path.ancestors().enumerate() {
        let place = part.display();
        let looked = std::fs::symlink_metadata(part)
            .and_then(|metadata| Ok((metadata, descriptor_of(&look_at(part)?)?)));
        let Ok((metadata, found)) = looked else {
            return Some(format!("{place} cannot be examined"));
        };
        if metadata.is_symlink() {
            return Some(format!("{place} is a link"));
        }
        if !is_trusted(&found.owner) {
            let owner = super::account::name_of(&found.owner);
            return Some(format!("{place} belongs to {owner}, not to administrators"));
        }
        // Windows loads libraries from beside a program, so only administrators may add files there.
        if above > 1 {
            rights = EXCHANGE;
        }
        let is_danger = |entry: &Allowed| {
            !entry.only_below && entry.rights & rights != 0 && !is_trusted(&entry.who)
        };
        match found.allowed {
            Some(allowed) if !allowed.iter().any(is_danger) => {}
            _ => return Some(format!("{place} can be written by others")),
        }
    }
    None
}

/// Opens `path` to inspect it, even if it is a link or a directory.
fn look_at(path: &Path) -> std::io::Result<File> {
    looking_at(0).open(path)
}

/// Returns options that open a file, a directory or a link itself for inspection, and for the rights in
/// `more`.
fn looking_at(more: u32) -> OpenOptions {
    let mut options = OpenOptions::new();
    options
        .access_mode(FILE_READ_ATTRIBUTES | READ_CONTROL | more)
        .custom_flags(FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT);
    options
}

fn descriptor_of(file: &File) -> std::io::Result<Descriptor> {
    Descriptor::read(&files::descriptor(file)?).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// Reads the service account of the store at `root`, if it has one.
fn service_account(root: &Path) -> Result<Option<Sid>> {
    let path = root.join(SERVICE_ACCOUNT);
    let broken = |what: &str| {
        Error::new(ErrorKind::Store, format!("{} {what}", path.display())).with_hint(
            "as administrator, remove it and name the account again: rw2fa init --service-account NAME",
        )
    };
    let file = match private_file().read(true).open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(&path, error)),
    };
    // SECURITY: otherwise, an account that may write to the store could give others access.
    let owner = descriptor_of(&file).map_err(|error| unreadable(&path, error))?.owner;
    let current = Owner::current();
    let is_own = current.is_administrator && owner == current.sid;
    if !owner.is_administrative() && !is_own {
        return Err(broken("was not created by an administrator"));
    }
    let mut text = String::new();
    file.take(LONGEST).read_to_string(&mut text).map_err(|error| unreadable(&path, error))?;
    let sid = Sid::parse(text.trim_end()).ok_or_else(|| broken("does not name an account"))?;
    Ok(Some(sid))
}

fn unreadable(path: &Path, error: std::io::Error) -> Error {
    Error::io(ErrorKind::Store, format!("cannot read {}", path.display()), error)
}

#[cfg(test)]
mod tests;
