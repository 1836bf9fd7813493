//! Unix: owners, modes and set-uid.

mod directory;
mod harden;
mod host;
mod input;
mod lock;
mod machine;

use std::ffi::CString;
use std::fs::{File, Metadata, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use nix::libc;
use nix::sys::signal::{SigSet, Signal, killpg};
use nix::unistd::{Gid, Group, Pid, Uid, User, setgroups, setresgid, setresuid};

use crate::error::{Error, ErrorKind, Result};

pub use directory::people_and_groups;
pub use harden::*;
pub use host::*;
pub use input::*;
pub use lock::lock_holder;
pub use machine::machine_id;

/// The files at the top of a store that are not documents.
pub const OWN_FILES: &[&str] = &[];

/// The account a file belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    uid: u32,
    gid: u32,
}

impl Owner {
    /// The owner of the store at a path, which `metadata` describes.
    pub fn of(_: &Path, metadata: &Metadata) -> Result<Self> {
        Ok(Self::in_metadata(metadata))
    }

    fn in_metadata(metadata: &Metadata) -> Self {
        Self { uid: metadata.uid(), gid: metadata.gid() }
    }

    /// The account this program works as.
    pub fn current() -> Self {
        Self { uid: Uid::effective().as_raw(), gid: Gid::effective().as_raw() }
    }

    /// The account of this name.
    pub fn named(name: &str) -> Result<Self> {
        match User::from_name(name) {
            Ok(Some(user)) => Ok(Self { uid: user.uid.as_raw(), gid: user.gid.as_raw() }),
            Ok(None) => {
                Err(Error::new(ErrorKind::Refused, format!("no account is called '{name}'"))
                    .with_hint("create the account first, for example: useradd --system NAME"))
            }
            Err(error) => {
                Err(Error::io(ErrorKind::System, "cannot look up accounts", error.into()))
            }
        }
    }

    /// Whether `other` works on a store of this owner: the same account (the group does not matter).
    pub fn accepts(self, other: Self) -> bool {
        self.uid == other.uid
    }

    /// Whether this is the system's administrator.
    pub fn is_administrator(self) -> bool {
        self.uid == 0
    }

    /// The account's name, or its number when it has none.
    pub fn name(self) -> String {
        // A program that is linked statically does not load the system's name services.
        if cfg!(target_feature = "crt-static") {
            return format!("uid {}", self.uid);
        }
        match User::from_uid(Uid::from_raw(self.uid)) {
            Ok(Some(user)) => user.name,
            _ => format!("uid {}", self.uid),
        }
    }

    /// Works as this account from now on, for good.
    pub fn assume(self) -> Result<()> {
        let (uid, gid) = (Uid::from_raw(self.uid), Gid::from_raw(self.gid));
        let result = setgroups(&[gid])
            .and_then(|()| setresgid(gid, gid, gid))
            .and_then(|()| setresuid(uid, uid, uid));
        result.map_err(|error| {
            let what = format!("cannot work as the store's owner {}", self.name());
            Error::io(ErrorKind::System, what, error.into())
        })
    }

    /// Whether the store at a path is given to this account: an owner is named once, when it is made.
    pub fn is_given(self, _: &Path) -> Result<bool> {
        Ok(true)
    }

    /// Gives `path` to this account.
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

/// From now on Ctrl-C on a terminal does not end this program; whoever reads keys is told instead.
pub fn hold_interrupts() {
    let mut interrupts = SigSet::empty();
    interrupts.add(nix::sys::signal::Signal::SIGINT);
    // If that fails, Ctrl-C ends the program as before.
    let _ = interrupts.thread_block();
}

/// A program that leads a group, together with what it starts.
pub struct Family(Option<Pid>);

impl Family {
    /// The family of a program that was started after [`prepare_child`].
    pub fn of(child: &Child) -> Self {
        Self(i32::try_from(child.id()).ok().map(Pid::from_raw))
    }

    /// Ends the program and what it started.
    pub fn kill(&self) {
        if let Some(leader) = self.0 {
            // There is nothing to kill if all of it has ended.
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

/// Where the store of the whole system is.
pub fn system_store() -> PathBuf {
    if cfg!(target_os = "macos") {
        "/Library/Application Support/rw2fa".into()
    } else {
        "/var/lib/rw2fa".into()
    }
}

/// Options that open a file without following a link and make it readable for its owner only.
pub fn private_file() -> OpenOptions {
    let mut options = File::options();
    options.mode(0o600).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    options
}

/// Whether an error of [`private_file`] says that the path is a link.
pub fn is_link_error(error: &std::io::Error) -> bool {
    error.raw_os_error() == Some(libc::ELOOP)
}

/// Whether an error says that the disk could not do what it was told.
pub fn is_disk_failure(error: &std::io::Error) -> bool {
    error.raw_os_error() == Some(libc::EIO)
}

/// Whether an error of waiting for a child says that the system does not tell how it ended.
pub fn is_forgotten_child(error: &std::io::Error) -> bool {
    error.raw_os_error() == Some(libc::ECHILD)
}

/// Makes the directory of a store, which only its owner can enter.
pub fn make_private_directory(path: &Path) -> std::io::Result<()> {
    std::fs::DirBuilder::new().mode(0o700).create(path)
}

/// Makes a directory in a store, which only its owner can enter.
pub fn make_inner_directory(path: &Path) -> std::io::Result<()> {
    make_private_directory(path)
}

/// Makes a new file that only its owner can read, anywhere.
pub fn make_private_file(path: &Path) -> std::io::Result<File> {
    private_file().write(true).create_new(true).open(path)
}

/// Does something with a file. Nobody who has it open keeps anybody else from it here.
pub fn patiently<T>(mut act: impl FnMut() -> std::io::Result<T>) -> std::io::Result<T> {
    act()
}

/// Opens a file. Nobody who has it open keeps anybody else from it here.
pub fn open_patiently(options: &OpenOptions, path: &Path) -> std::io::Result<File> {
    options.open(path)
}

/// Whether colours can be written.
pub fn takes_colors() -> bool {
    true
}

/// A program leads a group of its own, so that it can be ended together with what it starts.
pub fn prepare_child(command: &mut Command) {
    command.process_group(0);
}

/// Whether another file took the place of this one after it was opened, or it was removed.
pub fn was_replaced(metadata: &Metadata) -> bool {
    metadata.nlink() == 0
}

/// What is wrong with who may use the file or directory `path`, if anything, and the way out. `_file` is
/// it, where it is open.
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
            format!("find out who made it; if it is yours: chown {wanted} {}", quoted(path)),
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

/// Whether the only problem of a file of `owner` is that others may use it.
pub fn is_exposed(metadata: &Metadata, owner: Owner) -> bool {
    metadata.uid() == owner.uid
        && (metadata.is_dir() || metadata.nlink() == 1)
        && metadata.mode() & 0o077 != 0
}

/// The command that closes everything below `path` to others.
pub fn close_command(path: &Path) -> String {
    format!("chmod -R go-rwx {}", quoted(path))
}

/// The command that puts what is at `path` aside.
pub fn set_aside_command(path: &Path) -> String {
    let place = quoted(path);
    format!("mv {place} {place}.aside")
}

/// The command that joins audit files whose months are still to come to that of the present month, in `directory`.
pub fn join_command(directory: &Path, lock: &Path, future: &[String], present: &str) -> String {
    let quoted_lock = quoted(lock);
    let script = format!(
        "cd {} && cat {} >>{present} && rm {}",
        quoted(directory),
        future.join(" "),
        future.join(" ")
    );
    format!("umask 077; flock {quoted_lock} sh -c {}", quoted(Path::new(&script)))
}

/// `path` as a shell takes it.
pub fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    if text.chars().all(|c| c.is_ascii_alphanumeric() || "/._-+@%".contains(c)) {
        text
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// The command that removes a file.
pub fn remove_command(path: &Path) -> String {
    format!("rm {}", quoted(path))
}

/// Makes the names in a directory durable.
pub fn sync_directory(path: &Path) -> std::io::Result<()> {
    File::open(path)?.sync_all()
}

/// Makes durable what was written to a file that is open for reading.
pub fn sync_read_file(file: &File, _: &Path) -> std::io::Result<()> {
    file.sync_data()
}

/// Has the system begin to write the last `length` bytes of `file` to the disk, so that a sync of it does not
/// wait for the whole of that. They were written a moment ago; nothing is durable yet.
#[cfg(target_os = "linux")]
pub fn begin_to_sync(file: &mut File, length: usize) {
    use std::io::Seek;

    use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};

    let end = file.stream_position().ok().and_then(|end| libc::off_t::try_from(end).ok());
    let length = libc::off_t::try_from(length).ok();
    if let (Some(end), Some(length)) = (end, length) {
        // The advice is to write the bytes, and to forget the pages that they fill. It is given for a byte less, so
        // that the last page counts as not filled and stays: the next login reads it.
        let advice = PosixFadviseAdvice::POSIX_FADV_DONTNEED;
        let _ = posix_fadvise(&*file, end - length, length - 1, advice);
    }
}

/// Other systems are not known to take the hint.
#[cfg(not(target_os = "linux"))]
pub fn begin_to_sync(_: &mut File, _: usize) {}

/// Makes everything durable that was written to the file system that `path` is on.
#[cfg(target_os = "linux")]
pub fn sync_file_system(path: &Path) -> std::io::Result<()> {
    nix::unistd::syncfs(File::open(path)?).map_err(Into::into)
}

/// Why the program at `path` could have been put there by somebody else than the administrator, if so.
pub fn trust_problem(path: &Path) -> Option<String> {
    path.ancestors().find_map(|part| {
        let place = part.display();
        match std::fs::symlink_metadata(part) {
            Err(_) => Some(format!("{place} cannot be looked at")),
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

/// The groups of the account `name` as the system's name services know them; `None` if they know no
/// such account. It may wait for a directory server.
///
/// # Errors
/// When the groups cannot be told in full: a group without a name counts as that.
pub fn groups_of(name: &str) -> Result<Option<Vec<String>>> {
    let failed = |error: nix::errno::Errno| {
        Error::io(ErrorKind::System, "the system cannot tell the groups", error.into())
    };
    let Some(user) = User::from_name(name).map_err(failed)? else { return Ok(None) };
    let account = CString::new(user.name).unwrap_or_default();
    let ids = nix::unistd::getgrouplist(&account, user.gid).map_err(failed)?;
    let mut groups = Vec::with_capacity(ids.len());
    for id in ids {
        let Some(group) = Group::from_gid(id).map_err(failed)? else {
            let what = format!("the system does not know the name of group {id}");
            return Err(Error::new(ErrorKind::System, what));
        };
        groups.push(group.name);
    }
    Ok(Some(groups))
}

/// Whether the system's name services know an account, or a group, of this name.
pub fn knows(name: &str, is_group: bool) -> bool {
    if is_group {
        Group::from_name(name).is_ok_and(|group| group.is_some())
    } else {
        User::from_name(name).is_ok_and(|user| user.is_some())
    }
}
