//! Reads input and talks to other programs, with a time limit.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};

/// Ctrl-C, as a terminal sends it.
const INTERRUPT: u8 = 3;

/// The longest line that a terminal sends.
const LONGEST_LINE: usize = 4096;

/// Reads a line from the terminal on standard input with echo off, including while `ask` prompts for it.
///
/// # Errors
/// [`std::io::ErrorKind::Interrupted`] on Ctrl-C.
pub fn read_hidden_line(
    ask: impl FnOnce() -> std::io::Result<()>,
) -> std::io::Result<Zeroizing<String>> {
    let _hidden = HiddenInput::begin()?;
    ask()?;
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST_LINE));
    let mut part = Zeroizing::new([0; LONGEST_LINE]);
    loop {
        let read = match nix::unistd::read(StdinFd, &mut *part) {
            Err(nix::errno::Errno::EINTR) => continue,
            read => read?,
        };
        // Must not grow: the old buffer would not be wiped.
        if line.len() + read > LONGEST_LINE {
            return Err(std::io::ErrorKind::InvalidData.into());
        }
        line.extend_from_slice(part.get(..read).unwrap_or_default());
        match line.last() {
            Some(&INTERRUPT) => return Err(std::io::ErrorKind::Interrupted.into()),
            Some(b'\n') => break,
            _ if read == 0 => break,
            _ => {}
        }
    }
    let text = std::str::from_utf8(&line).map_err(|_| std::io::ErrorKind::InvalidData)?;
    Ok(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}

/// A terminal with echo off; restored on drop.
struct HiddenInput(Termios);

impl HiddenInput {
    /// Discards earlier input. No key can end or stop this program, which would leave echo off. Ctrl-C ends
    /// the line instead.
    fn begin() -> std::io::Result<Self> {
        let before = tcgetattr(StdinFd)?;
        let mut hidden = before.clone();
        hidden.local_flags.remove(LocalFlags::ECHO | LocalFlags::ECHONL | LocalFlags::ISIG);
        hidden.local_flags.insert(LocalFlags::ICANON);
        if let Some(end) = hidden.control_chars.get_mut(libc::VEOL) {
            *end = INTERRUPT;
        }
        tcsetattr(StdinFd, SetArg::TCSAFLUSH, &hidden)?;
        Ok(Self(before))
    }
}

impl Drop for HiddenInput {
    fn drop(&mut self) {
        // A closed terminal cannot be restored.
        let _ = tcsetattr(StdinFd, SetArg::TCSAFLUSH, &self.0);
    }
}

/// Waits until standard input has something to read.
///
/// # Errors
/// [`ErrorKind::Timeout`] if nothing arrives within `patience`.
pub fn wait_for_input(patience: Duration) -> Result<()> {
    let is_ready = wait_until(&StdinFd, PollFlags::POLLIN, Instant::now() + patience)
        .map_err(|error| Error::io(ErrorKind::System, "cannot wait for standard input", error))?;
    if is_ready {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Timeout, "no complete line arrived on standard input in time")
        .with_hint("write one line, or nothing, and close the pipe"))
}

/// How often to check whether a silent program has ended.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Reads another program's output until its end, until it `has_ended`, or until `most` bytes have arrived.
///
/// # Errors
/// [`std::io::ErrorKind::TimedOut`] at `deadline`.
pub fn read_until(
    mut from: impl Read + AsFd,
    most: usize,
    deadline: Instant,
    has_ended: &mut dyn FnMut() -> std::io::Result<bool>,
) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    let mut is_last = false;
    while bytes.len() < most {
        if !wait_until(&from, PollFlags::POLLIN, deadline.min(Instant::now() + POLL_INTERVAL))? {
            if is_last {
                break;
            }
            if Instant::now() >= deadline {
                return Err(std::io::ErrorKind::TimedOut.into());
            }
            // Output from before its end is still unread.
            is_last = has_ended()?;
            continue;
        }
        let read = from.read(&mut chunk)?;
        if read == 0 {
            break;
        }
        bytes.extend_from_slice(&chunk[..read]);
    }
    bytes.truncate(most);
    Ok(bytes)
}

/// Writes all of `bytes` to another program.
///
/// # Errors
/// [`std::io::ErrorKind::TimedOut`] at `deadline`, also if the program stops reading.
pub fn write_until(
    mut to: impl Write + AsFd,
    mut bytes: &[u8],
    deadline: Instant,
) -> std::io::Result<()> {
    fcntl(to.as_fd(), FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    while !bytes.is_empty() {
        match to.write(bytes) {
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                if !wait_until(&to, PollFlags::POLLOUT, deadline)? {
                    return Err(std::io::ErrorKind::TimedOut.into());
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// A stream that can be waited for.
pub use std::os::fd::AsFd as Stream;

/// Waits until a stream can be written, or its reader has closed it.
///
/// # Errors
/// [`std::io::ErrorKind::TimedOut`] after `patience`.
pub fn wait_to_write(stream: &impl Stream, patience: Option<Duration>) -> std::io::Result<()> {
    let Some(patience) = patience else { return wait_for(stream, PollFlags::POLLOUT) };
    if wait_until(stream, PollFlags::POLLOUT, Instant::now() + patience)? {
        return Ok(());
    }
    Err(std::io::ErrorKind::TimedOut.into())
}

/// Waits until the file is ready for `wanted`, or at its end.
fn wait_for(file: &impl AsFd, wanted: PollFlags) -> std::io::Result<()> {
    match poll(&mut [PollFd::new(file.as_fd(), wanted)], PollTimeout::NONE) {
        Err(nix::errno::Errno::EINTR) => Ok(()),
        other => other.map(drop).map_err(Into::into),
    }
}

/// Reports whether the file is ready for `wanted`, or at its end, before `deadline`.
fn wait_until(file: &impl AsFd, wanted: PollFlags, deadline: Instant) -> std::io::Result<bool> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
        let mut files = [PollFd::new(file.as_fd(), wanted)];
        match poll(&mut files, timeout) {
            Err(nix::errno::Errno::EINTR) => {}
            other => return Ok(other? > 0),
        }
    }
}

/// Returns standard input without a buffer.
pub fn unbuffered_stdin() -> Option<Box<dyn Read>> {
    let duplicate = StdinFd.as_fd().try_clone_to_owned().ok()?;
    Some(Box::new(Stdin(File::from(duplicate))))
}

/// Standard input, which waits for its writer even if a caller has set it not to block.
struct Stdin(File);

impl Read for Stdin {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            match self.0.read(buffer) {
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                    wait_for(&self.0, PollFlags::POLLIN)?;
                }
                read => return read,
            }
        }
    }
}

/// The descriptor of standard input.
pub(super) struct StdinFd;

impl AsFd for StdinFd {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        // The standard library keeps descriptor 0 open for the life of the process.
        std::sync::LazyLock::force(&STDIN).as_fd()
    }
}

#[expect(clippy::disallowed_methods, reason = "only the descriptor is taken, nothing is read")]
static STDIN: std::sync::LazyLock<std::io::Stdin> = std::sync::LazyLock::new(std::io::stdin);
