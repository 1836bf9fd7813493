//! Changes to the directory while a lock is held.

use std::cell::Cell;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::error::{Error, ErrorKind, Result};
use crate::platform::{self, LogSeverity, SystemLog};
use crate::printable::printable_json;
use crate::store::dir::file_name;
use crate::store::dir::files::{Files, is_sharded};
use crate::store::dir::lock_file;
use crate::store::dir::staging::{self, Staging};
use crate::store::dir::trail::{self, Appended};
use crate::store::file;
use crate::store::unrecorded::Unrecorded;
use crate::store::{
    Document, DocumentKind, Draft, Locked, Locks, MakeLines, Reader, ReadsFrom, Scope,
};

/// The trail, opened to append a line later.
struct Prepared {
    opened: trail::Opened,
    lock_file: Option<File>,
    /// How much longer to wait for its lock: both waits together take no longer than one.
    patience: Duration,
}

/// A lock of the directory, and the changes it permits.
pub(super) struct DirLocked<'a> {
    files: &'a Files,
    /// The number of locks held through the store, including this one.
    held: &'a Cell<u32>,
    /// The trail and its lock file, if they were opened to append a line later.
    trail: Option<Prepared>,
    /// What the batch that took this lock has staged.
    staging: Option<&'a Staging>,
    _lock: lock_file::Lock,
}

impl<'a> DirLocked<'a> {
    /// Waits for the lock of `scope`.
    pub(super) fn new(files: &'a Files, held: &'a Cell<u32>, scope: Scope<'_>) -> Result<Self> {
        let lock = files.lock(scope)?;
        held.set(held.get() + 1);
        Ok(Self { files, held, trail: None, staging: None, _lock: lock })
    }

    /// Allows what was staged to be published.
    pub(super) fn with_staging(mut self, staging: Option<&'a Staging>) -> Self {
        self.staging = staging;
        self
    }

    /// Returns the path of a document, creating missing directories.
    fn place(&self, document: &Document, make: fn(&Path) -> Result<()>) -> Result<PathBuf> {
        let owned = match document {
            Document::Of(kind, name) => Some((*kind, name)),
            Document::Attempts(name) => Some((DocumentKind::State, name)),
            Document::Messages(_) => {
                make(&self.files.messages())?;
                None
            }
            Document::Settings | Document::SmsCount => None,
        };
        if let Some((kind, name)) = owned {
            self.files.check_kind(kind)?;
            let mut directory = self.files.shard(kind, &name.key());
            if is_sharded(kind) {
                make(&directory)?;
            }
            let components = file_name::encode(name);
            for component in components.iter().take(components.len().saturating_sub(1)) {
                directory.push(component);
                make(&directory)?;
            }
        }
        Ok(self.files.path(document))
    }

    /// Appends to the trail. Releases its lock before the lines are durable, so that no login waits for
    /// another one's disk sync.
    fn append(&mut self, month: &str, make: &mut MakeLines<'_>) -> Result<Appended> {
        let (opened, _lock) = match self.trail.take() {
            Some(Prepared { opened, lock_file: Some(lock_file), patience }) => {
                let path = self.files.lock_path("audit");
                (Some(opened), lock_file::take(&path, lock_file, patience)?)
            }
            Some(Prepared { opened, .. }) => (Some(opened), self.files.lock_file("audit")?),
            None => (None, self.files.lock_file("audit")?),
        };
        trail::append(&self.files.root.join("audit"), self.files.owner, month, opened, make)
    }

    /// Makes lines durable and sends their copy to the system log.
    fn make_durable(&self, appended: Appended) -> Result<()> {
        let lines = appended.sync()?;
        if let Some(log) = &self.files.system_log {
            copy(&lines, log);
        }
        Ok(())
    }
}

impl Drop for DirLocked<'_> {
    fn drop(&mut self) {
        self.held.set(self.held.get().saturating_sub(1));
    }
}

impl ReadsFrom for DirLocked<'_> {
    fn reader(&self) -> &dyn Reader {
        self.files
    }
}

impl Locks for DirLocked<'_> {
    fn lock(&self, scope: Scope<'_>) -> Result<Box<dyn Locked + '_>> {
        Self::new(self.files, self.held, scope).map(|locked| Box::new(locked) as _)
    }

    fn drain(&self) -> Result<()> {
        self.files.drain()
    }
}

impl Locked for DirLocked<'_> {
    fn write(&mut self, document: &Document, text: &str) -> Result<()> {
        let path = self.place(document, file::make_directory)?;
        if let Document::Attempts(_) = document {
            return file::overwrite(&path, text.as_bytes(), self.files.owner);
        }
        file::replace(&path, text.as_bytes())
    }

    fn prepare(&mut self, month: &str, document: &Document) -> Result<()> {
        let directory = self.files.root.join("audit");
        let started = Instant::now();
        // Under the lock, because two logins may start a month at the same time. If the lock is not
        // available, no line could be appended later either.
        let lock = self.files.lock_file("audit")?;
        let opened = trail::Opened::open(&directory, self.files.owner, month)?;
        let lock_file = lock.release();
        let patience = lock_file::PATIENCE.saturating_sub(started.elapsed());
        self.trail = Some(Prepared { opened, lock_file, patience });
        let path = self.place(document, file::make_directory)?;
        let directory = path.parent().unwrap_or(&path);
        platform::check_writable(directory).map_err(|error| file::not_written(&path, error))?;
        Ok(())
    }

    fn remove(&mut self, document: &Document) -> Result<bool> {
        file::remove(&self.files.path(document))
    }

    fn append_audit(&mut self, month: &str, make: &mut MakeLines<'_>) -> Result<()> {
        let appended = self.append(month, make)?;
        self.make_durable(appended)
    }

    fn append_audit_and_write(
        &mut self,
        month: &str,
        make: &mut MakeLines<'_>,
        document: &Document,
        text: &str,
    ) -> Result<()> {
        let path = self.place(document, file::make_directory)?;
        let mut replacement = file::Replacement::begin(&path, text.as_bytes())?;
        // Writes both before waiting for either.
        let mut appended = self.append(month, make)?;
        appended.begin_to_sync();
        replacement.sync()?;
        self.make_durable(appended)?;
        replacement.publish()
    }

    fn publish(&mut self, document: &Document, draft: Draft) -> Result<()> {
        match (draft, self.staging) {
            (Draft::Text(text), _) => self.write(document, &text),
            (Draft::Stored(number), Some(staging)) => {
                let path = self.place(document, staging::make_directory)?;
                staging.publish(number, &path)
            }
            (Draft::Stored(_), None) => {
                Err(Error::new(ErrorKind::Store, "a staged document is gone"))
            }
        }
    }

    fn keep_unrecorded(&mut self, change: &Unrecorded) -> Result<()> {
        self.files.keep_unrecorded(change)
    }

    fn forget_unrecorded(&mut self, change: &Unrecorded) -> Result<()> {
        self.files.forget_unrecorded(change)
    }
}

/// Copies audit lines to the system log. The trail is authoritative; the copy may be lost.
fn copy(lines: &[u8], log: &SystemLog) {
    let text = String::from_utf8_lossy(lines);
    for line in text.lines() {
        let _ = log.send(severity(line), &printable_json(line));
    }
}

/// Chooses the severity of a line's copy.
///
/// Lines are canonical: no text comes before the event, and quotes inside texts are escaped. So no text can pass for one
/// of these fields.
fn severity(line: &str) -> LogSeverity {
    let event = after(line, r#""event":""#);
    let outcome = after(event, r#"","outcome":""#);
    if event.starts_with("repair") {
        LogSeverity::Warning
    } else if !event.starts_with("verification") {
        LogSeverity::Notice
    } else if outcome.starts_with("error") {
        LogSeverity::Error
    } else if outcome.starts_with(r#"deny","reason":"locked""#) {
        LogSeverity::Warning
    } else if outcome.starts_with("deny") {
        LogSeverity::Notice
    } else {
        LogSeverity::Info
    }
}

/// Returns the text after the first `mark`.
fn after<'a>(text: &'a str, mark: &str) -> &'a str {
    text.split_once(mark).map_or("", |(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{AdminChange, Event, Line, Link, Verification};
    use crate::time::Timestamp;

    fn logged(event: &Event<'_>) -> LogSeverity {
        let (line, _) = Line::write(&Link::first(), None, Timestamp::from_unix(0), event).unwrap();
        severity(std::str::from_utf8(&line).unwrap())
    }

    /// Guards the severities of decisions, which texts from users cannot change.
    #[test]
    fn the_outcome_decides_the_severity() {
        use LogSeverity::{Error, Info, Notice, Warning};
        for (outcome, reason, expected) in [
            ("grant", "code-accepted", Info),
            ("challenge", "code-required", Info),
            ("ended", "ended", Info),
            ("deny", "wrong-code", Notice),
            ("deny", "rdp-not-allowed", Notice),
            ("deny", "locked", Warning),
            ("error", "sms-failed", Error),
        ] {
            for text in ["x", r#"","reason":"locked","outcome":"error","event":"repair""#, "\\"] {
                let verification = Verification {
                    user: text,
                    outcome,
                    reason,
                    session: None,
                    client: None,
                    ip: Some(text),
                    drift: None,
                    attempt: None,
                    caller: None,
                };
                let logged = logged(&Event::Verification(verification));
                assert_eq!(logged, expected, "{outcome} {reason} {text}");
            }
        }
    }

    /// Guards the severities of everything else.
    #[test]
    fn changes_are_notices() {
        for text in ["x", r#"","reason":"locked","outcome":"grant","#, r#":"deny","#] {
            let values = [
                (text.to_owned(), serde_json::json!({ "from": text, "to": [text] })),
                ("outcome".to_owned(), "error".into()),
                ("reason".to_owned(), "locked".into()),
            ];
            let values = values.into_iter().collect();
            let (by, object) = (text, Some(text));
            let change = AdminChange { by, action: "users edit", object, values, attempt: None };
            assert_eq!(logged(&Event::Change(change)), LogSeverity::Notice, "{text}");
        }
        assert_eq!(logged(&Event::KeyReset { by: "root" }), LogSeverity::Notice);
        assert_eq!(logged(&Event::Repair { torn_bytes: 7 }), LogSeverity::Warning);
    }
}
