//! Unix: owners, modes, set-uid, and waiting for input.

use std::fs::{File, Metadata, OpenOptions};
use std::io::Read;
use std::os::fd::AsFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::stat::{Mode, umask};
use nix::unistd::{Gid, Uid, User, setgroups, setresgid, setresuid};

use crate::error::{Error, Kind, Result};

/// The account a file belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    uid: u32,
    gid: u32,
}

impl Owner {
    /// The owner of the file that `metadata` describes.
    pub fn of(metadata: &Metadata) -> Self {
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
            Ok(None) => Err(Error::new(Kind::Refused, format!("no account is called '{name}'"))
                .hint("create the account first, for example: useradd --system NAME")),
            Err(error) => Err(Error::io(Kind::System, "cannot look up accounts", error.into())),
        }
    }

    /// Whether both are the same account (the group does not matter).
    pub fn is_same_account(self, other: Self) -> bool {
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
            Error::io(Kind::System, what, error.into())
        })
    }

    /// Gives `path` to this account.
    pub fn give(self, path: &Path) -> Result<()> {
        std::os::unix::fs::lchown(path, Some(self.uid), Some(self.gid)).map_err(|error| {
            let what = format!("cannot give {} to {}", path.display(), self.name());
            Error::io(Kind::System, what, error)
        })
    }
}

/// The first act of every run: private files, no core dumps, and when set-uid, the owner's ids for good.
///
/// Returns whether the program runs set-uid: then it must not trust its environment.
pub fn harden() -> bool {
    umask(Mode::from_bits_truncate(0o077));
    // A refusal to lower a limit only means that it is lower already.
    let _ = setrlimit(Resource::RLIMIT_CORE, 0, 0);
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_dumpable(false);
    let (real, effective) = (Uid::current(), Uid::effective());
    let (real_group, effective_group) = (Gid::current(), Gid::effective());
    if real == effective && real_group == effective_group {
        return false;
    }
    // SECURITY: with the caller's ids still in place, the caller could trace or signal this process.
    let ids = setresgid(effective_group, effective_group, effective_group)
        .and_then(|()| setresuid(effective, effective, effective));
    if ids.is_err() {
        std::process::abort();
    }
    true
}

/// Waits until standard input has something to read.
///
/// # Errors
/// [`Kind::Timeout`] when nothing came within `patience`.
pub fn wait_for_input(patience: Duration) -> Result<()> {
    let deadline = std::time::Instant::now() + patience;
    loop {
        let left = deadline.saturating_duration_since(std::time::Instant::now());
        let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
        let stdin = StdinFd;
        let mut wanted = [PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
        match poll(&mut wanted, timeout) {
            Ok(0) => {
                return Err(Error::new(Kind::Timeout, "no code came on standard input in time")
                    .hint("write one line, or nothing, and close the pipe"));
            }
            Ok(_) => return Ok(()),
            Err(nix::errno::Errno::EINTR) => {}
            Err(error) => {
                return Err(Error::io(
                    Kind::System,
                    "cannot wait for standard input",
                    error.into(),
                ));
            }
        }
    }
}

/// Standard input without a buffer.
pub fn unbuffered_stdin() -> Option<Box<dyn Read>> {
    let duplicate = StdinFd.as_fd().try_clone_to_owned().ok()?;
    Some(Box::new(File::from(duplicate)))
}

struct StdinFd;

impl AsFd for StdinFd {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        // The standard library keeps descriptor 0 open for the life of the process.
        std::sync::LazyLock::force(&STDIN).as_fd()
    }
}

#[expect(clippy::disallowed_methods, reason = "only the descriptor is taken, nothing is read")]
static STDIN: std::sync::LazyLock<std::io::Stdin> = std::sync::LazyLock::new(std::io::stdin);

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

/// Makes a directory that only its owner can enter.
pub fn make_private_directory(path: &Path) -> std::io::Result<()> {
    std::fs::DirBuilder::new().mode(0o700).create(path)
}

/// Whether another file took the place of this one after it was opened, or it was removed.
pub fn was_replaced(metadata: &Metadata) -> bool {
    metadata.nlink() == 0
}

/// What is wrong with who may use the file or directory `path`, if anything, and the way out.
pub fn privacy_problem(path: &Path, metadata: &Metadata, owner: Owner) -> Option<(String, String)> {
    let place = path.display();
    if metadata.uid() != owner.uid {
        let (actual, wanted) = (Owner::of(metadata).name(), owner.name());
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

/// Where a directory lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileSystem {
    /// On a disk of this machine, as far as the system tells.
    Local,
    /// On another machine's.
    Network(&'static str),
    /// Behind something that can be either.
    Unknown(&'static str),
}

/// Where `path` lies, by the type of its file system.
pub fn file_system(path: &Path) -> FileSystem {
    #[cfg(target_os = "linux")]
    if let Ok(found) = nix::sys::statfs::statfs(path) {
        // The type is of another width on each platform, and always a number of 32 bits.
        let kind = found.filesystem_type().0;
        return file_system_of(u32::try_from(kind & 0xffff_ffff).unwrap_or(0));
    }
    #[cfg(target_os = "macos")]
    if let Ok(found) = nix::sys::statfs::statfs(path) {
        return match found.filesystem_type_name() {
            "nfs" => FileSystem::Network("NFS"),
            "smbfs" => FileSystem::Network("SMB"),
            "afpfs" | "webdav" => FileSystem::Network("AFP or WebDAV"),
            _ => FileSystem::Local,
        };
    }
    let _ = path;
    FileSystem::Unknown("of an unknown type")
}

/// The file system with this magic number of Linux, `statfs(2)`.
#[cfg(target_os = "linux")]
fn file_system_of(magic: u32) -> FileSystem {
    match magic {
        0x6969 => FileSystem::Network("NFS"),
        0xff53_4d42 | 0xfe53_4d42 | 0x517b => FileSystem::Network("SMB"),
        0x5346_414f => FileSystem::Network("AFS"),
        0x7375_7245 => FileSystem::Network("Coda"),
        0x00c3_6400 => FileSystem::Network("Ceph"),
        0x0bd0_0bd0 => FileSystem::Network("Lustre"),
        0x7461_636f => FileSystem::Network("OCFS2"),
        0x0116_1970 => FileSystem::Network("GFS2"),
        0x6573_5546 => FileSystem::Unknown("FUSE"),
        0x0102_1997 => FileSystem::Unknown("9P"),
        _ => FileSystem::Local,
    }
}

/// Bytes that the owner of the store may still write where `path` is.
pub fn free_bytes(path: &Path) -> Option<u64> {
    let found = nix::sys::statvfs::statvfs(path).ok()?;
    // The types differ between platforms.
    let (blocks, size) = (found.blocks_available(), found.fragment_size());
    #[allow(clippy::useless_conversion, reason = "narrower on some platforms")]
    u64::from(blocks).checked_mul(u64::from(size))
}

/// Whether the system keeps its clock synchronised; `None` where it does not tell.
///
/// systemd-timesyncd leaves a file; for other daemons `timedatectl` tells what the kernel says.
pub fn clock_synchronised() -> Option<bool> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    if Path::new("/run/systemd/timesync/synchronized").exists() {
        return Some(true);
    }
    let output = std::process::Command::new("/usr/bin/timedatectl")
        .args(["show", "--property=NTPSynchronized", "--value"])
        .env_clear()
        .stdin(std::process::Stdio::null())
        .output()
        .ok()?;
    match output.stdout.trim_ascii() {
        b"yes" => Some(true),
        b"no" => Some(false),
        _ => None,
    }
}

/// Where this program lies.
pub fn program() -> Option<PathBuf> {
    std::env::current_exe().ok()
}

/// Whether the program at `path` works as its owner, and whether everybody may start it.
pub fn starts_for_others(path: &Path) -> Option<(bool, bool)> {
    let mode = std::fs::metadata(path).ok()?.mode();
    Some((mode & 0o4000 != 0, mode & 0o001 != 0))
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

/// Makes the names in a directory durable.
pub fn sync_directory(path: &Path) -> std::io::Result<()> {
    File::open(path)?.sync_all()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    /// Guards the numbers of network file systems, and that a local one is none of them.
    #[test]
    fn network_file_systems_are_known() {
        assert_eq!(file_system_of(0x6969), FileSystem::Network("NFS"));
        assert_eq!(file_system_of(0xff53_4d42), FileSystem::Network("SMB"));
        assert_eq!(file_system_of(0xef53), FileSystem::Local);
        assert_eq!(file_system(Path::new("/proc")), FileSystem::Local);
        assert!(free_bytes(Path::new("/")).is_some());
    }
}
