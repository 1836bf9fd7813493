//! Waiting for input.
//!
//! Windows has no way to wait for a pipe with a time limit, so another thread reads. When the time is
//! over, the thread stays behind, blocked, and ends with the process.

use std::fs::File;
use std::io::{self, IsTerminal, Read, Result as IoResult, Write};
use std::os::windows::io::AsHandle;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use dialoguer::console::{Key, Term};
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};

/// Enough for one code.
const CHUNK: usize = 257;

/// No line that is typed is longer.
const LONGEST_LINE: usize = 4096;

/// What was read, or is being read, of standard input ahead of the reader.
enum Ahead {
    /// Nothing.
    Nothing,
    /// A thread reads.
    Coming(Receiver<IoResult<Zeroizing<Vec<u8>>>>),
    /// This was read; nothing means the end.
    Here(IoResult<Zeroizing<Vec<u8>>>),
}

static AHEAD: Mutex<Ahead> = Mutex::new(Ahead::Nothing);

/// Waits until standard input has something to read.
///
/// # Errors
/// [`ErrorKind::Timeout`] when nothing came within `patience`.
pub fn wait_for_input(patience: Duration) -> Result<()> {
    let failed = |error| Error::io(ErrorKind::System, "cannot wait for standard input", error);
    let mut ahead = AHEAD.lock().unwrap_or_else(PoisonError::into_inner);
    if let Ahead::Nothing = *ahead {
        *ahead = Ahead::Coming(read_ahead().map_err(failed)?);
    }
    let Ahead::Coming(coming) = &*ahead else { return Ok(()) };
    match coming.recv_timeout(patience) {
        Ok(read) => *ahead = Ahead::Here(read),
        Err(RecvTimeoutError::Disconnected) => {
            *ahead = Ahead::Here(Err(io::ErrorKind::Other.into()));
        }
        Err(RecvTimeoutError::Timeout) => {
            return Err(Error::new(ErrorKind::Timeout, "no code came on standard input in time")
                .with_hint("write one line, or nothing, and close the pipe"));
        }
    }
    Ok(())
}

/// Reads a line of which the console shows nothing, after `ask` asked for it. Keys are read one by one, and
/// the console is left as it is.
///
/// # Errors
/// [`io::ErrorKind::Interrupted`] on Ctrl-C.
pub fn read_hidden_line(ask: impl FnOnce() -> IoResult<()>) -> IoResult<Zeroizing<String>> {
    ask()?;
    let terminal = Term::stderr();
    let mut line = Zeroizing::new(String::with_capacity(LONGEST_LINE));
    loop {
        match terminal.read_key_raw()? {
            Key::CtrlC | Key::Char('\u{3}') => return Err(io::ErrorKind::Interrupted.into()),
            Key::Enter => return Ok(line),
            Key::Backspace | Key::Char('\u{8}') => drop(line.pop()),
            Key::Char(_) if line.len() > LONGEST_LINE => {
                return Err(io::ErrorKind::InvalidData.into());
            }
            Key::Char(key) if !key.is_control() => line.push(key),
            _ => {}
        }
    }
}

/// Lets a thread read one chunk of standard input.
fn read_ahead() -> IoResult<Receiver<IoResult<Zeroizing<Vec<u8>>>>> {
    let mut input = plain_stdin()?;
    let (sender, receiver) = channel();
    std::thread::Builder::new().spawn(move || {
        let mut bytes = Zeroizing::new(vec![0; CHUNK]);
        let read = until_uninterrupted(|| input.read(&mut bytes)).map(|length| {
            bytes.truncate(length);
            bytes
        });
        // Nobody waits any more if the time is over.
        let _ = sender.send(read);
    })?;
    Ok(receiver)
}

/// Standard input without a buffer; a terminal as text, which the system then converts.
fn plain_stdin() -> IoResult<Box<dyn Read + Send>> {
    #[expect(clippy::disallowed_methods, reason = "the process boundary for waiting")]
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        return Ok(Box::new(stdin));
    }
    Ok(Box::new(File::from(stdin.as_handle().try_clone_to_owned()?)))
}

/// Standard input without a buffer.
pub fn unbuffered_stdin() -> Option<Box<dyn Read>> {
    Some(Box::new(Stdin { input: plain_stdin().ok()? }))
}

/// Standard input, what was read ahead first.
struct Stdin {
    input: Box<dyn Read>,
}

impl Read for Stdin {
    fn read(&mut self, buffer: &mut [u8]) -> IoResult<usize> {
        let mut ahead = AHEAD.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *ahead, Ahead::Nothing) {
            Ahead::Nothing => pipe_end(self.input.read(buffer)),
            Ahead::Coming(coming) => {
                let read = coming.recv().unwrap_or_else(|_| Err(io::ErrorKind::Other.into()));
                *ahead = Ahead::Here(read);
                drop(ahead);
                self.read(buffer)
            }
            Ahead::Here(read) => {
                let bytes = read?;
                let length = bytes.len().min(buffer.len());
                buffer[..length].copy_from_slice(&bytes[..length]);
                if length < bytes.len() {
                    *ahead = Ahead::Here(Ok(Zeroizing::new(bytes[length..].to_vec())));
                }
                Ok(length)
            }
        }
    }
}

/// A pipe whose other end was closed ends, as on other systems.
fn pipe_end(read: IoResult<usize>) -> IoResult<usize> {
    match read {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(0),
        other => other,
    }
}

fn until_uninterrupted(mut read: impl FnMut() -> IoResult<usize>) -> IoResult<usize> {
    loop {
        match pipe_end(read()) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// How often it is asked whether a program has ended that prints nothing.
const GLANCE: Duration = Duration::from_millis(20);

/// Reads what another program writes, until the end, until it `has_ended`, or until `most` bytes came.
///
/// # Errors
/// [`io::ErrorKind::TimedOut`] at `deadline`.
pub fn read_until(
    mut from: impl Read + Send + 'static,
    most: usize,
    deadline: Instant,
    has_ended: &mut dyn FnMut() -> IoResult<bool>,
) -> IoResult<Vec<u8>> {
    let (sender, receiver) = channel();
    std::thread::Builder::new().spawn(move || {
        let mut chunk = [0; 4096];
        loop {
            let read = until_uninterrupted(|| from.read(&mut chunk));
            let is_over = !matches!(read, Ok(1..));
            // Nobody listens any more if enough came, or the time is over.
            let sent = sender.send(read.map(|length| chunk[..length].to_vec()));
            if is_over || sent.is_err() {
                break;
            }
        }
    })?;
    let mut bytes = Vec::new();
    let mut is_last = false;
    while bytes.len() < most {
        let left = deadline.saturating_duration_since(Instant::now());
        match receiver.recv_timeout(left.min(GLANCE)) {
            Ok(Ok(chunk)) if chunk.is_empty() => break,
            Ok(chunk) => bytes.extend_from_slice(&chunk?),
            Err(RecvTimeoutError::Timeout) if is_last => break,
            Err(RecvTimeoutError::Timeout) if Instant::now() >= deadline => {
                return Err(io::ErrorKind::TimedOut.into());
            }
            // What it wrote before it ended is still to be read.
            Err(RecvTimeoutError::Timeout) => is_last = has_ended()?,
            Err(RecvTimeoutError::Disconnected) => return Err(io::ErrorKind::Other.into()),
        }
    }
    bytes.truncate(most);
    Ok(bytes)
}

/// Writes all of `bytes` to another program.
///
/// # Errors
/// [`io::ErrorKind::TimedOut`] at `deadline`; also when it reads no more.
pub fn write_until(
    mut to: impl Write + Send + 'static,
    bytes: &[u8],
    deadline: Instant,
) -> IoResult<()> {
    let bytes = Zeroizing::new(bytes.to_vec());
    let (sender, receiver) = channel();
    std::thread::Builder::new().spawn(move || {
        // Nobody waits any more if the time is over.
        let _ = sender.send(to.write_all(&bytes));
    })?;
    match receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        Ok(written) => written,
        Err(RecvTimeoutError::Timeout) => Err(io::ErrorKind::TimedOut.into()),
        Err(RecvTimeoutError::Disconnected) => Err(io::ErrorKind::Other.into()),
    }
}
