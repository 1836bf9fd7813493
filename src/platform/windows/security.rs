//! Owners, and who may use a file.
//!
//! A store belongs to the group of administrators, to the system, or to the one account that made it for
//! itself. Besides its owner, the system and administrators, one more account may use it: the service
//! account, whose identifier stands in a file of the store that only an administrator can have made.

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

/// No identifier is written longer.
const LONGEST: u64 = 200;

/// What an account could do to a directory to exchange what is in it.
const EXCHANGE: u32 = DELETE | FILE_DELETE_CHILD | WRITE_DAC | WRITE_OWNER | GENERIC_ALL;
/// What it could do to put a file into a directory, or to write to a file: the bits are the same.
const WRITE: u32 = EXCHANGE | FILE_ADD_FILE | FILE_ADD_SUBDIRECTORY | GENERIC_WRITE;
const GENERIC_ALL: u32 = 0x1000_0000;
const GENERIC_WRITE: u32 = 0x4000_0000;

/// The account a store belongs to, or that this program works as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    sid: Sid,
    /// Who else may use a store.
    service: Option<Sid>,
    /// Whether the program works with the rights of an administrator.
    is_administrator: bool,
}

impl Owner {
    /// The owner of the store at `path`.
    ///
    /// # Errors
    /// When the system does not tell, or the store's service account cannot be read.
    pub fn of(path: &Path, _: &Metadata) -> Result<Self> {
        let failed = |error| {
            let what = format!("cannot tell who may use {}", path.display());
            Error::io(ErrorKind::Store, what, error)
        };
        let sid = descriptor_of(&look_at(path).map_err(failed)?).map_err(failed)?.owner;
        Ok(Self { sid, service: service_account(path)?, is_administrator: sid.is_administrative() })
    }

    /// The account this program works as.
    pub fn current() -> Self {
        // Who cannot be told has no rights.
        let sid = accounts::current().unwrap_or(NOBODY);
        let is_administrator = accounts::is_member(&ADMINISTRATORS).unwrap_or(false);
        Self { sid, service: None, is_administrator: is_administrator || sid == SYSTEM }
    }

    /// The service account of this name.
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
            return Err(Error::new(ErrorKind::Refused, format!("'{name}' is not one account"))
                .with_hint("name the account that the portal runs as: all members of a group could read the secrets"));
        }
        Ok(Self { sid: found.sid, service: None, is_administrator: false })
    }

    /// Whether `other` works on a store of this owner.
    pub fn accepts(self, other: Self) -> bool {
        // SECURITY: whoever owns a store can let others in, so it belongs to administrators, or to the
        // one account that uses it.
        let is_official = self.sid.is_administrative();
        self.sid == other.sid
            || is_official && (other.is_administrator || self.service == Some(other.sid))
    }

    /// Whether this account has the rights of an administrator.
    pub fn is_administrator(self) -> bool {
        self.is_administrator
    }

    /// The account's name, or its identifier when it has none.
    pub fn name(self) -> String {
        super::account::name_of(&self.sid)
    }

    /// Nobody works as somebody else here.
    pub fn assume(self) -> Result<()> {
        let owner = self.name();
        Err(Error::new(ErrorKind::Store, format!("the store belongs to {owner}")).with_hint(
            format!(
                "find out who made it; run as {owner}, or if it is yours: takeown /a /r /f PATH"
            ),
        ))
    }

    /// Whether this is the service account of the store at `path`.
    ///
    /// # Errors
    /// When it cannot be read which account that is.
    pub fn is_given(self, path: &Path) -> Result<bool> {
        Ok(service_account(path)? == Some(self.sid))
    }

    /// Lets this account use the store at `path` besides administrators and the system, and no other one.
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
            .with_hint("run as administrator"));
        }
        // A kill from here on leaves a store that refuses to work until this is done again.
        let record = path.join(SERVICE_ACCOUNT);
        let mut options = private_file();
        options.write(true).create(true).truncate(true);
        let written = super::open_patiently(&options, &record).and_then(|mut file| {
            file.write_all(format!("{}\n", self.sid).as_bytes()).and_then(|()| file.sync_all())
        });
        written.map_err(failed)?;
        let allowed = |rights| [(SYSTEM, FULL), (ADMINISTRATORS, FULL), (self.sid, rights)];
        // SECURITY: the account may replace every document, but never say that others may too.
        let_in(&record, &allowed(READ))
            .and_then(|()| let_in(path, &allowed(MODIFY)))
            .map_err(failed)
    }

    /// Whom a store of this owner lets in.
    fn trusts(&self, who: &Sid) -> bool {
        who.is_administrative() || *who == self.sid || self.service.as_ref() == Some(who)
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.sid, f)
    }
}

/// Lets these accounts, and no others, use what is at `path` and all below it but the record of the service
/// account.
///
/// # Errors
/// [`io::ErrorKind::PermissionDenied`] for a link and for a file with a second name, which may lie anywhere.
fn let_in(path: &Path, allowed: &[(Sid, u32)]) -> std::io::Result<()> {
    let opened = held(path)?;
    let metadata = opened.metadata()?;
    let is_elsewhere = metadata.is_symlink() || metadata.is_file() && files::links(&opened)? > 1;
    if is_elsewhere {
        let what = format!("{} is a link, or has a second name: remove it", path.display());
        return Err(std::io::Error::new(io::ErrorKind::PermissionDenied, what));
    }
    let below = if metadata.is_dir() { Below::Same } else { Below::Nothing };
    files::set_descriptor(&opened, &descriptor::private(None, allowed, below))?;
    if metadata.is_dir() {
        for entry in std::fs::read_dir(path)? {
            let inner = entry?.path();
            if !inner.ends_with(SERVICE_ACCOUNT) {
                let_in(&inner, allowed)?;
            }
        }
    }
    Ok(())
}

/// Opens what is at `path`, be it a link or a directory, to say who may use it.
// SECURITY: who may use the store already must not lead an administrator elsewhere. A directory that is
// open in this way can be neither renamed nor removed, so the paths below it stay where they are. What is
// not shared counts only with a right to the content, which listing is.
fn held(path: &Path) -> std::io::Result<File> {
    let mut options = looking_at(WRITE_DAC | FILE_LIST_DIRECTORY);
    super::open_patiently(options.share_mode(FILE_SHARE_READ | FILE_SHARE_WRITE), path)
}

/// What a directory or file that this program makes for itself lets in: administrators, the system, and
/// where it does not work as one of them, the account that it works as.
fn own_list(below: Below) -> Vec<u8> {
    let current = Owner::current();
    let mut allowed = vec![(SYSTEM, FULL), (ADMINISTRATORS, FULL)];
    if !current.is_administrator {
        allowed.push((current.sid, FULL));
    }
    let owner = if current.is_administrator { ADMINISTRATORS } else { current.sid };
    descriptor::private(Some(owner), &allowed, below)
}

/// Makes the directory of a store, which nobody else can enter.
pub fn make_private_directory(path: &Path) -> std::io::Result<()> {
    files::create_directory(path, &own_list(Below::Same))
}

/// Makes a directory in a store: it lets in whom the one above lets in.
pub fn make_inner_directory(path: &Path) -> std::io::Result<()> {
    std::fs::create_dir(path)
}

/// Makes a new file that nobody else can read, anywhere.
pub fn make_private_file(path: &Path) -> std::io::Result<File> {
    // SECURITY: it never has the list that its directory hands down: who opened it then could keep it.
    files::create_file(path, &own_list(Below::Nothing))
}

/// What is wrong with who may use the file or directory `path`, if anything, and the way out. `file` is
/// it, where it is open.
pub fn privacy_problem(
    path: &Path,
    file: Option<&File>,
    metadata: &Metadata,
    owner: Owner,
) -> Option<(String, String)> {
    let unknown = |error: &std::io::Error| {
        let problem = format!("cannot tell who may use {}: {error}", path.display());
        Some((problem, format!("look at it: icacls {}", quoted(path))))
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

/// What is wrong with an owner and a list.
fn list_problem(path: &Path, found: &Descriptor, owner: Owner) -> Option<(String, String)> {
    let place = path.display();
    if !owner.trusts(&found.owner) {
        let actual = super::account::name_of(&found.owner);
        return Some((
            format!("{place} belongs to {actual}, not to {}", owner.name()),
            format!(
                "find out who made it; if it is yours: icacls {} /setowner *{}",
                quoted(path),
                owner.sid
            ),
        ));
    }
    let Some(allowed) = &found.allowed else {
        return Some((
            format!("{place} can be used by everybody"),
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

/// Why what is at `path` could have been put there by somebody else than an administrator, if so.
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
            return Some(format!("{place} cannot be looked at"));
        };
        if metadata.is_symlink() {
            return Some(format!("{place} is a link"));
        }
        if !is_trusted(&found.owner) {
            let owner = super::account::name_of(&found.owner);
            return Some(format!("{place} belongs to {owner}, not to administrators"));
        }
        // Libraries beside a program are loaded into it: nobody may put one there.
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

/// Opens what is at `path`, be it a link or a directory, to look at it.
fn look_at(path: &Path) -> std::io::Result<File> {
    looking_at(0).open(path)
}

/// Options that open a file, a directory or a link itself to look at it, and for `more`.
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

/// The service account of the store at `root`, if it has one.
fn service_account(root: &Path) -> Result<Option<Sid>> {
    let path = root.join(SERVICE_ACCOUNT);
    let broken = |what: &str| {
        Error::new(ErrorKind::Store, format!("{} {what}", path.display()))
            .with_hint(r"as administrator, remove it and name the account again: rw2fa init --service-account NAME")
    };
    let file = match private_file().read(true).open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(&path, error)),
    };
    // SECURITY: otherwise whoever may write to the store could let others in.
    let owner = descriptor_of(&file).map_err(|error| unreadable(&path, error))?.owner;
    let current = Owner::current();
    let is_own = current.is_administrator && owner == current.sid;
    if !owner.is_administrative() && !is_own {
        return Err(broken("was not made by an administrator"));
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
