//! The log of the system, for copies of what the audit trail says.
//!
//! A datagram to its socket, as `syslog(3)` of the C library sends it. It is handed over at once or not
//! at all: a log that is full, or not there, never makes anybody wait.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

/// Facility 10 (security and authorisation), severity 6 (informational), as RFC 3164 counts them.
const PRIORITY: u32 = 10 * 8 + 6;

/// Where the log takes messages.
#[derive(Clone, Debug)]
pub struct SystemLog(Cow<'static, Path>);

impl SystemLog {
    /// Whether this system has such a log.
    pub const IS_OFFERED: bool = cfg!(unix);

    /// The log of this system.
    // SECURITY: no variable names it, since the set-uid verifier writes to it.
    pub fn standard() -> Self {
        let path = if cfg!(target_os = "macos") { "/var/run/syslog" } else { "/dev/log" };
        Self(Cow::Borrowed(Path::new(path)))
    }

    /// A log that listens at `path`.
    pub fn at(path: PathBuf) -> Self {
        Self(Cow::Owned(path))
    }

    /// Hands one line over.
    ///
    /// The log adds the time; the line has its own besides.
    ///
    /// # Errors
    /// When the log is not there, or does not take it at once.
    pub fn tell(&self, line: &str) -> io::Result<()> {
        send(&self.0, &format!("<{PRIORITY}>rw2fa[{}]: {line}", std::process::id()))
    }

    /// Whether something listens.
    ///
    /// # Errors
    /// When nothing does.
    pub fn reach(&self) -> io::Result<()> {
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
