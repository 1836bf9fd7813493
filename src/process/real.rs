//! The real process. The only place that reads the clock, environment variables and streams.

use std::cell::{Cell, RefCell};
use std::ffi::OsString;
use std::io::{self, IsTerminal, Read, Write};
use std::time::Duration;

use super::{Accounts, Process, ReaderPatience, SYSTEM_GROUPS, Terminals, no_variables};
use crate::error::{Error, ErrorKind, Result};
use crate::platform::child;
use crate::platform::{self, SystemLog};
use crate::time::Timestamp;

impl Process {
    /// Builds the real process. A set-uid program first becomes the owner for good.
    pub fn real() -> Self {
        let elevated = platform::harden();
        let reader_patience = ReaderPatience::default();
        Self {
            args: real_arguments(),
            variables: if elevated { no_variables } else { real_variable },
            terminals: real_terminals(),
            stdout: real_stdout(&reader_patience),
            stderr: real_stderr(&reader_patience),
            elevated,
            color: None,
            reader_patience,
            stdin: RefCell::new(real_stdin()),
            real_stdin: true,
            clock: Box::new(system_clock),
            now: Cell::new(None),
            random: Box::new(|bytes| getrandom::fill(bytes).is_ok()),
            machine_id: None,
            accounts: Box::new(SystemAccounts { elevated }),
            lookup: None,
            clock_check: || None,
            system_log: Some(SystemLog::standard()),
        }
    }
}

/// How long to wait for the system's list of groups.
const GROUPS_PATIENCE: Duration = Duration::from_secs(5);

/// The accounts of the operating system.
struct SystemAccounts {
    elevated: bool,
}

impl Accounts for SystemAccounts {
    /// Asks in a child process: name services may hang, and a statically linked program cannot load them.
    fn groups(&self, spellings: &[String]) -> Result<Vec<String>> {
        let program = child::sibling("rw2fa", self.elevated)?;
        let mut args = vec![SYSTEM_GROUPS, "--"];
        args.extend(spellings.iter().map(String::as_str));
        let output = child::run(&program, &args, b"", GROUPS_PATIENCE)?;
        let names = || std::str::from_utf8(&output.stdout).ok()?.strip_suffix("\0\n");
        match (output.code, names()) {
            // A complete answer counts even if the child's exit code is unknown.
            (Some(0) | None, Some(names)) => Ok(names.split('\0').map(str::to_owned).collect()),
            (Some(1), _) => {
                let what = format!("the system knows no account called {}", spellings.join(" or "));
                Err(Error::new(ErrorKind::System, what))
            }
            _ => Err(Error::new(
                ErrorKind::System,
                "the system could not list the groups of the account",
            )),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the process boundary")]
fn system_clock() -> Timestamp {
    let now = std::time::SystemTime::now();
    let since = now.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_unix(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

#[expect(clippy::disallowed_methods, reason = "the process boundary")]
pub(super) fn system_millis() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    i64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(i64::MAX)
}

#[expect(clippy::disallowed_methods, reason = "the process boundary")]
fn real_terminals() -> Terminals {
    Terminals {
        stdin: io::stdin().is_terminal(),
        stdout: io::stdout().is_terminal(),
        stderr: io::stderr().is_terminal(),
    }
}

#[expect(clippy::disallowed_methods, reason = "the process boundary")]
fn real_stdin() -> Box<dyn Read> {
    // SECURITY: unbuffered, so that no copy of a code stays in a buffer that is never wiped.
    platform::unbuffered_stdin().unwrap_or_else(|| Box::new(io::stdin()))
}

#[expect(clippy::disallowed_methods, reason = "the process boundary")]
fn real_stdout(patience: &ReaderPatience) -> Box<dyn Write> {
    Box::new(Patient { stream: io::stdout(), patience: patience.clone() })
}

#[expect(clippy::disallowed_methods, reason = "the process boundary")]
fn real_stderr(patience: &ReaderPatience) -> Box<dyn Write> {
    Box::new(Patient { stream: io::stderr(), patience: patience.clone() })
}

/// A stream that waits for its reader. A caller may have set it not to block, and then a full pipe is an error.
struct Patient<S> {
    stream: S,
    patience: ReaderPatience,
}

impl<S: Write + platform::Stream> Patient<S> {
    fn retried<T>(&mut self, mut act: impl FnMut(&mut S) -> io::Result<T>) -> io::Result<T> {
        loop {
            match act(&mut self.stream) {
                // Nothing of this call was written.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    platform::wait_to_write(&self.stream, self.patience.get())?;
                }
                result => return result,
            }
        }
    }
}

impl<S: Write + platform::Stream> Write for Patient<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.retried(|stream| stream.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.retried(Write::flush)
    }
}

fn real_arguments() -> Vec<OsString> {
    std::env::args_os().collect()
}

#[expect(clippy::disallowed_methods, reason = "the process boundary")]
fn real_variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// Returns every variable of the environment, also those that are there more than once.
pub fn environment() -> Vec<(OsString, OsString)> {
    std::env::vars_os().collect()
}
