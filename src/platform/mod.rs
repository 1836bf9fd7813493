//! What differs between operating systems: who owns a file, who may read it, who runs the program.
//!
//! One file per system with the same functions; nothing here knows users, codes or documents.

#[cfg(unix)]
mod host;
mod machine;
mod syslog;
#[cfg(unix)]
mod unix;

#[cfg(unix)]
pub use host::*;
pub use machine::machine_id;
pub use syslog::SystemLog;
#[cfg(unix)]
pub use unix::*;

#[cfg(not(unix))]
compile_error!("rw2fa does not know this operating system yet: add a file beside platform/unix.rs");
