//! The system log, which can receive copies of the audit trail.
//!
//! Sends a datagram to its socket, like `syslog(3)`. A message is delivered at once or dropped: a full or
//! missing log never blocks.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

/// Facility 10 (security and authorisation), as RFC 3164 counts it, before the severity.
const FACILITY: u8 = 10 * 8;

/// How urgent a message is, as RFC 3164 counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogSeverity {
    /// Something failed.
    Error = 3,
    /// Something that may become a problem.
    Warning = 4,
    /// Normal, and worth a look.
    Notice = 5,
    /// Normal.
    Info = 6,
}

/// The socket of the log.
#[derive(Clone, Debug)]
pub struct SystemLog(Cow<'static, Path>);

impl SystemLog {
    /// Whether this system has a system log.
    pub const IS_OFFERED: bool = cfg!(unix);

    /// The log of this system.
    // SECURITY: no environment variable chooses it, because the set-uid verifier writes to it.
    pub fn standard() -> Self {
        let path = if cfg!(target_os = "macos") { "/var/run/syslog" } else { "/dev/log" };
        Self(Cow::Borrowed(Path::new(path)))
    }

    /// A log that listens at `path`.
    pub fn at(path: PathBuf) -> Self {
        Self(Cow::Owned(path))
    }

    /// Sends one line.
    ///
    /// The log adds its own timestamp to that of the line.
    ///
    /// # Errors
    /// If the log is missing or does not accept the line at once.
    pub fn send(&self, severity: LogSeverity, line: &str) -> io::Result<()> {
        let priority = FACILITY + severity as u8;
        send(&self.0, &format!("<{priority}>rw2fa[{}]: {line}", std::process::id()))
    }

    /// Checks that something is listening.
    ///
    /// # Errors
    /// If nothing is.
    pub fn check(&self) -> io::Result<()> {
        connect(&self.0).map(drop)
    }
}

#[cfg(unix)]
fn connect(path: &Path) -> io::Result<std::os::unix::net::UnixDatagram> {
    let socket = std::os::unix::net::UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    socket.connect(path)?;
    Ok(socket)
}

#[cfg(unix)]
fn send(path: &Path, message: &str) -> io::Result<()> {
    connect(path)?.send(message.as_bytes()).map(drop)
}

#[cfg(not(unix))]
fn connect(_: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(not(unix))]
fn send(path: &Path, _: &str) -> io::Result<()> {
    connect(path)
}
