//! Unix: owners, modes and set-uid.

mod api;
mod directory;
mod harden;
mod hints;
mod host;
mod input;
mod lock;
mod machine;
#[cfg(target_os = "linux")]
mod socket;

use std::fs::{File, Metadata, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use nix::libc;
use nix::sys::signal::{SigSet, Signal, killpg};
use nix::unistd::{Gid, Pid, Uid, User, setgroups, setresgid, setresuid};

use crate::error::{Error, ErrorKind, Result};

pub use directory::people_and_groups;
pub use harden::*;
pub use hints::*;
pub use host::*;
pub use input::*;
pub use lock::lock_holder;
pub use machine::machine_id;
#[cfg(target_os = "linux")]
pub use socket::*;

/// The files at the top of a store that are not documents.
pub const OWN_FILES: &[&str] = &[];

/// The account a file belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    uid: u32,
    gid: u32,
}

impl Owner {
    /// Returns the owner of the store that `metadata` describes.
    pub fn of_store(_: &Path, metadata: &Metadata) -> Result<Self> {
        Ok(Self::in_metadata(metadata))
    }

    fn in_metadata(metadata: &Metadata) -> Self {
        Self { uid: metadata.uid(), gid: metadata.gid() }
    }

    /// The account this program runs as.
    pub fn current() -> Self {
        Self { uid: Uid::effective().as_raw(), gid: Gid::effective().as_raw() }
    }

    /// Looks up an account by name.
    pub fn named(name: &str) -> Result<Self> {
        match api::user_by_name(name) {
            Ok(Some(user)) => Ok(Self { uid: user.uid, gid: user.gid }),
            Ok(None) => {
                Err(Error::new(ErrorKind::Refused, format!("no account is called '{name}'"))
                    .with_hint("create the account first, for example: useradd --system NAME"))
            }
            Err(error) => Err(Error::io(ErrorKind::System, "cannot look up accounts", error)),
        }
    }

    /// Reports whether `other` may work on a store of this owner: the same account, in any group.
    pub fn accepts(self, other: Self) -> bool {
        self.uid == other.uid
    }

    /// Reports whether this is root.
    pub fn is_administrator(self) -> bool {
        self.uid == 0
    }

    /// Returns the account's name, or its number if it has none.
    pub fn name(self) -> String {
        // A statically linked program does not load the system's name services.
        if cfg!(target_feature = "crt-static") {
            return format!("uid {}", self.uid);
        }
        match User::from_uid(Uid::from_raw(self.uid)) {
            Ok(Some(user)) => user.name,
            _ => format!("uid {}", self.uid),
        }
    }

    /// Switches to this account for good, to work on its store.
    pub fn assume(self, _: &Path) -> Result<()> {
        let (uid, gid) = (Uid::from_raw(self.uid), Gid::from_raw(self.gid));
        let result = setgroups(&[gid])
            .and_then(|()| setresgid(gid, gid, gid))
            .and_then(|()| setresuid(uid, uid, uid));
        result.map_err(|error| {
            let what = format!("cannot work as the store's owner {}", self.name());
            Error::io(ErrorKind::System, what, error.into())
        })
    }

    /// Always true: on Unix the owner is named only once, when the store is created.
    pub fn is_given(self, _: &Path) -> Result<bool> {
        Ok(true)
    }

    /// Changes the owner of `path` to this account.
    pub fn give(self, path: &Path) -> Result<()> {
        std::os::unix::fs::lchown(path, Some(self.uid), Some(self.gid)).map_err(|error| {
            let what = format!("cannot give {} to {}", path.display(), self.name());
            Error::io(ErrorKind::System, what, error)
        })
    }
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "uid {}", self.uid)
    }
}

/// From now on, Ctrl-C on a terminal does not end this program; the code that reads keys receives it
/// instead.
pub fn hold_interrupts() {
    let mut interrupts = SigSet::empty();
    interrupts.add(nix::sys::signal::Signal::SIGINT);
    // If this fails, Ctrl-C ends the program as before.
    let _ = interrupts.thread_block();
}

/// A child process that leads a process group, with everything it starts.
pub struct Family(Option<Pid>);

impl Family {
    /// Returns the process group of a child started after [`prepare_child`].
    pub fn from_child(child: &Child) -> Self {
        Self(i32::try_from(child.id()).ok().map(Pid::from_raw))
    }

    /// Kills the program and everything it started.
    pub fn kill(&self) {
        if let Some(leader) = self.0 {
            // If all of it has ended, there is nothing to kill.
            let _ = killpg(leader, Signal::SIGKILL);
        }
    }
}

/// The account that started this program, for the audit trail.
pub fn caller() -> String {
    Owner { uid: Uid::current().as_raw(), gid: 0 }.name()
}

/// The name of this server.
pub fn host_name() -> String {
    nix::unistd::gethostname()
        .ok()
        .and_then(|name| name.into_string().ok())
        .map(|name| name.split('.').next().unwrap_or_default().to_owned())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "server".to_owned())
}

/// The first label of this server's domain, which is often the NetBIOS name of its directory.
pub fn domain_name() -> Option<String> {
    let name = nix::unistd::gethostname().ok()?.into_string().ok()?;
    name.split('.').nth(1).filter(|label| !label.is_empty()).map(str::to_owned)
}

/// The path of the system-wide store.
pub fn system_store() -> PathBuf {
    if cfg!(target_os = "macos") {
        "/Library/Application Support/rw2fa".into()
    } else {
        "/var/lib/rw2fa".into()
    }
}

/// Returns options that open a file without following a link, and create it readable only by its owner.
pub fn private_file() -> OpenOptions {
    let mut options = File::options();
    options.mode(0o600).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    options
}

/// Reports whether an error of [`private_file`] means that the path is a link.
pub fn is_link_error(error: &std::io::Error) -> bool {
    error.raw_os_error() == Some(libc::ELOOP)
}

/// Reports whether a wait for a child failed because the system discarded its exit code.
pub fn is_forgotten_child(error: &std::io::Error) -> bool {
    error.raw_os_error() == Some(libc::ECHILD)
}

/// Creates the directory of a store, which only its owner can enter.
pub fn make_private_directory(path: &Path) -> std::io::Result<()> {
    std::fs::DirBuilder::new().mode(0o700).create(path)
}

/// Creates a directory in a store, which only its owner can enter.
pub fn make_inner_directory(path: &Path) -> std::io::Result<()> {
    make_private_directory(path)
}

/// Creates a file anywhere that only its owner can read.
pub fn make_private_file(path: &Path) -> std::io::Result<File> {
    private_file().write(true).create_new(true).open(path)
}

/// Performs a file operation. Open files never block it on Unix, so there is no retry.
pub fn with_retry<T>(mut act: impl FnMut() -> std::io::Result<T>) -> std::io::Result<T> {
    act()
}

/// Opens a file. Other programs never block this on Unix, so there is no retry.
pub fn open_with_retry(options: &OpenOptions, path: &Path) -> std::io::Result<File> {
    options.open(path)
}

/// Reports whether the terminal supports colours.
pub fn takes_colors() -> bool {
    true
}

/// Gives the child a process group of its own, so that it can be killed with everything it starts.
pub fn prepare_child(command: &mut Command) {
    command.process_group(0);
}

/// Reports whether this file was replaced or removed after it was opened.
pub fn was_replaced(metadata: &Metadata) -> bool {
    metadata.nlink() == 0
}

/// Returns what is wrong with the owner or permissions of `path`, if anything, and a hint. `_file` is the
/// open file, if there is one.
pub fn privacy_problem(
    path: &Path,
    _file: Option<&File>,
    metadata: &Metadata,
    owner: Owner,
) -> Option<(String, String)> {
    let place = path.display();
    if metadata.uid() != owner.uid {
        let (actual, wanted) = (Owner::in_metadata(metadata).name(), owner.name());
        return Some((
            format!("{place} belongs to {actual}, not to {wanted}"),
            format!("find out who created it; if it is yours: chown {wanted} {}", quoted(path)),
        ));
    }
    if metadata.is_file() && metadata.nlink() != 1 {
        return Some((
            format!("{place} has {} hard links", metadata.nlink()),
            format!("find the others and remove them: find / -xdev -samefile {}", quoted(path)),
        ));
    }
    if metadata.mode() & 0o077 != 0 {
        return Some((
            format!("{place} can be used by others (mode {:04o})", metadata.mode() & 0o7777),
            format!("chmod go-rwx {}", quoted(path)),
        ));
    }
    None
}

/// Reports whether the only problem of a file of `owner` is that other accounts may use it.
pub fn is_exposed(metadata: &Metadata, owner: Owner) -> bool {
    metadata.uid() == owner.uid
        && (metadata.is_dir() || metadata.nlink() == 1)
        && metadata.mode() & 0o077 != 0
}

/// Makes the names in a directory durable.
pub fn sync_directory(path: &Path) -> std::io::Result<()> {
    File::open(path)?.sync_all()
}

/// Makes the contents of a file durable that is open for reading.
pub fn sync_read_file(file: &File, _: &Path) -> std::io::Result<()> {
    file.sync_data()
}

/// Asks the system to begin writing the last `length` bytes of `file` to disk, so that a later sync has
/// less to wait for. Nothing is durable yet.
#[cfg(target_os = "linux")]
pub fn begin_to_sync(file: &mut File, length: usize) {
    use std::io::Seek;

    use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};

    let end = file.stream_position().ok().and_then(|end| libc::off_t::try_from(end).ok());
    let length = libc::off_t::try_from(length).ok();
    if let (Some(end), Some(length)) = (end, length) {
        // This advice writes the bytes and drops the pages they fill. With one byte less, the last page
        // does not count as filled and stays in memory for the next login to read.
        let advice = PosixFadviseAdvice::POSIX_FADV_DONTNEED;
        let _ = posix_fadvise(&*file, end - length, length - 1, advice);
    }
}

/// Other systems are not known to support this.
#[cfg(not(target_os = "linux"))]
pub fn begin_to_sync(_: &mut File, _: usize) {}

/// Makes everything durable that was written to the file system of `path`.
#[cfg(target_os = "linux")]
pub fn sync_file_system(path: &Path) -> std::io::Result<()> {
    nix::unistd::syncfs(File::open(path)?).map_err(Into::into)
}

/// Returns why an account other than root could have put the program at `path` there, if that is possible.
pub fn trust_problem(path: &Path) -> Option<String> {
    path.ancestors().find_map(|part| {
        let place = part.display();
        match std::fs::symlink_metadata(part) {
            Err(_) => Some(format!("{place} cannot be examined")),
            Ok(metadata) if metadata.uid() != 0 => Some(format!(
                "{place} belongs to {}, not to root",
                Owner::in_metadata(&metadata).name()
            )),
            Ok(metadata) if metadata.is_symlink() => Some(format!("{place} is a link")),
            Ok(metadata) if metadata.mode() & 0o022 != 0 && metadata.mode() & 0o1000 == 0 => {
                Some(format!("{place} can be written by others"))
            }
            Ok(_) => None,
        }
    })
}

/// Returns the groups of the account `name` from the system's name services; `None` if they do not know the
/// account. May wait for a directory server.
///
/// # Errors
/// If the list may be incomplete, for example because a group has no name.
pub fn groups_of(name: &str) -> Result<Option<Vec<String>>> {
    let failed = |error| Error::io(ErrorKind::System, "cannot look up the groups", error);
    let Some(user) = api::user_by_name(name).map_err(failed)? else { return Ok(None) };
    let ids = api::group_ids(&user).map_err(failed)?;
    let mut groups = Vec::with_capacity(ids.len());
    for id in ids {
        let Some(group) = api::group_name(id).map_err(failed)? else {
            let what = format!("the system does not know the name of group {id}");
            return Err(Error::new(ErrorKind::System, what));
        };
        groups.push(group);
    }
    Ok(Some(groups))
}

/// Reports whether the system's name services know an account, or a group, of this name.
pub fn knows(name: &str, is_group: bool) -> bool {
    if is_group {
        api::has_group(name).is_ok_and(|is_known| is_known)
    } else {
        api::user_by_name(name).is_ok_and(|user| user.is_some())
    }
}
