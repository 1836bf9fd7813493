//! The process this program runs in: arguments, environment variables, clock, randomness and streams.
//!
//! Everything from outside enters here, so that tests can pass in values instead. `real.rs` provides the
//! real ones.

mod line;
mod real;

use std::cell::{Cell, RefCell};
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::otp::qr::Ink;
use crate::platform::{self, SystemLog};
use crate::time::Timestamp;

pub use line::{Line, Unreadable};
pub use real::environment;

/// The hidden command of `rw2fa` that prints the groups of an account.
pub const SYSTEM_GROUPS: &str = "system-groups";

/// The variable that names the store.
const STORE_VARIABLE: &str = "RW2FA_STORE";

/// Reports which of the three streams are terminals.
#[derive(Clone, Copy, Debug, Default)]
pub struct Terminals {
    /// A user can type.
    pub stdin: bool,
    /// A user sees the data.
    pub stdout: bool,
    /// A user sees messages and prompts.
    pub stderr: bool,
}

/// How long to wait for the reader of standard output or standard error, shared with the streams. `None` waits
/// for as long as it takes.
type ReaderPatience = Rc<Cell<Option<Duration>>>;

/// Fills bytes with randomness. Returns whether it succeeded.
type Random = dyn Fn(&mut [u8]) -> bool;

/// Looks up whether the system knows an account, or a group, of this name.
pub type Lookup = fn(name: &str, is_group: bool) -> bool;

/// The operating system's account database.
pub trait Accounts {
    /// Returns the groups of the first spelling of one account that the system knows.
    ///
    /// # Errors
    /// If it knows no spelling, cannot list all groups, or takes longer than 5 s.
    fn groups(&self, spellings: &[String]) -> Result<Vec<String>>;
}

/// A process: the real one, or a simulated one in a test.
pub struct Process {
    /// The arguments; the first is the program's name.
    pub args: Vec<OsString>,
    /// Which streams are terminals.
    pub terminals: Terminals,
    /// The stream for data.
    pub stdout: Box<dyn Write>,
    /// The stream for progress, warnings and prompts.
    pub stderr: Box<dyn Write>,
    /// Whether the program runs set-uid for another account.
    pub elevated: bool,
    /// Whether to use colours, if the command line says so.
    pub color: Option<bool>,
    reader_patience: ReaderPatience,
    variables: fn(&str) -> Option<OsString>,
    stdin: RefCell<Box<dyn Read>>,
    real_stdin: bool,
    clock: Box<dyn Fn() -> Timestamp>,
    now: Cell<Option<Timestamp>>,
    random: Box<Random>,
    machine_id: Option<String>,
    accounts: Box<dyn Accounts>,
    lookup: Option<Lookup>,
    clock_check: fn() -> Option<bool>,
    system_log: Option<SystemLog>,
}

impl Process {
    /// Builds a process for tests and embedding, with only these arguments and this time.
    pub fn sandboxed<A: Into<OsString>>(
        args: impl IntoIterator<Item = A>,
        now: Timestamp,
        stdin: Vec<u8>,
        stdout: Box<dyn Write>,
        stderr: Box<dyn Write>,
    ) -> Self {
        Self {
            args: args.into_iter().map(Into::into).collect(),
            variables: no_variables,
            terminals: Terminals::default(),
            stdout,
            stderr,
            elevated: false,
            color: None,
            reader_patience: ReaderPatience::default(),
            stdin: RefCell::new(Box::new(io::Cursor::new(stdin))),
            real_stdin: false,
            clock: Box::new(move || now),
            now: Cell::new(None),
            random: Box::new(|bytes| getrandom::fill(bytes).is_ok()),
            machine_id: Some("0123456789abcdef0123456789abcdef".into()),
            accounts: Box::new(NoAccounts),
            lookup: None,
            clock_check: || None,
            system_log: None,
        }
    }

    /// Runs on a machine with this id.
    #[must_use]
    pub fn with_machine_id(mut self, id: &str) -> Self {
        self.machine_id = Some(id.to_owned());
        self
    }

    /// Returns the id of the machine, which must never be shown.
    ///
    /// # Errors
    /// [`ErrorKind::System`] if it has none.
    pub fn machine_id(&self) -> Result<String> {
        self.machine_id.clone().map_or_else(platform::machine_id, Ok)
    }

    /// Uses this account database.
    #[must_use]
    pub fn with_accounts(mut self, accounts: impl Accounts + 'static) -> Self {
        self.accounts = Box::new(accounts);
        self
    }

    /// Uses this name lookup. The verifier does without one.
    #[must_use]
    pub fn with_lookup(mut self, lookup: Lookup) -> Self {
        self.lookup = Some(lookup);
        self
    }

    /// Uses this check for a synchronised clock.
    #[must_use]
    pub fn with_clock_check(mut self, check: fn() -> Option<bool>) -> Self {
        self.clock_check = check;
        self
    }

    /// Reports whether the system keeps its clock synchronised; `None` if unknown or not checked.
    pub fn clock_is_synchronised(&self) -> Option<bool> {
        (self.clock_check)()
    }

    /// Reports whether the system knows one of these spellings; `None` without a lookup.
    pub fn knows(&self, spellings: &[String], is_group: bool) -> Option<bool> {
        self.lookup.map(|lookup| spellings.iter().any(|name| lookup(name, is_group)))
    }

    /// Uses this system log.
    #[must_use]
    pub fn with_system_log(mut self, log: SystemLog) -> Self {
        self.system_log = Some(log);
        self
    }

    /// The system log, if there is one.
    pub fn system_log(&self) -> Option<&SystemLog> {
        self.system_log.as_ref()
    }

    /// The operating system's account database.
    pub fn accounts(&self) -> &dyn Accounts {
        &*self.accounts
    }

    /// Uses this source of randomness, which returns whether it filled the bytes.
    #[must_use]
    pub fn with_random(mut self, random: impl Fn(&mut [u8]) -> bool + 'static) -> Self {
        self.random = Box::new(random);
        self
    }

    /// Returns the time of this run. The clock is read once, at the first call.
    pub fn now(&self) -> Timestamp {
        let now = self.now.get().unwrap_or_else(|| (self.clock)());
        self.now.set(Some(now));
        now
    }

    /// Returns the milliseconds since 1970 by the current clock, to compare it with another one.
    pub fn unix_millis(&self) -> i64 {
        if self.real_stdin {
            real::system_millis()
        } else {
            (self.clock)().unix().saturating_mul(1000)
        }
    }

    /// Returns `N` bytes from the operating system's random generator.
    pub fn random<const N: usize>(&self) -> Result<Zeroizing<[u8; N]>> {
        let mut bytes = Zeroizing::new([0; N]);
        if (self.random)(&mut bytes[..]) {
            Ok(bytes)
        } else {
            Err(Error::new(ErrorKind::System, "the operating system provides no random numbers"))
        }
    }

    /// Returns an environment variable that is set and not empty. A set-uid program sees none.
    pub fn variable(&self, name: &str) -> Option<OsString> {
        (self.variables)(name).filter(|value| !value.is_empty())
    }

    /// Returns whether colours may be written to a terminal.
    pub fn accepts_colors(&self) -> bool {
        self.color.unwrap_or_else(|| self.variable("NO_COLOR").is_none())
    }

    /// Returns how to draw a QR code on the terminal.
    pub fn ink(&self) -> Ink {
        if self.accepts_colors() {
            return Ink::BlackOnWhite;
        }
        let colors = self.variable("COLORFGBG").and_then(|colors| colors.into_string().ok());
        Ink::without_colors(colors.as_deref())
    }

    /// Returns the store named by `--store` (`option`) or `RW2FA_STORE`.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for an empty name.
    // SECURITY: a set-uid program always uses the system's store, whatever the caller names. An empty name is most
    // likely the unset variable of a script. With another store than the intended one, a command would change the
    // wrong users, and a login might not need a code.
    pub fn named_store(&self, option: Option<PathBuf>) -> Result<Option<PathBuf>> {
        if self.elevated {
            return Ok(Some(platform::system_store()));
        }
        let (named, what) = match option {
            Some(path) => (Some(path), "--store"),
            None => ((self.variables)(STORE_VARIABLE).map(PathBuf::from), STORE_VARIABLE),
        };
        match named {
            Some(path) if path.as_os_str().is_empty() => {
                Err(Error::new(ErrorKind::Usage, format!("{what} is empty"))
                    .with_hint("name a store; to use the system's, leave it out or unset it"))
            }
            named => Ok(named),
        }
    }

    /// From now on, fails to write if nothing is read for this long from a standard stream that does not block.
    pub fn limit_waiting(&mut self, patience: Duration) {
        self.reader_patience.set(Some(patience));
    }

    /// Runs `read` on standard input.
    pub fn with_stdin<T>(&self, read: impl FnOnce(&mut dyn Read) -> T) -> T {
        read(&mut *self.stdin.borrow_mut())
    }

    /// Returns the number of the account that is connected to standard input; `None` if it is not a socket with a name.
    ///
    /// # Errors
    /// [`ErrorKind::System`] if that account may not ask.
    pub fn caller(&self) -> Result<Option<u32>> {
        let caller = if self.real_stdin { platform::peer_of_stdin() } else { Ok(None) };
        caller.map_err(|error| Error::io(ErrorKind::System, "cannot accept the request", error))
    }

    /// Reads standard input to its end.
    ///
    /// # Errors
    /// [`ErrorKind::System`] if reading fails, [`ErrorKind::Refused`] if the input is longer than `limit`
    /// or not UTF-8.
    pub fn read_to_end(&self, limit: u64) -> Result<Zeroizing<String>> {
        let mut text = Zeroizing::new(String::new());
        let mut stdin = self.stdin.borrow_mut();
        let read = Read::take(&mut *stdin, limit.saturating_add(1)).read_to_string(&mut text);
        match read {
            Ok(length) if length as u64 > limit => {
                let what = format!("standard input is longer than {limit} bytes");
                Err(Error::new(ErrorKind::Refused, what))
            }
            Ok(_) => Ok(text),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                Err(Error::new(ErrorKind::Refused, "standard input is not UTF-8"))
            }
            Err(error) => Err(Error::io(ErrorKind::System, "cannot read standard input", error)),
        }
    }

    /// Reads one line of at most `limit` bytes from standard input.
    ///
    /// # Errors
    /// [`ErrorKind::Timeout`] without a complete line within `patience`, [`ErrorKind::System`] if reading
    /// fails.
    pub fn read_line(&self, limit: usize, patience: Duration) -> Result<Line> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(limit + 1));
        let started = std::time::Instant::now();
        while bytes.len() <= limit {
            if self.real_stdin {
                platform::wait_for_input(patience.saturating_sub(started.elapsed()))?;
            }
            let mut chunk = Zeroizing::new([0; 512]);
            let wanted = (limit + 1 - bytes.len()).min(chunk.len());
            let read = self.stdin.borrow_mut().read(&mut chunk[..wanted]).map_err(|error| {
                Error::io(ErrorKind::System, "cannot read standard input", error)
            })?;
            bytes.extend_from_slice(&chunk[..read]);
            if read == 0 || chunk[..read].contains(&b'\n') {
                break;
            }
        }
        Ok(Line::first(&bytes, limit))
    }
}

/// No account database.
struct NoAccounts;

impl Accounts for NoAccounts {
    fn groups(&self, _: &[String]) -> Result<Vec<String>> {
        Err(Error::new(ErrorKind::System, "groups cannot be looked up here"))
    }
}

fn no_variables(_: &str) -> Option<OsString> {
    None
}

/// A test's stream. All clones share what is written.
#[cfg(test)]
#[derive(Clone, Default)]
pub(crate) struct Captured(std::rc::Rc<RefCell<Vec<u8>>>);

#[cfg(test)]
impl Captured {
    /// Returns everything written so far.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.borrow()).into_owned()
    }
}

#[cfg(test)]
impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
