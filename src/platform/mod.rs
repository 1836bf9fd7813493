//! What differs between operating systems: who owns a file, who may read it, who runs the program.
//!
//! The same functions for each system, in files of its own; nothing here knows users, codes or documents.

mod listing;
mod syslog;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

pub use listing::for_each_entry;
pub use syslog::SystemLog;
#[cfg(unix)]
pub use unix::*;
#[cfg(windows)]
pub use windows::*;

#[cfg(not(any(unix, windows)))]
compile_error!("rw2fa does not know this operating system yet: add a file beside platform/unix.rs");

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
