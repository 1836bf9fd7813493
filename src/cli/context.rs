//! What every command works with: streams, options, the store, prompts and the audit trail.

use std::io::Write;
use std::path::{Path, PathBuf};

use dialoguer::console::Term;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::cli::prompt;
use crate::cli::wrapping::{width_of, wrapped};
use crate::cli::{Color, Format, Globals};
use crate::error::{Error, ErrorKind, Result};
use crate::platform;
use crate::printable::{printable, printable_data, printable_json};
use crate::process::Process;
use crate::settings::Settings;
use crate::store::seal::KeyRing;
use crate::store::{self, Store, records};
use crate::time::Timestamp;

/// One run of a command.
pub(super) struct Context<'a> {
    pub(super) process: &'a mut Process,
    /// The options common to all commands.
    pub(super) globals: Globals,
    /// Whether standard input is a list of names, so that no answer can come from there.
    pub(super) takes_list_from_stdin: bool,
    /// The warnings so far, for the JSON document.
    warnings: Vec<String>,
    /// The JSON document, which waits for later warnings.
    document: Option<Zeroizing<String>>,
    /// The account that started the command, before any change of ids.
    caller: String,
}

/// An open store and its settings.
pub(super) struct Opened {
    pub(super) store: Box<dyn Store>,
    pub(super) settings: Settings,
}

impl Opened {
    /// Reads the key ring.
    ///
    /// # Errors
    /// When the key is missing or damaged.
    pub(super) fn keys(&self) -> Result<KeyRing> {
        records::key_ring(&*self.store)
    }
}

impl<'a> Context<'a> {
    /// Starts a run with these options.
    pub(super) fn new(process: &'a mut Process, globals: Globals) -> Self {
        let caller = platform::caller();
        let sudo = process.variable("SUDO_USER").and_then(|user| user.into_string().ok());
        let caller = match sudo {
            Some(user) => format!("{caller} (sudo: {})", printable(&user)),
            None => caller,
        };
        Self {
            process,
            globals,
            takes_list_from_stdin: false,
            warnings: Vec::new(),
            document: None,
            caller,
        }
    }

    /// Opens the store given by the options, the environment or the system.
    ///
    /// # Errors
    /// When the store does not exist or must not be used.
    pub(super) fn open(&mut self) -> Result<Opened> {
        let store = self.open_store()?;
        let settings = records::settings(&*store)?;
        Ok(self.opened(store, settings))
    }

    /// Opens the store even if an import into it was interrupted, so that the import can be run
    /// again.
    ///
    /// # Errors
    /// When the store does not exist or must not be used.
    pub(super) fn open_unfinished(&mut self) -> Result<Opened> {
        let store = self.open_store()?;
        let settings = records::unfinished_settings(&*store)?;
        Ok(self.opened(store, settings))
    }

    fn opened(&self, mut store: Box<dyn Store>, settings: Settings) -> Opened {
        store::configure(&mut *store, &settings, self.process.system_log());
        Opened { store, settings }
    }

    /// Opens the store, even if its documents are damaged.
    ///
    /// # Errors
    /// When the store does not exist or must not be used.
    pub(super) fn open_store(&mut self) -> Result<Box<dyn Store>> {
        let path = store_path(self.process, self.globals.store.as_ref())?;
        if self.globals.store.is_none() && Some(&path) == per_user_store().as_ref() {
            self.note(&format!("using this user's own store: {}", path.display()));
        }
        store::open(&path)
    }

    /// Checks, before a question, that the store can be opened and its key read. Does not become
    /// the store's owner, who may not be allowed to write where the command does.
    ///
    /// # Errors
    /// When the store cannot be used, or its key is missing or damaged.
    pub(super) fn check_store_and_key(&self) -> Result<()> {
        let path = store_path(self.process, self.globals.store.as_ref());
        let Some(mut store) = store::look(&path?)? else { return Ok(()) };
        let settings = records::settings(&*store)?;
        store::configure(&mut *store, &settings, None);
        records::key_ring(&*store).map(drop)
    }

    /// Returns the time of this run.
    pub(super) fn now(&self) -> Timestamp {
        self.process.now()
    }

    /// Returns the account that started the command.
    pub(super) fn caller(&self) -> &str {
        &self.caller
    }

    /// Asks for confirmation before an irreversible change.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] without a terminal and without `--yes`; [`ErrorKind::Declined`] if the
    /// answer is no.
    pub(super) fn confirm(&mut self, question: &str) -> Result<()> {
        if self.globals.yes {
            return Ok(());
        }
        if self.takes_list_from_stdin {
            return Err(Error::new(
                ErrorKind::Usage,
                "this command asks for confirmation, and standard input is the list",
            )
            .with_hint("add --yes to confirm in advance, or give the list as a file"));
        }
        if !self.can_ask() {
            return Err(Error::new(
                ErrorKind::Usage,
                "cannot ask for confirmation without a terminal",
            )
            .with_hint("add --yes to confirm in advance"));
        }
        // The question is printed on its own lines because it may be wider than the terminal.
        self.say(&format!("{question}\n"));
        let answer = prompt::line("Continue? [y/N] ")
            .map_err(|error| prompt::unanswered(error, "add --yes to confirm in advance"))?;
        // Only a whole `y` or `yes` means yes.
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" => Ok(()),
            _ => Err(Error::new(ErrorKind::Declined, "nothing was changed")),
        }
    }

    /// Returns whether there is a terminal to ask on.
    pub(super) fn can_ask(&self) -> bool {
        self.process.terminals.stdin && self.process.terminals.stderr
    }

    /// Returns whether standard output is coloured.
    pub(super) fn uses_color(&self) -> bool {
        match self.globals.color {
            Color::Always => platform::takes_colors(),
            Color::Never => false,
            Color::Auto => {
                self.process.terminals.stdout
                    && self.process.accepts_colors()
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

    /// Prints text for people, wrapped on a terminal.
    ///
    /// # Errors
    /// When standard output is closed.
    pub(super) fn print_words(&mut self, text: &str) -> Result<()> {
        let text = printable(text);
        let width = width_of(&Term::stdout()).filter(|_| self.process.terminals.stdout);
        self.print(&width.map_or_else(|| text.clone(), |width| wrapped(&text, width)))
    }

    /// Prints machine-readable data unchanged, except on a terminal, where control characters are
    /// escaped.
    ///
    /// # Errors
    /// When standard output is closed.
    pub(super) fn print_data(&mut self, text: &str) -> Result<()> {
        if self.process.terminals.stdout {
            self.print(&printable_data(text))
        } else {
            self.print(text)
        }
    }

    /// Prints one JSON document: at the latest when the command ends, with the warnings up to then.
    ///
    /// # Errors
    /// When standard output is closed, and a document before this one cannot be printed.
    pub(super) fn print_json(&mut self, value: &impl Serialize) -> Result<()> {
        self.print_document()?;
        let text =
            serde_json::to_string_pretty(value).map_err(|error| cannot_write_json(&error))?;
        self.document = Some(Zeroizing::new(text));
        Ok(())
    }

    /// Prints the JSON document that waits for warnings, if any.
    fn print_document(&mut self) -> Result<()> {
        let Some(text) = self.document.take() else { return Ok(()) };
        let end = self.warnings_in_json()?;
        let body = text.strip_suffix("\n}").filter(|_| !end.is_empty()).unwrap_or(&text);
        let close = if end.is_empty() { "" } else { "\n}" };
        let whole = Zeroizing::new(format!("{body}{end}{close}\n"));
        self.print(&Zeroizing::new(printable_json(&whole)))
    }

    /// Formats the warnings so far as the last field of a JSON document; empty without any.
    pub(super) fn warnings_in_json(&self) -> Result<String> {
        if self.warnings.is_empty() {
            return Ok(String::new());
        }
        let list = serde_json::to_string_pretty(&self.warnings)
            .map_err(|error| cannot_write_json(&error))?;
        Ok(format!(",\n  \"warnings\": {}", list.replace('\n', "\n  ")))
    }

    /// Rejects `--format json` and `--format csv` for a command whose output is neither.
    pub(super) fn only_text(&self, command: &str) -> Result<()> {
        let format = match self.globals.format {
            Format::Text => return Ok(()),
            Format::Json => "json",
            Format::Csv => "csv",
            Format::Prometheus => "prometheus",
            Format::Nagios => "nagios",
        };
        let what = format!("{command} does not support --format {format}");
        Err(Error::new(ErrorKind::Usage, what).with_hint("use --format text"))
    }

    /// Rejects `--format csv` for a command that does not print a list.
    pub(super) fn no_csv(&self, command: &str) -> Result<()> {
        if self.globals.format == Format::Csv {
            return Err(Error::new(
                ErrorKind::Usage,
                format!("{command} does not support --format csv"),
            )
            .with_hint("use --format json or --format text"));
        }
        Ok(())
    }

    /// Prints a note on standard error, unless `--quiet`.
    pub(super) fn note(&mut self, text: &str) {
        if !self.globals.quiet {
            self.say(&format!("{text}\n"));
        }
    }

    /// Prints a warning on standard error, unless `--quiet`. A JSON document contains it too.
    pub(super) fn warn(&mut self, text: &str) {
        if !self.globals.quiet {
            self.warnings.push(text.to_owned());
            self.say(&format!("warning: {text}\n"));
        }
    }

    /// Prints a hint on standard error, unless `--quiet`.
    pub(super) fn hint(&mut self, text: &str) {
        self.note(&format!("hint: {text}"));
    }

    /// Writes everything that was printed to standard output.
    pub(super) fn flush(&mut self) -> Result<()> {
        self.print_document()?;
        self.process
            .stdout
            .flush()
            .map_err(|error| Error::io(ErrorKind::System, "cannot write to standard output", error))
    }

    /// Reports an error and returns its exit code.
    pub(super) fn fail(&mut self, error: &Error) -> u8 {
        self.complain(error);
        error.kind().exit_code()
    }

    /// Reports an error and its hint: as a line of JSON if JSON was requested.
    pub(super) fn complain(&mut self, error: &Error) {
        self.complain_about(error, None);
    }

    /// Reports an error like [`Self::complain`]; JSON has the number of the line of a list, too.
    pub(super) fn complain_about(&mut self, error: &Error, line: Option<u64>) {
        if self.globals.format == Format::Json {
            let mut value = serde_json::json!({
                "schema": 1,
                "error": {
                    "kind": error.kind().as_str(),
                    "message": error.to_string(),
                    "hint": error.hint(),
                }
            });
            if let Some(line) = line {
                value["error"]["line"] = line.into();
            }
            // If standard error is closed, there is nowhere to report that.
            let _ = writeln!(self.process.stderr, "{}", printable_json(&value.to_string()));
        } else {
            self.complain_in_words(&error.to_string(), error.hint());
        }
    }

    /// Reports an error and its hint as text.
    pub(super) fn complain_in_words(&mut self, message: &str, hint: Option<&str>) {
        self.say(&format!("error: {message}\n"));
        if let Some(hint) = hint {
            self.say(&format!("hint: {hint}\n"));
        }
    }

    /// Writes to standard error, and ignores failure: there is nowhere to report it.
    fn say(&mut self, text: &str) {
        let mut text = printable(text);
        if self.process.terminals.stderr
            && let Some(width) = width_of(&Term::stderr())
        {
            text = wrapped(&text, width);
        }
        let _ = self.process.stderr.write_all(text.as_bytes());
    }
}

/// Builds the error for a value that JSON cannot hold.
pub(super) fn cannot_write_json(error: &serde_json::Error) -> Error {
    Error::new(ErrorKind::System, format!("cannot write JSON: {error}"))
}

/// Chooses the store: `--store`, `RW2FA_STORE`, the system's, or else this user's own.
///
/// # Errors
/// [`ErrorKind::Usage`] for an empty name.
pub(super) fn store_path(process: &Process, option: Option<&PathBuf>) -> Result<PathBuf> {
    if let Some(path) = process.named_store(option.cloned())? {
        return Ok(path);
    }
    let system = platform::system_store();
    Ok(match per_user_store() {
        Some(own) if is_missing(&system) && !is_missing(&own) => own,
        _ => system,
    })
}

/// Returns the path of the user's own store.
pub(super) fn per_user_store() -> Option<PathBuf> {
    directories::ProjectDirs::from("", "", "rw2fa").map(|dirs| dirs.data_dir().join("store"))
}

/// Returns whether the path does not exist. A path that may not be inspected is not missing.
fn is_missing(path: &Path) -> bool {
    matches!(std::fs::symlink_metadata(path),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound)
}

/// Formats a number and what it counts: `1 user`, `2 users`.
pub(super) fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}
