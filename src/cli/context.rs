//! What every command works with: streams, options, the store, questions, and the audit trail.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::account::name::Name;
use crate::audit::{self, AdminChange, Event};
use crate::cli::prompt;
use crate::cli::{Color, Format, Globals};
use crate::error::{Error, ErrorKind, Result};
use crate::platform;
use crate::printable::{printable, printable_json};
use crate::process::Process;
use crate::settings::Settings;
use crate::store::dir::DirStore;
use crate::store::seal::KeyRing;
use crate::store::unrecorded::Unrecorded;
use crate::store::{Store, Transaction, records};
use crate::time::Timestamp;

/// One run of a command.
pub(super) struct Context<'a> {
    /// The process it runs in.
    pub(super) process: &'a mut Process,
    /// The options of every command.
    pub(super) globals: Globals,
    /// The account that started it, before any change of ids.
    caller: String,
}

/// An open store and what it is set to.
pub(super) struct Opened {
    /// The store.
    pub(super) store: DirStore,
    /// Its settings.
    pub(super) settings: Settings,
}

impl Opened {
    /// The keys.
    ///
    /// # Errors
    /// When the key is missing or damaged.
    pub(super) fn keys(&self) -> Result<KeyRing> {
        records::key_ring(&self.store)
    }
}

/// One administrative change for the audit trail.
pub(super) struct Change<'a> {
    /// The command.
    pub(super) action: &'a str,
    /// Which user or setting.
    pub(super) object: Option<&'a str>,
    /// Old and new value by key.
    pub(super) values: Map<String, Value>,
}

impl<'a> Context<'a> {
    /// The run of a command with these options.
    pub(super) fn new(process: &'a mut Process, globals: Globals) -> Self {
        let caller = platform::caller();
        let sudo = process.variable("SUDO_USER").and_then(|user| user.into_string().ok());
        let caller = match sudo {
            Some(user) => format!("{caller} (sudo: {})", printable(&user)),
            None => caller,
        };
        Self { process, globals, caller }
    }

    /// Opens the store that the options, the environment or the system name.
    ///
    /// # Errors
    /// When there is none, or it may not be used.
    pub(super) fn open(&mut self) -> Result<Opened> {
        let store = self.open_store()?;
        let settings = records::settings(&store)?;
        Ok(self.opened(store, settings))
    }

    /// Opens the store also when an import into it did not end, to run it again.
    ///
    /// # Errors
    /// When there is none, or it may not be used.
    pub(super) fn open_unfinished(&mut self) -> Result<Opened> {
        let store = self.open_store()?;
        let settings = records::unfinished_settings(&store)?;
        Ok(self.opened(store, settings))
    }

    fn opened(&self, store: DirStore, settings: Settings) -> Opened {
        let log = self.process.system_log().filter(|_| settings.syslog).cloned();
        let store = store.with_key_file(settings.key_file.clone()).with_system_log(log);
        Opened { store, settings }
    }

    /// Opens the store, whatever its documents say.
    ///
    /// # Errors
    /// When there is none, or it may not be used.
    pub(super) fn open_store(&mut self) -> Result<DirStore> {
        let path = store_path(self.process, self.globals.store.as_ref());
        if self.globals.store.is_none() && Some(&path) == per_user_store().as_ref() {
            self.note(&format!("using the store of this user: {}", path.display()));
        }
        DirStore::open(&path)
    }

    /// The time of this run.
    pub(super) fn now(&self) -> Timestamp {
        self.process.now()
    }

    /// The account that started it.
    pub(super) fn caller(&self) -> &str {
        &self.caller
    }

    /// Appends an administrative change to the audit trail.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub(super) fn audit(
        &self,
        transaction: &mut dyn Transaction,
        keys: Option<&KeyRing>,
        change: Change<'_>,
    ) -> Result<()> {
        self.audit_all(transaction, keys, [change])
    }

    /// Appends an administrative change that charged an attempt, if it did, to the audit trail.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub(super) fn audit_attempt(
        &self,
        transaction: &mut dyn Transaction,
        keys: Option<&KeyRing>,
        change: Change<'_>,
        attempt: Option<u64>,
    ) -> Result<()> {
        self.append(transaction, keys, &[self.event(change, attempt)])
    }

    /// Appends many administrative changes to the audit trail, in one write, after those that it does not show yet.
    ///
    /// # Errors
    /// When they cannot be made durable.
    pub(super) fn audit_all<'c>(
        &self,
        transaction: &mut dyn Transaction,
        keys: Option<&KeyRing>,
        changes: impl IntoIterator<Item = Change<'c>>,
    ) -> Result<()> {
        let unrecorded = transaction.unrecorded()?;
        let mut events: Vec<_> = unrecorded.iter().map(recorded_late).collect();
        events.extend(changes.into_iter().map(|change| self.event(change, None)));
        self.append(transaction, keys, &events)?;
        forget(transaction, &unrecorded)
    }

    /// Begins an audit trail with this change.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub(super) fn audit_beginning(
        &self,
        transaction: &mut dyn Transaction,
        keys: Option<&KeyRing>,
        change: Change<'_>,
    ) -> Result<()> {
        let unrecorded = transaction.unrecorded()?;
        let mut events = vec![self.event(change, None)];
        events.extend(unrecorded.iter().map(recorded_late));
        self.append(transaction, keys, &events)?;
        forget(transaction, &unrecorded)
    }

    /// Records the changes that the audit trail does not show yet, if there are any; how many.
    ///
    /// # Errors
    /// When they cannot be made durable.
    pub(super) fn record_late(
        &self,
        transaction: &mut dyn Transaction,
        keys: Option<&KeyRing>,
    ) -> Result<usize> {
        let unrecorded = transaction.unrecorded()?;
        if unrecorded.is_empty() {
            return Ok(0);
        }
        let events: Vec<_> = unrecorded.iter().map(recorded_late).collect();
        self.append(transaction, keys, &events)?;
        forget(transaction, &unrecorded).map(|()| unrecorded.len())
    }

    /// A change of this run that the audit trail cannot show yet.
    pub(super) fn unrecorded(&self, action: &str, values: toml::Table) -> Unrecorded {
        Unrecorded::new(self.now(), &self.caller, action, values)
    }

    fn event<'e>(&'e self, change: Change<'e>, attempt: Option<u64>) -> Event<'e> {
        Event::Change(AdminChange {
            by: &self.caller,
            action: change.action,
            object: change.object,
            values: change.values,
            attempt,
        })
    }

    fn append(
        &self,
        transaction: &mut dyn Transaction,
        keys: Option<&KeyRing>,
        events: &[Event<'_>],
    ) -> Result<()> {
        audit::append_all(transaction, keys.map(KeyRing::audit_key).as_ref(), self.now(), events)
    }

    /// Appends to the audit trail that the key was replaced by that of `keys`.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub(super) fn audit_key_reset(
        &self,
        transaction: &mut dyn Transaction,
        keys: &KeyRing,
    ) -> Result<()> {
        let event = Event::KeyReset { by: &self.caller };
        audit::append(transaction, Some(&keys.audit_key()), self.now(), &event)
    }

    /// Asks before something is done that cannot be undone.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] without a terminal and without `--yes`; [`ErrorKind::Declined`] on no.
    pub(super) fn confirm(&mut self, question: &str) -> Result<()> {
        if self.globals.yes {
            return Ok(());
        }
        if !self.process.terminals.stdin || !self.process.terminals.stderr {
            return Err(Error::new(
                ErrorKind::Usage,
                "this needs a confirmation and there is no terminal",
            )
            .with_hint("add --yes to answer beforehand"));
        }
        // The question stands on lines of its own: it may be longer than the terminal is wide.
        self.say(&format!("{question}\n"));
        match ask() {
            Ok(Answer::Yes) => Ok(()),
            Ok(Answer::No) => Err(Error::new(ErrorKind::Declined, "nothing was changed")),
            Ok(Answer::Interrupted) => {
                Err(Error::new(ErrorKind::Interrupted, "interrupted; nothing was changed"))
            }
            Err(error) => Err(Error::io(ErrorKind::System, "cannot ask on this terminal", error)
                .with_hint("add --yes to answer beforehand")),
        }
    }

    /// Whether colours are used for what goes to standard output.
    pub(super) fn uses_color(&self) -> bool {
        match self.globals.color {
            Color::Always => platform::takes_colors(),
            Color::Never => false,
            Color::Auto => {
                self.process.terminals.stdout
                    && self.process.variable("NO_COLOR").is_none()
                    && platform::takes_colors()
            }
        }
    }

    /// Prints data.
    ///
    /// # Errors
    /// When standard output is closed.
    pub(super) fn print(&mut self, text: &str) -> Result<()> {
        self.process
            .stdout
            .write_all(text.as_bytes())
            .map_err(|error| Error::io(ErrorKind::System, "cannot write to standard output", error))
    }

    /// Prints data that programs read: exactly as it is, except on a terminal, which it must not steer.
    ///
    /// # Errors
    /// When standard output is closed.
    pub(super) fn print_data(&mut self, text: &str) -> Result<()> {
        if self.process.terminals.stdout { self.print(&printable(text)) } else { self.print(text) }
    }

    /// Prints one JSON document.
    pub(super) fn print_json(&mut self, value: &impl Serialize) -> Result<()> {
        let mut text = serde_json::to_string_pretty(value).map_err(|error| {
            Error::new(ErrorKind::System, format!("cannot write JSON: {error}"))
        })?;
        text.push('\n');
        self.print(&printable_json(&text))
    }

    /// Refuses `--format csv` for a command that lists nothing.
    pub(super) fn no_csv(&self, command: &str) -> Result<()> {
        if self.globals.format == Format::Csv {
            return Err(Error::new(ErrorKind::Usage, format!("{command} has no csv output"))
                .with_hint("use --format json or --format text"));
        }
        Ok(())
    }

    /// Tells something to whoever looks, unless `--quiet`.
    pub(super) fn note(&mut self, text: &str) {
        if !self.globals.quiet {
            self.say(&format!("{text}\n"));
        }
    }

    /// Warns, unless `--quiet`.
    pub(super) fn warn(&mut self, text: &str) {
        if !self.globals.quiet {
            self.say(&format!("warning: {text}\n"));
        }
    }

    /// Makes sure that everything printed has arrived.
    pub(super) fn flush(&mut self) -> Result<()> {
        self.process
            .stdout
            .flush()
            .map_err(|error| Error::io(ErrorKind::System, "cannot write to standard output", error))
    }

    /// Tells an error and returns the exit code.
    pub(super) fn fail(&mut self, error: &Error) -> u8 {
        self.complain(error);
        error.kind().exit_code()
    }

    /// Tells what failed, and the way out: a line of JSON where JSON was asked for.
    pub(super) fn complain(&mut self, error: &Error) {
        if self.globals.format == Format::Json {
            let value = serde_json::json!({
                "schema": 1,
                "error": {
                    "kind": error.kind().as_str(),
                    "message": error.to_string(),
                    "hint": error.hint(),
                }
            });
            // Nobody is left to tell when standard error is closed.
            let _ = writeln!(self.process.stderr, "{}", printable_json(&value.to_string()));
        } else {
            self.complain_in_words(&error.to_string(), error.hint());
        }
    }

    /// Tells people what failed, and the way out.
    pub(super) fn complain_in_words(&mut self, message: &str, hint: Option<&str>) {
        self.say(&format!("error: {message}\n"));
        if let Some(hint) = hint {
            self.say(&format!(" hint: {hint}\n"));
        }
    }

    /// Writes to standard error; nobody is left to tell when that is closed.
    fn say(&mut self, text: &str) {
        let _ = self.process.stderr.write_all(printable(text).as_bytes());
    }
}

/// The line of a change that could not be recorded when it was made.
fn recorded_late(change: &Unrecorded) -> Event<'_> {
    let values = change.values.iter().map(|(key, value)| (key.clone(), serde_json::json!(value)));
    let mut values: Map<_, _> = values.collect();
    values.insert("at".into(), serde_json::json!([null, change.at.to_string()]));
    Event::Change(AdminChange {
        by: &change.by,
        action: &change.action,
        object: None,
        values,
        attempt: None,
    })
}

/// Forgets changes whose lines are in the trail. A kill before leaves them to be recorded twice.
fn forget(transaction: &mut dyn Transaction, recorded: &[Unrecorded]) -> Result<()> {
    recorded.iter().try_for_each(|change| transaction.forget_unrecorded(change))
}

/// Which store is used: `--store`, `RW2FA_STORE`, the system's, or else this user's own.
pub(super) fn store_path(process: &Process, option: Option<&PathBuf>) -> PathBuf {
    if let Some(path) = process.named_store(option.cloned()) {
        return path;
    }
    let system = platform::system_store();
    match per_user_store() {
        Some(own) if is_missing(&system) && !is_missing(&own) => own,
        _ => system,
    }
}

/// Where a user's own store is.
pub(super) fn per_user_store() -> Option<PathBuf> {
    directories::ProjectDirs::from("", "", "rw2fa").map(|dirs| dirs.data_dir().join("store"))
}

/// Whether nothing is there; what may not be looked at is not missing.
fn is_missing(path: &Path) -> bool {
    matches!(std::fs::symlink_metadata(path),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound)
}

/// The old and the new value of one key, for the audit trail.
pub(super) fn values<V: Serialize>(key: &str, old: V, new: V) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert(key.to_owned(), serde_json::json!([old, new]));
    map
}

/// The entry that was perhaps meant by `name`, which is none.
pub(super) fn nearest(
    store: &dyn Store,
    kind: crate::store::DocumentKind,
    name: &Name,
) -> Option<Name> {
    let alike = store.names_like(kind, &name.key()).unwrap_or_default().into_iter().next();
    alike.or_else(|| {
        let listed = store.list(kind).unwrap_or_default().names;
        let wanted = name.canonical();
        let distance = |other: &Name| strsim::damerau_levenshtein(&wanted, &other.canonical());
        let most = (wanted.chars().count() / 3).clamp(1, 3);
        let nearest = listed.into_iter().map(|other| (distance(&other), other)).min();
        nearest.filter(|(distance, _)| *distance <= most).map(|(_, other)| other)
    })
}

/// The error that nobody is listed as `name`, naming entries that look alike.
pub(super) fn not_listed(
    store: &dyn Store,
    kind: crate::store::DocumentKind,
    name: &Name,
) -> Error {
    let error = Error::new(ErrorKind::NotFound, format!("no {kind} is called '{name}'"));
    match nearest(store, kind, name) {
        Some(other) => error.with_hint(format!("did you mean '{other}'?")),
        None if kind == crate::store::DocumentKind::Whitelist => {
            error.with_hint("'rw2fa whitelist list' shows every entry")
        }
        None => error.with_hint("'rw2fa users list' shows who is listed"),
    }
}

enum Answer {
    Yes,
    No,
    Interrupted,
}

/// Asks a plain yes or no on the terminal: a whole line, and only `y` or `yes` means yes.
fn ask() -> std::io::Result<Answer> {
    Ok(match prompt::line("Continue? [y/N] ")? {
        None => Answer::Interrupted,
        Some(line) => match line.trim().to_lowercase().as_str() {
            "y" | "yes" => Answer::Yes,
            _ => Answer::No,
        },
    })
}

/// A number and what it counts: `1 user`, `2 users`.
pub(super) fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}
