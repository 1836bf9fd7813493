//! Waiting for input, and for other programs, with a time limit.

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

/// Ctrl-C, as a terminal gives it to who reads.
const INTERRUPT: u8 = 3;

/// No terminal gives a longer line.
const LONGEST_LINE: usize = 4096;

/// Reads a line of which the terminal on standard input shows nothing, not even while `ask` asks for it.
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
        // It is not to grow: what it leaves behind then is not wiped.
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

/// A terminal that shows nothing of what is typed; dropped, it is as before.
struct HiddenInput(Termios);

impl HiddenInput {
    /// Nothing that was typed before counts. No key ends or stops this program: it would leave a terminal
    /// behind that shows nothing. Ctrl-C ends the line instead.
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
        // A terminal that is gone cannot be put back.
        let _ = tcsetattr(StdinFd, SetArg::TCSAFLUSH, &self.0);
    }
}

/// Waits until standard input has something to read.
///
/// # Errors
/// [`ErrorKind::Timeout`] when nothing came within `patience`.
pub fn wait_for_input(patience: Duration) -> Result<()> {
    let is_ready = wait_until(&StdinFd, PollFlags::POLLIN, Instant::now() + patience)
        .map_err(|error| Error::io(ErrorKind::System, "cannot wait for standard input", error))?;
    if is_ready {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Timeout, "no code came on standard input in time")
        .with_hint("write one line, or nothing, and close the pipe"))
}

/// How often it is asked whether a program has ended that prints nothing.
const GLANCE: Duration = Duration::from_millis(20);

/// Reads what another program writes, until the end, until it `has_ended`, or until `most` bytes came.
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
        if !wait_until(&from, PollFlags::POLLIN, deadline.min(Instant::now() + GLANCE))? {
            if is_last {
                break;
            }
            if Instant::now() >= deadline {
                return Err(std::io::ErrorKind::TimedOut.into());
            }
            // What it wrote before it ended is still to be read.
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
/// [`std::io::ErrorKind::TimedOut`] at `deadline`; also when it reads no more.
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

/// Whether the file is ready for what is `wanted`, or at its end, before `deadline`.
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
