//! The Unix host: its disks, its clock, its programs.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::platform::{FileSystem, LEAST_BYTES, LEAST_FILES};

/// How to fix the clock.
pub const CLOCK_REMEDY: &str =
    "timedatectl set-ntp true, and make sure that a time server can be reached";

/// Returns the location of `path`, by the type of its file system.
pub fn file_system(path: &Path) -> FileSystem {
    #[cfg(target_os = "linux")]
    if let Ok(found) = nix::sys::statfs::statfs(path) {
        // The width of this type differs between platforms; the value always fits 32 bits.
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

/// Classifies a file system by its Linux magic number, `statfs(2)`.
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

/// Returns how many more bytes the store's owner can write at `path`; `None` if unknown.
pub fn free_bytes(path: &Path) -> Option<u64> {
    room(&nix::sys::statvfs::statvfs(path).ok()?)
}

/// Returns the free bytes without those reserved for root: a store that needs the reserve is full. `None`
/// on file systems without a size, such as an unlimited tmpfs and many FUSE ones.
#[allow(clippy::useless_conversion, reason = "the types are narrower on some platforms")]
fn room(found: &nix::sys::statvfs::Statvfs) -> Option<u64> {
    let (blocks, size) = (found.blocks_available(), found.fragment_size());
    let has_size = found.blocks() > 0;
    has_size.then(|| u64::from(blocks).saturating_mul(u64::from(size)))
}

/// Checks that files can be created in the directory at `path`: its mode, an immutable attribute, and a read-only file
/// system are reasons why not.
///
/// # Errors
/// The reason.
pub fn check_writable(path: &Path) -> std::io::Result<()> {
    use nix::unistd::AccessFlags;

    nix::unistd::access(path, AccessFlags::W_OK | AccessFlags::X_OK).map_err(Into::into)
}

/// Reports whether the file system of `file` lacks the space for a login. If the system does not say,
/// assumes there is space.
#[allow(clippy::useless_conversion, reason = "the types are narrower on some platforms")]
pub fn is_full(file: &std::fs::File) -> bool {
    let Ok(found) = nix::sys::statvfs::fstatvfs(file) else { return false };
    let has_room = room(&found).is_none_or(|room| room >= LEAST_BYTES);
    // A file system without a fixed number of files reports zero.
    let has_files = found.files() == 0 || u64::from(found.files_available()) >= LEAST_FILES;
    !has_room || !has_files
}

/// Returns how many more files the store's owner can create at `path`; `None` if there is no limit.
pub fn free_inodes(path: &Path) -> Option<u64> {
    let found = nix::sys::statvfs::statvfs(path).ok().filter(|found| found.files() > 0)?;
    #[allow(clippy::useless_conversion, reason = "narrower on some platforms")]
    Some(found.files_available().into())
}

/// Reports whether the file system at `path` is read-only.
pub fn is_read_only(path: &Path) -> bool {
    let flags = nix::sys::statvfs::statvfs(path).map(|found| found.flags());
    flags.is_ok_and(|flags| flags.contains(nix::sys::statvfs::FsFlags::ST_RDONLY))
}

/// Returns the command that makes `path` writable after this error.
pub fn unlock_command(path: &Path, is_directory: bool, error: &std::io::Error) -> Option<String> {
    let recursive = if is_directory { "-R " } else { "" };
    let place = super::quoted(path);
    match nix::errno::Errno::from_raw(error.raw_os_error()?) {
        // For the owner of a file, this error means that the file is immutable or append-only.
        nix::errno::Errno::EPERM => Some(format!("chattr {recursive}-i -a {place}")),
        nix::errno::Errno::EROFS => Some(super::remount_command(path)),
        nix::errno::Errno::EACCES => Some(format!("chmod {recursive}u+rwX {place}")),
        _ => None,
    }
}

/// Reports whether the system keeps its clock synchronised; `None` if unknown.
///
/// systemd-timesyncd leaves a file; for other daemons, `timedatectl` reports the kernel's state.
pub fn clock_synchronised() -> Option<bool> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    if Path::new("/run/systemd/timesync/synchronized").exists() {
        return Some(true);
    }
    let args = ["show", "--property=NTPSynchronized", "--value"];
    let patience = std::time::Duration::from_secs(5);
    let output =
        crate::platform::child::run(Path::new("/usr/bin/timedatectl"), &args, b"", patience)
            .ok()?;
    match output.stdout.trim_ascii() {
        b"yes" => Some(true),
        b"no" => Some(false),
        _ => None,
    }
}

/// The path of this program.
pub fn program() -> Option<PathBuf> {
    std::env::current_exe().ok()
}

/// Reports whether the program at `path` is set-uid, and whether everyone may start it.
pub fn starts_for_others(path: &Path) -> Option<(bool, bool)> {
    let mode = std::fs::metadata(path).ok()?.mode();
    Some((mode & 0o4000 != 0, mode & 0o001 != 0))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    /// Guards the numbers of network file systems, and that none of them is a local one.
    #[test]
    fn network_file_systems_are_known() {
        assert_eq!(file_system_of(0x6969), FileSystem::Network("NFS"));
        assert_eq!(file_system_of(0xff53_4d42), FileSystem::Network("SMB"));
        assert_eq!(file_system_of(0xef53), FileSystem::Local);
        assert_eq!(file_system(Path::new("/proc")), FileSystem::Local);
        assert!(free_bytes(Path::new("/")).is_some());
    }
}
