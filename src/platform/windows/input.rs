//! Reads input and talks to other programs, with a time limit.
//!
//! Windows cannot wait for a pipe with a time limit, so another thread reads. After a timeout, the blocked
//! thread stays behind and ends with the process.

use std::fs::File;
use std::io::{self, IsTerminal, Read, Result as IoResult, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use dialoguer::console::{Key, Term};
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};

/// Large enough for one code.
const CHUNK: usize = 257;

/// The longest line that can be typed.
const LONGEST_LINE: usize = 4096;

/// Standard input that is read ahead.
enum Ahead {
    /// Nothing is being read.
    Nothing,
    /// A thread is reading.
    Coming(Receiver<IoResult<Zeroizing<Vec<u8>>>>),
    /// A chunk was read; an empty one is the end.
    Here(IoResult<Zeroizing<Vec<u8>>>),
}

static AHEAD: Mutex<Ahead> = Mutex::new(Ahead::Nothing);

/// Waits until standard input has something to read.
///
/// # Errors
/// [`ErrorKind::Timeout`] if nothing arrives within `patience`.
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
            return Err(Error::new(
                ErrorKind::Timeout,
                "no complete line arrived on standard input in time",
            )
            .with_hint("write one line, or nothing, and close the pipe"));
        }
    }
    Ok(())
}

/// Prompts with `ask` and reads a line with echo off. Reads single keys, so the console mode stays
/// unchanged.
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

/// Starts a thread that reads one chunk of standard input.
fn read_ahead() -> IoResult<Receiver<IoResult<Zeroizing<Vec<u8>>>>> {
    let mut input = plain_stdin()?;
    let (sender, receiver) = channel();
    std::thread::Builder::new().spawn(move || {
        let mut bytes = Zeroizing::new(vec![0; CHUNK]);
        let read = until_uninterrupted(|| input.read(&mut bytes)).map(|length| {
            bytes.truncate(length);
            bytes
        });
        // After a timeout, nothing receives this.
        let _ = sender.send(read);
    })?;
    Ok(receiver)
}

/// Returns standard input without a buffer. The system converts the text of a terminal.
fn plain_stdin() -> IoResult<Box<dyn Read + Send>> {
    #[expect(clippy::disallowed_methods, reason = "the process boundary for waiting")]
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        return Ok(Box::new(stdin));
    }
    Ok(Box::new(File::from(stdin.as_handle().try_clone_to_owned()?)))
}

/// Returns standard input without a buffer.
pub fn unbuffered_stdin() -> Option<Box<dyn Read>> {
    Some(Box::new(Stdin { input: plain_stdin().ok()? }))
}

/// Standard input, starting with what was read ahead.
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

/// Treats a closed pipe as the end, as on other systems.
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

/// How often to check whether a silent program has ended.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Reads another program's output until its end, until it `has_ended`, or until `most` bytes have arrived.
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
            // If enough has arrived, or after a timeout, nothing receives this.
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
        match receiver.recv_timeout(left.min(POLL_INTERVAL)) {
            Ok(Ok(chunk)) if chunk.is_empty() => break,
            Ok(chunk) => bytes.extend_from_slice(&chunk?),
            Err(RecvTimeoutError::Timeout) if is_last => break,
            Err(RecvTimeoutError::Timeout) if Instant::now() >= deadline => {
                return Err(io::ErrorKind::TimedOut.into());
            }
            // Output from before its end is still unread.
            Err(RecvTimeoutError::Timeout) => is_last = has_ended()?,
            Err(RecvTimeoutError::Disconnected) => return Err(io::ErrorKind::Other.into()),
        }
    }
    bytes.truncate(most);
    Ok(bytes)
}

/// A stream that can be waited for.
pub use std::os::windows::io::AsHandle as Stream;

/// Waits a moment for a stream that cannot be written now. Streams of Windows programs block, so this is for
/// redirected ones of other systems.
///
/// # Errors
/// None.
pub fn wait_to_write(_: &impl Stream, _: Option<Duration>) -> IoResult<()> {
    std::thread::sleep(POLL_INTERVAL);
    Ok(())
}

/// Writes all of `bytes` to another program.
///
/// # Errors
/// [`io::ErrorKind::TimedOut`] at `deadline`, also if the program stops reading.
pub fn write_until(
    mut to: impl Write + Send + 'static,
    bytes: &[u8],
    deadline: Instant,
) -> IoResult<()> {
    let bytes = Zeroizing::new(bytes.to_vec());
    let (sender, receiver) = channel();
    std::thread::Builder::new().spawn(move || {
        // After a timeout, nothing receives this.
        let _ = sender.send(to.write_all(&bytes));
    })?;
    match receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        Ok(written) => written,
        Err(RecvTimeoutError::Timeout) => Err(io::ErrorKind::TimedOut.into()),
        Err(RecvTimeoutError::Disconnected) => Err(io::ErrorKind::Other.into()),
    }
}
