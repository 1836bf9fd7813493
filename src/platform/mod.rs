//! Everything that differs between operating systems: file ownership, permissions, accounts, waiting.
//!
//! Each system implements the same functions in its own files. Nothing here knows users, codes or
//! documents.

pub mod child;
mod listing;
#[cfg(not(target_os = "linux"))]
mod no_socket;
mod syslog;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

pub use listing::for_each_entry;
#[cfg(not(target_os = "linux"))]
pub use no_socket::*;
pub use syslog::{LogSeverity, SystemLog};
#[cfg(unix)]
pub use unix::*;
#[cfg(windows)]
pub use windows::*;

#[cfg(not(any(unix, windows)))]
compile_error!("rw2fa does not know this operating system yet: add a file beside platform/unix.rs");

/// The free space that a login may need, in bytes.
pub const LEAST_BYTES: u64 = 64 * 1024;

/// The number of files that a login may create.
pub const LEAST_FILES: u64 = 4;

/// The location of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileSystem {
    /// On a local disk, as far as the system reports.
    Local,
    /// On another machine's disk.
    Network(&'static str),
    /// On something that can be local or remote.
    Unknown(&'static str),
}

/// The process that holds a lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockHolder {
    /// A process of this system.
    Process {
        /// Its process id.
        pid: u32,
        /// Its program name; empty if the system does not reveal it.
        name: String,
        /// Why it is paused, if it is.
        pause: Option<Pause>,
    },
    /// The system lists its locks, but this one is not listed.
    Hidden,
    /// The system does not list its locks.
    Unknown,
}

/// Why a process is paused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pause {
    /// A signal or a debugger.
    Stopped,
    /// Its control group is frozen, by this file.
    Frozen(std::path::PathBuf),
}

impl LockHolder {
    /// Returns what to do about a lock that this process does not release.
    pub fn hint(&self) -> String {
        match self {
            LockHolder::Process { pid, pause: Some(Pause::Stopped), .. } => {
                format!(
                    "it is suspended: resume it with 'kill -CONT {pid}', or end it with 'kill -KILL {pid}'"
                )
            }
            LockHolder::Process { pid, pause: Some(Pause::Frozen(switch)), .. } => format!(
                "it is frozen: thaw it with 'echo 0 >{}', or end it with 'kill -KILL {pid}'",
                switch.display()
            ),
            LockHolder::Process { pid, .. } => {
                format!("try again; if that does not help, end the process: kill -KILL {pid}")
            }
            LockHolder::Hidden => {
                "try again; if that does not help, look for an rw2fa process that hangs, \
                                   in other containers that use this store too"
                    .into()
            }
            LockHolder::Unknown => {
                "try again; if that does not help, look for an rw2fa process that hangs".into()
            }
        }
    }
}

impl std::fmt::Display for LockHolder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            LockHolder::Process { pid, name, .. } if name.is_empty() => write!(f, "process {pid}"),
            LockHolder::Process { pid, name, .. } => write!(f, "process {pid} ({name})"),
            LockHolder::Hidden => f.write_str("a process outside this container"),
            LockHolder::Unknown => f.write_str("another program"),
        }
    }
}
